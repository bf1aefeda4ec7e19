// Questions of a server's to the user: a form, asked field by field.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "puna/base.h"
#include "puna/tools/files.h"

namespace puna::tools {

inline constexpr std::size_t kElicitedFieldsMax = 20;

// The result of elicitation/create, {action, content}. The user is first told who asks and may decline; an empty answer
// is the field's default, or leaves out a field that may be left out. What does not fit the field's schema is asked
// again, three times; then, and when nobody answers, the action is "cancel".
//
// Errors  invalid_argument  params are no form: another mode, no object, more than kElicitedFieldsMax fields, a field
// of
//                           a type that cannot be asked for
// Thread  the user's answer() is called on this one.
[[nodiscard]] Result<Json> elicit(std::string_view server, const Json& params, User& user, const std::stop_token& stop);

}  // namespace puna::tools
