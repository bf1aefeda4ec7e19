// The thread writes and reads whole files, one after the other; everything else happens on the engine's thread.
#include "engine/state_folder.h"

#include <unistd.h>

#include <format>
#include <limits>
#include <utility>

namespace puna::engine {
namespace {

constexpr std::size_t kJobsMax = 4096;

std::uint64_t size_of(const SavedState& state) { return state.bytes.size() + state.tokens.size() * sizeof(Token); }

}  // namespace

Result<std::unique_ptr<StateFolder>> StateFolder::open(const std::filesystem::path& folder, std::string key,
                                                       std::uint64_t bytes_max) {
  // A folder of its own for each engine: two processes never touch each other's files.
  const auto own = folder / std::format("puna-{}-{:016x}", ::getpid(), Random::entropy());
  std::error_code code;
  std::filesystem::create_directories(own, code);
  if (code) {
    return fail(ErrorCode::io, std::format("cannot make the folder {}: {}", own.string(), code.message()),
                "give a folder that you may write to");
  }
  return std::unique_ptr<StateFolder>(new StateFolder(own, std::move(key), bytes_max));
}

StateFolder::StateFolder(std::filesystem::path folder, std::string key, std::uint64_t bytes_max)
    : folder_(std::move(folder)),
      key_(std::move(key)),
      bytes_max_(bytes_max),
      jobs_(kJobsMax),
      done_(2 * kJobsMax),
      thread_([this] { work(); }) {}

StateFolder::~StateFolder() {
  jobs_.close();
  while (jobs_.try_pop()) {
  }
  thread_.join();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::filesystem::path StateFolder::path_of(Number number) const { return folder_ / std::format("{}.kv", number); }

void StateFolder::work() {
  while (auto job = jobs_.pop()) {
    Done done{.number = job->number, .wrote = false, .state = std::nullopt};
    if (job->write) {
      done.wrote = write_state(path_of(job->number), key_, *job->write).has_value();
    } else {
      auto state = read_state(path_of(job->number), key_, std::numeric_limits<std::uint64_t>::max());
      std::error_code ignored;
      std::filesystem::remove(path_of(job->number), ignored);
      if (state) {
        done.state = *std::move(state);
      }
    }
    job.reset();  // a state's memory is free before the engine hears of it
    static_cast<void>(done_.try_push(std::move(done)));
  }
}

void StateFolder::put(SavedState state) {
  const std::uint64_t size = size_of(state);
  if (size > bytes_max_ || pending_bytes_ + size > kPendingBytesMax) {
    return;
  }
  while (bytes_ + size > bytes_max_) {
    const auto oldest =
        std::ranges::find_if(files_, [](const auto& file) { return file.second.written && !file.second.fetching; });
    if (oldest == files_.end()) {
      return;
    }
    std::error_code ignored;
    std::filesystem::remove(path_of(oldest->first), ignored);
    forget(oldest->first);
  }
  const Number number = next_++;
  std::vector<Token> tokens = state.tokens;
  if (jobs_.try_push({.number = number, .write = std::move(state)}) == Push::accepted) {
    files_[number] = {.bytes = size};
    tokens_[number] = std::move(tokens);
    bytes_ += size;
    pending_bytes_ += size;
  }
}

void StateFolder::forget(Number number) {
  const auto file = files_.find(number);
  if (file != files_.end()) {
    bytes_ -= file->second.bytes;
    written_bytes_ -= file->second.written ? file->second.bytes : 0;
    files_.erase(file);
    tokens_.erase(number);
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

void StateFolder::fetch(Number number) {
  const auto file = files_.find(number);
  if (file != files_.end() && !file->second.fetching &&
      jobs_.try_push({.number = number, .write = std::nullopt}) == Push::accepted) {
    file->second.fetching = true;
  }
}

std::optional<StateFolder::Fetched> StateFolder::poll() {
  while (done_.has_items()) {
    auto done = done_.try_pop();
    const auto file = files_.find(done->number);
    if (file == files_.end()) {
      continue;
    }
    if (file->second.fetching) {
      forget(done->number);
      return Fetched{.number = done->number, .state = std::move(done->state)};
    }
    pending_bytes_ -= file->second.bytes;
    if (done->wrote) {
      file->second.written = true;
      written_bytes_ += file->second.bytes;
      tree_.put(done->number, tokens_.at(done->number));
    } else {
      forget(done->number);
    }
  }
  return std::nullopt;
}

}  // namespace puna::engine
