// A model that answers with what another one said.
//
// Threads: ask() may run on several threads; the mutex guards whose turn it is and the first miss.
#include "puna/model/recorded_model.h"

#include <mutex>
#include <utility>

#include "puna/base/json_difference.h"

namespace puna {
namespace {

constexpr std::size_t kPieceBytes = 16;  // of text that streams again

class CallsModel final : public RecordedModel {
 public:
  CallsModel(ModelRecord record, std::function<void(const RecordedCall&)> on_answer)
      : record_(std::move(record)), on_answer_(std::move(on_answer)) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    if (stop.stop_requested()) {
      return stopped();
    }
    PUNA_TRY(const RecordedCall* call, next(request));
    if (!emit(*call, events, stop)) {
      return stopped();
    }
    if (on_answer_) {
      on_answer_(*call);
    }
    return call->reply;
  }

  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override {
    const auto count = record_.counts.find(request_hash(request));
    if (count != record_.counts.end()) {
      return count->second;
    }
    const std::scoped_lock lock(mutex_);
    return missed("the recording does not have how many tokens this request has", "record the run again");
  }
  [[nodiscard]] bool counts_exactly() const override { return record_.counts_exactly; }
  [[nodiscard]] std::string name() const override { return record_.name; }
  [[nodiscard]] int window_tokens() const override { return record_.window_tokens; }

  [[nodiscard]] std::optional<Error> miss() const override {
    const std::scoped_lock lock(mutex_);
    return miss_;
  }
  [[nodiscard]] std::size_t calls_left() const override {
    const std::scoped_lock lock(mutex_);
    return record_.calls.size() - next_;
  }

 private:
  static std::unexpected<Error> stopped() { return fail(ErrorCode::cancelled, "the recorded model was asked to stop"); }

  // Requires  the lock.
  std::unexpected<Error> missed(std::string message, std::string hint) {
    Error error{.code = ErrorCode::unavailable, .message = std::move(message), .hint = std::move(hint)};
    if (!miss_) {
      miss_ = error;
    }
    return std::unexpected(std::move(error));
  }

  Result<const RecordedCall*> next(const Request& request) {
    const std::scoped_lock lock(mutex_);
    if (next_ == record_.calls.size()) {
      return missed(format_text("the recording has {} calls of the model, and this is one more", next_),
                    "record the run again");
    }
    const RecordedCall& call = record_.calls[next_];
    if (call.hash != request_hash(request)) {
      const auto where = first_difference(to_json(call.request), to_json(request));
      return missed(format_text("call {} of the model is not the recorded one: {}", next_ + 1,
                                where ? where->text() : "the recording does not belong to its own hash"),
                    "what made the request has changed since it was recorded; if that is right, record the run again");
    }
    ++next_;
    return &call;
  }

  // False when stop was asked for before the text was out.
  static bool emit(const RecordedCall& call, EventSink& events, const std::stop_token& stop) {
    bool is_begun = !call.reply;
    for (const Event& event : call.events) {
      const bool is_before = std::holds_alternative<event::PrefixLost>(event);
      if (!is_begun && !is_before) {
        const Usage& usage = call.reply->usage;
        events.on(event::Prefill{.tokens_done = usage.prompt_tokens,
                                 .tokens_total = usage.prompt_tokens,
                                 .tokens_cached = usage.cached_tokens});
        is_begun = true;
      }
      const bool is_whole = std::visit([&](const auto& each) { return pass(each, events, stop); }, event);
      if (!is_whole) {
        return false;
      }
    }
    return true;
  }

  template <class Each>
  static bool pass(const Each& event, EventSink& events, const std::stop_token& stop) {
    if constexpr (std::same_as<Each, event::TextDelta> || std::same_as<Each, event::ReasoningDelta>) {
      std::string_view text = event.text;
      while (!text.empty() && !stop.stop_requested()) {
        const std::string_view part = utf8::truncate(text, kPieceBytes);
        events.on(Each{.text = std::string(part)});
        text.remove_prefix(part.size());
      }
    } else {
      if (!stop.stop_requested()) {
        events.on(event);
      }
    }
    return !stop.stop_requested();
  }

  const ModelRecord record_;
  const std::function<void(const RecordedCall&)> on_answer_;

  mutable std::mutex mutex_;
  std::size_t next_ = 0;       // guarded by mutex_, as the next
  std::optional<Error> miss_;  // the first one
};

}  // namespace

std::unique_ptr<RecordedModel> RecordedModel::create(ModelRecord record,
                                                     std::function<void(const RecordedCall&)> on_answer) {
  return std::make_unique<CallsModel>(std::move(record), std::move(on_answer));
}

}  // namespace puna
