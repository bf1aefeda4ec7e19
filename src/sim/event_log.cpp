// See event_log.h.
#include "sim/event_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace puna::sim {
namespace {

std::string begin_of(std::size_t number) { return format_text(R"({{"id":"e{:08}")", number); }

std::string system_text(int reason) { return std::generic_category().message(reason); }

std::string shown_file(const std::filesystem::path& file) { return printable(utf8::sanitize(file.string())); }

Result<std::string> content_of(int number, const std::filesystem::path& file) {
  std::string text;
  std::string block(std::size_t{1} << 16U, '\0');
  while (true) {
    const ssize_t got = ::pread(number, block.data(), block.size(), static_cast<off_t>(text.size()));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return fail(ErrorCode::io, format_text("cannot read {}: {}", shown_file(file), system_text(errno)));
    }
    if (got == 0) {
      return text;
    }
    text.append(block, 0, static_cast<std::size_t>(got));
  }
}

}  // namespace

std::int64_t integer_of(const Json& event, std::string_view name) {
  const Json* value = event.find(name);
  return value != nullptr && value->is_integer() ? value->as_integer() : 0;
}

EventLog::EventLog(EventLog&& other) noexcept
    : file_(std::move(other.file_)),
      number_(std::exchange(other.number_, -1)),
      old_(std::move(other.old_)),
      answers_(std::move(other.answers_)),
      added_(std::move(other.added_)),
      whole_bytes_(other.whole_bytes_),
      is_broken_off_(other.is_broken_off_),
      count_(other.count_),
      checked_(other.checked_) {}

EventLog::~EventLog() {
  if (number_ >= 0) {
    ::close(number_);
  }
}

Result<EventLog> EventLog::open(const std::filesystem::path& file) {
  std::error_code code;
  if (file.has_parent_path()) {
    std::filesystem::create_directories(file.parent_path(), code);
  }
  EventLog log(file, code ? -1 : ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644));
  struct stat facts{};
  if (log.number_ < 0 || ::fstat(log.number_, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    const std::string why = code ? code.message() : log.number_ < 0 ? system_text(errno) : "it is no file";
    return fail(ErrorCode::io, format_text("cannot write the event log {}: {}", shown_file(file), why),
                "another folder with --out");
  }
  if (::flock(log.number_, LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::unavailable, format_text("another run writes {}", shown_file(file)),
                "wait for it, or another folder with --out");
  }
  PUNA_TRY_VOID(log.read());
  return log;
}

Result<void> EventLog::read() {
  PUNA_TRY(const std::string text, content_of(number_, file_));
  std::size_t from = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
    std::string line = text.substr(from, end - from);
    const auto json = Json::parse(line);
    if (!json || !json->is_object()) {
      return fail(ErrorCode::corrupt, format_text("{}:{}: no event", shown_file(file_), old_.size() + 1),
                  "another folder with --out, or remove this one");
    }
    if (json->text_or("type") == "action" && json->text_or("by") == "llm") {
      const Json* epoch = json->find("epoch");
      const Json* step = json->find("step");
      if (epoch != nullptr && epoch->is_integer() && step != nullptr && step->is_integer()) {
        answers_.insert_or_assign(std::tuple(static_cast<int>(epoch->as_integer()),
                                             static_cast<int>(step->as_integer()), std::string(json->text_or("agent"))),
                                  *json);
      }
    }
    old_.push_back(std::move(line));
    from = end + 1;
  }
  whole_bytes_ = from;
  is_broken_off_ = from < text.size();
  // What was broken off began as the next line does, or the file is something else. After a power loss it may end in
  // zeros.
  const std::string begin = begin_of(old_.size() + 1);
  std::string_view rest = std::string_view(text).substr(from);
  rest = rest.substr(0, rest.find('\0'));
  if (!rest.starts_with(begin) && !begin.starts_with(rest)) {
    return fail(ErrorCode::corrupt, format_text("{}:{}: no event", shown_file(file_), old_.size() + 1),
                "another folder with --out, or remove this one");
  }
  return {};
}

Result<void> EventLog::cut_off() {
  if (std::exchange(is_broken_off_, false) && ::ftruncate(number_, static_cast<off_t>(whole_bytes_)) != 0) {
    return fail(ErrorCode::io, format_text("cannot cut {}: {}", shown_file(file_), system_text(errno)));
  }
  return {};
}

void EventLog::add(std::string_view type, int epoch, int step, const Json& members) {
  ++count_;
  Json event = Json::object({{"id", format_text("e{:08}", count_)}, {"t", count_}, {"type", type}});
  event.set("epoch", epoch);
  event.set("step", step);
  for (const Json::Member& member : members.as_object()) {
    PUNA_CHECK(event.find(member.key) == nullptr, "an event's own id, t, type, epoch or step");
    event.set(member.key, member.value);
  }
  added_.push_back(event.dump());
}

Result<void> EventLog::flush() {
  std::string block;
  for (const std::string& line : std::exchange(added_, {})) {
    if (checked_ == old_.size()) {
      block += line + "\n";
      continue;
    }
    if (line != old_[checked_]) {
      return fail(ErrorCode::corrupt,
                  format_text("{}:{}: this run says something else here: another scenario, seed, model or version",
                              shown_file(file_), checked_ + 1),
                  "another folder with --out");
    }
    ++checked_;
  }
  if (!block.empty()) {
    PUNA_TRY_VOID(cut_off());
  }
  for (std::size_t done = 0; done < block.size();) {
    const ssize_t written = ::write(number_, block.data() + done, block.size() - done);
    if (written < 0 && errno != EINTR) {
      return fail(ErrorCode::io, format_text("cannot write {}: {}", shown_file(file_), system_text(errno)),
                  "free space on the disk; the same command goes on from there");
    }
    done += written < 0 ? 0 : static_cast<std::size_t>(written);
  }
  return {};
}

Result<void> EventLog::end() {
  PUNA_TRY_VOID(flush());
  if (checked_ < old_.size()) {
    return fail(ErrorCode::corrupt,
                format_text("{}:{}: the run has ended, and the file goes on", shown_file(file_), checked_ + 1),
                "remove what follows the line simulation_ended, or another folder with --out");
  }
  return cut_off();
}

const Json* EventLog::answered(int epoch, int step, std::string_view agent) const {
  const auto found = answers_.find(std::tuple(epoch, step, std::string(agent)));
  return found == answers_.end() ? nullptr : &found->second;
}

}  // namespace puna::sim
