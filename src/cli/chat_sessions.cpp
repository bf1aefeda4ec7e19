// Chat: sessions of the store.
#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/chat.h"

namespace puna::cli {
namespace {

constexpr std::size_t kSessionsShown = 20;

// "chat 2026-11-22 02:41:05", UTC.
std::string name_for_now() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(now - day);
  return format_text("chat {:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

}  // namespace

Result<std::unique_ptr<SessionStore>> Chat::stored() const {
  return open_store(options_.session, SessionStore::Access::write);
}

Result<std::unique_ptr<KeptSession>> Chat::open_session(const std::string& name, bool is_new) {
  Options named = options_;
  named.session.name = name;
  named.session.is_last = false;
  named.system.reset();  // a session that is there has its own
  PUNA_TRY(const auto store, stored());
  const auto found = store->find(name);
  if (is_new && found) {
    return fail(ErrorCode::invalid_argument, format_text("there is a session '{}' already", name),
                "/resume goes on with it; /save with another name keeps this one");
  }
  if (!found && (!is_new || found.error().code != ErrorCode::not_found)) {
    return std::unexpected(found.error());
  }
  return KeptSession::open(console_, named, Unfinished::close);
}

// From now on the conversation is the session's.
Result<void> Chat::switch_to(std::unique_ptr<KeptSession> kept) {
  leave_session();
  kept_ = std::move(kept);
  kept_->cache().restore(*model_, agent_.id, console_);
  agent_.record = &kept_->session();
  events_ = &kept_->watch(*heard_);
  transcript_ = kept_->session().transcript();
  window_.forget();
  was_stopped_ = false;
  return {};
}

Result<void> Chat::save(const std::string& name) {
  if (kept_) {
    return fail(ErrorCode::invalid_argument, format_text("it is kept in the session '{}' already", kept_->name()),
                "/fork NAME goes on in a copy");
  }
  if (file_) {
    return fail(ErrorCode::invalid_argument, "the conversation goes to the file of --transcript",
                "begin the chat without --transcript, or with --session NAME");
  }
  PUNA_TRY(auto kept, open_session(name.empty() ? name_for_now() : name, true));
  PUNA_TRY_VOID(kept->session().replace(transcript_));
  kept_ = std::move(kept);
  agent_.record = &kept_->session();
  events_ = &kept_->watch(*heard_);
  note(format_text("kept in the session '{}' from now on", kept_->name()));
  return {};
}

Result<void> Chat::resume_session(const std::string& name) {
  if (name.empty()) {
    return show_sessions();
  }
  if (kept_ && kept_->name() == name) {
    return fail(ErrorCode::invalid_argument, format_text("this is the session '{}'", name));
  }
  if (is_loose() || file_) {
    return fail(ErrorCode::invalid_argument, "this conversation is in no session, and would be lost",
                "/save it first, or /clear it");
  }
  PUNA_TRY(auto kept, open_session(name, false));
  PUNA_TRY_VOID(switch_to(std::move(kept)));
  compute_ahead();
  return {};
}

Result<void> Chat::fork(const std::string& name) {
  if (!kept_) {
    return fail(ErrorCode::invalid_argument, "this conversation is in no session", "/save it first");
  }
  std::string copy = name;
  for (int number = 2; copy.empty(); ++number) {
    std::string candidate = format_text("{} {}", kept_->name(), number);
    if (!kept_->store().find(candidate)) {
      copy = std::move(candidate);
    }
  }
  const std::string from = kept_->name();
  PUNA_TRY_VOID(kept_->store().fork(from, copy));
  const ContextWindow window = window_;
  const Transcript before = transcript_;
  PUNA_TRY(auto kept, open_session(copy, false));
  PUNA_TRY_VOID(switch_to(std::move(kept)));
  if (transcript_ == before) {
    window_ = window;  // what was made shorter stays so
  }
  note(format_text("in the copy '{}' from now on; '{}' stays as it is", copy, from));
  return {};
}

std::vector<std::string> Chat::session_names() {
  std::vector<std::string> names;
  if (const auto store = open_store(options_.session, SessionStore::Access::read)) {
    for (const SessionInfo& one : (*store)->list().value_or(std::vector<SessionInfo>())) {
      names.push_back(one.name);
    }
  }
  return names;
}

Result<void> Chat::show_sessions() {
  PUNA_TRY(const auto store, stored());
  PUNA_TRY(const std::vector<SessionInfo> known, store->list());
  for (std::size_t i = 0; i < known.size() && i < kSessionsShown; ++i) {
    note(format_text("{:<24}  {}", known[i].name, known[i].title));
  }
  if (known.size() > kSessionsShown) {
    note(format_text("... {} more: puna session list", known.size() - kSessionsShown));
  }
  note(known.empty() ? "there are no sessions; /save keeps this conversation in one" : "/resume NAME goes on with one");
  return {};
}

}  // namespace puna::cli
