// See http_reader.h.
#include "server/http_reader.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "puna/base.h"

namespace puna::server {
namespace {

constexpr std::size_t kTargetBytesMax = 8'192;
constexpr std::size_t kChunkLineBytesMax = 256;
constexpr std::size_t kTrailerBytesMax = 8'192;

bool is_token_character(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kMarks.find(c) != std::string_view::npos;
}
bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_character); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_field_text(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= 32 && c != 127); });
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (lowered(trimmed(list.substr(0, comma))) == word) {
      return true;
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace

std::string lowered(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

std::string HttpRequestIn::header(std::string_view name) const {
  std::string value;
  bool is_first = true;
  for (const Header& each : headers) {
    if (each.name == name) {
      value += (is_first ? "" : ", ") + each.value;
      is_first = false;
    }
  }
  return value;
}

bool HttpRequestIn::has(std::string_view name) const {
  return std::ranges::any_of(headers, [name](const Header& each) { return each.name == name; });
}

bool RequestReader::refuse(int status, std::string message) {
  state_ = State::bad;
  problem_ = {.status = status, .message = std::move(message)};
  return false;
}

std::size_t RequestReader::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && state_ != State::done && state_ != State::bad) {
    const std::string_view rest = bytes.substr(used);
    if (state_ != State::body) {
      used += feed_head(rest);
    } else if (is_chunked_) {
      used += feed_chunked(rest);
    } else {
      const std::size_t count = std::min(rest.size(), left_);
      request_.body += rest.substr(0, count);
      left_ -= count;
      used += count;
      state_ = left_ == 0 ? State::done : State::body;
    }
  }
  return used;
}

std::size_t RequestReader::feed_head(std::string_view bytes) {
  if (state_ == State::empty) {
    // An empty line before a request is allowed and means nothing.
    const std::size_t first = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    if (first > 0) {
      return first;
    }
    state_ = State::head;
  }
  const std::size_t from = head_.size() < 3 ? 0 : head_.size() - 3;
  const std::size_t before = head_.size();
  head_ += bytes.substr(0, limits_.head_bytes + 4 - std::min(before, limits_.head_bytes + 4));
  const std::size_t end = head_.find("\r\n\r\n", from);
  const std::size_t size = end == std::string::npos ? head_.size() : end + 4;
  if (size > limits_.head_bytes) {
    refuse(431, format_text("the request's head has more than {} bytes", limits_.head_bytes));
    return bytes.size();
  }
  if (end == std::string::npos) {
    return bytes.size();
  }
  head_.resize(end + 2);
  read_head();
  return end + 4 - before;
}

void RequestReader::read_head() {
  std::string_view rest = head_;
  bool is_first = true;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    if (is_first ? !read_request_line(line) : !read_header(line)) {
      return;
    }
    is_first = false;
  }
  head_.clear();
  if (read_framing()) {
    state_ = is_chunked_ || left_ > 0 ? State::body : State::done;
  }
}

bool RequestReader::read_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos || !is_token(line.substr(0, first))) {
    return refuse(400, "the request line is not 'METHOD TARGET HTTP/1.1'");
  }
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return refuse(version.starts_with("HTTP/") ? 505 : 400, "the protocol must be HTTP/1.1 or HTTP/1.0");
  }
  const bool is_printable = std::ranges::all_of(target, [](char c) { return c > 32 && c < 127; });
  if (target.size() > kTargetBytesMax) {
    return refuse(414, format_text("the request's target has more than {} bytes", kTargetBytesMax));
  }
  if (!target.starts_with('/') || !is_printable) {
    return refuse(400, "the request's target must begin with '/' and be ASCII");
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  request_.method = line.substr(0, first);
  request_.path = target.substr(0, question);
  request_.query = target.substr(std::min(question + 1, target.size()));
  request_.keep_alive = version == "HTTP/1.1";
  request_.may_have_chunks = request_.keep_alive;
  return true;
}

bool RequestReader::read_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) || !is_field_text(line)) {
    return refuse(400, format_text("header line {} is not 'Name: value'", request_.headers.size() + 1));
  }
  if (request_.headers.size() == limits_.headers) {
    return refuse(431, format_text("the request has more than {} headers", limits_.headers));
  }
  request_.headers.push_back(
      {.name = lowered(line.substr(0, colon)), .value = std::string(trimmed(line.substr(colon + 1)))});
  return true;
}

bool RequestReader::read_framing() {
  std::size_t lengths = 0;
  std::size_t codings = 0;
  std::size_t hosts = 0;
  for (const auto& [name, value] : request_.headers) {
    lengths += name == "content-length" ? 1U : 0U;
    codings += name == "transfer-encoding" ? 1U : 0U;
    hosts += name == "host" ? 1U : 0U;
    if (name == "connection") {
      request_.keep_alive = has_word(value, "close") ? false : request_.keep_alive || has_word(value, "keep-alive");
    }
  }
  if (hosts > 1 || lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) {
    return refuse(400, "Host, Content-Length or Transfer-Encoding is repeated, or both of the latter are given");
  }
  if (const std::string coding = lowered(request_.header("content-encoding"));
      !coding.empty() && coding != "identity") {
    return refuse(415, "a compressed body is not taken: send it without Content-Encoding");
  }
  if (const std::string expected = lowered(request_.header("expect")); !expected.empty()) {
    if (expected != "100-continue") {
      return refuse(417, "only 'Expect: 100-continue' is understood");
    }
    expects_ = true;
  }
  if (codings > 0) {
    is_chunked_ = lowered(request_.header("transfer-encoding")) == "chunked";
    return is_chunked_ || refuse(501, "the only transfer encoding is chunked");
  }
  return lengths == 0 || read_length(request_.header("content-length"));
}

bool RequestReader::read_length(std::string_view text) {
  constexpr std::size_t kDigitsMax = 18;
  if (text.empty() || text.size() > kDigitsMax || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return refuse(400, "Content-Length is not a whole number");
  }
  std::from_chars(text.begin(), text.end(), left_);
  if (left_ > limits_.body_bytes) {
    return refuse(413, format_text("the body has {} bytes and may have {}", left_, limits_.body_bytes));
  }
  request_.body.reserve(std::min<std::size_t>(left_, 65'536));  // what is promised is not yet there
  return true;
}

std::size_t RequestReader::feed_chunked(std::string_view bytes) {
  if (part_ == Part::data) {
    const std::size_t count = std::min(bytes.size(), left_);
    request_.body += bytes.substr(0, count);
    left_ -= count;
    part_ = left_ == 0 ? Part::data_end : Part::data;
    return count;
  }
  const std::size_t end = bytes.find('\n');
  const std::size_t count = end == std::string_view::npos ? bytes.size() : end + 1;
  line_ += bytes.substr(0, std::min(count, kTrailerBytesMax + 2));
  if (line_.size() > (part_ == Part::trailers ? kTrailerBytesMax : kChunkLineBytesMax)) {
    refuse(400, "a line between chunks is too long");
    return count;
  }
  if (end == std::string_view::npos) {
    return count;
  }
  if (!line_.ends_with("\r\n")) {
    refuse(400, "a line between chunks does not end with CRLF");
    return count;
  }
  on_line(std::string_view(line_).substr(0, line_.size() - 2));
  line_.clear();
  return count;
}

void RequestReader::on_line(std::string_view line) {
  if (part_ == Part::data_end) {
    if (!line.empty()) {
      refuse(400, "a chunk is longer than its size says");
    }
    part_ = Part::size;
    return;
  }
  if (part_ == Part::trailers) {
    trailer_bytes_ += line.size() + 2;
    if (line.empty()) {
      state_ = State::done;
    } else if (trailer_bytes_ > kTrailerBytesMax) {
      refuse(431, format_text("the trailers have more than {} bytes", kTrailerBytesMax));
    }
    return;
  }
  constexpr std::size_t kDigitsMax = 8;
  const std::string_view digits = trimmed(line.substr(0, line.find(';')));
  const auto [rest, error] = std::from_chars(digits.begin(), digits.end(), left_, 16);
  if (digits.empty() || digits.size() > kDigitsMax || error != std::errc() || rest != digits.end()) {
    refuse(400, "a chunk's size is not a hexadecimal number");
  } else if (left_ > limits_.body_bytes - request_.body.size()) {
    refuse(413, format_text("the body has more than {} bytes", limits_.body_bytes));
  } else {
    part_ = left_ == 0 ? Part::trailers : Part::data;
  }
}

bool RequestReader::take_expectation() { return state_ == State::body && std::exchange(expects_, false); }

HttpRequestIn RequestReader::take() {
  HttpRequestIn request = std::move(request_);
  *this = RequestReader(limits_);
  return request;
}

}  // namespace puna::server
