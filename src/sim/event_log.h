// The event log: one JSON object a line, numbered; and the checkpoint. A run that goes on is done again from the
// beginning: as long as the file has lines, what the run says must be what they say, and what models answered is taken
// from them; then lines are added.
//
// Owns the file, locked against a second run. Invariant: the file holds whole lines but for the last write of a process
// that was killed, which is cut off when the first line is added. One writer thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "puna/base.h"

namespace puna::sim {

// A whole number of an event; 0 = it has none under this name.
[[nodiscard]] std::int64_t integer_of(const Json& event, std::string_view name);

class EventLog {
 public:
  // Creates the file and its folders where they are missing.
  // Errors  io  it cannot be read or written;  unavailable  another run writes it;  corrupt  a line is no JSON object;
  // the file is as it was
  [[nodiscard]] static Result<EventLog> open(const std::filesystem::path& file);
  EventLog(EventLog&& other) noexcept;
  EventLog& operator=(EventLog&&) = delete;
  ~EventLog();

  // {"id": "e00000001", "t": 1, "type", "epoch", "step", members...}; kept until flush().
  void add(std::string_view type, int epoch, int step, const Json& members);
  // Writes what was added.
  // Errors  corrupt  the file has another line there: another scenario, seed, model or version of the program
  //         io       the disk is full; what was written before is whole
  [[nodiscard]] Result<void> flush();
  // The run is over. As flush(); also corrupt when the file goes on behind its last line.
  [[nodiscard]] Result<void> end();

  // What the file says that this agent's model answered in this step; nullptr: nothing.
  [[nodiscard]] const Json* answered(int epoch, int step, std::string_view agent) const;
  [[nodiscard]] std::size_t lines_found() const { return old_.size(); }
  [[nodiscard]] std::size_t lines() const { return count_; }

 private:
  explicit EventLog(std::filesystem::path file, int number) : file_(std::move(file)), number_(number) {}
  [[nodiscard]] Result<void> read();
  [[nodiscard]] Result<void> cut_off();

  std::filesystem::path file_;
  int number_;
  std::vector<std::string> old_;
  std::map<std::tuple<int, int, std::string>, Json, std::less<>> answers_;
  std::vector<std::string> added_;
  std::size_t whole_bytes_ = 0;  // of old_
  bool is_broken_off_ = false;   // more follows them
  std::size_t count_ = 0;        // of all lines so far, added ones included
  std::size_t checked_ = 0;      // of old_
};

}  // namespace puna::sim
