// Bytes of the web as UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace puna::tools {

// The text in the encoding that its byte order mark, its Content-Type header or, for HTML, its own <meta> names; a name
// that is not known, and none, is UTF-8 where that fits and else windows-1252. Names are those of the Encoding
// Standard. Bytes that mean nothing become U+FFFD.
// Returns  valid UTF-8
[[nodiscard]] std::string decoded_text(std::string_view bytes, std::string_view content_type, bool is_html);

// The type without its parameters, in lower case: "text/html".
[[nodiscard]] std::string media_type(std::string_view content_type);

}  // namespace puna::tools
