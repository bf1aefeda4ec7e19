// puna session: what runs and chats with --session have kept.
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/commands.h"
#include "cli/kept_session.h"

namespace puna::cli {
namespace {

constexpr std::size_t kExportBytesMax = std::size_t{1} << 30U;
constexpr std::size_t kNameColumns = 24;

using Store = std::unique_ptr<SessionStore>;

std::string moment_text(std::chrono::system_clock::time_point time) {
  return format_text("{:%FT%TZ}", std::chrono::floor<std::chrono::seconds>(time));
}

Json session_json(const SessionInfo& info) {
  return Json::object({{"name", info.name},
                       {"created", moment_text(info.created)},
                       {"changed", moment_text(info.changed)},
                       {"messages", info.messages},
                       {"title", info.title}});
}

std::string padded(std::string text, std::size_t columns) {
  text.resize(std::max(text.size(), columns), ' ');
  return text;
}

// Nothing was kept yet: that is no failure of a list or a search.
Result<Store> open_to_read(const SessionOptions& options, bool may_be_missing) {
  auto store = open_store(options, SessionStore::Access::read);
  if (!store && store.error().code == ErrorCode::not_found && may_be_missing && options.store.empty()) {
    return nullptr;
  }
  return store;
}

Result<int> list_sessions(Console& console, const Options& options) {
  PUNA_TRY(const Store store, open_to_read(options.session, true));
  PUNA_TRY(const std::vector<SessionInfo> all, store ? store->list() : std::vector<SessionInfo>());
  for (const SessionInfo& info : all) {
    console.out(options.jsonl ? session_json(info).dump() + "\n"
                              : format_text("{}  {}  {:>4} messages  {}\n", padded(info.name, kNameColumns),
                                            moment_text(info.changed), info.messages, info.title));
  }
  if (all.empty() && !options.jsonl) {
    console.err("no sessions; puna run --session NAME begins one\n", Style::dim);
  }
  return 0;
}

void show_message(Console& console, const Message& message) {
  const bool is_result = message.role == Role::tool;
  const std::string who = is_result ? format_text("{} ({})", message.tool, message.is_error ? "failed" : "result")
                                    : std::string(name_of(message.role));
  console.out(who + "\n", message.is_error ? Style::red : Style::bold);
  if (!message.reasoning.empty()) {
    console.out(message.reasoning + "\n", Style::dim);
  }
  if (!message.content.empty()) {
    console.out(message.content + "\n");
  }
  for (const ToolCall& call : message.calls) {
    console.out(format_text("● {}  {}\n", call.name, call.arguments.dump()), Style::cyan);
  }
}

Result<int> show_session(Console& console, const Options& options) {
  PUNA_TRY(const Store store, open_to_read(options.session, false));
  if (!options.jsonl) {
    PUNA_TRY(const Transcript transcript, store->transcript(options.session.name));
    for (const Message& message : transcript) {
      show_message(console, message);
    }
    return 0;
  }
  PUNA_TRY(const std::vector<StoredEvent> events, store->events(options.session.name));
  for (const StoredEvent& event : events) {
    console.out(Json::object({{"number", event.number}, {"at", moment_text(event.at)}, {"event", event.json}}).dump() +
                "\n");
  }
  return 0;
}

std::string hit_line(const SessionHit& hit, bool as_json) {
  if (!as_json) {
    return format_text("{}  {}: {}\n", hit.session, name_of(hit.role), Json(hit.excerpt).dump());
  }
  Json line = Json::object({{"session", hit.session}, {"number", hit.number}});
  line.set("role", name_of(hit.role));
  line.set("excerpt", hit.excerpt);
  return line.dump() + "\n";
}

Result<int> search_sessions(Console& console, const Options& options) {
  PUNA_TRY(const Store store, open_to_read(options.session, true));
  std::string query;
  for (const std::string& word : options.session.words) {
    query += (query.empty() ? "" : " ") + word;
  }
  PUNA_TRY(const std::vector<SessionHit> hits,
           store ? store->search(query, options.session.hits_max) : std::vector<SessionHit>());
  for (const SessionHit& hit : hits) {
    console.out(hit_line(hit, options.jsonl));
  }
  return 0;
}

Result<int> export_session(Console& console, const SessionOptions& options) {
  PUNA_TRY(const Store store, open_to_read(options, false));
  PUNA_TRY(const std::string lines, store->export_lines(options.name));
  if (options.file.empty() || options.file == "-") {
    std::cout << lines << std::flush;  // bytes, also on a terminal
    return std::cout ? 0 : status_of(ErrorCode::io).exit_status;
  }
  std::ofstream out(options.file, std::ios::binary | std::ios::trunc);
  out << lines << std::flush;
  if (!out) {
    return fail(ErrorCode::io, format_text("cannot write {}", printable(options.file)));
  }
  console.err(format_text("{} written\n", bytes_text(lines.size())), Style::dim);
  return 0;
}

Result<int> import_session(Console& console, const SessionOptions& options) {
  std::string text;
  if (options.file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    PUNA_TRY(text, read_text_file(options.file, kExportBytesMax));
  }
  PUNA_TRY(const Store store, open_store(options, SessionStore::Access::write));
  PUNA_TRY(const SessionInfo info, store->import_lines(text, options.other, options.is_repair));
  console.err(format_text("session '{}': {} messages\n", info.name, info.messages), Style::dim);
  return 0;
}

Result<int> change_sessions(const SessionOptions& options) {
  PUNA_TRY(const Store store, open_store(options, SessionStore::Access::write));
  PUNA_TRY(const std::filesystem::path file, store_file(options));
  if (options.action == "fork") {
    PUNA_TRY_VOID(store->fork(options.name, options.other, options.turns));
  } else if (options.action == "rename") {
    PUNA_TRY_VOID(store->rename(options.name, options.other));
    SessionCache(file, options.name, 0).remove();
  } else {
    for (const std::string& name : options.names) {
      PUNA_TRY_VOID(store->remove(name));
      SessionCache(file, name, 0).remove();
    }
  }
  return 0;
}

}  // namespace

Result<int> session_command(Console& console, const Options& options) {
  const SessionOptions& session = options.session;
  if (session.action == "list") {
    return list_sessions(console, options);
  }
  if (session.action == "show") {
    return show_session(console, options);
  }
  if (session.action == "search") {
    return search_sessions(console, options);
  }
  if (session.action == "export") {
    return export_session(console, session);
  }
  if (session.action == "import") {
    return import_session(console, session);
  }
  if (session.action == "check") {
    PUNA_TRY(const Store store, open_to_read(session, false));
    PUNA_TRY_VOID(store->check());
    console.out("the store is whole\n");
    return 0;
  }
  return change_sessions(session);
}

}  // namespace puna::cli
