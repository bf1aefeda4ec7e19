// The ladder of puna/agent/window.h. What is shown is the transcript with some messages shortened and some left out;
// a step only adds to these two.
#include "puna/agent/window.h"

#include <algorithm>
#include <utility>

#include "agent/window_cuts.h"

namespace puna {
namespace {

// The message as a template writes it has at most about so many tokens: no tokenizer makes more tokens than bytes. How
// many a picture has only its model knows, so it is counted.
std::int64_t tokens_at_most(const Message& message) {
  constexpr std::size_t kMustBeCounted = std::size_t{1} << 30U;
  std::size_t bytes = agent::bytes_of(message) + 16 + 32 * message.calls.size();
  for (const Attachment& attachment : message.attachments) {
    bytes += attachment.media.is_text() ? attachment.media.bytes().size() + 64 : kMustBeCounted;
  }
  return static_cast<std::int64_t>(bytes);
}

std::int64_t tokens_at_most(const std::vector<ToolSpec>& tools) {
  std::size_t bytes = 1024;  // what a template says of tools
  for (const ToolSpec& tool : tools) {
    bytes += to_json(tool).dump().size();
  }
  return static_cast<std::int64_t>(bytes);
}

}  // namespace

std::vector<Message> ContextWindow::shown(const Transcript& transcript) const {
  std::vector<Message> shown;
  bool is_noted = false;
  std::size_t note = transcript.size();  // the place in `shown` that has it
  for (std::size_t i = 0; i < transcript.size(); ++i) {
    if (left_out_.contains(i)) {
      if (!std::exchange(is_noted, true)) {
        agent::add_user_text(shown, agent::left_out_note(left_out_.size(), summary_));
        note = shown.size() - 1;
      }
      continue;
    }
    const auto instead = shortened_.find(i);
    Message message = without_media_.contains(i) ? agent::without_media(transcript[i]) : transcript[i];
    if (message.role == Role::user && note + 1 == shown.size()) {
      agent::add_user_message(shown, message);  // templates want turns to alternate
      continue;
    }
    shown.push_back(std::move(message));
    if (instead != shortened_.end()) {
      shown.back().content = instead->second;
    }
  }
  return shown;
}

void ContextWindow::answered(const Usage& usage, std::size_t messages) {
  last_ = usage.prompt_tokens > 0 ? std::optional(usage) : std::nullopt;
  last_messages_ = messages;
}

void ContextWindow::forget() {
  ContextWindow fresh(options_);
  fresh.pinned_ = std::move(pinned_);
  *this = std::move(fresh);
}

// One call of make_room().
class ContextWindow::Cutter {
 public:
  Cutter(ContextWindow& window, Model& model, Request& request, const Transcript& transcript, std::size_t task,
         EventSink& events, int target_percent)
      : window_(window),
        model_(model),
        request_(request),
        transcript_(transcript),
        events_(events),
        tokens_max_(model.window_tokens()),
        target_(tokens_max_ * target_percent / 100),
        old_(agent::old_turns(transcript, task, window.pinned_,
                              static_cast<std::size_t>(std::max(window.options_.turns_kept, 0)))) {}

  Result<Usage> run(const std::stop_token& stop) {
    PUNA_TRY(tokens_, model_.count_tokens(request_));
    if (tokens_ <= tokens_max_ * window_.options_.full_percent / 100) {
      return spent_;
    }
    const std::int64_t before = tokens_;
    PUNA_TRY_VOID(cut("results", [this] { return shorten_old_results(); }));
    PUNA_TRY_VOID(cut("media", [this] { return drop_oldest_media(); }));
    if (window_.options_.summarises) {
      PUNA_TRY_VOID(summarise(stop));
    }
    PUNA_TRY_VOID(cut("turns", [this] { return leave_out_old_turns(); }));
    PUNA_TRY_VOID(cut("newest results", [this] { return shorten_largest_result(); }));
    if (tokens_ >= before) {
      window_.stuck_at_ = transcript_.size();
    }
    return spent_;
  }

  // The two steps after which everything is still told, as far as they go.
  Result<Usage> compact(const std::stop_token& stop) {
    PUNA_TRY_VOID(count());
    PUNA_TRY_VOID(cut("results", [this] { return shorten_old_results(); }));
    PUNA_TRY_VOID(summarise(stop));
    return spent_;
  }

 private:
  // Calls `step` until there is room or it finds nothing more to do. A step returns how many messages it changed.
  template <class Step>
  Result<void> cut(std::string_view name, const Step& step) {
    const std::int64_t before = tokens_;
    std::size_t changed = 0;
    while (tokens_ > target_) {
      const std::size_t now = step();
      if (now == 0) {
        break;
      }
      changed += now;
      PUNA_TRY_VOID(count());
    }
    tell(name, before, changed);
    return {};
  }

  void tell(std::string_view name, std::int64_t before, std::size_t changed) {
    if (changed > 0) {
      events_.on(event::WindowCut{.step = std::string(name),
                                  .messages = static_cast<std::int64_t>(changed),
                                  .tokens_before = before,
                                  .tokens_after = tokens_,
                                  .tokens_max = tokens_max_});
    }
  }

  Result<void> count() {
    request_.messages = window_.shown(transcript_);
    PUNA_TRY(tokens_, model_.count_tokens(request_));
    return {};
  }

  // What has to go until there is room, as far as it can be told from bytes.
  [[nodiscard]] std::size_t bytes_to_go() const {
    std::size_t bytes = 0;
    for (const Message& message : request_.messages) {
      bytes += agent::bytes_of(message);
    }
    const auto share = static_cast<double>(tokens_ - target_) / static_cast<double>(std::max<std::int64_t>(tokens_, 1));
    return std::max<std::size_t>(1, static_cast<std::size_t>(share * static_cast<double>(bytes)));
  }

  std::size_t shorten_old_results() {
    const std::size_t wanted = bytes_to_go();
    std::size_t saved = 0;
    std::size_t changed = 0;
    for (const agent::Turn& turn : old_) {
      for (std::size_t i = turn.begin; i < turn.end && saved < wanted; ++i) {
        if (transcript_[i].role != Role::tool || window_.shortened_.contains(i) || window_.left_out_.contains(i)) {
          continue;
        }
        const std::string& whole = transcript_[i].content;
        std::string less = agent::beginning_of_result(whole, window_.options_.result_bytes_kept);
        if (less.size() < whole.size()) {
          saved += whole.size() - less.size();
          window_.shortened_.emplace(i, std::move(less));
          ++changed;
        }
      }
    }
    return changed;
  }

  // Of one message.
  std::size_t drop_oldest_media() {
    for (const agent::Turn& turn : old_) {
      for (std::size_t i = turn.begin; i < turn.end; ++i) {
        if (!transcript_[i].attachments.empty() && !window_.left_out_.contains(i) &&
            window_.without_media_.insert(i).second) {
          return 1;
        }
      }
    }
    return 0;
  }

  std::size_t leave_out_old_turns() {
    const std::size_t wanted = bytes_to_go();
    std::size_t saved = 0;
    std::size_t changed = 0;
    for (const agent::Turn& turn : old_) {
      for (std::size_t i = turn.begin; i < turn.end && (saved < wanted || i > turn.begin); ++i) {
        if (window_.left_out_.insert(i).second) {
          const auto less = window_.shortened_.find(i);
          saved += less == window_.shortened_.end() ? agent::bytes_of(transcript_[i]) : less->second.size();
          ++changed;
        }
      }
    }
    return changed;
  }

  // Half of the largest result that is shown, whichever turn it is from.
  std::size_t shorten_largest_result() {
    std::size_t largest = transcript_.size();
    std::size_t size = window_.options_.result_bytes_kept;
    for (std::size_t i = 0; i < transcript_.size(); ++i) {
      const auto less = window_.shortened_.find(i);
      const std::size_t now = less == window_.shortened_.end() ? transcript_[i].content.size() : less->second.size();
      if (transcript_[i].role == Role::tool && !window_.left_out_.contains(i) && !window_.pinned_.contains(i) &&
          now > size) {
        largest = i;
        size = now;
      }
    }
    if (largest == transcript_.size()) {
      return 0;
    }
    std::string less = agent::ends_of_result(transcript_[largest].content, size / 2);
    if (less.size() >= size) {
      return 0;
    }
    window_.shortened_[largest] = std::move(less);
    return 1;
  }

  Result<void> summarise(const std::stop_token& stop) {
    std::size_t messages = 0;
    for (const agent::Turn& turn : old_) {
      messages += window_.left_out_.contains(turn.begin) ? 0 : turn.end - turn.begin;
    }
    if (tokens_ <= target_ || messages < agent::kSummaryMessagesMin) {
      return {};
    }
    Transcript until(transcript_.begin(), transcript_.begin() + static_cast<std::ptrdiff_t>(old_.back().end));
    auto summary = agent::summary_of(model_, request_, window_.shown(until), tokens_max_, events_, stop);
    if (!summary) {
      return summary.error().code == ErrorCode::cancelled ? Result<void>(std::unexpected(summary.error()))
                                                          : Result<void>();
    }
    spent_ += summary->usage;
    if (summary->text.empty()) {
      return {};
    }
    const ContextWindow was = window_;
    const std::int64_t before = tokens_;
    for (const agent::Turn& turn : old_) {
      for (std::size_t i = turn.begin; i < turn.end; ++i) {
        window_.left_out_.insert(i);
      }
    }
    window_.summary_ = std::move(summary->text);
    PUNA_TRY_VOID(count());
    if (tokens_ >= before) {
      window_ = was;
      return count();
    }
    tell("summary", before, messages);
    return {};
  }

  ContextWindow& window_;
  Model& model_;
  Request& request_;
  const Transcript& transcript_;
  EventSink& events_;
  const std::int64_t tokens_max_;
  const std::int64_t target_;
  const std::vector<agent::Turn> old_;
  std::int64_t tokens_ = 0;
  Usage spent_;
};

Result<Usage> ContextWindow::make_room(Model& model, Request& request, const Transcript& transcript, std::size_t task,
                                       EventSink& events, std::stop_token stop) {
  request.messages = shown(transcript);
  if (!options_.is_managed || transcript.size() <= stuck_at_) {
    return Usage{};
  }
  std::int64_t most = last_ ? last_->prompt_tokens + last_->output_tokens : tokens_at_most(request.tools);
  if (last_) {
    for (std::size_t i = std::min(last_messages_, transcript.size()); i < transcript.size(); ++i) {
      most += tokens_at_most(transcript[i]);
    }
  } else {
    for (const Message& message : request.messages) {
      most += tokens_at_most(message);
    }
  }
  if (most <= std::int64_t{model.window_tokens()} * options_.full_percent / 100) {
    return Usage{};
  }
  return Cutter(*this, model, request, transcript, task, events, options_.target_percent).run(stop);
}

Result<Usage> ContextWindow::compact(Model& model, Request& request, const Transcript& transcript, EventSink& events,
                                     std::stop_token stop) {
  const auto task = std::ranges::find(transcript.rbegin(), transcript.rend(), Role::user, &Message::role);
  const std::size_t place =
      task == transcript.rend() ? transcript.size() : static_cast<std::size_t>(transcript.rend() - task) - 1;
  return Cutter(*this, model, request, transcript, place, events, 0).compact(stop);
}

}  // namespace puna
