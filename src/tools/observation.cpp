// See observation.h. A broken byte takes three bytes when it is replaced, so texts are cut both before and after that.
#include "tools/observation.h"

#include "puna/base.h"
#include "puna/tools.h"

namespace puna {

ToolResult tool_error(std::string_view message) {
  return {.content = "error: " + std::string(message), .is_error = true};
}

namespace tools {
namespace {

constexpr std::size_t kMarkBytes = 64;  // room for the line that stands for the missing middle
constexpr std::size_t kShownBytesMax = 200;

// The last bytes of the text, not beginning inside a character.
std::string_view tail(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return text;
  }
  std::size_t begin = text.size() - bytes_max;
  for (int step = 0; step < 3 && begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U;
       ++step) {
    ++begin;
  }
  return text.substr(begin);
}

}  // namespace

ToolResult error_observation(const Error& error) {
  return tool_error(error.hint.empty() ? error.message : error.message + ". " + error.hint);
}

std::string fit_observation(std::string_view text, std::size_t bytes_max) {
  PUNA_CHECK(bytes_max >= 2 * kMarkBytes, "an observation needs room for its mark");
  if (text.size() <= bytes_max) {
    std::string whole = utf8::sanitize(text);
    if (whole.size() <= bytes_max) {
      return whole;
    }
  }
  const std::size_t side = (bytes_max - kMarkBytes) / 2;
  const std::string_view head_raw = utf8::truncate(text, side);
  const std::string_view tail_raw = tail(text.substr(head_raw.size()), side);
  const std::string head_clean = utf8::sanitize(head_raw);
  const std::string tail_clean = utf8::sanitize(tail_raw);
  const std::string_view head_kept = utf8::truncate(head_clean, side);
  const std::string_view tail_kept = tail(tail_clean, side);
  // Broken bytes only make the kept parts shorter than this says; the count is of whole, healthy text.
  const std::size_t missing = text.size() - head_raw.size() - tail_raw.size();
  return format_text("{}\n[... {} bytes left out ...]\n{}", head_kept, missing, tail_kept);
}

std::string shown(std::string_view text) {
  const std::string_view start = utf8::truncate(text, kShownBytesMax);
  std::string clean = utf8::sanitize(start);
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {
      c = '?';
    }
  }
  std::string result(utf8::truncate(clean, kShownBytesMax));
  if (result.size() < clean.size() || start.size() < text.size()) {
    result += "...";
  }
  return result;
}

}  // namespace tools
}  // namespace puna
