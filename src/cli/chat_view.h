// What a chat hears of its runs, between them and the view.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "puna/base.h"
#include "puna/chat/pronunciation.h"

namespace puna::cli {

// Keeps what was said of a reply that did not become whole, and pronounces text on its way to the view.
class ChatView final : public EventSink {
 public:
  // Borrows the view.  pronunciation: of answers; none: they are shown as they are
  ChatView(EventSink& view, const std::optional<Pronunciation>& pronunciation) : view_(view) {
    if (pronunciation) {
      words_ = *pronunciation;
      spoken_.emplace(*pronunciation);
    }
  }

  void on(const Event& event) override {
    if (const auto* delta = std::get_if<event::TextDelta>(&event)) {
      said_ += delta->text;
      pass_on(spoken_ ? spoken_->add(delta->text) : delta->text);
      return;
    }
    if (spoken_) {
      pass_on(spoken_->end());
    }
    if (std::holds_alternative<event::TurnStarted>(event) || std::holds_alternative<event::ReplyReady>(event)) {
      said_.clear();
    }
    const auto* end = std::get_if<event::RunEnded>(&event);
    if (end == nullptr || !words_) {
      view_.on(event);
      return;
    }
    event::RunEnded spoken = *end;
    spoken.answer = words_->spoken(spoken.answer);
    view_.on(std::move(spoken));
  }
  void on_nested(std::span<const AgentCall> path, const Event& event) override { view_.on_nested(path, event); }

  // Of the last reply, if it was stopped in the middle; else empty.
  [[nodiscard]] const std::string& said() const { return said_; }

 private:
  void pass_on(std::string text) {
    if (!text.empty()) {
      view_.on(event::TextDelta{.text = std::move(text)});
    }
  }

  EventSink& view_;
  std::optional<Pronunciation> words_;
  std::optional<PronunciationStream> spoken_;
  std::string said_;
};

}  // namespace puna::cli
