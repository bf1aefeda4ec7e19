// The tool that reads a page: what arrives is judged by its head, read up to a limit, and made Markdown.
#include <algorithm>
#include <utility>

#include "puna/tools/web.h"
#include "tools/charset.h"
#include "tools/html_markdown.h"
#include "tools/observation.h"
#include "tools/plain_text.h"
#include "tools/text_argument.h"

namespace puna {
namespace {

enum class Form : std::uint8_t { html, text, unknown, binary };

Form form_of(std::string_view content_type) {
  const std::string type = tools::media_type(content_type);
  if (type == "text/html" || type == "application/xhtml+xml") {
    return Form::html;
  }
  if (type.empty()) {
    return Form::unknown;
  }
  const bool is_text = type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
                       type == "application/json" || type == "application/xml" || type == "application/javascript" ||
                       type == "application/x-ndjson" || type == "application/yaml" || type == "application/toml";
  return is_text ? Form::text : Form::binary;
}

class Page final : public HttpReceiver {
 public:
  [[nodiscard]] Flow on_head(const HttpHead& head) override {
    const bool is_good = head.status >= 200 && head.status < 300;
    return is_good && form_of(head.header("content-type")) != Form::binary ? Flow::go_on : Flow::stop;
  }
  [[nodiscard]] Flow on_body(std::string_view bytes) override {
    body.append(bytes.substr(0, kPageBytesMax - body.size()));
    is_cut = body.size() == kPageBytesMax;
    return is_cut ? Flow::stop : Flow::go_on;
  }
  std::string body;
  bool is_cut = false;
};

// The first characters_max characters.
std::string_view beginning(std::string_view text, std::size_t characters_max) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xc0U) != 0x80U;
    characters += begins ? 1 : 0;
    if (characters > characters_max) {
      return text.substr(0, at);
    }
  }
  return text;
}

bool is_binary(std::string_view text) { return text.substr(0, 4'096).contains('\0'); }

class VisitPage final : public Tool {
 public:
  explicit VisitPage(HttpClient client) : client_(std::move(client)) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override {
    return ToolTraits{.reads_untrusted = true, .outbound = true, .subject_argument = "url"};
  }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    HttpRequest request{.url = plain_url(arguments.text_or("url")),
                        .headers = {{"User-Agent", "Mozilla/5.0 (compatible; puna)"},
                                    {"Accept", "text/html, text/plain, application/json, text/*;q=0.8"}}};
    request.limits.body_bytes = kPageBytesMax * 2;  // the receiver stops before
    Page page;
    const auto head = client_.stream(request, page, stop);
    if (!head) {
      return tools::error_observation(head.error());
    }
    return result(*head, page, stop);
  }

 private:
  // Models write <https://...>, as Markdown does.
  static std::string plain_url(std::string_view text) {
    text = tools::trimmed(text);
    return std::string(text.starts_with('<') && text.ends_with('>') ? text.substr(1, text.size() - 2) : text);
  }
  static ToolResult result(const HttpHead& head, const Page& page, const std::stop_token& stop);

  HttpClient client_;
  const ToolSpec spec_ = tools::text_argument_spec(
      "visit_page", "Read a web page as Markdown.",
      {.name = "url", .description = "The page's address, such as https://example.org/page."});
};

ToolResult VisitPage::result(const HttpHead& head, const Page& page, const std::stop_token& stop) {
  if (head.status < 200 || head.status >= 300) {
    return tool_error(format_text("{}: the server answered with status {}", head.url.shown(), head.status));
  }
  const std::string_view type = head.header("content-type");
  Form form = form_of(type);
  if (form == Form::binary) {
    return tool_error(format_text("{} is not text but {}", head.url.shown(), tools::shown(tools::media_type(type))));
  }
  const std::string text = tools::decoded_text(page.body, type, form != Form::text);
  if (is_binary(text)) {
    return tool_error(format_text("{} is not text", head.url.shown()));
  }
  if (form == Form::unknown) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    form = begin != std::string::npos && text[begin] == '<' ? Form::html : Form::text;
  }
  std::string shown;
  bool is_cut = page.is_cut;
  if (form == Form::html) {
    const auto markdown = tools::html_to_markdown(text, head.url, 4 * kPageCharactersMax, stop);
    if (!markdown) {
      return tools::error_observation(markdown.error());
    }
    is_cut = is_cut || markdown->is_cut;
    shown = markdown->title.empty() ? markdown->text : format_text("Title: {}\n\n{}", markdown->title, markdown->text);
  } else {
    shown = text;
  }
  const std::string_view kept = beginning(shown, kPageCharactersMax);
  if (kept.empty()) {
    return {.content = "(the page has no text)"};
  }
  is_cut = is_cut || kept.size() < shown.size();
  return {.content = std::string(kept) + (is_cut ? "\n\n[cut: the page has more]" : "")};
}

}  // namespace

std::unique_ptr<Tool> make_visit_page(HttpClient client) { return std::make_unique<VisitPage>(std::move(client)); }

}  // namespace puna
