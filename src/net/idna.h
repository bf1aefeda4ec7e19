// International host names.
#pragma once

#include <string>
#include <string_view>

#include "puna/base.h"

namespace puna::net {

// The ASCII form (punycode) of a host name that has other letters, by UTS 46.
// Errors  invalid_argument  not UTF-8, or letters that no host name has
[[nodiscard]] Result<std::string> ascii_host(std::string_view host);

}  // namespace puna::net
