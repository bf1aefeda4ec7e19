// What the command line says of sessions: of puna session, and of a run or chat that is kept.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace puna::cli {

struct SessionOptions {
  std::string store;     // the file; empty = sessions.db in the data folder
  std::string name;      // of the session; empty = none
  bool is_last = false;  // run, chat: the session that changed last

  int cache_mib = 2'048;  // run, chat: of computed conversations, kept beside the store; 0 = none

  // puna session
  std::string action;
  std::vector<std::string> names;  // of rm
  std::string other;               // the new name
  std::string file;                // export, import: a file; "-" or empty = standard output or input
  std::vector<std::string> words;  // to look for
  std::optional<std::size_t> turns;
  std::size_t hits_max = 20;
  bool is_repair = false;

  [[nodiscard]] bool is_kept() const { return is_last || !name.empty(); }
};

// The action's flags; jsonl and no_color are the command's.
void add_session_flags(CLI::App& app, SessionOptions& options, bool& jsonl, bool& no_color);
// --session, --continue, --store of a run or a chat.
void add_kept_flags(CLI::App& app, SessionOptions& options);

}  // namespace puna::cli
