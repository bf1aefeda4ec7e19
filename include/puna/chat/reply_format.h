// How a model family writes its replies: the tags of reasoning and the markup of tool calls, as plain data.
//
// A template's format is found by rendering calls and thoughts that nobody else would write ("needles") and looking at
// what stands around them (docs/decisions/0024); nothing here depends on a model's name. Two readers share the value:
// ReplyParser, which takes replies apart, and whoever writes a grammar that a reply must match.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna {

// How a template separates the parts of JSON text. There is no other white space in it.
struct JsonSpacing {
  std::string comma = ", ";  // between members and between items
  std::string colon = ": ";  // between a key and its value

  bool operator==(const JsonSpacing&) const = default;
};

// How one family writes tool calls. A reply with two calls is, byte for byte as the template writes it:
//
//   list_start  call  separator  call  list_end
//
// and one call is, by its shape:
//
//   json_object  call_start {"<name_key>": NAME, "<arguments_key>": ARGUMENTS, "<id_key>": ID} call_end
//                (name_is_key: call_start {NAME: ARGUMENTS} call_end)
//   named_json   call_start NAME id name_end ARGUMENTS call_end
//   parameters   call_start NAME id name_end PARAMETER parameter_separator PARAMETER call_end
//
// where `id` is, by `ids`: nothing, id_start ID (`text`), or id_start NUMBER (`number`, counted from 0), and PARAMETER
// is key_start KEY key_end VALUE value_end. Literals may begin and end with white space, which models vary; a reader
// should take any white space there, or none.
struct CallSyntax {
  enum class Shape : std::uint8_t { json_object, named_json, parameters };
  enum class Arguments : std::uint8_t {
    object,  // a JSON object
    text,    // a JSON string that holds the text of one
  };
  enum class Values : std::uint8_t {
    raw,     // a string stands there as it is; every other value as JSON, or as Python writes it (python_values)
    quoted,  // JSON, or with python_values Python's literals: strings have quotes
  };
  enum class Ids : std::uint8_t { none, text, number };

  Shape shape = Shape::json_object;
  bool several = true;  // the template can write more than one call in a reply
  std::string list_start;
  std::string call_start;
  std::string call_end;
  std::string separator;
  std::string list_end;

  // json_object
  std::string name_key = "name";
  std::string arguments_key = "arguments";
  std::string id_key;        // empty: no id is written
  std::string inner_key;     // not empty: {"<inner_key>": {name and arguments}}, as in OpenAI's protocol
  bool name_is_key = false;  // {NAME: ARGUMENTS}
  Arguments arguments = Arguments::object;
  // Of that object and of the arguments, where the template was seen to write them in one way; else any.
  std::optional<JsonSpacing> object_spacing;
  std::optional<JsonSpacing> arguments_spacing;

  // named_json and parameters
  std::string name_end;
  Ids ids = Ids::none;  // also for json_object, where id_key is the place
  std::string id_start;

  // parameters
  std::string key_start;
  std::string key_end;
  std::string value_end;
  std::string parameter_separator;
  Values values = Values::raw;
  std::string quote = "\"";  // quoted: before and behind a string; if it is no '"' or '\'', the string is not escaped
  std::string type_end;      // not empty: a type's word stands before it
  struct TypeWord {
    std::string type;  // JSON Schema's: string, integer, number, boolean, array, object
    std::string word;
    bool operator==(const TypeWord&) const = default;
  };
  std::vector<TypeWord> type_words;  // those that the template was seen to write
  bool python_values = false;        // True, None, ['a'] where JSON has true, null, ["a"]

  bool operator==(const CallSyntax&) const = default;

  // Everything that a reply writes before the first call's name (named shapes) or JSON object.
  [[nodiscard]] std::string opening() const { return list_start + call_start; }
  // The opening is no markup of its own, only JSON's or Python's: such a call is one only at the start of the text.
  [[nodiscard]] bool is_bare() const;
};

// Replies that are cut into messages with a header each, as OpenAI's harmony has it:
//
//   channel_mark CHANNEL body_mark text end_mark turn_start channel_mark CHANNEL body_mark text ...
//
// A message to a tool has " to=<recipient_start>NAME" in its header, before or behind the channel; its text is the
// arguments' JSON.
struct Channels {
  std::string channel_mark;     // "<|channel|>"
  std::string body_mark;        // "<|message|>"
  std::string end_mark;         // "<|end|>": after reasoning and text
  std::string turn_start;       // "<|start|>assistant": before the next message
  std::string reasoning_name;   // "analysis"
  std::string content_name;     // "final"
  std::string call_name;        // "commentary"
  std::string recipient_start;  // "functions."
  std::string call_end;         // "<|call|>"

  bool operator==(const Channels&) const = default;
  [[nodiscard]] bool empty() const { return channel_mark.empty(); }
};

struct ReplyFormat {
  std::string reasoning_start = "<think>";  // trimmed
  std::string reasoning_end = "</think>";
  std::string content_start;  // markup before and after text, in replies of text; mostly empty
  std::string content_end;
  Channels channels;  // empty: the reply is one text
  // How calls may be written; any of them is read. Empty: calls are plain text.
  std::vector<CallSyntax> calls;

  // A tool can be called in this format.
  [[nodiscard]] bool has_calls() const { return !calls.empty() || !channels.call_end.empty(); }
  bool operator==(const ReplyFormat&) const = default;
};

// <think>...</think>, and <tool_call>{"name": ..., "arguments": ...}</tool_call>: what Puna asks of templates that have
// no form of their own.
[[nodiscard]] const ReplyFormat& generic_reply_format();

// {"reasoning": ..., "calls": [{"shape": ..., "call_start": ..., ...}]}, without empty members: for people and logs.
[[nodiscard]] Json to_json(const ReplyFormat& format);
// One line: how a call of tool `name` with arguments looks.
[[nodiscard]] std::string call_example(const ReplyFormat& format);

// Those of the model's control texts that the format's own markup contains. A reply must be able to produce each of
// them as a control token, and a reader must get to see it.
[[nodiscard]] std::vector<std::string> control_texts_of(const ReplyFormat& format,
                                                        std::span<const std::string> control_texts);

}  // namespace puna
