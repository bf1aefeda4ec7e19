// Test support: a library that computes logits from the tokens it really holds, so that a wrong position, a wrong
// prefix or a lost token changes the output, and that counts every call.
//
// Vocabulary: 0..255 are bytes, kEnd ends a generation, kControl is a control token.
#pragma once

#include <atomic>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/backend.h"
#include "engine/fake_tokens.h"

namespace puna::engine::fake {

inline constexpr Token kEnd = 256;
inline constexpr Token kControl = 257;
inline constexpr int kVocabulary = 258;

// What comes after these tokens. Must be a pure function.
using Next = std::function<Token(const std::vector<Token>&)>;

// A letter that depends on every token so far.
inline Token hashed_letter(const std::vector<Token>& tokens) {
  std::uint64_t hash = 1469598103934665603ULL;
  for (const Token token : tokens) {
    hash = (hash ^ static_cast<std::uint64_t>(token)) * 1099511628211ULL;
  }
  return 'a' + static_cast<Token>((hash >> 33) % 26);
}

// Whoever counts or refuses memory looks here: what is taken inside the (fake) library is not the engine's.
inline thread_local int inside_library = 0;
struct Inside {
  Inside() { ++inside_library; }
  ~Inside() { --inside_library; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
};

struct Calls {
  int decodes = 0;
  std::int64_t rows = 0;
  std::int64_t logits_rows = 0;
  std::int64_t media_rows = 0;
  int rows_largest = 0;
  int lanes_most = 0;  // different lanes in one batch
  int shares = 0;
  int saves = 0;
  int restores = 0;
  int marks = 0;
  int rewinds = 0;
  int removals = 0;
  int clears = 0;
  int refused_for_room = 0;
  int threads = 0;        // of the last decode; 0 = it was left to the backend
  std::string violation;  // empty: the engine kept the contract
};

struct Settings {
  int lanes = 4;
  int cells = 1 << 20;
  Abilities abilities = {.share = Share::any_part, .cut = true, .save = true};
  int vocabulary = kVocabulary;
  std::string state_key = "fake";
  Next next = hashed_letter;
  std::map<int, DecodeStatus> outcomes;     // of the n-th decode, from 1
  bool relink_fails = false;                // and leaves the lane empty
  double computed_of_failed = 0.5;          // the share of its rows that such a decode computes
  std::shared_ptr<std::atomic<bool>> hold;  // while true, decode() waits (bounded by interrupt())
};

class FakeBackend final : public Backend {
 public:
  explicit FakeBackend(Settings settings, std::shared_ptr<Calls> calls = std::make_shared<Calls>())
      : settings_(std::move(settings)), calls_(std::move(calls)), lanes_(static_cast<std::size_t>(settings_.lanes)) {
    shape_ = {.lanes = settings_.lanes, .cells = settings_.cells, .abilities = settings_.abilities};
  }

  [[nodiscard]] const BackendShape& shape() const override { return shape_; }

  [[nodiscard]] DecodeStatus decode(std::span<const Row> rows) override {
    const Inside inside;
    while (settings_.hold && *settings_.hold && !interrupted_) {
      std::this_thread::yield();
    }
    if (interrupted_) {
      return DecodeStatus::aborted;
    }
    note_batch(rows);
    const auto outcome = settings_.outcomes.find(calls_->decodes);
    if (outcome != settings_.outcomes.end()) {
      if (outcome->second != DecodeStatus::no_room) {
        store(rows.first(static_cast<std::size_t>(settings_.computed_of_failed * static_cast<double>(rows.size()))));
      }
      return outcome->second;
    }
    if (cells_used() + rows.size() > static_cast<std::size_t>(settings_.cells)) {
      ++calls_->refused_for_room;
      return DecodeStatus::no_room;
    }
    unsettled_.clear();
    store(rows);
    calls_->rows += static_cast<std::int64_t>(rows.size());
    return DecodeStatus::ok;
  }

  [[nodiscard]] std::span<const float> logits(std::size_t index) override {
    const Inside inside;
    const auto row = logits_.find(index);
    if (row == logits_.end()) {
      calls_->violation = "logits of a row that asked for none";
      return {};
    }
    return row->second;
  }

  [[nodiscard]] bool remove_from(LaneId lane, std::int32_t position) override {
    const Inside inside;
    ++calls_->removals;
    if (!settings_.abilities.cut) {
      return false;
    }
    lanes_[index_of(lane)].resize(static_cast<std::size_t>(position));
    return true;
  }
  void clear(LaneId lane) override {
    const Inside inside;
    ++calls_->clears;
    lanes_[index_of(lane)].clear();
  }
  [[nodiscard]] bool share_prefix(LaneId from, LaneId to, std::int32_t tokens) override {
    const Inside inside;
    ++calls_->shares;
    const auto& source = lanes_[index_of(from)];
    auto& target = lanes_[index_of(to)];
    if (!target.empty() || settings_.abilities.share == Share::nothing ||
        source.size() < static_cast<std::size_t>(tokens)) {
      calls_->violation = "a share that this memory cannot do";
      return false;
    }
    if (settings_.abilities.share == Share::any_part) {
      target.assign(source.begin(), source.begin() + tokens);
      return true;
    }
    if (!settings_.abilities.cut && source.size() != static_cast<std::size_t>(tokens)) {
      calls_->violation = "a copy of a part of a lane that cannot be cut";
      return false;
    }
    unsettled_.insert({from, to});
    for (const Cell& cell : std::span(source).first(static_cast<std::size_t>(tokens))) {
      target.push_back({.token = cell.token, .id = next_cell_++});
    }
    return true;
  }
  [[nodiscard]] bool relink(LaneId lane, LaneId from, std::int32_t tokens) override {
    const Inside inside;
    const auto& source = lanes_[index_of(from)];
    auto& target = lanes_[index_of(lane)];
    const auto count = static_cast<std::size_t>(tokens);
    if (settings_.abilities.share != Share::any_part || source.size() < count || target.size() < count ||
        !std::ranges::equal(std::span(source).first(count), std::span(target).first(count), {}, &Cell::token,
                            &Cell::token)) {
      calls_->violation = "a relink of tokens that are not the same";
      return false;
    }
    if (settings_.relink_fails) {
      target.clear();
      return false;
    }
    std::ranges::copy(std::span(source).first(count), target.begin());
    return true;
  }
  // A mark is the tokens up to it, so that a wrong one is noticed.
  [[nodiscard]] bool mark(LaneId lane, std::vector<std::byte>& bytes) override {
    const Inside inside;
    ++calls_->marks;
    if (!settings_.abilities.mark) {
      calls_->violation = "a mark in a memory that has none";
    }
    const auto held = tokens(lane);
    const auto raw = std::as_bytes(std::span(held));
    bytes.assign(raw.begin(), raw.end());
    return true;
  }
  [[nodiscard]] bool rewind(LaneId lane, std::int32_t position, std::span<const std::byte> bytes) override {
    const Inside inside;
    ++calls_->rewinds;
    const auto held = tokens(lane);
    const auto wanted = std::as_bytes(std::span(held).first(static_cast<std::size_t>(position)));
    if (!std::ranges::equal(wanted, bytes)) {
      calls_->violation = "a rewind to a place where the lane was not marked";
    }
    lanes_[index_of(lane)].resize(static_cast<std::size_t>(position));
    return true;
  }
  // With separate memories copies are carried out late.
  [[nodiscard]] bool settled(LaneId lane) const override { return !unsettled_.contains(lane); }
  [[nodiscard]] std::size_t saved_bytes(LaneId lane) override { return lanes_[index_of(lane)].size() * sizeof(Token); }
  [[nodiscard]] bool save(LaneId lane, std::vector<std::byte>& bytes) override {
    const Inside inside;
    if (!settled(lane)) {
      calls_->violation = "a lane saved before it was copied";
    }
    ++calls_->saves;
    std::vector<Token> tokens;
    for (const Cell& cell : lanes_[index_of(lane)]) {
      tokens.push_back(cell.token);
    }
    const auto raw = std::as_bytes(std::span(tokens));
    bytes.assign(raw.begin(), raw.end());
    return true;
  }
  [[nodiscard]] bool restore(LaneId lane, std::span<const std::byte> bytes) override {
    const Inside inside;
    ++calls_->restores;
    if (!settled(lane)) {
      calls_->violation = "a lane restored before it was copied";
    }
    std::vector<Token> tokens(bytes.size() / sizeof(Token));
    std::memcpy(tokens.data(), bytes.data(), bytes.size());
    if (!lanes_[index_of(lane)].empty()) {
      calls_->violation = "a state restored into a lane that is not empty";
    }
    if (cells_used() + tokens.size() > static_cast<std::size_t>(settings_.cells)) {
      return false;
    }
    for (const Token token : tokens) {
      lanes_[index_of(lane)].push_back({.token = token, .id = next_cell_++});
    }
    return true;
  }
  [[nodiscard]] const std::string& state_key() const override { return settings_.state_key; }
  [[nodiscard]] std::int32_t length(LaneId lane) override {
    return static_cast<std::int32_t>(lanes_[index_of(lane)].size());
  }
  [[nodiscard]] std::int32_t oldest(LaneId lane) override { return lanes_[index_of(lane)].empty() ? -1 : 0; }
  void limit_threads(int count) override { calls_->threads = count; }
  void interrupt() noexcept override { interrupted_ = true; }

  [[nodiscard]] const Calls& calls() const { return *calls_; }
  [[nodiscard]] std::vector<Token> tokens(LaneId lane) const {
    std::vector<Token> tokens;
    for (const Cell& cell : lanes_[index_of(lane)]) {
      tokens.push_back(cell.token);
    }
    return tokens;
  }
  [[nodiscard]] std::size_t cells_used() const {
    std::set<std::uint64_t> cells;
    for (const auto& lane : lanes_) {
      for (const Cell& cell : lane) {
        cells.insert(cell.id);
      }
    }
    return cells.size();
  }

 private:
  struct Cell {
    Token token = 0;
    std::uint64_t id = 0;
  };

  void note_batch(std::span<const Row> rows) {
    ++calls_->decodes;
    calls_->rows_largest = std::max(calls_->rows_largest, static_cast<int>(rows.size()));
    std::set<LaneId> lanes;
    for (const Row& row : rows) {
      lanes.insert(row.lane);
      if (is_media(row.token) != (row.vector != nullptr) || is_media(row.token) != is_media(rows.front().token)) {
        calls_->violation = "words and media in one batch, or media without vectors";
      }
      calls_->media_rows += is_media(row.token) ? 1 : 0;
    }
    calls_->lanes_most = std::max(calls_->lanes_most, static_cast<int>(lanes.size()));
    if (rows.empty()) {
      calls_->violation = "an empty batch";
    }
  }

  void store(std::span<const Row> rows) {
    logits_.clear();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto& lane = lanes_[index_of(rows[i].lane)];
      if (rows[i].position != static_cast<std::int32_t>(lane.size())) {
        calls_->violation = "a position that does not follow what the lane holds";
      }
      lane.push_back({.token = rows[i].token, .id = next_cell_++});
      if (!rows[i].wants_logits) {
        continue;
      }
      ++calls_->logits_rows;
      std::vector<Token> tokens;
      for (const Cell& cell : lane) {
        tokens.push_back(cell.token);
      }
      std::vector<float>& row = logits_[i];
      row.assign(static_cast<std::size_t>(settings_.vocabulary), 0.0F);
      for (std::size_t token = 0; token < row.size(); ++token) {
        row[token] = -0.01F * static_cast<float>(token);
      }
      row[static_cast<std::size_t>(settings_.next(tokens))] = 10.0F;
    }
  }

  Settings settings_;
  std::shared_ptr<Calls> calls_;
  BackendShape shape_;
  std::vector<std::vector<Cell>> lanes_;
  std::map<std::size_t, std::vector<float>> logits_;
  std::uint64_t next_cell_ = 1;
  std::set<LaneId> unsettled_;
  std::atomic<bool> interrupted_ = false;
};

// What greedy generation of `count` tokens must give after `prompt`.
inline std::string expected_text(const Next& next, std::vector<Token> prompt, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const Token token = next(prompt);
    if (token >= kEnd) {
      break;
    }
    text += static_cast<char>(token);
    prompt.push_back(token);
  }
  return text;
}

}  // namespace puna::engine::fake
