// The writer of a session. Every event is a transaction of its own; those that others build on are synced.
#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>
#include <variant>

#include "agent/store_file.h"
#include "agent/store_replay.h"

namespace puna::agent {
namespace {

using Durable = Database::Durable;

// Pieces of text that follow each other: one event when their reply is whole.
struct Streamed {
  Json first;  // the event, with the text of all
  std::string key;
  std::string text;
  std::int64_t from = 0;  // numbers of events
  std::int64_t to = 0;
};

class Writer final : public StoredSession {
 public:
  Writer(StoreFile& file, const SessionRow& row, FileLock lock) : file_(file), id_(row.id), lock_(std::move(lock)) {}

  [[nodiscard]] Result<void> open(std::optional<Unfinished> unfinished) {
    const std::scoped_lock lock(file_.mutex());
    PUNA_TRY(const std::vector<StoredEvent> events, file_.events(id_));
    next_ = events.empty() ? 1 : events.back().number + 1;
    PUNA_TRY(Replay last, replay(events));
    if (!unfinished) {  // it is new
      return {};
    }
    const std::vector<Message> messages = closing_messages(last, *unfinished);
    unknown_ = std::move(last.unknown);
    Json unknown = Json::array();
    for (const ToolCall& call : unknown_) {
      unknown.push(call.id);
    }
    const auto bring_up = [&]() -> Result<void> {
      PUNA_TRY_VOID(add(Json::object(
          {{"type", "session.resumed"}, {"unknown", std::move(unknown)}, {"is_partial", last.is_partial}})));
      for (const Message& message : messages) {
        PUNA_TRY_VOID(add(message_event(message)));
      }
      return {};
    };
    PUNA_TRY_VOID(file_.database().write(Durable::yes, bring_up));
    transcript_ = std::move(last.transcript);
    transcript_.insert(transcript_.end(), messages.begin(), messages.end());
    return {};
  }

  [[nodiscard]] const Transcript& transcript() const override { return transcript_; }
  [[nodiscard]] const std::vector<ToolCall>& unknown() const override { return unknown_; }

  [[nodiscard]] Result<void> append(const Message& message) override {
    return keep(message_event(message), Durable::yes, message.role == Role::assistant);
  }
  [[nodiscard]] Result<void> starting(std::span<const AgentCall> path, const ToolCall& call) override {
    Json event = Json::object({{"type", "tool.running"}, {"call_id", call.id}, {"tool", call.name}});
    if (!path.empty()) {
      Json calls = Json::array();
      for (const AgentCall& above : path) {
        calls.push(Json::object({{"agent", above.agent}, {"call_id", above.call_id}}));
      }
      event.set("path", std::move(calls));
    }
    return keep(std::move(event), Durable::yes, false);
  }
  [[nodiscard]] Result<void> cut(std::size_t messages) override {
    return keep(Json::object({{"type", "transcript.cut"}, {"messages", messages}}), Durable::yes, false);
  }
  [[nodiscard]] Result<void> replace(const Transcript& transcript) override {
    std::vector<Json> events{Json::object({{"type", "transcript.cut"}, {"messages", 0}})};
    std::ranges::transform(transcript, std::back_inserter(events), message_event);
    return keep(std::move(events), Durable::yes, false);
  }
  [[nodiscard]] Result<void> state() const override {
    const std::scoped_lock lock(file_.mutex());
    return failed_ ? Result<void>(std::unexpected(*failed_)) : Result<void>();
  }
  [[nodiscard]] std::stop_token failed() const override { return stop_.get_token(); }
  [[nodiscard]] std::unique_ptr<EventSink> watch(EventSink& view) override;

  [[nodiscard]] Result<void> keep(Json event, Durable durable, bool ends_reply) {
    std::vector<Json> one;
    one.push_back(std::move(event));
    return keep(std::move(one), durable, ends_reply);
  }
  // All of them or none.
  [[nodiscard]] Result<void> keep(std::vector<Json> events, Durable durable, bool ends_reply) {
    std::unique_lock lock(file_.mutex());
    if (failed_) {
      return std::unexpected(*failed_);
    }
    const std::int64_t before = next_;
    auto done = file_.database().write(durable, [&]() -> Result<void> {
      if (ends_reply) {
        PUNA_TRY_VOID(join());
      }
      for (Json& event : events) {
        PUNA_TRY_VOID(add(std::move(event)));
      }
      return {};
    });
    if (!done) {
      next_ = before;
      failed_ = done.error();
      lock.unlock();
      stop_.request_stop();
    } else if (ends_reply) {
      streamed_.clear();
    }
    return done;
  }

  [[nodiscard]] Result<void> keep_piece(Json event) {
    const std::string text(event.text_or("text"));
    Json keyed = event;
    std::string key = keyed.set("text", "").dump();
    PUNA_TRY_VOID(keep(event, Durable::no, false));
    const std::scoped_lock lock(file_.mutex());
    const std::int64_t number = next_ - 1;
    if (streamed_.empty() || streamed_.back().key != key || streamed_.back().to + 1 != number) {
      streamed_.push_back({.first = std::move(event), .key = std::move(key), .text = {}, .from = number, .to = 0});
    }
    streamed_.back().text += text;
    streamed_.back().to = number;
    return {};
  }

 private:
  // Within a transaction.
  [[nodiscard]] Result<void> add(Json event) {
    return file_.add_event(id_, {.number = next_++, .at = file_.now(), .json = std::move(event)});
  }
  [[nodiscard]] Result<void> join() {
    for (Streamed& piece : streamed_) {
      if (piece.from < piece.to) {
        piece.first.set("text", piece.text);
        PUNA_TRY_VOID(file_.join_events(id_, piece.from, piece.to, piece.first));
      }
    }
    return {};
  }

  StoreFile& file_;
  const std::int64_t id_;
  const FileLock lock_;
  Transcript transcript_;
  std::vector<ToolCall> unknown_;
  std::stop_source stop_;
  // Guarded by the file's mutex.
  std::int64_t next_ = 1;  // number of the next event
  std::vector<Streamed> streamed_;
  std::optional<Error> failed_;
};

template <class E>
constexpr bool is_piece = std::same_as<E, event::TextDelta> || std::same_as<E, event::ReasoningDelta>;
template <class E>
constexpr bool is_left_out =
    std::same_as<E, event::Prefill> || std::same_as<E, event::PromptReady> || std::same_as<E, event::Traced>;

class StoringSink final : public EventSink {
 public:
  StoringSink(Writer& writer, EventSink& view) : writer_(writer), view_(view) {}

  void on(const Event& event) override {
    if (stored(event, [&] { return to_json(event); })) {
      view_.on(event);
    }
  }
  void on_nested(std::span<const AgentCall> path, const Event& event) override {
    if (stored(event, [&] { return to_json(path, event); })) {
      view_.on_nested(path, event);
    }
  }

 private:
  template <class MakeJson>
  bool stored(const Event& event, MakeJson json) {
    return std::visit(
        [&]<class E>(const E&) {
          if constexpr (is_left_out<E>) {
            return writer_.state().has_value();
          } else if constexpr (is_piece<E>) {
            return writer_.keep_piece(json()).has_value();
          } else if constexpr (std::same_as<E, event::ReplyReady>) {
            Json reply = json();  // its text is the message's
            std::erase_if(reply.as_object(), [](const Json::Member& member) { return member.key == "raw"; });
            return writer_.keep(std::move(reply), Durable::no, false).has_value();
          } else {
            constexpr bool is_end = std::same_as<E, event::RunEnded>;
            return writer_.keep(json(), is_end ? Durable::yes : Durable::no, false).has_value();
          }
        },
        event);
  }

  Writer& writer_;
  EventSink& view_;
};

std::unique_ptr<EventSink> Writer::watch(EventSink& view) { return std::make_unique<StoringSink>(*this, view); }

}  // namespace

Result<std::unique_ptr<StoredSession>> open_session(StoreFile& file, const SessionRow& row, FileLock lock,
                                                    std::optional<Unfinished> unfinished) {
  auto writer = std::make_unique<Writer>(file, row, std::move(lock));
  PUNA_TRY_VOID(writer->open(unfinished));
  return writer;
}

}  // namespace puna::agent
