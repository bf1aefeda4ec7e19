// See kept_session.h.
#include "cli/kept_session.h"

#include <algorithm>

#include "cli/equipment.h"

namespace puna::cli {

Result<std::filesystem::path> store_file(const SessionOptions& options) {
  const std::filesystem::path data = data_folder();
  if (options.store.empty() && data.empty()) {
    return fail(ErrorCode::io, "there is no data folder for sessions",
                "set XDG_DATA_HOME or HOME, or give --store FILE");
  }
  return options.store.empty() ? data / "sessions.db" : std::filesystem::path(options.store);
}

Result<std::unique_ptr<SessionStore>> open_store(const SessionOptions& options, SessionStore::Access access) {
  PUNA_TRY(const std::filesystem::path file, store_file(options));
  return SessionStore::open(file, access);
}

Result<std::unique_ptr<KeptSession>> KeptSession::open(Console& console, const Options& options,
                                                       Unfinished unfinished) {
  if (!options.session.is_kept()) {
    return nullptr;
  }
  PUNA_TRY(auto store, open_store(options.session, SessionStore::Access::write));
  PUNA_TRY(const std::vector<SessionInfo> known, store->list());
  if (options.session.is_last && known.empty()) {
    return fail(ErrorCode::not_found, "there is no session to go on with", "begin one with --session NAME");
  }
  const std::string name = options.session.is_last ? known.front().name : options.session.name;
  PUNA_TRY(const std::filesystem::path file, store_file(options.session));
  SessionCache cache(file, name, static_cast<std::uint64_t>(options.session.cache_mib) << 20U);
  if (!std::ranges::contains(known, name, &SessionInfo::name)) {
    if (unfinished == Unfinished::keep) {
      return store->find(name).transform([](const SessionInfo&) { return nullptr; });
    }
    PUNA_TRY(auto begun, store->begin(name));
    return std::unique_ptr<KeptSession>(new KeptSession(std::move(store), std::move(begun), name, std::move(cache)));
  }
  if (options.system) {
    return fail(ErrorCode::invalid_argument, format_text("the session '{}' has its system prompt already", name),
                "leave --system and --role out, or begin another session");
  }
  PUNA_TRY(auto resumed, store->resume(name, unfinished));
  console.err(format_text("session '{}': {} messages so far\n", name, resumed->transcript().size()), Style::dim);
  for (const ToolCall& call : resumed->unknown()) {
    console.err(
        format_text("note: the program ended while {} ran; whether that had its effect is not known\n", call.name),
        Style::yellow);
  }
  return std::unique_ptr<KeptSession>(new KeptSession(std::move(store), std::move(resumed), name, std::move(cache)));
}

}  // namespace puna::cli
