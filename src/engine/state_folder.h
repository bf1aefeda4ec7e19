// Saved states that no longer fit into memory, as files of this process in one folder. A thread of its own reads and
// writes them; the engine asks and looks later.
//
// Owns the files that it makes; they are gone when it is. Invariant: at most bytes_max bytes of files, and at most
// moving_bytes_max of states that wait to be written, or are read and not taken yet; what is more is forgotten, and so
// is what cannot be written or what there is no memory for. A file can be found and asked for while it waits to be
// written: it is read afterwards. Thread  the engine's, but for the inside.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/prefix_tree.h"
#include "engine/state_file.h"
#include "puna/base/queue.h"

namespace puna::engine {

class StateFolder {
 public:
  using Number = PrefixTree::Holder;

  // folder: made if it is missing. key: see write_state().
  // Errors  io, not_found  it cannot be made
  [[nodiscard]] static Result<std::unique_ptr<StateFolder>> open(const std::filesystem::path& folder, std::string key,
                                                                 std::uint64_t bytes_max,
                                                                 std::uint64_t moving_bytes_max,
                                                                 const FileCalls& calls = FileCalls::system());
  ~StateFolder();
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  void put(SavedState state);
  // Whether a state of so many bytes could be put now.
  [[nodiscard]] bool has_room_for(std::uint64_t bytes) const;
  // The file that has the longest common beginning with the prompt; with `whole_only` all its tokens must begin it.
  [[nodiscard]] std::optional<PrefixTree::Match> best(std::span<const Token> prompt, bool whole_only) const;
  // Asks for a file's state; look at poll() until it is there. Asking twice is asking once. later: there is no room for
  // it now; ask again. never: no memory.
  enum class Fetch : std::uint8_t { begun, later, never };
  [[nodiscard]] Fetch fetch(Number number);
  [[nodiscard]] bool fetching(Number number) const;

  // What happened since the last call. Takes no lock when nothing did. Gives a fetched state; its file is then gone. An
  // empty state: the file was damaged, or could not be read, and is gone too.
  struct Fetched {
    Number number = 0;
    std::optional<SavedState> state;
  };
  [[nodiscard]] std::optional<Fetched> poll();

  // Of the files that are written.
  [[nodiscard]] std::uint64_t bytes() const { return written_bytes_; }

 private:
  struct Job {
    Number number = 0;
    std::optional<SavedState> write;  // else the file is read
  };
  struct Done {
    Number number = 0;
    bool was_write = false;
    bool wrote = false;
    std::optional<SavedState> state;
  };
  struct File {
    std::vector<Token> tokens;
    std::uint64_t bytes = 0;
    bool written = false;
    bool fetching = false;
  };
  StateFolder(std::filesystem::path folder, std::string key, std::uint64_t bytes_max, std::uint64_t moving_bytes_max,
              const FileCalls& calls);

  [[nodiscard]] std::filesystem::path path_of(Number number) const;
  void work();
  [[nodiscard]] Done do_job(const Job& job) const;
  void tell(Done done);
  [[nodiscard]] bool make_room(std::uint64_t size);
  void enqueue(SavedState state, std::uint64_t size);
  void forget(Number number);

  const std::filesystem::path folder_;
  const std::string key_;
  const std::uint64_t bytes_max_;
  const std::uint64_t moving_bytes_max_;
  const FileCalls& calls_;
  std::map<Number, File> files_;  // oldest first
  PrefixTree tree_;               // of all files
  std::uint64_t bytes_ = 0;       // of all files, those that are being written too
  std::uint64_t written_bytes_ = 0;
  Number next_ = 1;

  std::atomic<std::uint64_t> moving_bytes_ = 0;  // added to by the engine, taken from by the thread when it has written
  std::atomic<bool> closing_ = false;
  BoundedQueue<Job> jobs_;
  BoundedQueue<Done> done_;
  std::jthread thread_;  // last: it uses the queues
};

}  // namespace puna::engine
