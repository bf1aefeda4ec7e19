// ReplyParser: picks the reader that a format needs.
#include "puna/chat/reply.h"

#include <algorithm>
#include <utility>

#include "chat/call_form.h"
#include "chat/reply_reader.h"

namespace puna {

void GrowingText::add(std::string_view text, std::string& delta) {
  const auto last = std::ranges::find_last_if_not(text, is_space).begin();
  if (last == text.end()) {
    space_ += text;
    return;
  }
  put(std::exchange(space_, {}), delta);
  put(std::string_view(text.begin(), last + 1), delta);
  space_ = std::string_view(last + 1, text.end());
}

ReplyParser::ReplyParser(const ReplyFormat& format, const Setup& setup)
    : reader_(format.channels.empty() ? make_tag_reader(format, setup) : make_channel_reader(format, setup)) {}
ReplyParser::ReplyParser(bool reasoning_open, Calls calls)
    : ReplyParser(generic_reply_format(), Setup{.reasoning_open = reasoning_open, .calls = calls, .tools = {}}) {}
ReplyParser::~ReplyParser() = default;
ReplyParser::ReplyParser(ReplyParser&&) noexcept = default;
ReplyParser& ReplyParser::operator=(ReplyParser&&) noexcept = default;

ReplyParser::Delta ReplyParser::feed(std::string_view text) { return reader_->feed(text); }
ParsedReply ReplyParser::finish(End end) { return reader_->finish(end); }

}  // namespace puna
