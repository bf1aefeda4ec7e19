// The encodings are lexbor's; which one it is, follows the HTML standard.
#include "tools/charset.h"

#include <lexbor/encoding/encoding.h>
#include <lexbor/html/encoding.h>

#include <algorithm>
#include <array>
#include <memory>

#include "puna/base.h"
#include "tools/lexbor_bytes.h"
#include "tools/plain_text.h"

namespace puna::tools {
namespace {

constexpr std::size_t kPrescanBytes = 1'024;

const lxb_encoding_data_t* by_name(std::string_view name) {
  return name.empty() ? nullptr : lxb_encoding_data_by_pre_name(bytes_of(name), name.size());
}

const lxb_encoding_data_t* of_mark(std::string_view bytes) {
  if (bytes.starts_with("\xef\xbb\xbf")) {
    return lxb_encoding_data(LXB_ENCODING_UTF_8);
  }
  if (bytes.starts_with("\xfe\xff")) {
    return lxb_encoding_data(LXB_ENCODING_UTF_16BE);
  }
  return bytes.starts_with("\xff\xfe") ? lxb_encoding_data(LXB_ENCODING_UTF_16LE) : nullptr;
}

const lxb_encoding_data_t* of_header(std::string_view content_type) {
  const std::string lower = lowered(content_type);
  const std::size_t at = lower.find("charset=");
  if (at == std::string::npos) {
    return nullptr;
  }
  std::string_view name = std::string_view(lower).substr(at + 8);
  name = name.substr(0, name.find(';'));
  name.remove_prefix(std::min(name.find_first_not_of(" \t\"'"), name.size()));
  return by_name(name.substr(0, name.find_first_of(" \t\"'")));
}

struct Destroy {
  void operator()(lxb_html_encoding_t* scan) const { lxb_html_encoding_destroy(scan, true); }
};

const lxb_encoding_data_t* of_meta(std::string_view bytes) {
  const std::unique_ptr<lxb_html_encoding_t, Destroy> scan(lxb_html_encoding_create());
  if (scan == nullptr || lxb_html_encoding_init(scan.get()) != LXB_STATUS_OK) {
    return nullptr;
  }
  const std::string_view begin = bytes.substr(0, kPrescanBytes);
  if (lxb_html_encoding_determine(scan.get(), bytes_of(begin), bytes_of(begin) + begin.size()) != LXB_STATUS_OK) {
    return nullptr;
  }
  const lxb_html_encoding_entry_t* entry = lxb_html_encoding_meta_entry(scan.get(), 0);
  return entry == nullptr
             ? nullptr
             : lxb_encoding_data_prescan_validate(entry->name, static_cast<std::size_t>(entry->end - entry->name));
}

void append_utf8(std::string& text, lxb_codepoint_t point) {
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
    point = 0xfffd;
  }
  const auto tail = [&](unsigned shift) { text += static_cast<char>(0x80U | ((point >> shift) & 0x3fU)); };
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xc0U | (point >> 6U));
    tail(0);
  } else if (point < 0x10000) {
    text += static_cast<char>(0xe0U | (point >> 12U));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0U | (point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

// In pieces whose characters always fit: a full buffer makes some of lexbor's decoders lose a byte.
std::string decode(std::string_view bytes, const lxb_encoding_data_t& encoding) {
  constexpr std::size_t kPieceBytes = 1'024;
  constexpr lxb_codepoint_t kReplacement = 0xfffd;
  std::array<lxb_codepoint_t, 4 * kPieceBytes> points{};
  lxb_encoding_decode_t decoder{};
  lxb_encoding_decode_init(&decoder, &encoding, points.data(), points.size());
  lxb_encoding_decode_replace_set(&decoder, &kReplacement, 1);
  std::string text;
  const auto flush = [&] {
    std::ranges::for_each_n(points.begin(), static_cast<std::ptrdiff_t>(lxb_encoding_decode_buf_used(&decoder)),
                            [&](lxb_codepoint_t point) { append_utf8(text, point); });
    lxb_encoding_decode_buf_used_set(&decoder, 0);
  };
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPieceBytes);
    const lxb_char_t* at = bytes_of(piece);
    encoding.decode(&decoder, &at, at + piece.size());
    flush();
    bytes.remove_prefix(piece.size());
  }
  lxb_encoding_decode_finish(&decoder);
  flush();
  return text;
}

}  // namespace

std::string decoded_text(std::string_view bytes, std::string_view content_type, bool is_html) {
  const lxb_encoding_data_t* encoding = of_mark(bytes);
  if (encoding != nullptr) {
    bytes.remove_prefix(encoding->encoding == LXB_ENCODING_UTF_8 ? 3 : 2);
  } else {
    encoding = of_header(content_type);
  }
  if (encoding == nullptr && is_html) {
    encoding = of_meta(bytes);
  }
  if (encoding == nullptr) {
    const bool fits = utf8::is_valid(bytes.substr(0, utf8::complete_prefix(bytes)));
    encoding = lxb_encoding_data(fits ? LXB_ENCODING_UTF_8 : LXB_ENCODING_WINDOWS_1252);
  }
  return encoding->encoding == LXB_ENCODING_UTF_8 ? utf8::sanitize(bytes) : utf8::sanitize(decode(bytes, *encoding));
}

std::string media_type(std::string_view content_type) {
  return lowered(trimmed(content_type.substr(0, content_type.find(';'))));
}

}  // namespace puna::tools
