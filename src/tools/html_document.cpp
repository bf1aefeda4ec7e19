// The tree is built in small pieces, so that a page which would explode is noticed while it is still small.
#include "tools/html_document.h"

#include <lexbor/dom/interfaces/character_data.h>
#include <lexbor/html/html.h>

#include <algorithm>

#include "tools/lexbor_bytes.h"
#include "tools/plain_text.h"

namespace puna::tools {
namespace {

// lexbor walks its open elements for many tags and copies the active formatting elements into every paragraph: both are
// quadratic without a limit. Between two looks each can grow by a third of a piece.
constexpr std::size_t kPieceBytes = 1'024;
constexpr std::size_t kOpenElementsMax = 500;
constexpr std::size_t kFormattingMax = 64;
constexpr std::size_t kTreeBytesMax = 67'108'864;
constexpr std::size_t kAttributesMax = 1'000;  // of one tag: each is compared with all before it

lxb_dom_node_t* node_of(void* node) { return static_cast<lxb_dom_node_t*>(node); }
std::string_view view(const lxb_char_t* data, std::size_t size) {
  return data == nullptr ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(data), size);
}

std::size_t attributes_of(const lxb_html_token_t* token) {
  std::size_t count = 0;
  for (const lxb_html_token_attr_t* at = token == nullptr ? nullptr : token->attr_first; at != nullptr; at = at->next) {
    ++count;
  }
  return count;
}

bool grew_too_large(const lxb_html_parser_t& parser, const lxb_html_document_t& document) {
  const lexbor_mem_t& memory = *document.dom_document.mraw->mem;
  return parser.tree->open_elements->length > kOpenElementsMax ||
         parser.tree->active_formatting->length > kFormattingMax ||
         memory.chunk_length * memory.chunk_min_size > kTreeBytesMax ||
         attributes_of(parser.tkz->token) > kAttributesMax;
}

struct DestroyParser {
  void operator()(lxb_html_parser_t* parser) const { lxb_html_parser_destroy(parser); }
};

}  // namespace

bool HtmlNode::is_element() const { return node_ != nullptr && node_of(node_)->type == LXB_DOM_NODE_TYPE_ELEMENT; }

std::string_view HtmlNode::text() const {
  if (node_ == nullptr || node_of(node_)->type != LXB_DOM_NODE_TYPE_TEXT) {
    return {};
  }
  const lexbor_str_t& data = lxb_dom_interface_character_data(node_of(node_))->data;
  return view(data.data, data.length);
}

std::string_view HtmlNode::tag() const {
  if (!is_element()) {
    return {};
  }
  std::size_t size = 0;
  const lxb_char_t* name = lxb_dom_element_local_name(lxb_dom_interface_element(node_of(node_)), &size);
  return view(name, size);
}

std::optional<std::string_view> HtmlNode::attribute(std::string_view name) const {
  if (!is_element()) {
    return std::nullopt;
  }
  lxb_dom_element_t* element = lxb_dom_interface_element(node_of(node_));
  if (!lxb_dom_element_has_attribute(element, bytes_of(name), name.size())) {
    return std::nullopt;
  }
  std::size_t size = 0;
  const lxb_char_t* value = lxb_dom_element_get_attribute(element, bytes_of(name), name.size(), &size);
  return view(value, size);
}

bool HtmlNode::has_class(std::string_view name) const {
  std::string_view rest = attribute("class").value_or("");
  while (!rest.empty()) {
    const auto end = std::ranges::find_if(rest, is_space);
    const auto size = static_cast<std::size_t>(end - rest.begin());
    if (rest.substr(0, size) == name) {
      return true;
    }
    rest.remove_prefix(std::min(size + 1, rest.size()));
  }
  return false;
}

std::string HtmlNode::whole_text() const {
  std::string whole;
  for (HtmlNode node = *this; node; node = node.next_within(*this)) {
    whole += node.text();
  }
  return whole;
}

HtmlNode HtmlNode::first_child() const { return HtmlNode(node_ == nullptr ? nullptr : node_of(node_)->first_child); }
HtmlNode HtmlNode::next() const { return HtmlNode(node_ == nullptr ? nullptr : node_of(node_)->next); }

HtmlNode HtmlNode::next_within(HtmlNode top) const {
  if (const HtmlNode child = first_child()) {
    return child;
  }
  for (lxb_dom_node_t* node = node_of(node_); node != nullptr && node != top.node_; node = node->parent) {
    if (node->next != nullptr) {
      return HtmlNode(node->next);
    }
  }
  return HtmlNode();
}

void HtmlDocument::Destroy::operator()(void* document) const {
  lxb_html_document_destroy(static_cast<lxb_html_document_t*>(document));
}

Result<HtmlDocument> HtmlDocument::parse(std::string_view html, const std::stop_token& stop) {
  const std::unique_ptr<lxb_html_parser_t, DestroyParser> parser(lxb_html_parser_create());
  if (parser == nullptr || lxb_html_parser_init(parser.get()) != LXB_STATUS_OK) {
    return fail(ErrorCode::internal, "the HTML parser cannot be started");
  }
  HtmlDocument result;
  lxb_html_document_t* document = lxb_html_parse_chunk_begin(parser.get());
  result.document_.reset(document);
  lxb_status_t status = document == nullptr ? LXB_STATUS_ERROR_MEMORY_ALLOCATION : LXB_STATUS_OK;
  for (std::size_t at = 0; status == LXB_STATUS_OK && at < html.size() && !result.is_cut_; at += kPieceBytes) {
    const std::string_view piece = html.substr(at, kPieceBytes);
    status = lxb_html_parse_chunk_process(parser.get(), bytes_of(piece), piece.size());
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "stopped while a page was read");
    }
    result.is_cut_ = status == LXB_STATUS_OK && grew_too_large(*parser, *document);
  }
  if (status == LXB_STATUS_OK) {
    status = lxb_html_parse_chunk_end(parser.get());
  }
  if (status != LXB_STATUS_OK) {
    return fail(ErrorCode::internal, format_text("the HTML parser failed with status {}", static_cast<int>(status)));
  }
  return result;
}

HtmlNode HtmlDocument::root() const {
  return HtmlNode(lxb_dom_interface_node(static_cast<lxb_html_document_t*>(document_.get())));
}

}  // namespace puna::tools
