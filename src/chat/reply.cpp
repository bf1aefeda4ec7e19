// The streaming reader of replies. Text waits in buffer_ until it cannot be part of a tag any more; white space waits
// until it is known whether text or a tag follows. A call is scanned once, with one bit of state for "inside a JSON
// string".
//
// Invariants: what was handed out as a delta is a prefix of the final text; every byte fed ends in content, in
// reasoning, in a call, or is a tag or white space beside one; the work is linear in the bytes fed.
#include "puna/chat/reply.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "chat/reply_tags.h"

namespace puna {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

std::size_t leading_spaces(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_space) - text.begin());
}

// Length of the longest end of `text` that is a proper prefix of `tag`.
std::size_t held_back(std::string_view text, std::string_view tag) {
  for (std::size_t length = std::min(text.size(), tag.size() - 1); length > 0; --length) {
    if (tag.starts_with(text.substr(text.size() - length))) {
      return length;
    }
  }
  return 0;
}

// Arguments as models write them: an object, or the JSON text of one in a string, or nothing at all.
Json read_arguments(const Json& call) {
  const Json* arguments = call.find("arguments");
  if (arguments == nullptr) {
    arguments = call.find("parameters");
  }
  if (arguments == nullptr || arguments->is_null()) {
    return Json::object();
  }
  if (arguments->is_string()) {
    if (Result<Json> inner = Json::parse(arguments->as_string()); inner && inner->is_object()) {
      return *std::move(inner);
    }
  }
  return *arguments;
}

std::optional<ToolCall> read_call(std::string_view body) {
  const Result<Json> json = Json::parse(body);
  if (!json || !json->is_object() || json->text_or("name").empty()) {
    return std::nullopt;
  }
  return ToolCall{.id = {}, .name = std::string(json->text_or("name")), .arguments = read_arguments(*json)};
}

// Text that grows by pieces; white space at its end waits until more text comes.
class Growing {
 public:
  explicit Growing(std::string& whole) : whole_(whole) {}

  void add(std::string_view text, std::string& delta) {
    const auto last = std::ranges::find_last_if_not(text, is_space).begin();
    if (last == text.end()) {
      space_ += text;
      return;
    }
    put(std::exchange(space_, {}), delta);
    put(std::string_view(text.begin(), last + 1), delta);
    space_ = std::string_view(last + 1, text.end());
  }
  void put(std::string_view text, std::string& delta) {
    whole_ += text;
    delta += text;
  }
  void drop_space() { space_.clear(); }
  [[nodiscard]] const std::string& space() const { return space_; }

 private:
  std::string& whole_;
  std::string space_;
};

}  // namespace

class ReplyParser::State {
 public:
  State(bool reasoning_open, Calls calls)
      : phase_(reasoning_open ? Phase::reasoning_start : Phase::start),
        calls_(calls),
        content_(reply_.content),
        reasoning_(reply_.reasoning) {}

  Delta feed(std::string_view text) {
    Delta delta;
    buffer_.erase(0, std::exchange(at_, 0));
    buffer_ += text;
    while (step(delta)) {
    }
    return delta;
  }

  ParsedReply finish() {
    Delta rest;
    is_ending_ = true;
    while (!undecided().empty()) {
      if (!step(rest) && phase_ == Phase::call) {
        give_up(rest);
      }
    }
    if (reply_.calls.empty() && (phase_ == Phase::text || phase_ == Phase::start)) {
      content_.put(content_.space(), rest.content);  // plain text keeps its end
    }
    return std::move(reply_);
  }

 private:
  enum class Phase : unsigned char { start, reasoning_start, reasoning, text, call };
  // What the first character of a call says about it: in JSON, quotes matter.
  enum class Body : unsigned char { unknown, json, other };

  [[nodiscard]] std::string_view undecided() const { return std::string_view(buffer_).substr(at_); }
  void consume(std::size_t bytes) { at_ += bytes; }
  // How much of `text` cannot become `tag` any more.
  [[nodiscard]] std::size_t sure_bytes(std::string_view text, std::string_view tag) const {
    return text.size() - (is_ending_ ? 0 : held_back(text, tag));
  }

  // Moves on as far as one tag. False = nothing more can be decided without more text.
  bool step(Delta& delta) {
    switch (phase_) {
      case Phase::start:
      case Phase::reasoning_start:
        return step_start(delta);
      case Phase::reasoning:
        return step_reasoning(delta);
      case Phase::text:
        return step_text(delta);
      case Phase::call:
        return step_call(delta);
    }
    return false;
  }

  // White space, then <think> or not.
  bool step_start(Delta& delta) {
    const std::size_t spaces = leading_spaces(undecided());
    if (phase_ == Phase::start) {
      content_.add(undecided().substr(0, spaces), delta.content);
    }
    consume(spaces);
    if (undecided().starts_with(kThinkStart)) {
      consume(kThinkStart.size());
      content_.drop_space();
      phase_ = Phase::reasoning;
      return true;
    }
    if (kThinkStart.starts_with(undecided()) && !is_ending_) {
      return false;
    }
    phase_ = phase_ == Phase::start ? Phase::text : Phase::reasoning;
    return true;
  }

  bool step_reasoning(Delta& delta) {
    const std::size_t end = undecided().find(kThinkEnd);
    const bool is_closed = end != std::string_view::npos;
    std::string_view text = undecided().substr(0, is_closed ? end : sure_bytes(undecided(), kThinkEnd));
    consume(text.size() + (is_closed ? kThinkEnd.size() : 0));
    if (reply_.reasoning.empty()) {
      text.remove_prefix(leading_spaces(text));
    }
    reasoning_.add(text, delta.reasoning);
    if (is_closed) {
      phase_ = Phase::text;
      skip_space_ = true;
    }
    return is_closed;
  }

  bool step_text(Delta& delta) {
    if (calls_ == Calls::text) {
      add_content(undecided(), delta);
      consume(undecided().size());
      return false;
    }
    const std::size_t start = undecided().find(kCallStart);
    const bool is_call = start != std::string_view::npos;
    const std::string_view text = undecided().substr(0, is_call ? start : sure_bytes(undecided(), kCallStart));
    add_content(text, delta);
    consume(text.size());
    if (is_call) {
      consume(kCallStart.size());
      phase_ = Phase::call;
      restart_scan();
    }
    return is_call;
  }

  void add_content(std::string_view text, Delta& delta) {
    if (skip_space_) {
      text.remove_prefix(leading_spaces(text));
      if (text.empty()) {
        return;
      }
      skip_space_ = false;
      if (!reply_.content.empty()) {
        content_.put("\n", delta.content);
      }
    }
    content_.add(text, delta.content);
  }

  bool step_call(Delta& delta) {
    const std::size_t end = find_call_end();
    if (end == std::string_view::npos) {
      return false;
    }
    const std::string_view body = undecided().substr(0, end);
    consume(end + kCallEnd.size());
    phase_ = Phase::text;
    if (std::optional<ToolCall> call = read_call(body)) {
      reply_.calls.push_back(*std::move(call));
      content_.drop_space();
      skip_space_ = true;
    } else {
      add_malformed(std::string(kCallStart) + std::string(body) + std::string(kCallEnd), delta);
    }
    return true;
  }

  void restart_scan() {
    scanned_ = 0;
    body_ = is_plain_ ? Body::other : Body::unknown;
    in_string_ = false;
    is_escaped_ = false;
  }

  // Where the closing tag starts, or npos when it has not come yet. Inside a JSON string it is text.
  std::size_t find_call_end() {
    const std::string_view text = undecided();
    for (; scanned_ < text.size(); ++scanned_) {
      const char c = text[scanned_];
      if (body_ == Body::unknown && !is_space(c)) {
        body_ = c == '{' ? Body::json : Body::other;
      }
      if (in_string_) {
        in_string_ = is_escaped_ || c != '"';
        is_escaped_ = !is_escaped_ && c == '\\';
      } else if (c == '"') {
        in_string_ = body_ == Body::json;
      } else if (c == '<') {
        const std::string_view rest = text.substr(scanned_);
        if (rest.starts_with(kCallEnd)) {
          return scanned_;
        }
        if (kCallEnd.starts_with(rest)) {
          break;
        }
      }
    }
    return std::string_view::npos;
  }

  void add_malformed(std::string block, Delta& delta) {
    add_content(block, delta);
    reply_.malformed_calls.push_back(std::move(block));
  }

  // At the end of the reply, inside a call that was never closed. Its quotes may have been wrong, so from here on a
  // closing tag counts wherever it stands; if there is none, all of it is malformed.
  void give_up(Delta& delta) {
    if (!is_plain_) {
      is_plain_ = true;
      restart_scan();
      return;
    }
    const std::string block = std::string(kCallStart) + std::string(undecided());
    consume(undecided().size());
    add_malformed(block, delta);
    phase_ = Phase::text;
  }

  Phase phase_;
  const Calls calls_;
  ParsedReply reply_;
  Growing content_;
  Growing reasoning_;
  std::string buffer_;
  std::size_t at_ = 0;         // buffer_ from here on is not decided yet
  std::size_t scanned_ = 0;    // of a call's text
  Body body_ = Body::unknown;  // of the call that is scanned
  bool in_string_ = false;     // at scanned_
  bool is_escaped_ = false;    // at scanned_
  bool skip_space_ = false;    // white space that follows is beside a tag
  bool is_plain_ = false;      // quotes in calls mean nothing
  bool is_ending_ = false;
};

ReplyParser::ReplyParser(bool reasoning_open, Calls calls) : state_(std::make_unique<State>(reasoning_open, calls)) {}
ReplyParser::~ReplyParser() = default;
ReplyParser::ReplyParser(ReplyParser&&) noexcept = default;
ReplyParser& ReplyParser::operator=(ReplyParser&&) noexcept = default;

ReplyParser::Delta ReplyParser::feed(std::string_view text) { return state_->feed(text); }
ParsedReply ReplyParser::finish() { return state_->finish(); }

}  // namespace puna
