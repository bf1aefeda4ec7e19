// Output to reply: reads reasoning and tool calls out of generated text, piece by piece.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/chat/message.h"
#include "puna/chat/reply_format.h"

namespace puna {

class ReplyReader;

// Content is what is left when reasoning and calls are taken out. The white space that separates it from them is taken
// out too (a reply of calls alone has empty content); texts that had calls between them are joined by a newline.
struct ParsedReply {
  std::string content;
  std::string reasoning;
  std::vector<ToolCall> calls;  // ids are empty; the model layer gives them
  // Text that looked like a call and was not valid, tags included: it is part of content too, and the agent shows it to
  // the model.
  std::vector<std::string> malformed_calls;
  // What was repaired in which calls, in words for people: "a call of add: single quotes, a missing bracket".
  std::vector<std::string> repairs;

  bool operator==(const ParsedReply&) const = default;
};

// Reads a reply as it is generated: reasoning at its start, then text and calls, in the markup that a ReplyFormat says.
// A closing tag inside a JSON string is text. Feeding text in any pieces gives the same result as feeding it whole.
//
// A call whose JSON is damaged is repaired where one reading is left: brackets that are missing at its end or too many,
// a comma before one, single quotes, keys without quotes, True, False and None, control characters in strings, a code
// fence around it, arguments as a text, other families' keys. A call that needs no repair is never changed.
//
// A call that was begun inside the reasoning counts when the reply has nothing else, no text and no call: the model
// forgot to close its thoughts, or called from within them. In every other case it is part of the thought.
// Thread  one owner.
class ReplyParser {
 public:
  // Whether calls are read; in the reply to a request without tools they are plain text.
  enum class Calls : bool { text, read };
  struct Setup {
    bool reasoning_open = false;  // the prompt ended inside the reasoning: the reply starts there
    Calls calls = Calls::read;
    std::span<const ToolSpec> tools;  // those on offer, copied: they give types to arguments that are written bare
  };

  ReplyParser(const ReplyFormat& format, const Setup& setup);
  // The generic format.
  explicit ReplyParser(bool reasoning_open, Calls calls = Calls::read);
  ~ReplyParser();
  ReplyParser(ReplyParser&&) noexcept;
  ReplyParser& operator=(ReplyParser&&) noexcept;

  struct Delta {
    std::string content;
    std::string reasoning;
  };
  // What became certain with this text. Text that may be the start of a tag, or may have to be taken out, is held back.
  // The deltas so far, joined, are always a prefix of what finish() returns.
  [[nodiscard]] Delta feed(std::string_view text);
  // Whether the model ended the reply itself, or a limit did: then a call at its end may lack more than brackets.
  enum class End : bool { whole, cut };
  // Ends the reply: what was held back comes out, an unfinished call counts as malformed.
  // Requires  called once, last.
  [[nodiscard]] ParsedReply finish(End end = End::whole);

 private:
  std::unique_ptr<ReplyReader> reader_;
};

}  // namespace puna
