// Bytes as a file without a name, sealed: nobody can change them.
#pragma once

#include <string_view>

#include "puna/base.h"
#include "sandbox/descriptor.h"

namespace puna::sandbox {

// At its beginning, readable, closed on exec.  Errors  io
[[nodiscard]] Result<Descriptor> memory_file(const char* name, std::string_view bytes);

}  // namespace puna::sandbox
