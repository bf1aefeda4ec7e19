// A session as JSON lines: a head, then its events, each with the CRC-32 of its bytes before it.
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "agent/store_file.h"
#include "agent/store_replay.h"

namespace puna::agent {
namespace {

constexpr int kLinesVersion = 1;
constexpr std::string_view kSumBegin = ",\"crc\":\"";
constexpr std::string_view kSumEnd = "\"}";
constexpr std::size_t kSumDigits = 8;

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value >> 1U) ^ (0xedb88320U & (0U - (value & 1U)));
    }
    table[byte] = value;
  }
  return table;
}();

std::uint32_t crc32(std::string_view text) {
  std::uint32_t value = 0xffffffffU;
  for (const char c : text) {
    value = (value >> 8U) ^ kCrcTable[(value ^ static_cast<unsigned char>(c)) & 0xffU];
  }
  return ~value;
}

Result<Json> read_line(std::string_view line) {
  const std::size_t tail = kSumBegin.size() + kSumDigits + kSumEnd.size();
  if (line.size() < tail || !line.substr(line.size() - tail).starts_with(kSumBegin) || !line.ends_with(kSumEnd)) {
    return fail(ErrorCode::corrupt, "it has no check sum at its end");
  }
  const std::string_view object = line.substr(0, line.size() - tail);
  const std::string_view digits = line.substr(object.size() + kSumBegin.size(), kSumDigits);
  std::uint32_t sum = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), sum, 16);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || sum != crc32(object)) {
    return fail(ErrorCode::corrupt, "its check sum is wrong: it was changed or damaged");
  }
  return Json::parse(line);
}

Result<std::int64_t> integer_of(const Json& line, std::string_view key) {
  const Json* value = line.find(key);
  return value != nullptr && value->is_integer() ? Result<std::int64_t>(value->as_integer())
                                                 : fail(ErrorCode::corrupt, format_text("it has no number '{}'", key));
}

// A clock of nanoseconds ends in the year 2262.
constexpr std::int64_t kMicrosMax = 9'000'000'000'000'000;

Result<std::chrono::system_clock::time_point> time_in(const Json& line, std::string_view key) {
  PUNA_TRY(const std::int64_t micros, integer_of(line, key));
  return micros >= 0 && micros <= kMicrosMax
             ? Result<std::chrono::system_clock::time_point>(
                   std::chrono::system_clock::time_point(std::chrono::microseconds(micros)))
             : fail(ErrorCode::corrupt, format_text("its '{}' is no time", key));
}

Result<SessionInfo> head_of(std::string_view line) {
  PUNA_TRY(const Json head, read_line(line));
  PUNA_TRY(const std::int64_t version, integer_of(head, "version"));
  PUNA_TRY(const auto created, time_in(head, "created_us"));
  if (head.text_or("type") != "session") {
    return fail(ErrorCode::corrupt, "it is no head of a session");
  }
  if (version > kLinesVersion) {
    return fail(ErrorCode::unavailable,
                format_text("it is of version {}; this program knows up to {}", version, kLinesVersion));
  }
  return SessionInfo{.name = std::string(head.text_or("name")), .created = created};
}

Result<StoredEvent> event_of(std::string_view line, std::int64_t last) {
  PUNA_TRY(const Json read, read_line(line));
  PUNA_TRY(const std::int64_t number, integer_of(read, "number"));
  PUNA_TRY(const auto at, time_in(read, "at_us"));
  const Json* json = read.find("event");
  constexpr std::int64_t kNumberMax = std::int64_t{1} << 39U;
  if (number <= last || number > kNumberMax || json == nullptr || json->text_or("type").empty()) {
    return fail(ErrorCode::corrupt, "it is no event behind the one before");
  }
  return StoredEvent{.number = number, .at = at, .json = *json};
}

// A line's end is part of it: half a line is none.
std::optional<std::string_view> next_whole_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

Error in_line(std::size_t number, const Error& error) {
  return {.code = error.code,
          .message = format_text("line {}: {}", number, error.message),
          .hint = number == 1 ? "" : "--repair takes what stands before it"};
}

}  // namespace

std::string with_check_sum(std::string object) {
  object.pop_back();  // its brace
  return format_text("{}{}{:08x}{}\n", object, kSumBegin, crc32(object), kSumEnd);
}

std::string export_text(const SessionInfo& info, const std::vector<StoredEvent>& events) {
  const auto micros = [](std::chrono::system_clock::time_point time) {
    return std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count();
  };
  std::string text = with_check_sum(
      Json::object(
          {{"type", "session"}, {"version", kLinesVersion}, {"name", info.name}, {"created_us", micros(info.created)}})
          .dump());
  for (const StoredEvent& event : events) {
    text += with_check_sum(
        Json::object({{"number", event.number}, {"at_us", micros(event.at)}, {"event", event.json}}).dump());
  }
  return text;
}

Result<Imported> import_text(std::string_view text, bool is_repair) {
  Imported imported;
  std::size_t number = 0;
  while (!text.empty()) {  // every round takes a line, or ends
    ++number;
    const std::optional<std::string_view> line = next_whole_line(text);
    const auto half = [] { return fail(ErrorCode::corrupt, "it has no end"); };
    Result<void> taken;
    if (number == 1) {
      Result<SessionInfo> head = line ? head_of(*line) : half();
      if (!head) {
        return std::unexpected(in_line(number, head.error()));
      }
      imported.info = *std::move(head);
      continue;
    }
    Result<StoredEvent> event =
        line ? event_of(*line, imported.events.empty() ? 0 : imported.events.back().number) : half();
    if (!event) {
      if (is_repair) {
        break;
      }
      return std::unexpected(in_line(number, event.error()));
    }
    imported.events.push_back(*std::move(event));
  }
  if (number == 0) {
    return fail(ErrorCode::corrupt, "the file is empty: it has no head of a session");
  }
  PUNA_TRY_VOID(replay(imported.events).transform([](const Replay&) {}));
  return imported;
}

}  // namespace puna::agent
