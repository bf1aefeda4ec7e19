// The reader of replies that are messages with headers: a header says whether what follows is a thought, text, or a
// call's arguments. What is said goes on to a tag reader, because the generic format's calls stand in it.
//
// Source: OpenAI's harmony response format (github.com/openai/harmony, docs/format.md): a call's recipient stands in
// the role or in the channel part of the header; a content type may follow.
#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "chat/call_form.h"
#include "chat/call_object.h"
#include "chat/reply_reader.h"

namespace puna {
namespace {

constexpr std::size_t kHeaderBytesMax = 512;
constexpr std::string_view kRecipient = "to=";

ReplyFormat of_text(const ReplyFormat& format) {
  ReplyFormat text = format;
  text.reasoning_start.clear();
  text.content_start.clear();
  text.content_end.clear();
  text.channels = {};
  return text;
}

class ChannelReader final : public ReplyReader {
 public:
  using Delta = ReplyParser::Delta;

  ChannelReader(const ReplyFormat& format, const ReplyParser::Setup& setup)
      : channels_(format.channels),
        reads_calls_(setup.calls == ReplyParser::Calls::read),
        said_(make_tag_reader(of_text(format), {.reasoning_open = false, .calls = setup.calls, .tools = setup.tools})),
        thought_(reasoning_) {
    const std::string_view turn = channels_.turn_start;
    start_mark_ = turn.substr(0, turn.empty() ? 0 : turn.find('>', 1) + 1);
    ends_ = {channels_.end_mark, channels_.call_end, format.content_end, start_mark_, channels_.channel_mark};
    std::erase_if(ends_, [](const std::string& mark) { return mark.empty(); });
  }

  [[nodiscard]] Delta feed(std::string_view text) override {
    Delta delta;
    buffer_ += text;
    while (step(delta)) {
    }
    return delta;
  }

  [[nodiscard]] ParsedReply finish(ReplyParser::End end) override {
    Delta rest;
    is_ending_ = true;
    while (!buffer_.empty() && step(rest)) {
    }
    if (body_ == Body::call) {
      end_call(rest, end == ReplyParser::End::whole);
    }
    ParsedReply reply = said_->finish(end);
    reply.reasoning = std::move(reasoning_);
    std::ranges::move(calls_, std::back_inserter(reply.calls));
    std::ranges::move(malformed_, std::back_inserter(reply.malformed_calls));
    std::ranges::move(repaired_, std::back_inserter(reply.repairs));
    return reply;
  }

 private:
  enum class Body : unsigned char { none, reasoning, text, call };

  bool step(Delta& delta) { return body_ == Body::none ? step_header(delta) : step_body(delta); }

  // Whether what is here can be a header, or becomes one with more text.
  [[nodiscard]] bool may_be_header() const {
    const std::string_view text = trimmed(buffer_);
    const auto begins = [this, text](std::string_view mark) {
      return text.starts_with(mark) || (!is_ending_ && mark.starts_with(text));
    };
    return begins(kRecipient) || begins(channels_.body_mark) || std::ranges::any_of(ends_, begins);
  }

  bool step_header(Delta& delta) {
    const std::size_t end = buffer_.find(channels_.body_mark);
    const bool is_whole = end <= kHeaderBytesMax;
    if (buffer_.empty() ||
        (!is_whole && may_be_header() && buffer_.size() <= kHeaderBytesMax + channels_.body_mark.size())) {
      buffer_.erase(0, is_ending_ ? buffer_.size() : 0);
      return false;
    }
    if (!is_whole || !may_be_header()) {  // what is said without a header is text
      body_ = Body::text;
      is_new_ = true;
      add(std::string_view(buffer_).substr(0, 1), delta);
      buffer_.erase(0, 1);
      return true;
    }
    header_ = buffer_.substr(0, end + channels_.body_mark.size());
    buffer_.erase(0, header_.size());
    open_body(std::string_view(header_).substr(0, end));
    return true;
  }

  void open_body(std::string_view header) {
    recipient_.clear();
    const std::size_t recipient = header.find(kRecipient);
    if (recipient != std::string_view::npos) {
      const std::string_view name = header.substr(recipient + kRecipient.size());
      recipient_ = name.substr(0, name.find_first_of(" \t\n<"));
      if (recipient_.starts_with(channels_.recipient_start)) {
        recipient_.erase(0, channels_.recipient_start.size());
      }
    }
    const std::size_t channel = header.rfind(channels_.channel_mark);
    std::string_view name =
        channel == std::string_view::npos ? "" : header.substr(channel + channels_.channel_mark.size());
    name = name.substr(0, name.find_first_of(" \t\n<"));
    is_new_ = true;
    body_ = !recipient_.empty() && reads_calls_         ? Body::call
            : trimmed(name) == channels_.reasoning_name ? Body::reasoning
                                                        : Body::text;
  }

  // Where the body ends, and what is certain to be before that.
  bool step_body(Delta& delta) {
    std::size_t at = 0;
    std::size_t mark_bytes = 0;
    for (; at < buffer_.size() && mark_bytes == 0; ++at) {
      const std::string_view rest = std::string_view(buffer_).substr(at);
      bool may_begin = false;
      for (const std::string_view mark : std::span(ends_).first(in_string_ ? 0 : ends_.size())) {
        mark_bytes = rest.starts_with(mark) ? mark.size() : mark_bytes;
        may_begin = may_begin || (!is_ending_ && mark.starts_with(rest));
      }
      if (mark_bytes > 0 || may_begin) {
        break;
      }
      step_quotes(rest.front());
    }
    add(std::string_view(buffer_).substr(0, at), delta);
    // A mark that begins the next header stays.
    const bool is_next =
        mark_bytes > 0 && (std::string_view(buffer_).substr(at).starts_with(channels_.channel_mark) ||
                           (!start_mark_.empty() && std::string_view(buffer_).substr(at).starts_with(start_mark_)));
    buffer_.erase(0, at + (is_next ? 0 : mark_bytes));
    if (mark_bytes > 0) {
      if (body_ == Body::call) {
        end_call(delta, true);
      }
      body_ = Body::none;
    }
    return mark_bytes > 0;
  }

  // Inside a JSON string of a call's arguments, a mark is text.
  void step_quotes(char c) {
    if (body_ != Body::call) {
      return;
    }
    if (c == '"' && !is_escaped_) {
      in_string_ = !in_string_;
    }
    is_escaped_ = in_string_ && !is_escaped_ && c == '\\';
  }

  void add(std::string_view text, Delta& delta) {
    if (text.empty()) {
      return;
    }
    if (body_ == Body::call) {
      arguments_ += text;
      return;
    }
    const bool is_next = std::exchange(is_new_, false);
    if (body_ == Body::reasoning) {
      if (is_next && !reasoning_.empty()) {
        thought_.add("\n", delta.reasoning);
      }
      thought_.add(text, delta.reasoning);
      return;
    }
    if (is_next && has_said_) {
      delta.content += said_->feed("\n").content;
    }
    has_said_ = true;
    delta.content += said_->feed(text).content;
  }

  void end_call(Delta& delta, bool may_repair) {
    const std::string text = std::exchange(arguments_, {});
    in_string_ = is_escaped_ = false;
    Repairs repairs;
    if (const std::optional<Json> arguments = arguments_in(text, may_repair, repairs)) {
      calls_.push_back({.id = {}, .name = recipient_, .arguments = read_arguments(&*arguments, &repairs)});
      if (!repairs.empty()) {
        repaired_.push_back(repair_note(std::span(calls_).last(1), repairs));
      }
    } else {
      const std::string block = header_ + text;
      delta.content += said_->feed((has_said_ ? "\n" : "") + block).content;
      has_said_ = true;
      malformed_.push_back(block);
    }
    body_ = Body::none;
  }

  static std::optional<Json> arguments_in(std::string_view text, bool may_repair, Repairs& repairs) {
    if (trimmed(text).empty()) {
      return Json::object();
    }
    if (Result<Json> whole = Json::parse(text)) {
      return *std::move(whole);
    }
    std::optional<Mended> mended = may_repair ? mend_whole_json(text) : std::nullopt;
    if (!mended) {
      return std::nullopt;
    }
    repairs = std::move(mended->repairs);
    return std::move(mended->value);
  }

  const Channels channels_;
  const bool reads_calls_;
  std::unique_ptr<ReplyReader> said_;
  std::string reasoning_;
  GrowingText thought_;
  std::string start_mark_;
  std::vector<std::string> ends_;
  std::string buffer_;
  std::string header_;  // of the message that is read
  std::string recipient_;
  std::string arguments_;
  std::vector<ToolCall> calls_;
  std::vector<std::string> malformed_;
  std::vector<std::string> repaired_;
  Body body_ = Body::none;
  bool is_new_ = false;    // nothing of this message was added yet
  bool has_said_ = false;  // some text was
  bool in_string_ = false;
  bool is_escaped_ = false;
  bool is_ending_ = false;
};

}  // namespace

std::unique_ptr<ReplyReader> make_channel_reader(const ReplyFormat& format, const ReplyParser::Setup& setup) {
  return std::make_unique<ChannelReader>(format, setup);
}

}  // namespace puna
