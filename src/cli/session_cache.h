// What a model computed of kept sessions, in files beside their store, so that to go on with one computes none of it
// again. A file that is missing, damaged or of another model costs time, nothing else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "cli/console.h"
#include "puna/model.h"

namespace puna::cli {

class SessionCache {
 public:
  // bytes_max  of all sessions of the store together; the files used longest ago go first. 0: nothing is kept.
  SessionCache(const std::filesystem::path& store, std::string_view session, std::uint64_t bytes_max);

  // What goes wrong is a note on the console, unless it only means that everything is computed again.
  void restore(Model& model, AgentId agent, Console& console) const;
  void save(Model& model, AgentId agent, Console& console) const;
  // Forgets the session.
  void remove() const;

 private:
  void make_room() const;

  std::filesystem::path folder_;
  std::filesystem::path file_;
  std::uint64_t bytes_max_;
};

}  // namespace puna::cli
