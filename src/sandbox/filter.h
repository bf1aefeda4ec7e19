// The system calls that a program in the sandbox may make.
#pragma once

#include "puna/base.h"
#include "sandbox/descriptor.h"

namespace puna::sandbox {

// The filter as an array of sock_filter in a sealed memory file. What is not on the list gives EPERM, clone3 ENOSYS (so
// that flags are looked at in clone), calls of another architecture kill.
// Errors  internal  libseccomp refuses
[[nodiscard]] Result<Descriptor> make_filter();

}  // namespace puna::sandbox
