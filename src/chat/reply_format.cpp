// Reply formats as values: the generic one, and how a format is shown.
#include "puna/chat/reply_format.h"

#include <algorithm>
#include <array>
#include <utility>

#include "chat/reply_tags.h"

namespace puna {
namespace {

using Literal = std::pair<std::string_view, const std::string*>;

void put(Json& json, std::initializer_list<Literal> literals) {
  for (const auto& [name, text] : literals) {
    if (!text->empty()) {
      json.set(name, *text);
    }
  }
}

std::string_view name_of(CallSyntax::Shape shape) {
  constexpr std::array<std::string_view, 3> kNames = {"json_object", "named_json", "parameters"};
  return kNames[static_cast<std::size_t>(shape)];
}

Json to_json(const CallSyntax& syntax) {
  Json json = Json::object({{"shape", name_of(syntax.shape)}, {"several", syntax.several}});
  put(json, {{"list_start", &syntax.list_start},
             {"call_start", &syntax.call_start},
             {"name_end", &syntax.name_end},
             {"call_end", &syntax.call_end},
             {"separator", &syntax.separator},
             {"list_end", &syntax.list_end}});
  if (syntax.shape == CallSyntax::Shape::json_object && syntax.name_is_key) {
    json.set("name_is_key", true);
  } else if (syntax.shape == CallSyntax::Shape::json_object) {
    put(json, {{"inner_key", &syntax.inner_key},
               {"name_key", &syntax.name_key},
               {"arguments_key", &syntax.arguments_key},
               {"id_key", &syntax.id_key}});
  }
  const auto put_spacing = [&json](std::string_view name, const std::optional<JsonSpacing>& spacing) {
    if (spacing) {
      json.set(name, spacing->comma + spacing->colon);
    }
  };
  put_spacing("object_spacing", syntax.object_spacing);
  put_spacing("arguments_spacing", syntax.arguments_spacing);
  if (syntax.ids != CallSyntax::Ids::none) {
    json.set("ids", syntax.ids == CallSyntax::Ids::text ? "text" : "number");
    put(json, {{"id_start", &syntax.id_start}});
  }
  if (syntax.shape == CallSyntax::Shape::parameters) {
    put(json, {{"key_start", &syntax.key_start},
               {"key_end", &syntax.key_end},
               {"value_end", &syntax.value_end},
               {"parameter_separator", &syntax.parameter_separator}});
    put(json, {{"type_end", &syntax.type_end}});
    for (const CallSyntax::TypeWord& type : syntax.type_words) {
      json.set("word_for_" + type.type, type.word);
    }
    if (syntax.values == CallSyntax::Values::quoted) {
      json.set("quote", syntax.quote);
    }
    json.set("values", syntax.values == CallSyntax::Values::raw ? "raw" : "quoted");
    json.set("python_values", syntax.python_values);
  } else {
    json.set("arguments", syntax.arguments == CallSyntax::Arguments::object ? "object" : "text");
  }
  return json;
}

Json to_json(const Channels& channels) {
  Json json = Json::object();
  put(json, {{"channel_mark", &channels.channel_mark},
             {"body_mark", &channels.body_mark},
             {"end_mark", &channels.end_mark},
             {"turn_start", &channels.turn_start},
             {"reasoning_name", &channels.reasoning_name},
             {"content_name", &channels.content_name},
             {"call_name", &channels.call_name},
             {"recipient_start", &channels.recipient_start},
             {"call_end", &channels.call_end}});
  return json;
}

std::string id_example(const CallSyntax& syntax) {
  switch (syntax.ids) {
    case CallSyntax::Ids::none:
      return "";
    case CallSyntax::Ids::text:
      return syntax.id_start + "ID";
    case CallSyntax::Ids::number:
      return syntax.id_start + "0";
  }
  return "";
}

std::string call_body(const CallSyntax& syntax) {
  const std::string arguments =
      syntax.arguments == CallSyntax::Arguments::object ? R"({"KEY": "VALUE"})" : R"("{\"KEY\": \"VALUE\"}")";
  switch (syntax.shape) {
    case CallSyntax::Shape::json_object: {
      if (syntax.name_is_key) {
        return R"({"NAME": )" + arguments + "}";
      }
      const std::string object =
          format_text(R"({{"{}": "NAME", "{}": {}}})", syntax.name_key, syntax.arguments_key, arguments);
      return syntax.inner_key.empty() ? object : format_text(R"({{"{}": {}}})", syntax.inner_key, object);
    }
    case CallSyntax::Shape::named_json:
      return "NAME" + id_example(syntax) + syntax.name_end + arguments;
    case CallSyntax::Shape::parameters: {
      const std::string value =
          syntax.values == CallSyntax::Values::raw ? "VALUE" : syntax.quote + "VALUE" + syntax.quote;
      const std::string type = syntax.type_words.empty() ? "" : syntax.type_words.front().word + syntax.type_end;
      return "NAME" + id_example(syntax) + syntax.name_end + syntax.key_start + "KEY" + syntax.key_end + type + value +
             syntax.value_end;
    }
  }
  return "";
}

}  // namespace

bool CallSyntax::is_bare() const {
  const std::string text = opening();
  const std::string_view json = " \n\t\r[{\"";
  return std::ranges::all_of(text, [json](char c) { return json.contains(c); });
}

const ReplyFormat& generic_reply_format() {
  static const ReplyFormat format{.reasoning_start = std::string(kThinkStart),
                                  .reasoning_end = std::string(kThinkEnd),
                                  .content_start = {},
                                  .content_end = {},
                                  .channels = {},
                                  .calls = {CallSyntax{.list_start = {},
                                                       .call_start = std::string(kCallStart) + "\n",
                                                       .call_end = "\n" + std::string(kCallEnd),
                                                       .separator = "\n",
                                                       .list_end = {},
                                                       .object_spacing = JsonSpacing{},
                                                       .arguments_spacing = JsonSpacing{}}}};
  return format;
}

Json to_json(const ReplyFormat& format) {
  Json json = Json::object();
  put(json, {{"reasoning_start", &format.reasoning_start},
             {"reasoning_end", &format.reasoning_end},
             {"content_start", &format.content_start},
             {"content_end", &format.content_end}});
  if (!format.channels.empty()) {
    json.set("channels", to_json(format.channels));
  }
  Json calls = Json::array();
  for (const CallSyntax& syntax : format.calls) {
    calls.push(to_json(syntax));
  }
  json.set("calls", std::move(calls));
  return json;
}

std::string call_example(const ReplyFormat& format) {
  const Channels& channels = format.channels;
  if (!channels.empty() && !channels.call_end.empty()) {
    return " to=" + channels.recipient_start + "NAME" + channels.channel_mark + channels.call_name + " json" +
           channels.body_mark + R"({"KEY": "VALUE"})" + channels.call_end;
  }
  if (format.calls.empty()) {
    return "";
  }
  const CallSyntax& syntax = format.calls.front();
  return syntax.opening() + call_body(syntax) + syntax.call_end + syntax.list_end;
}

std::vector<std::string> control_texts_of(const ReplyFormat& format, std::span<const std::string> control_texts) {
  const Json shown = to_json(format);
  std::vector<std::string> found;
  const auto look = [&](const auto& self, const Json& json) -> void {
    if (json.is_string()) {
      for (const std::string& control : control_texts) {
        if (!control.empty() && json.as_string().contains(control) &&
            std::ranges::find(found, control) == found.end()) {
          found.push_back(control);
        }
      }
    } else if (json.is_array()) {
      std::ranges::for_each(json.as_array(), [&](const Json& item) { self(self, item); });
    } else if (json.is_object()) {
      std::ranges::for_each(json.as_object(), [&](const Json::Member& member) { self(self, member.value); });
    }
  };
  look(look, shown);
  return found;
}

}  // namespace puna
