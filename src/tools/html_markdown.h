// A web page as Markdown, for a model to read.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "puna/base.h"
#include "puna/net.h"

namespace puna::tools {

struct Markdown {
  std::string title;  // one line; may be empty
  std::string text;
  bool is_cut = false;  // the page has more
};

// Headings, paragraphs, lists, quotations, code, tables; links with absolute addresses (http and https only); images as
// their description. Scripts, styles, forms' controls and what the page hides are left out.
//
// Requires  valid UTF-8.  Returns  valid UTF-8, the text of about bytes_max bytes at most.
// Errors    cancelled;  internal  no memory
// Cost      a page that is nested too deep or that would explode is cut (html_document.h).
[[nodiscard]] Result<Markdown> html_to_markdown(std::string_view html, const Url& base, std::size_t bytes_max,
                                                const std::stop_token& stop);

}  // namespace puna::tools
