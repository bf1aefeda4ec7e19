#include "tools/mcp_elicitation.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "puna/chat.h"
#include "tools/observation.h"
#include "tools/plain_text.h"

namespace puna::tools {
namespace {

constexpr std::size_t kQuestionBytesMax = 2'000;
constexpr std::size_t kDescriptionBytesMax = 300;
constexpr std::size_t kChoicesMax = 50;
constexpr int kValueTriesMax = 3;

struct Choice {
  Json value;
  std::string title;
};
struct Field {
  std::string key;
  Json schema;
  std::string type;
  std::vector<Choice> choices;
  bool is_required = false;
};

std::unexpected<Error> no_form(std::string_view why) {
  return fail(ErrorCode::invalid_argument, format_text("not a form that can be asked for: {}", why));
}

std::string one_line(std::string_view text, std::size_t bytes_max) {
  return printable(utf8::truncate(collapsed(utf8::sanitize(text)), bytes_max));
}

// {enum, enumNames} and {oneOf | anyOf: [{const, title}]}.
std::vector<Choice> choices_of(const Json& schema) {
  std::vector<Choice> choices;
  const Json* values = schema.find("enum");
  const Json* names = schema.find("enumNames");
  if (values != nullptr && values->is_array()) {
    for (const Json& value : values->as_array()) {
      const std::size_t i = choices.size();
      const bool is_named =
          names != nullptr && names->is_array() && i < names->as_array().size() && names->as_array()[i].is_string();
      choices.push_back({.value = value, .title = is_named ? names->as_array()[i].as_string() : ""});
    }
  }
  for (const std::string_view key : {"oneOf", "anyOf"}) {
    const Json* options = schema.find(key);
    for (const Json& option : options != nullptr && options->is_array() ? options->as_array() : Json::Array()) {
      if (const Json* value = option.find("const")) {
        choices.push_back({.value = *value, .title = std::string(option.text_or("title"))});
      }
    }
  }
  return choices;
}

Result<Field> field_of(const Json::Member& member, const Json* required) {
  constexpr std::array<std::string_view, 5> kTypes{"string", "integer", "number", "boolean", "array"};
  Field field{.key = member.key, .schema = member.value, .type = std::string(member.value.text_or("type"))};
  if (!std::ranges::contains(kTypes, field.type)) {
    return no_form(format_text("the field '{}' is of the type '{}'", shown(member.key), shown(field.type)));
  }
  const Json* items = field.schema.find("items");
  field.choices = choices_of(field.type == "array" && items != nullptr ? *items : field.schema);
  if (field.choices.size() > kChoicesMax || (field.type == "array" && field.choices.empty())) {
    return no_form(format_text("the choices of the field '{}'", shown(member.key)));
  }
  field.is_required =
      required != nullptr && required->is_array() && std::ranges::contains(required->as_array(), Json(member.key));
  return field;
}

Result<std::vector<Field>> fields_of(const Json& params) {
  if (params.text_or("mode", "form") != "form") {
    return no_form(format_text("the mode '{}'", shown(params.text_or("mode"))));
  }
  const Json* schema = params.find("requestedSchema");
  const Json* properties = schema == nullptr ? nullptr : schema->find("properties");
  if (properties == nullptr || !properties->is_object()) {
    return no_form("no \"requestedSchema\" with \"properties\"");
  }
  if (properties->as_object().size() > kElicitedFieldsMax) {
    return no_form(format_text("more than {} fields", kElicitedFieldsMax));
  }
  std::vector<Field> fields;
  for (const Json::Member& member : properties->as_object()) {
    PUNA_TRY(Field field, field_of(member, schema->find("required")));
    fields.push_back(std::move(field));
  }
  return fields;
}

std::string label_of(const Field& field) {
  const std::string_view title = field.schema.text_or("title");
  return one_line(title.empty() ? field.key : title, kDescriptionBytesMax);
}

std::string question_of(const Field& field) {
  std::string question = label_of(field);
  if (const std::string_view description = field.schema.text_or("description"); !description.empty()) {
    question += ": " + one_line(description, kDescriptionBytesMax);
  }
  std::string wanted = field.type == "string"    ? "text"
                       : field.type == "boolean" ? "yes or no"
                       : field.type == "array"   ? "any of these, commas between"
                       : field.type == "integer" ? "a whole number"
                                                 : "a number";
  wanted = field.choices.empty() || field.type == "array" ? wanted : "one of these";
  const Json* otherwise = field.schema.find("default");
  if (otherwise != nullptr) {
    wanted += "; Enter = " + one_line(otherwise->dump(), kDescriptionBytesMax);
  } else if (!field.is_required) {
    wanted += "; Enter leaves it out";
  }
  question += " (" + wanted + ")";
  for (const Choice& choice : field.choices) {
    question += "\n  " + one_line(choice.value.is_string() ? choice.value.as_string() : choice.value.dump(),
                                  kDescriptionBytesMax);
    question += choice.title.empty() ? "" : "  " + one_line(choice.title, kDescriptionBytesMax);
  }
  return question;
}

std::optional<Json> chosen(const std::vector<Choice>& choices, std::string_view text) {
  const auto found = std::ranges::find_if(choices, [&](const Choice& choice) {
    return (choice.value.is_string() ? choice.value.as_string() : choice.value.dump()) == text ||
           (!choice.title.empty() && choice.title == text);
  });
  return found == choices.end() ? std::nullopt : std::optional(found->value);
}

std::optional<Json> value_of(const Field& field, std::string_view text) {
  if (field.type == "array") {
    Json values = Json::array();
    while (!text.empty()) {
      const std::size_t comma = text.find(',');
      auto one = chosen(field.choices, trimmed(text.substr(0, comma)));
      if (!one) {
        return std::nullopt;
      }
      values.push(*std::move(one));
      text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return values;
  }
  if (!field.choices.empty()) {
    return chosen(field.choices, text);
  }
  if (field.type == "string") {
    return Json(text);
  }
  if (field.type == "boolean") {
    const std::string word = lowered(text);
    if (word == "y" || word == "yes" || word == "true") {
      return Json(true);
    }
    return word == "n" || word == "no" || word == "false" ? std::optional(Json(false)) : std::nullopt;
  }
  auto number = Json::parse(text);
  return number && number->is_number() ? std::optional(*std::move(number)) : std::nullopt;
}

enum class Filled : std::uint8_t { done, cancelled };

// Puts the user's value into `content`.
Filled fill(const Field& field, Json& content, User& user, const std::stop_token& stop) {
  std::string question = question_of(field);
  const Json* otherwise = field.schema.find("default");
  for (int tries = 0; tries < kValueTriesMax; ++tries) {
    const auto text = user.answer(question, stop);
    if (!text) {
      return Filled::cancelled;
    }
    std::optional<Json> value = value_of(field, trimmed(*text));
    if (trimmed(*text).empty()) {
      if (otherwise == nullptr && !field.is_required) {
        return Filled::done;
      }
      value = otherwise == nullptr ? std::nullopt : std::optional(*otherwise);
    }
    const auto violations =
        value ? schema_violations(field.schema, *value) : std::vector<std::string>{"it is none of what is wanted"};
    if (violations.empty()) {
      content.set(field.key, *std::move(value));
      return Filled::done;
    }
    question = "That does not fit (" + one_line(violations.front(), kDescriptionBytesMax) + "). " + question_of(field);
  }
  return Filled::cancelled;
}

Json action(std::string_view name) { return Json::object({{"action", name}}); }

}  // namespace

Result<Json> elicit(std::string_view server, const Json& params, User& user, const std::stop_token& stop) {
  PUNA_TRY(const std::vector<Field> fields, fields_of(params));
  std::string question =
      format_text("MCP server '{}' asks: {}", shown(server),
                  printable(utf8::truncate(utf8::sanitize(params.text_or("message")), kQuestionBytesMax)));
  for (std::size_t i = 0; i < fields.size(); ++i) {
    question += (i == 0 ? "\nIt wants to know: " : ", ") + label_of(fields[i]);
  }
  const auto may = user.answer(question + "\nAnswer it? y or n", stop);
  if (!may) {
    return action("cancel");
  }
  if (const std::string word = lowered(trimmed(*may)); word != "y" && word != "yes") {
    return action("decline");
  }
  Json content = Json::object();
  for (const Field& field : fields) {
    if (fill(field, content, user, stop) == Filled::cancelled) {
      return action("cancel");
    }
  }
  Json result = action("accept");
  result.set("content", std::move(content));
  return result;
}

}  // namespace puna::tools
