// Test support: a library beside a naive account of what its lanes and saved states hold. The account believes only
// what was computed (rows that were decoded, and copies of such), token by token, without a tree.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend.h"

namespace puna::engine::test {

class Account final : public Backend {
 public:
  using Tokens = std::vector<Token>;

  explicit Account(Backend& inner) : inner_(inner), lanes_(static_cast<std::size_t>(inner.shape().lanes)) {}

  [[nodiscard]] const BackendShape& shape() const override { return inner_.shape(); }

  [[nodiscard]] DecodeStatus decode(std::span<const Row> rows) override {
    const bool fails = std::exchange(fails_next_, false);
    const DecodeStatus status = fails ? fail(rows) : inner_.decode(rows);
    for (const Row& row : rows) {
      Tokens& lane = lanes_[index_of(row.lane)];
      const auto next = static_cast<std::int32_t>(lane.size());
      if (status == DecodeStatus::ok && row.position != next) {
        violation_ = "a position that does not follow what the lane holds";
      }
      // After a decode that stopped half-way the library says how much of it is there.
      if (status != DecodeStatus::no_room && row.position == next && next < inner_.length(row.lane)) {
        lane.push_back(row.token);
      }
    }
    failed_last_ = status == DecodeStatus::failed;
    return status;
  }
  [[nodiscard]] std::span<const float> logits(std::size_t index) override { return inner_.logits(index); }

  [[nodiscard]] bool remove_from(LaneId lane, std::int32_t position) override {
    const bool removed = inner_.remove_from(lane, position);
    if (removed) {
      cut(lane, position);
    }
    return removed;
  }
  void clear(LaneId lane) override {
    inner_.clear(lane);
    lanes_[index_of(lane)].clear();
  }
  [[nodiscard]] bool share_prefix(LaneId from, LaneId to, std::int32_t tokens) override {
    if (!inner_.share_prefix(from, to, tokens)) {
      return false;
    }
    lanes_[index_of(to)] = lanes_[index_of(from)];
    cut(to, tokens);
    return true;
  }
  [[nodiscard]] bool relink(LaneId lane, LaneId from, std::int32_t tokens) override {
    const auto count = static_cast<std::size_t>(tokens);
    const Tokens& target = lanes_[index_of(lane)];
    if (common(target, lanes_[index_of(from)]) < count) {
      violation_ = "a relink of tokens that are not the same";
    }
    return inner_.relink(lane, from, tokens);
  }

  [[nodiscard]] bool mark(LaneId lane, std::vector<std::byte>& bytes) override {
    const bool marked = inner_.mark(lane, bytes);
    if (marked) {
      marks_[bytes] = lanes_[index_of(lane)];
    }
    return marked;
  }
  [[nodiscard]] bool rewind(LaneId lane, std::int32_t position, std::span<const std::byte> bytes) override {
    const auto marked = marks_.find({bytes.begin(), bytes.end()});
    if (marked == marks_.end() || marked->second.size() != static_cast<std::size_t>(position) ||
        common(marked->second, lanes_[index_of(lane)]) != marked->second.size()) {
      violation_ = "a rewind to a place where the lane was not marked";
    }
    const bool rewound = inner_.rewind(lane, position, bytes);
    if (rewound) {
      cut(lane, position);
    }
    return rewound;
  }

  [[nodiscard]] bool settled(LaneId lane) const override { return inner_.settled(lane); }
  [[nodiscard]] std::size_t saved_bytes(LaneId lane) override { return inner_.saved_bytes(lane); }
  [[nodiscard]] bool save(LaneId lane, std::vector<std::byte>& bytes) override {
    const bool saved = inner_.save(lane, bytes);
    if (saved) {
      saved_[bytes] = lanes_[index_of(lane)];
    }
    return saved;
  }
  [[nodiscard]] bool restore(LaneId lane, std::span<const std::byte> bytes) override {
    const Tokens* tokens = saved(bytes);
    if (tokens == nullptr || !lanes_[index_of(lane)].empty()) {
      violation_ = "a restore of bytes that nobody saved, or into a lane that is not empty";
    }
    if (!inner_.restore(lane, bytes) || tokens == nullptr) {
      return false;
    }
    lanes_[index_of(lane)] = *tokens;
    return true;
  }
  [[nodiscard]] const std::string& state_key() const override { return inner_.state_key(); }
  [[nodiscard]] std::int32_t length(LaneId lane) override { return inner_.length(lane); }
  [[nodiscard]] std::int32_t oldest(LaneId lane) override { return inner_.oldest(lane); }
  void limit_threads(int count) override { inner_.limit_threads(count); }
  void interrupt() noexcept override { inner_.interrupt(); }

  [[nodiscard]] const Tokens& tokens(LaneId lane) const { return lanes_[index_of(lane)]; }
  // What was in the lane when these bytes were saved. Null: nobody saved them.
  [[nodiscard]] const Tokens* saved(std::span<const std::byte> bytes) const {
    const auto found = saved_.find({bytes.begin(), bytes.end()});
    return found == saved_.end() ? nullptr : &found->second;
  }
  // Empty: the engine kept the contract.
  [[nodiscard]] const std::string& violation() const { return violation_; }

  // The next decode says that it failed, having computed all of its rows or none. Never two in a row.
  void fail_next(bool computes) {
    fails_next_ = !failed_last_;
    computes_ = computes;
  }

  // Remembers what the lanes hold now, for reusable().
  void begin_step() { before_ = lanes_; }
  // How much of the prompt a lane held when the step began, or a state that was ever saved does; the last token is
  // always computed.
  [[nodiscard]] std::size_t reusable(const Tokens& prompt) const {
    std::size_t most = 0;
    for (const Tokens& lane : before_) {
      most = std::max(most, common(lane, prompt));
    }
    for (const auto& [bytes, tokens] : saved_) {
      most = std::max(most, common(tokens, prompt));
    }
    return std::min(most, prompt.size() - 1);
  }

 private:
  DecodeStatus fail(std::span<const Row> rows) {
    if (computes_ && inner_.decode(rows) == DecodeStatus::no_room) {
      return DecodeStatus::no_room;
    }
    return DecodeStatus::failed;
  }
  static std::size_t common(const Tokens& a, const Tokens& b) {
    return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  }
  void cut(LaneId lane, std::int32_t position) {
    Tokens& tokens = lanes_[index_of(lane)];
    if (tokens.size() < static_cast<std::size_t>(position)) {
      violation_ = "a cut behind the lane's end";
    }
    tokens.resize(static_cast<std::size_t>(position));
  }

  Backend& inner_;
  std::vector<Tokens> lanes_;
  std::vector<Tokens> before_;
  std::map<std::vector<std::byte>, Tokens> marks_;
  std::map<std::vector<std::byte>, Tokens> saved_;
  std::string violation_;
  bool fails_next_ = false;
  bool failed_last_ = false;
  bool computes_ = false;
};

}  // namespace puna::engine::test
