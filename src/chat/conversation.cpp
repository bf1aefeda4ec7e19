// The generic format and the repairs for templates with fewer roles. Order of work: system messages are gathered or
// moved, calls and results become text where the template has no form for them, turns of one role are joined where it
// refuses two.
#include "chat/conversation.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "chat/reply_tags.h"

namespace puna {
namespace {

constexpr std::string_view kGap = "\n\n";

// A message on its way to the template; its text is written by the pens already.
struct Turn {
  Role role = Role::user;
  std::string text;
  std::string reasoning;
  const Message* source = nullptr;  // for native calls and results; borrowed
};

void join(std::string& text, std::string_view more, std::string_view gap) {
  if (!text.empty() && !more.empty()) {
    text += gap;
  }
  text += more;
}

// The generic format's description of the tools, one line of JSON each.
std::string tools_text(std::span<const ToolSpec> tools, Pen& pen) {
  std::string text =
      "You can call tools. Each line between <tools> and </tools> describes one of them in JSON.\n<tools>\n";
  const Json described = template_tools(tools, pen);
  for (const Json& tool : described.as_array()) {
    text += spaced_text(tool) + "\n";
  }
  return text + format_text(
                    "</tools>\n"
                    "To call a tool, end your reply with its name and arguments between {0} and {1}:\n"
                    "{0}\n"
                    "{{\"name\": \"the tool's name\", \"arguments\": {{\"an argument's name\": \"its value\"}}}}\n"
                    "{1}\n"
                    "Write one such block for each call. The results come back between {2} and {3}.",
                    kCallStart, kCallEnd, kResultStart, kResultEnd);
}

std::string call_text(const ToolCall& call, Pen& pen) {
  return format_text("{}\n{{\"name\": {}, \"arguments\": {}}}\n{}", kCallStart, spaced_text(pen.write(call.name)),
                     spaced_text(written(call.arguments, pen)), kCallEnd);
}

// A text file as the model reads it.
std::string file_text(const Media& file) { return format_text("{}:\n{}\n", file.name(), file.bytes()); }

// What was said, with what stands for the attachments.
std::string content_text(const Message& message, Pen& pen) {
  if (message.attachments.empty()) {
    return pen.write(message.content);
  }
  std::string text;
  std::size_t done = 0;
  const auto add_until = [&](std::size_t end) {
    if (end > done) {
      text += pen.write(std::string_view(message.content).substr(done, end - done));
      done = end;
    }
  };
  for (const Attachment& attachment : message.attachments) {
    add_until(std::min(attachment.at, message.content.size()));
    const Media& media = attachment.media;
    text += media.kind() == MediaKind::file ? pen.write(file_text(media)) : pen.media(media.hash());
  }
  add_until(message.content.size());
  return text;
}

class Builder {
 public:
  Builder(const Shape& shape, const Pens& pens) : shape_(shape), pens_(pens) {}

  void system(const std::string& text) { join(system_, text, kGap); }

  void add(const Message& message) {
    Turn turn{.role = message.role, .text = content_text(message, pens_.said), .source = &message};
    turn.reasoning = pens_.said.write(message.reasoning);
    if (message.role == Role::system) {
      if (turns_.empty()) {
        return system(turn.text);
      }
      turn.role = shape_.late_system ? Role::system : Role::user;
    }
    if (!shape_.native_tools) {
      make_generic(turn, message);
    } else if (shape_.calls_alone && has_calls(turn) && !turn.text.empty()) {
      place({.role = turn.role, .text = std::exchange(turn.text, {}), .reasoning = std::exchange(turn.reasoning, {})});
    }
    place(std::move(turn));
  }

  Json take() {
    place_system();
    Json list = Json::array();
    for (const Turn& turn : turns_) {
      list.push(to_template(turn));
    }
    return list;
  }

 private:
  void make_generic(Turn& turn, const Message& message) {
    for (const ToolCall& call : message.calls) {
      join(turn.text, call_text(call, pens_.tools), "\n");
    }
    if (message.role == Role::tool) {
      turn.role = Role::user;
      turn.text = format_text("{}\n{}\n{}", kResultStart, turn.text, kResultEnd);
    }
    // Results of one reply's calls are one turn.
    is_result_ = std::exchange(was_result_, message.role == Role::tool) && message.role == Role::tool;
    turn.source = nullptr;
  }

  static bool has_calls(const Turn& turn) { return turn.source != nullptr && !turn.source->calls.empty(); }

  void place(Turn turn) {
    Turn* last = turns_.empty() ? nullptr : &turns_.back();
    const bool same = last != nullptr && last->role == turn.role && turn.role != Role::tool;
    const bool have_calls = shape_.native_tools && last != nullptr && (has_calls(*last) || has_calls(turn));
    if (same && !have_calls && (shape_.merge_turns || is_result_)) {
      join(last->text, turn.text, is_result_ ? "\n" : kGap);
      join(last->reasoning, turn.reasoning, kGap);
    } else {
      turns_.push_back(std::move(turn));
    }
    is_result_ = false;
  }

  void place_system() {
    if (system_.empty()) {
      return;
    }
    if (shape_.system) {
      turns_.insert(turns_.begin(), Turn{.role = Role::system, .text = system_});
    } else if (!turns_.empty() && turns_.front().role == Role::user) {
      std::string text = system_;
      join(text, turns_.front().text, shape_.system_gap);
      turns_.front().text = std::move(text);
    } else {
      turns_.insert(turns_.begin(), Turn{.role = Role::user, .text = system_});
    }
  }

  [[nodiscard]] Json content(const Turn& turn) const {
    if (has_calls(turn) && turn.text.empty() && shape_.null_content) {
      return {};
    }
    if (!shape_.typed_content) {
      return turn.text;
    }
    return Json::array({Json::object({{"type", "text"}, {"text", turn.text}})});
  }

  [[nodiscard]] Json to_template(const Turn& turn) const {
    Json json = Json::object({{"role", name_of(turn.role)}, {"content", content(turn)}});
    if (!turn.reasoning.empty()) {
      put_reasoning(json, turn.reasoning, shape_.reasoning);
    }
    if (turn.source == nullptr || !shape_.native_tools) {
      return json;
    }
    if (!turn.source->calls.empty()) {
      json.set("tool_calls", native_calls(turn.source->calls));
    }
    if (turn.role == Role::tool) {
      json.set("name", pens_.tools.write(turn.source->tool));
      json.set("tool_call_id", pens_.tools.write_id(turn.source->call_id));
    }
    return json;
  }

  [[nodiscard]] Json native_calls(const std::vector<ToolCall>& calls) const {
    Json list = Json::array();
    for (const ToolCall& call : calls) {
      const Json value = written(call.arguments, pens_.tools);
      const Json arguments = shape_.object_arguments ? value : Json(spaced_text(value));
      list.push(Json::object(
          {{"id", pens_.tools.write_id(call.id)},
           {"type", "function"},
           {"function", Json::object({{"name", pens_.tools.write(call.name)}, {"arguments", arguments}})}}));
    }
    return list;
  }

  const Shape& shape_;
  Pens pens_;
  std::string system_;
  std::vector<Turn> turns_;
  bool was_result_ = false;  // the message before was a tool's result
  bool is_result_ = false;   // so are this one and the one before
};

// A schema with its texts written by the pen. Keywords and type names stay: templates branch on them, and a schema that
// reaches this point has no others than those we know.
Json written_schema(const Json& schema, Pen& pen, bool keys_are_names) {
  if (schema.is_string()) {
    return pen.write(schema.as_string());
  }
  if (schema.is_array()) {
    Json::Array items;
    for (const Json& item : schema.as_array()) {
      items.push_back(written_schema(item, pen, true));
    }
    return items;
  }
  if (!schema.is_object()) {
    return schema;
  }
  constexpr std::array<std::string_view, 3> kSchemas = {"items", "additionalProperties", "nullable"};
  constexpr std::array<std::string_view, 3> kNamedSchemas = {"properties", "$defs", "definitions"};
  constexpr std::array<std::string_view, 12> kPlainKeys = {"type",    "required",    "enum",       "const",
                                                           "title",   "description", "default",    "examples",
                                                           "example", "format",      "deprecated", "$schema"};
  const auto is_in = [](const auto& list, std::string_view key) { return std::ranges::find(list, key) != list.end(); };
  Json::Object members;
  for (const Json::Member& member : schema.as_object()) {
    if (keys_are_names) {
      members.push_back({.key = pen.write(member.key), .value = written_schema(member.value, pen, true)});
    } else if (member.key == "type") {
      members.push_back(member);
    } else if (is_in(kNamedSchemas, member.key) && member.value.is_object()) {
      Json::Object named;
      for (const Json::Member& property : member.value.as_object()) {
        named.push_back({.key = pen.write(property.key), .value = written_schema(property.value, pen, false)});
      }
      members.push_back({.key = member.key, .value = std::move(named)});
    } else if (is_in(kSchemas, member.key)) {
      members.push_back({.key = member.key, .value = written_schema(member.value, pen, false)});
    } else {
      const std::string key = is_in(kPlainKeys, member.key) ? member.key : pen.write(member.key);
      members.push_back({.key = key, .value = written_schema(member.value, pen, true)});
    }
  }
  return members;
}

}  // namespace

void put_reasoning(Json& message, std::string_view text, ReasoningForm form) {
  switch (form) {
    case ReasoningForm::reasoning_content:
      message.set("reasoning_content", text);
      return;
    case ReasoningForm::thinking:
      message.set("thinking", text);
      return;
    case ReasoningForm::chunk: {
      Json chunks = Json::array({Json::object({{"type", "thinking"}, {"thinking", text}})});
      const Json* content = message.find("content");
      if (content != nullptr && content->is_string() && !content->as_string().empty()) {
        chunks.push(Json::object({{"type", "text"}, {"text", *content}}));
      } else if (content != nullptr && content->is_array()) {
        std::ranges::for_each(content->as_array(), [&chunks](const Json& chunk) { chunks.push(chunk); });
      }
      message.set("content", std::move(chunks));
      return;
    }
  }
}

Json template_messages(std::span<const Message> messages, std::span<const ToolSpec> tools, const Shape& shape,
                       const Pens& pens) {
  Builder builder(shape, pens);
  std::size_t first = 0;
  while (first < messages.size() && messages[first].role == Role::system) {
    builder.add(messages[first++]);
  }
  if (!shape.native_tools && !tools.empty()) {
    builder.system(tools_text(tools, pens.tools));
  }
  for (const Message& message : messages.subspan(first)) {
    builder.add(message);
  }
  return builder.take();
}

Json template_tools(std::span<const ToolSpec> tools, Pen& pen) {
  Json list = Json::array();
  for (const ToolSpec& tool : tools) {
    const Json no_arguments = Json::object({{"type", "object"}, {"properties", Json::object()}});
    const Json& parameters = tool.parameters.is_null() ? no_arguments : tool.parameters;
    list.push(Json::object({{"type", "function"},
                            {"function", Json::object({{"name", pen.write(tool.name)},
                                                       {"description", pen.write(tool.description)},
                                                       {"parameters", written_schema(parameters, pen, false)}})}}));
  }
  return list;
}

}  // namespace puna
