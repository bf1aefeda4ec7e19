// The reader of replies that are one text: reasoning between its tags, then text with blocks of calls in it. Text waits
// in buffer_ until it cannot be part of a tag any more; white space waits until it is known whether text or a tag
// follows. A block is scanned once.
//
// Invariants: what was handed out as a delta is a prefix of the final text; every byte fed ends in content, in
// reasoning, in a call, or is a tag or white space beside one; the work is linear in the bytes fed.
#include <algorithm>
#include <optional>
#include <utility>

#include "chat/call_form.h"
#include "chat/call_object.h"
#include "chat/call_reader.h"
#include "chat/reply_reader.h"

namespace puna {
namespace {

std::size_t leading_spaces(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_space) - text.begin());
}

class TagReader final : public ReplyReader {
 public:
  using Delta = ReplyParser::Delta;

  TagReader(const ReplyFormat& format, const ReplyParser::Setup& setup)
      : format_(format),
        tools_(setup.tools.begin(), setup.tools.end()),
        phase_(setup.reasoning_open ? Phase::reasoning_start : Phase::start),
        content_(reply_.content),
        reasoning_(reply_.reasoning) {
    if (setup.calls == ReplyParser::Calls::read) {
      for (const CallSyntax& syntax : format_.calls) {
        forms_.emplace_back(syntax);
      }
    }
  }

  [[nodiscard]] Delta feed(std::string_view text) override {
    Delta delta;
    buffer_.erase(0, std::exchange(at_, 0));
    buffer_ += text;
    while (step(delta)) {
    }
    return delta;
  }

  [[nodiscard]] ParsedReply finish(ReplyParser::End end) override {
    Delta rest;
    is_ending_ = true;
    end_ = end;
    while (!undecided().empty()) {
      if (!step(rest) && phase_ == Phase::call) {
        give_up(rest);
      }
    }
    recover_calls(rest);
    if (reply_.calls.empty() && (phase_ == Phase::text || phase_ == Phase::start)) {
      content_.put(content_.space(), rest.content);  // plain text keeps its end
    }
    return std::move(reply_);
  }

 private:
  enum class Phase : unsigned char { start, reasoning_start, reasoning, text, call };
  // Where in a text something that matters begins.
  struct Place {
    std::size_t at = std::string_view::npos;
    const CallForm* form = nullptr;  // a call's mark; else a tag around content
    std::size_t bytes = 0;
  };

  [[nodiscard]] std::string_view undecided() const { return std::string_view(buffer_).substr(at_); }
  void consume(std::size_t bytes) { at_ += bytes; }

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

  // White space, then reasoning or not.
  bool step_start(Delta& delta) {
    const std::size_t spaces = leading_spaces(undecided());
    if (phase_ == Phase::start) {
      content_.add(undecided().substr(0, spaces), delta.content);
    }
    consume(spaces);
    const std::string_view tag = format_.reasoning_start;
    if (!tag.empty() && undecided().starts_with(tag)) {
      consume(tag.size());
      content_.drop_space();
      phase_ = Phase::reasoning;
      return true;
    }
    if (tag.starts_with(undecided()) && !is_ending_) {
      return false;
    }
    phase_ = phase_ == Phase::start ? Phase::text : Phase::reasoning;
    return true;
  }

  bool step_reasoning(Delta& delta) {
    const std::string_view text = undecided();
    const std::size_t end = text.find(format_.reasoning_end);
    const bool is_closed = end != std::string_view::npos;
    std::size_t bytes = is_closed ? end : text.size() - (is_ending_ ? 0 : begun_at_end(text, format_.reasoning_end));
    std::size_t call = bytes;  // where a call begins
    if (held_.empty()) {
      for (const CallForm& form : forms_) {
        if (form.is_strong()) {
          call = std::min(call, text.substr(0, bytes).find(form.mark()));
          bytes -= is_closed || is_ending_ || call < bytes ? 0 : begun_at_end(text.substr(0, bytes), form.mark());
          call = std::min(call, bytes);
        }
      }
    } else {
      call = 0;
    }
    add_reasoning(text.substr(0, call), delta);
    held_ += text.substr(call, bytes - call);
    consume(bytes + (is_closed ? format_.reasoning_end.size() : 0));
    if (is_closed) {
      phase_ = Phase::text;
      skip_space_ = true;
    }
    return is_closed;
  }

  void add_reasoning(std::string_view text, Delta& delta) {
    if (reply_.reasoning.empty()) {
      text.remove_prefix(leading_spaces(text));
    }
    reasoning_.add(text, delta.reasoning);
  }

  // A call that was begun inside the reasoning is a thought once the reply goes on behind it.
  void settle_reasoning(Delta& delta) { add_reasoning(std::exchange(held_, {}), delta); }

  void recover_calls(Delta& delta) {
    if (held_.empty()) {
      return;
    }
    ReplyFormat inner = format_;
    inner.reasoning_start.clear();
    ReplyParser parser(inner, {.reasoning_open = false, .calls = ReplyParser::Calls::read, .tools = tools_});
    static_cast<void>(parser.feed(held_));
    ParsedReply found = parser.finish(end_);
    if (found.calls.empty() || !found.repairs.empty()) {  // a sketch of a call is no call
      return settle_reasoning(delta);
    }
    reply_.calls = std::move(found.calls);
    if (!found.content.empty()) {
      add_reasoning("\n", delta);
      add_reasoning(found.content, delta);
    }
  }

  // The first call or tag in the text; or the first place where one may begin, with no bytes.
  [[nodiscard]] Place find_place(std::string_view text) const {
    for (std::size_t at = 0; at < text.size(); ++at) {
      const std::string_view rest = text.substr(at);
      bool may_begin = false;
      const auto begins = [&](std::string_view mark) {
        may_begin = may_begin || (!mark.empty() && !is_ending_ && mark.starts_with(rest));
        return !mark.empty() && rest.starts_with(mark);
      };
      for (const CallForm& form : forms_) {
        if (begins(form.mark())) {
          return {.at = at, .form = &form, .bytes = form.mark().size()};
        }
      }
      for (const std::string* tag : {&format_.content_start, &format_.content_end}) {
        if (begins(*tag)) {
          return {.at = at, .form = nullptr, .bytes = tag->size()};
        }
      }
      if (may_begin) {
        return {.at = at};
      }
    }
    return {};
  }

  bool step_text(Delta& delta) {
    if (const std::optional<bool> moved = step_bare(delta)) {
      return *moved;
    }
    const std::string_view text = undecided();
    const Place place = find_place(text);
    const std::size_t bytes = std::min(place.at, text.size());
    if (bytes > 0) {
      add_content(text.substr(0, bytes), delta);
      consume(bytes);
      return true;
    }
    if (text.empty() || place.bytes == 0) {
      return false;
    }
    if (place.form == nullptr) {
      consume(place.bytes);
      skip_space_ = true;
      return true;
    }
    const Match match = place.form->opens(text, tools_);
    if (match == Match::partly && !is_ending_) {
      return false;
    }
    if (match == Match::yes) {
      begin_call(*place.form);
    } else {
      add_content(text.substr(0, 1), delta);
      consume(1);
    }
    return true;
  }

  // Calls that have no mark can only be at the start of the text, and behind one another. Empty = there is none here.
  std::optional<bool> step_bare(Delta& delta) {
    if (is_text_ || undecided().empty()) {
      return std::nullopt;
    }
    for (const CallForm& form : forms_) {
      const Match match = form.mark().empty() ? form.opens(undecided(), tools_) : Match::no;
      if (match == Match::partly && !is_ending_) {
        return false;
      }
      if (match == Match::yes) {
        const std::size_t spaces = leading_spaces(undecided());
        add_content(undecided().substr(0, spaces), delta);
        consume(spaces);
        begin_call(form);
        return true;
      }
    }
    return std::nullopt;
  }

  void begin_call(const CallForm& form) {
    form_ = &form;
    phase_ = Phase::call;
    scanner_.emplace(form, is_plain_);
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
    if (leading_spaces(text) < text.size()) {
      settle_reasoning(delta);
      is_text_ = true;
    }
    content_.add(text, delta.content);
  }

  bool step_call(Delta& delta) {
    const std::size_t end = scanner_->find_end(undecided(), is_ending_);
    if (end == std::string_view::npos) {
      return false;
    }
    take_block(end, delta, true);
    return true;
  }

  // The calls of a block, repaired if they must be and may be.
  std::optional<std::vector<ToolCall>> calls_in(std::string_view block, bool may_repair) {
    Repairs repairs;
    std::optional<std::vector<ToolCall>> calls = read_calls(*form_, block, tools_);
    if (!calls && may_repair) {
      calls = read_calls(*form_, block, tools_, &repairs);
    }
    if (!calls) {
      return std::nullopt;
    }
    for (ToolCall& call : *calls) {
      call.arguments = read_arguments(&call.arguments, &repairs);
    }
    if (!repairs.empty()) {
      reply_.repairs.push_back(repair_note(*calls, repairs));
    }
    return calls;
  }

  void take_block(std::size_t bytes, Delta& delta, bool may_repair) {
    const std::string block(undecided().substr(0, bytes));
    consume(bytes);
    phase_ = Phase::text;
    if (std::optional<std::vector<ToolCall>> calls = calls_in(block, may_repair)) {
      settle_reasoning(delta);
      std::ranges::move(*calls, std::back_inserter(reply_.calls));
      content_.drop_space();
      skip_space_ = true;
      is_text_ = false;
    } else {
      add_content(block, delta);
      reply_.malformed_calls.emplace_back(trimmed(block));
    }
  }

  // At the end of the reply, inside a block that was never closed. The end of the turn may stand for its closing marks.
  // If not, its quotes may have been wrong, so from here on an end mark counts wherever it stands; if there is none,
  // all of it is malformed.
  void give_up(Delta& delta) {
    if (!is_plain_ && !read_calls(*form_, undecided(), tools_)) {
      is_plain_ = true;
      scanner_.emplace(*form_, true);
      return;
    }
    take_block(undecided().size(), delta, end_ == ReplyParser::End::whole);
  }

  const ReplyFormat format_;
  const std::vector<ToolSpec> tools_;
  std::vector<CallForm> forms_;
  Phase phase_;
  ParsedReply reply_;
  GrowingText content_;
  GrowingText reasoning_;
  std::string buffer_;
  std::size_t at_ = 0;              // buffer_ from here on is not decided yet
  std::string held_;                // reasoning from the first call in it on
  const CallForm* form_ = nullptr;  // of the block that is scanned
  std::optional<BlockScanner> scanner_;
  bool skip_space_ = false;  // white space that follows is beside a tag
  bool is_text_ = false;     // text has come since the start, or since the last call
  bool is_plain_ = false;    // quotes in calls mean nothing
  bool is_ending_ = false;
  ReplyParser::End end_ = ReplyParser::End::whole;
};

}  // namespace

std::unique_ptr<ReplyReader> make_tag_reader(const ReplyFormat& format, const ReplyParser::Setup& setup) {
  return std::make_unique<TagReader>(format, setup);
}

}  // namespace puna
