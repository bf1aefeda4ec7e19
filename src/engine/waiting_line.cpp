// A heap ordered by turn, then by arrival.
#include "engine/waiting_line.h"

#include <algorithm>
#include <utility>

#include "puna/base/error.h"

namespace puna::engine {
namespace {

constexpr std::size_t kAgentsSweep = 4096;  // agents remembered before those that wait for nothing are forgotten

// The heap's order: what is served last comes last.
bool later(const std::unique_ptr<Sequence>& a, const std::unique_ptr<Sequence>& b) {
  return std::pair(a->line_turn, a->number) > std::pair(b->line_turn, b->number);
}

}  // namespace

void WaitingLine::reserve(std::size_t sequences) {
  if (line_.capacity() < sequences) {
    line_.reserve(std::max(sequences, 2 * line_.capacity()));
  }
}

void WaitingLine::push(std::unique_ptr<Sequence>&& sequence) {
  reserve(line_.size() + 1);
  std::uint64_t turn = now_;
  if (sequence->agent != kNoAgent) {
    std::uint64_t& next = next_turn_[sequence->agent];
    turn = std::max(now_, next);
    next = turn + 1;
    forget_old_agents();
  }
  sequence->line_turn = turn;
  put_back(std::move(sequence));
}

void WaitingLine::put_back(std::unique_ptr<Sequence> sequence) noexcept {
  line_.push_back(std::move(sequence));
  std::ranges::push_heap(line_, later);
}

std::unique_ptr<Sequence> WaitingLine::pop() {
  PUNA_CHECK(!line_.empty(), "somebody waits");
  std::ranges::pop_heap(line_, later);
  std::unique_ptr<Sequence> first = std::move(line_.back());
  line_.pop_back();
  return first;
}

void WaitingLine::serve(const Sequence& sequence) noexcept {
  if (left_of_turn_ && *left_of_turn_ > 0 && sequence.line_turn <= now_) {
    --*left_of_turn_;
    return;
  }
  const bool is_over = left_of_turn_ && sequence.line_turn <= now_;
  now_ = is_over ? now_ + 1 : std::max(now_, sequence.line_turn);
  left_of_turn_ = line_.size();
}

void WaitingLine::remove_if(const std::function<bool(const Sequence&)>& leaves,
                            const std::function<void(std::unique_ptr<Sequence>)>& out) {
  bool any = false;
  for (std::unique_ptr<Sequence>& sequence : line_) {
    if (leaves(*sequence)) {
      out(std::move(sequence));
      any = true;
    }
  }
  if (any) {
    std::erase(line_, nullptr);
    std::ranges::make_heap(line_, later);
  }
}

void WaitingLine::forget_old_agents() {
  if (next_turn_.size() > kAgentsSweep + 2 * line_.size()) {
    std::erase_if(next_turn_, [this](const auto& agent) { return agent.second <= now_; });
  }
}

}  // namespace puna::engine
