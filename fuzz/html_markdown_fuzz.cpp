// Any bytes as a page: valid UTF-8 within the limit, the same each time. The first line is its Content-Type.
#include "input.h"
#include "puna/tools.h"
#include "tools/charset.h"
#include "tools/html_markdown.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const puna::Url base = *puna::Url::parse("https://example.org/a/b?c");
  constexpr std::size_t kBytesMax = 300;
  std::string_view rest = puna::fuzz::text_of(data, size);
  const std::string_view type = puna::fuzz::take_line(rest);
  const std::string html = puna::tools::decoded_text(rest, type, true);
  PUNA_CHECK(puna::utf8::is_valid(html), "decoded text is valid UTF-8");
  const auto page = puna::tools::html_to_markdown(html, base, kBytesMax, {});
  PUNA_CHECK(page.has_value(), "every text is a page");
  PUNA_CHECK(puna::utf8::is_valid(page->text) && puna::utf8::is_valid(page->title), "Markdown is valid UTF-8");
  PUNA_CHECK(page->text.size() <= kBytesMax + 64 * html.size() + 8'192, "a full page takes no more text");
  PUNA_CHECK(page->title.find('\n') == std::string::npos, "a title is one line");
  for (const char c : page->text) {
    PUNA_CHECK(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t', "no control characters");
  }
  const auto again = puna::tools::html_to_markdown(html, base, kBytesMax, {});
  PUNA_CHECK(again && again->text == page->text && again->is_cut == page->is_cut, "the same page, the same text");
  return 0;
}
