// The thread writes and reads whole files, one after the other; everything else happens on the engine's thread.
#include "engine/state_folder.h"

#include <unistd.h>

#include <chrono>
#include <limits>
#include <utility>

#include "engine/no_memory.h"

namespace puna::engine {
namespace {

constexpr std::size_t kJobsMax = 4096;
constexpr auto kMemoryPause = std::chrono::milliseconds(1);  // before the next try

std::uint64_t size_of(const SavedState& state) { return state.bytes.size() + state.tokens.size() * sizeof(Token); }

}  // namespace

Result<std::unique_ptr<StateFolder>> StateFolder::open(const std::filesystem::path& folder, std::string key,
                                                       std::uint64_t bytes_max, std::uint64_t moving_bytes_max,
                                                       const FileCalls& calls) {
  // A folder of its own for each engine: two processes never touch each other's files.
  const auto own = folder / format_text("puna-{}-{:016x}", ::getpid(), Random::entropy());
  std::error_code code;
  std::filesystem::create_directories(own, code);
  if (code) {
    return fail(ErrorCode::io, format_text("cannot make the folder {}: {}", own.string(), code.message()),
                "give a folder that you may write to");
  }
  return std::unique_ptr<StateFolder>(new StateFolder(own, std::move(key), bytes_max, moving_bytes_max, calls));
}

StateFolder::StateFolder(std::filesystem::path folder, std::string key, std::uint64_t bytes_max,
                         std::uint64_t moving_bytes_max, const FileCalls& calls)
    : folder_(std::move(folder)),
      key_(std::move(key)),
      bytes_max_(bytes_max),
      moving_bytes_max_(moving_bytes_max),
      calls_(calls),
      jobs_(kJobsMax),
      done_(2 * kJobsMax),
      thread_([this] { work(); }) {}

StateFolder::~StateFolder() {
  closing_ = true;
  jobs_.close();
  while (jobs_.try_pop()) {
  }
  thread_.join();
  if_memory_allows([this] {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  });
}

std::filesystem::path StateFolder::path_of(Number number) const { return folder_ / format_text("{}.kv", number); }

StateFolder::Done StateFolder::do_job(const Job& job) const {
  Done done{.number = job.number, .was_write = job.write.has_value(), .wrote = false, .state = std::nullopt};
  const std::filesystem::path path = path_of(job.number);
  if (job.write) {
    done.wrote = write_state(path, key_, *job.write, calls_).has_value();
    return done;
  }
  if_memory_allows([&] {
    if (auto state = read_state(path, key_, std::numeric_limits<std::uint64_t>::max())) {
      done.state = *std::move(state);
    }
  });
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  return done;
}

void StateFolder::work() {
  while (auto job = jobs_.pop()) {
    Done done{.number = job->number, .was_write = job->write.has_value(), .wrote = false, .state = std::nullopt};
    if_memory_allows([&] { done = do_job(*job); });
    const std::uint64_t written = job->write ? size_of(*job->write) : 0;
    job.reset();  // a state's memory is free before the engine hears of it
    moving_bytes_ -= written;
    tell(std::move(done));
  }
}

// The engine must hear of every job: generations wait for it. Without memory it hears that there is no state.
void StateFolder::tell(Done done) {
  const Done less{.number = done.number, .was_write = done.was_write, .wrote = done.wrote, .state = std::nullopt};
  if (if_memory_allows([&] { static_cast<void>(done_.try_push(std::move(done))); })) {
    return;
  }
  while (!closing_ && !if_memory_allows([&] { static_cast<void>(done_.try_push(less)); })) {
    std::this_thread::sleep_for(kMemoryPause);
  }
}

bool StateFolder::has_room_for(std::uint64_t bytes) const {
  return moving_bytes_ + bytes <= moving_bytes_max_ && bytes <= bytes_max_;
}

void StateFolder::put(SavedState state) {
  if_memory_allows([&] {
    const std::uint64_t size = size_of(state);
    if (has_room_for(size) && make_room(size)) {
      enqueue(std::move(state), size);
    }
  });
}

// The oldest files go. False: there is no room even so.
bool StateFolder::make_room(std::uint64_t size) {
  if (size > bytes_max_) {
    return false;
  }
  while (bytes_ + size > bytes_max_) {
    const auto oldest =
        std::ranges::find_if(files_, [](const auto& file) { return file.second.written && !file.second.fetching; });
    if (oldest == files_.end()) {
      return false;
    }
    std::error_code ignored;
    std::filesystem::remove(path_of(oldest->first), ignored);
    forget(oldest->first);
  }
  return true;
}

void StateFolder::enqueue(SavedState state, std::uint64_t size) {
  const Number number = next_++;
  const File& file = files_.emplace(number, File{.tokens = state.tokens, .bytes = size}).first->second;
  bytes_ += size;
  if_memory_allows([&] { tree_.put(number, file.tokens); });  // else nobody finds it, and it ages
  bool accepted = false;
  moving_bytes_ += size;
  if_memory_allows([&] { accepted = jobs_.try_push({.number = number, .write = std::move(state)}) == Push::accepted; });
  if (!accepted) {
    moving_bytes_ -= size;
    forget(number);
  }
}

void StateFolder::forget(Number number) {
  const auto file = files_.find(number);
  if (file != files_.end()) {
    bytes_ -= file->second.bytes;
    written_bytes_ -= file->second.written ? file->second.bytes : 0;
    files_.erase(file);
    tree_.erase(number);
  }
}

std::optional<PrefixTree::Match> StateFolder::best(std::span<const Token> prompt, bool whole_only) const {
  return whole_only ? tree_.longest_whole(prompt) : tree_.longest(prompt);
}

bool StateFolder::fetching(Number number) const {
  const auto file = files_.find(number);
  return file != files_.end() && file->second.fetching;
}

StateFolder::Fetch StateFolder::fetch(Number number) {
  const auto found = files_.find(number);
  if (found == files_.end()) {
    return Fetch::never;
  }
  File& file = found->second;
  if (!file.fetching) {
    if (moving_bytes_ + file.bytes > moving_bytes_max_) {
      return Fetch::later;
    }
    if_memory_allows(
        [&] { file.fetching = jobs_.try_push({.number = number, .write = std::nullopt}) == Push::accepted; });
    moving_bytes_ += file.fetching ? file.bytes : 0;
  }
  return file.fetching ? Fetch::begun : Fetch::never;
}

std::optional<StateFolder::Fetched> StateFolder::poll() {
  while (done_.has_items()) {
    auto done = done_.try_pop();
    const auto file = files_.find(done->number);
    if (file == files_.end()) {
      continue;
    }
    if (!done->was_write) {
      moving_bytes_ -= file->second.bytes;
      forget(done->number);
      return Fetched{.number = done->number, .state = std::move(done->state)};
    }
    if (done->wrote) {
      file->second.written = true;
      written_bytes_ += file->second.bytes;
    } else if (!file->second.fetching) {  // else whoever asked hears of it when it was tried to read it
      forget(done->number);
    }
  }
  return std::nullopt;
}

}  // namespace puna::engine
