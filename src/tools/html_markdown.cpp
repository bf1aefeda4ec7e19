// One walk over the tree. Depth is limited by the parser, size by the writer.
#include "tools/html_markdown.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "tools/html_document.h"
#include "tools/markdown_writer.h"
#include "tools/plain_text.h"

namespace puna::tools {
namespace {

constexpr std::array<std::string_view, 26> kDropped{
    "script", "style",  "template", "head",   "svg",   "math",   "iframe",   "object",   "embed",
    "canvas", "audio",  "video",    "select", "input", "button", "textarea", "datalist", "meter",
    "map",    "applet", "frameset", "dialog", "link",  "meta",   "title",    "progress"};
constexpr std::array<std::string_view, 26> kBlocks{
    "p",       "div",    "section", "article",    "main", "header", "footer",   "nav",     "aside",
    "address", "figure", "form",    "fieldset",   "dl",   "dt",     "dd",       "details", "summary",
    "center",  "legend", "hgroup",  "figcaption", "body", "html",   "noscript", "search"};
constexpr int kDepthMax = 1'000;  // the parser stops before; what it moves about is held to this

bool is_in(std::string_view name, auto& names) { return std::ranges::find(names, name) != names.end(); }

bool is_hidden(HtmlNode node) {
  if (node.attribute("hidden")) {
    return true;
  }
  std::string style(node.attribute("style").value_or(""));
  std::erase_if(style, [](char c) { return kSpaces.contains(c); });
  return style.contains("display:none") || style.contains("visibility:hidden");
}

HtmlNode find_tag(HtmlNode top, std::string_view tag) {
  for (HtmlNode node = top.next_within(top); node; node = node.next_within(top)) {
    if (node.tag() == tag) {
      return node;
    }
  }
  return HtmlNode();
}

class Walker {
 public:
  Walker(const Url& base, std::size_t bytes_max) : base_(base), out_(bytes_max) {}

  void walk(HtmlNode node);
  [[nodiscard]] bool is_full() const { return out_.is_full(); }
  std::string take() { return out_.take(); }

 private:
  void children(HtmlNode node) {
    ++depth_;
    for (HtmlNode child = node.first_child(); child && !out_.is_full() && depth_ < kDepthMax; child = child.next()) {
      walk(child);
    }
    --depth_;
  }
  void block(HtmlNode node, int line_ends) {
    out_.end_line(line_ends);
    children(node);
    out_.end_line(line_ends);
  }
  bool text_block(HtmlNode node, std::string_view tag);
  void heading(HtmlNode node, std::size_t level);
  void list(HtmlNode node, bool is_ordered);
  void item(HtmlNode node, const std::string& mark);
  void quotation(HtmlNode node);
  void code_block(HtmlNode node);
  void code(HtmlNode node);
  void link(HtmlNode node);
  void image(HtmlNode node);
  void table(HtmlNode node);
  void row(HtmlNode node, bool& is_first);

  Url base_;
  MarkdownWriter out_;
  int depth_ = 0;
};

void Walker::walk(HtmlNode node) {
  if (!node.is_element()) {
    if (const std::string_view text = node.text(); !text.empty()) {
      out_.put(text);
    } else if (node.first_child()) {
      children(node);  // the document itself
    }
    return;
  }
  const std::string_view tag = node.tag();
  if (is_in(tag, kDropped) || is_hidden(node) || text_block(node, tag)) {
    return;
  }
  if (tag == "a") {
    link(node);
  } else if (tag == "img") {
    image(node);
  } else if (tag == "br") {
    out_.end_line(1);
  } else if (tag == "tr") {  // of a table that only arranges
    block(node, 1);
  } else if (tag == "td" || tag == "th") {
    out_.put(" ");
    children(node);
    out_.put(" ");
  } else if (tag == "code" || tag == "kbd" || tag == "samp" || tag == "tt") {
    code(node);
  } else if (is_in(tag, kBlocks)) {
    block(node, tag == "dt" || tag == "dd" || tag == "summary" ? 1 : 2);
  } else {
    children(node);
  }
}

// What has a form of its own in Markdown.
bool Walker::text_block(HtmlNode node, std::string_view tag) {
  if (tag.size() == 2 && tag[0] == 'h' && tag[1] >= '1' && tag[1] <= '6') {
    heading(node, static_cast<std::size_t>(tag[1] - '0'));
  } else if (tag == "ul" || tag == "ol" || tag == "menu") {
    list(node, tag == "ol");
  } else if (tag == "li") {  // outside of a list
    item(node, "- ");
  } else if (tag == "blockquote") {
    quotation(node);
  } else if (tag == "pre" || tag == "listing" || tag == "xmp") {
    code_block(node);
  } else if (tag == "table") {
    table(node);
  } else if (tag == "hr") {
    if (!out_.is_flat()) {
      out_.end_line(2);
      out_.put("---");
      out_.end_line(2);
    }
  } else {
    return false;
  }
  return true;
}

void Walker::heading(HtmlNode node, std::size_t level) {
  out_.end_line(2);
  const bool is_flat = out_.is_flat();
  if (!is_flat) {
    out_.enter(std::string(level, '#') + " ", "");
  }
  out_.flatten();
  children(node);
  out_.unflatten();
  if (!is_flat) {
    out_.leave();
  }
  out_.end_line(2);
}

void Walker::item(HtmlNode node, const std::string& mark) {
  out_.end_line(1);
  if (out_.is_flat()) {
    children(node);
  } else {
    out_.enter(mark, std::string(mark.size(), ' '));
    children(node);
    out_.leave();
  }
  out_.end_line(1);
}

void Walker::list(HtmlNode node, bool is_ordered) {
  out_.end_line(1);
  std::int64_t number = 1;
  const std::string_view start = node.attribute("start").value_or("1");
  if (std::from_chars(start.data(), start.data() + start.size(), number).ec != std::errc{} || number < 0 ||
      number > 1'000'000) {
    number = 1;
  }
  for (HtmlNode child = node.first_child(); child && !out_.is_full(); child = child.next()) {
    if (child.tag() == "li" && !is_hidden(child)) {
      item(child, is_ordered ? format_text("{}. ", number++) : "- ");
    } else {
      walk(child);
    }
  }
  out_.end_line(1);
}

void Walker::quotation(HtmlNode node) {
  out_.end_line(2);
  if (out_.is_flat()) {
    children(node);
  } else {
    out_.enter("> ", "> ");
    children(node);
    out_.leave();
  }
  out_.end_line(2);
}

std::string fence_for(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max<std::size_t>(3, longest + 1), '`');
}

void Walker::code_block(HtmlNode node) {
  if (out_.is_flat()) {
    out_.put(node.whole_text());
    return;
  }
  std::string text = node.whole_text();
  text.erase(text.find_last_not_of(kSpaces) + 1);
  if (text.empty()) {
    return;
  }
  const std::string fence = fence_for(text);
  out_.end_line(2);
  out_.put_lines(fence);
  out_.put_lines(text);
  out_.put_lines(fence);
  out_.end_line(2);
}

void Walker::code(HtmlNode node) {
  const std::string text = collapsed(node.whole_text());
  if (text.empty() || text.contains('`')) {
    out_.put(text);
    return;
  }
  const std::size_t opened = out_.open("`");
  out_.put(text);
  out_.close(opened, "`");
}

void Walker::link(HtmlNode node) {
  const std::string_view href = node.attribute("href").value_or("");
  const auto target = href.empty() || href.starts_with('#') ? fail(ErrorCode::not_found, "") : base_.resolve(href);
  if (!target) {
    children(node);
    return;
  }
  out_.flatten();
  const std::size_t opened = out_.open("[");
  children(node);
  out_.close(opened, format_text("]({})", target->text));
  out_.unflatten();
}

void Walker::image(HtmlNode node) {
  const std::size_t opened = out_.open("![");
  out_.put(node.attribute("alt").value_or(""));
  out_.close(opened, "]");
}

// One line of "| a | b |" for each row. Tables within tables, or with one column, only arrange a page.
void Walker::table(HtmlNode node) {
  std::size_t columns = 0;
  std::size_t cells = 0;
  bool is_nested = false;
  for (HtmlNode inner = node.next_within(node); inner; inner = inner.next_within(node)) {
    const std::string_view tag = inner.tag();
    is_nested = is_nested || tag == "table";
    cells = tag == "tr" ? 0 : cells + (tag == "td" || tag == "th" ? 1 : 0);
    columns = std::max(columns, cells);
  }
  if (out_.is_flat() || is_nested || columns < 2) {
    block(node, 2);
    return;
  }
  out_.end_line(2);
  bool is_first = true;
  for (HtmlNode inner = node.next_within(node); inner && !out_.is_full(); inner = inner.next_within(node)) {
    if (inner.tag() == "tr" && !is_hidden(inner)) {
      row(inner, is_first);
    } else if (inner.tag() == "caption") {
      block(inner, 2);
    }
  }
  out_.end_line(2);
}

void Walker::row(HtmlNode node, bool& is_first) {
  out_.end_line(1);
  std::string rule;
  for (HtmlNode cell = node.first_child(); cell; cell = cell.next()) {
    if (cell.tag() != "td" && cell.tag() != "th") {
      continue;
    }
    out_.put(rule.empty() ? "| " : " | ");
    rule += rule.empty() ? "| --- |" : " --- |";
    out_.flatten();
    if (!is_hidden(cell)) {
      children(cell);
    }
    out_.unflatten();
  }
  if (!rule.empty()) {
    out_.put(" |");
    out_.end_line(1);
    if (std::exchange(is_first, false)) {
      out_.put(rule);
    }
  }
  out_.end_line(1);
}

}  // namespace

Result<Markdown> html_to_markdown(std::string_view html, const Url& base, std::size_t bytes_max,
                                  const std::stop_token& stop) {
  PUNA_TRY(const HtmlDocument document, HtmlDocument::parse(html, stop));
  Url origin = base;
  const HtmlNode root = document.root();
  if (const HtmlNode own = find_tag(root, "base")) {
    if (auto url = base.resolve(own.attribute("href").value_or("")); url) {
      origin = *std::move(url);
    }
  }
  Walker walker(origin, bytes_max);
  walker.walk(root);
  const bool is_cut = document.is_cut() || walker.is_full();
  const HtmlNode title = find_tag(root, "title");
  return Markdown{.title = title ? utf8::sanitize(collapsed(title.whole_text())) : "",
                  .text = utf8::sanitize(walker.take()),
                  .is_cut = is_cut};
}

}  // namespace puna::tools
