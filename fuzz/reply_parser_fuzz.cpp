// Any reply in any format and any pieces: the same result as whole, and no text is lost between the deltas and the
// result. The first byte seeds the cuts; its lowest bit says whether the prompt opened the reasoning. The second picks
// a format: one of those below, or one whose literals are the words of the input's first line.
#include <array>
#include <vector>

#include "input.h"
#include "puna/chat.h"

namespace {

using Shape = puna::CallSyntax::Shape;

struct Read {
  puna::ReplyParser::Delta joined;
  puna::ParsedReply reply;
};

Read read(const puna::ReplyFormat& format, std::string_view text, bool reasoning_open, std::size_t piece_max,
          puna::Random& random) {
  static const std::vector<puna::ToolSpec> tools{{.name = "look", .description = {}, .parameters = {}}};
  puna::ReplyParser parser(format, {.reasoning_open = reasoning_open, .tools = tools});
  Read result;
  while (!text.empty()) {
    const std::size_t bytes = 1 + random.next() % piece_max;
    const auto delta = parser.feed(text.substr(0, bytes));
    result.joined.content += delta.content;
    result.joined.reasoning += delta.reasoning;
    text.remove_prefix(bytes < text.size() ? bytes : text.size());
  }
  result.reply = parser.finish();
  return result;
}

puna::ReplyFormat format_of(puna::CallSyntax syntax) {
  puna::ReplyFormat format = puna::generic_reply_format();
  format.calls = {std::move(syntax)};
  return format;
}

const std::vector<puna::ReplyFormat>& formats() {
  static const std::vector<puna::ReplyFormat> all = [] {
    std::vector<puna::ReplyFormat> made{puna::generic_reply_format()};
    made.push_back(format_of({.list_start = "[TOOL_CALLS][", .separator = ", ", .list_end = "]"}));
    made.push_back(format_of({.arguments_key = "parameters"}));  // bare JSON
    made.push_back(format_of({.shape = Shape::named_json, .call_start = "[TOOL_CALLS]", .name_end = "[ARGS]"}));
    made.push_back(format_of({.shape = Shape::named_json,
                              .list_start = "<calls>",
                              .call_start = "<call>",
                              .call_end = "</call>",
                              .list_end = "</calls>",
                              .name_end = "<args>",
                              .ids = puna::CallSyntax::Ids::number,
                              .id_start = ":"}));
    made.push_back(format_of({.shape = Shape::parameters,
                              .call_start = "<tool_call>\n<function=",
                              .call_end = "</function>\n</tool_call>",
                              .name_end = ">\n",
                              .key_start = "<parameter=",
                              .key_end = ">\n",
                              .value_end = "\n</parameter>\n"}));
    made.push_back(format_of({.shape = Shape::parameters,
                              .list_start = "[",
                              .call_end = ")",
                              .separator = ", ",
                              .list_end = "]",
                              .name_end = "(",
                              .key_end = "=",
                              .parameter_separator = ", ",
                              .values = puna::CallSyntax::Values::quoted}));
    made.push_back(puna::generic_reply_format());
    made.back().channels = {.channel_mark = "<|channel|>",
                            .body_mark = "<|message|>",
                            .end_mark = "<|end|>",
                            .turn_start = "<|start|>assistant",
                            .reasoning_name = "analysis",
                            .content_name = "final",
                            .call_name = "commentary",
                            .recipient_start = "functions.",
                            .call_end = "<|call|>"};
    return made;
  }();
  return all;
}

puna::ReplyFormat format_from(std::string_view line, std::uint8_t shape) {
  std::array<std::string, 10> words;
  for (std::string& word : words) {
    const std::size_t end = std::min(line.find(' '), line.size());
    word = line.substr(0, end);
    line.remove_prefix(std::min(line.size(), end + 1));
  }
  puna::ReplyFormat format = format_of({.shape = static_cast<Shape>(shape % 3),
                                        .list_start = words[0],
                                        .call_start = words[1],
                                        .call_end = words[2],
                                        .separator = words[3],
                                        .list_end = words[4],
                                        .name_end = words[5],
                                        .key_start = words[6],
                                        .key_end = words[7],
                                        .value_end = words[8]});
  format.content_start = words[9];
  return format;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  puna::Random random(data[0]);
  const bool reasoning_open = (data[0] & 1U) != 0;
  const std::size_t choice = data[1] % (formats().size() + 1);
  std::string_view text = puna::fuzz::text_of(data + 2, size - 2);
  const puna::ReplyFormat format =
      choice < formats().size() ? formats()[choice] : format_from(puna::fuzz::take_line(text), data[1] / 16);
  const Read whole = read(format, text, reasoning_open, size_t{1} << 20, random);
  for (const std::size_t piece_max : {1, 3, 17}) {
    const Read pieces = read(format, text, reasoning_open, piece_max, random);
    PUNA_CHECK(pieces.reply == whole.reply, "pieces give the same reply as the whole");
    PUNA_CHECK(whole.reply.content.starts_with(pieces.joined.content), "streamed text is the reply's");
    PUNA_CHECK(whole.reply.reasoning.starts_with(pieces.joined.reasoning), "streamed reasoning is the reply's");
  }
  return 0;
}
