// Bytes to lines to events.
#include "puna/net/sse.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace puna {
namespace {

constexpr std::size_t kIdBytesMax = 1'024;
constexpr std::size_t kRetryDigitsMax = 9;
constexpr std::chrono::hours kRetryMax{1};

}  // namespace

void EventReader::end_line(std::vector<ServerEvent>& events) {
  std::string_view line = line_;
  if (std::exchange(is_first_line_, false) && line.starts_with("\xef\xbb\xbf")) {
    line.remove_prefix(3);
  }
  if (line.empty()) {
    last_id_ = id_;
    if (has_data_) {
      data_.pop_back();  // the last line's end
      events.push_back({.type = type_.empty() ? "message" : std::move(type_), .data = std::move(data_)});
    }
    data_.clear();
    type_.clear();
    has_data_ = false;
  } else {
    const std::size_t colon = line.find(':');
    std::string_view value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    value.remove_prefix(value.starts_with(' ') ? 1 : 0);
    take_field(line.substr(0, colon), value);
  }
  line_.clear();
}

void EventReader::take_field(std::string_view field, std::string_view value) {
  if (field == "data") {
    data_ += value;
    data_ += '\n';
    has_data_ = true;
  } else if (field == "event") {
    type_ = value;
  } else if (field == "id" && value.size() <= kIdBytesMax &&
             std::ranges::all_of(value, [](unsigned char c) { return c >= ' ' && c != 0x7f; })) {
    id_ = value;
  } else if (field == "retry" && !value.empty() && value.size() <= kRetryDigitsMax &&
             std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) {
    std::int64_t ms = 0;
    std::from_chars(value.data(), value.data() + value.size(), ms);
    retry_ = std::min<std::chrono::milliseconds>(std::chrono::milliseconds(ms), kRetryMax);
  }
}

void EventReader::begin_again() {
  line_.clear();
  data_.clear();
  type_.clear();
  id_ = last_id_;
  has_data_ = false;
  is_first_line_ = true;
  after_return_ = false;
}

Result<void> EventReader::feed(std::string_view bytes, std::vector<ServerEvent>& events) {
  while (!bytes.empty()) {
    if (std::exchange(after_return_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + data_.size() + piece.size() > bytes_max_) {
      return fail(ErrorCode::limit, format_text("an event of more than {} bytes", bytes_max_));
    }
    line_ += piece;
    if (end == std::string_view::npos) {
      break;
    }
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line(events);
  }
  return {};
}

void EventReader::finish(std::vector<ServerEvent>& events) {
  if (!line_.empty()) {
    end_line(events);
  }
  end_line(events);
}

}  // namespace puna
