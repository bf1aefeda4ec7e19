// A cursor over one block. Literals match without regard to white space; the end of a block may lack its closing marks,
// because a model's end of turn stands for them.
#include "chat/call_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "chat/call_object.h"
#include "chat/python_literal.h"
#include "puna/chat/schema.h"

namespace puna {
namespace {

// Bytes of the JSON value at the start of the text; npos when it does not end.
std::size_t json_bytes(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    }
    if (depth == 0 && !in_string && (c == '}' || c == ']' || c == '"')) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

class BlockReader {
 public:
  BlockReader(const CallSyntax& syntax, std::string_view block, std::span<const ToolSpec> tools, Repairs* repairs)
      : syntax_(syntax), text_(block), tools_(tools), repairs_(repairs) {}

  std::optional<std::vector<ToolCall>> run() {
    const bool read = syntax_.shape == CallSyntax::Shape::json_object ? read_objects() : read_named();
    return read && !calls_.empty() ? std::optional(std::move(calls_)) : std::nullopt;
  }

 private:
  void skip_space() {
    text_.remove_prefix(static_cast<std::size_t>(std::ranges::find_if_not(text_, is_space) - text_.begin()));
  }

  // Takes the literal if it stands here, with any white space around its pieces.
  bool take(std::string_view literal) {
    const std::string_view before = text_;
    const std::vector<std::string> pieces = pieces_of(literal);
    for (const std::string& piece : pieces) {
      skip_space();
      if (!text_.starts_with(piece)) {
        text_ = before;
        return false;
      }
      text_.remove_prefix(piece.size());
    }
    return !pieces.empty();
  }

  // Takes what may stand around and between calls.
  bool take_glue() {
    skip_space();
    const bool is_object = syntax_.shape == CallSyntax::Shape::json_object;
    for (const std::string* literal : {&syntax_.list_start, &syntax_.separator, &syntax_.call_end, &syntax_.list_end}) {
      if (take(*literal) || (is_object && take(without_brackets(*literal)))) {
        return true;
      }
    }
    return (is_object && take(without_brackets(syntax_.call_start))) || take(",") || take(";");
  }

  // In an object form, brackets belong to the JSON values that are read.
  static std::string_view without_brackets(std::string_view literal) {
    literal = trimmed(literal);
    while (!literal.empty() && (literal.back() == '[' || literal.back() == '{')) {
      literal = trimmed(literal.substr(0, literal.size() - 1));
    }
    while (!literal.empty() && (literal.front() == ']' || literal.front() == '}')) {
      literal = trimmed(literal.substr(1));
    }
    return literal;
  }

  std::optional<Json> json_value() {
    skip_space();
    const bool is_value = !text_.empty() && std::string_view("{[\"").contains(text_.front());
    const std::size_t bytes = is_value ? json_bytes(text_) : std::string_view::npos;
    if (bytes != std::string_view::npos) {
      if (Result<Json> value = Json::parse(text_.substr(0, bytes))) {
        text_.remove_prefix(bytes);
        return *std::move(value);
      }
    }
    return repairs_ == nullptr ? std::nullopt : mended_value();
  }

  // The same where it is damaged.
  std::optional<Json> mended_value() {
    take_fence();
    std::vector<std::string> stops = {"```"};
    for (const std::string* literal : {&syntax_.call_end, &syntax_.list_end, &syntax_.separator}) {
      for (const std::string& piece : pieces_of(without_brackets(*literal))) {
        if (piece != "," && piece != ";") {
          stops.push_back(piece);
        }
      }
    }
    std::optional<Mended> mended = mend_json(text_, stops);
    if (!mended) {
      return std::nullopt;
    }
    text_.remove_prefix(mended->bytes);
    repairs_->note_all(mended->repairs);
    return std::move(mended->value);
  }

  bool take_fence() {
    skip_space();
    const std::size_t bytes = repairs_ == nullptr ? 0 : fence_bytes(text_);
    text_.remove_prefix(bytes);
    if (bytes > 0) {
      repairs_->note("a code fence");
    }
    return bytes > 0;
  }

  // Behind the calls; but a bracket too early looks the same, and then members of the arguments stand outside.
  bool take_bracket_too_many() {
    if (repairs_ == nullptr || calls_.empty() || says_more_ || (text_.front() != '}' && text_.front() != ']')) {
      return false;
    }
    text_.remove_prefix(1);
    repairs_->note("a bracket too many");
    return true;
  }

  bool read_objects() {
    for (skip_space(); !text_.empty(); skip_space()) {
      if (text_.front() == '{' || (text_.front() == '[' && !take_marks())) {
        const std::optional<Json> value = json_value();
        if (!value || !add_objects(*value)) {
          return false;
        }
      } else if (text_.empty() || text_.front() == '{' || text_.front() == '[') {
        continue;
      } else if (!take_glue() && !take_fence() && !take_bracket_too_many()) {
        return false;
      }
    }
    return true;
  }
  // Marks that start with a bracket, as [TOOL_CALLS] does.
  bool take_marks() {
    for (const std::string* literal : {&syntax_.list_start, &syntax_.call_start}) {
      const std::string_view mark = without_brackets(*literal);
      if (mark.size() > 1 && take(mark)) {
        return true;
      }
    }
    return false;
  }

  bool add_objects(const Json& value) {
    if (value.is_array()) {
      return std::ranges::all_of(value.as_array(),
                                 [this](const Json& item) { return item.is_object() && add_objects(item); });
    }
    if (!value.is_object()) {
      return false;
    }
    if (syntax_.name_is_key) {
      if (value.as_object().size() != 1) {
        return false;
      }
      const Json::Member& member = value.as_object().front();
      return add(member.key, read_arguments(&member.value, repairs_));
    }
    // Where brackets are missing, the arguments may be too.
    const bool may_be_short = repairs_ != nullptr && repairs_->has(kMissingBracket);
    std::optional<ToolCall> call = may_be_short ? std::nullopt : call_of(value, syntax_, nullptr);
    if (!call && repairs_ != nullptr) {
      call = call_of(value, syntax_, repairs_);
    }
    if (!call) {
      return false;
    }
    calls_.push_back(*std::move(call));
    says_more_ = says_more_ || says_more(value, syntax_);
    return true;
  }

  bool add(std::string name, Json arguments) {
    if (name.empty()) {
      return false;
    }
    calls_.push_back({.id = {}, .name = std::move(name), .arguments = std::move(arguments)});
    return true;
  }

  bool read_named() {
    take(syntax_.list_start);
    for (skip_space(); !text_.empty(); skip_space()) {
      const bool starts = pieces_of(syntax_.call_start).empty() ? !calls_ended() : take(syntax_.call_start);
      if (starts) {
        const bool read = syntax_.shape == CallSyntax::Shape::named_json ? read_named_json() : read_parameters();
        if (!read) {
          return false;
        }
        take(syntax_.call_end);
      } else if (!take_glue() && !take_fence() && !take_bracket_too_many()) {
        return false;
      }
    }
    return true;
  }
  // Where nothing marks a call's start: whether something that is no call stands here.
  [[nodiscard]] bool calls_ended() const { return std::string_view("])}>,;<").contains(text_.front()); }

  // The text up to the first of the literals' first pieces.
  std::optional<std::string_view> text_before(std::initializer_list<std::string_view> literals) {
    std::size_t end = std::string_view::npos;
    for (const std::string_view literal : literals) {
      if (const std::vector<std::string> pieces = pieces_of(literal); !pieces.empty()) {
        end = std::min(end, text_.find(pieces.front()));
      }
    }
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const std::string_view text = text_.substr(0, end);
    text_.remove_prefix(end);
    return text;
  }

  // NAME and its id, which is not kept.
  static std::string name_without_id(const CallSyntax& syntax, std::string_view text) {
    text = trimmed(text);
    if (syntax.ids != CallSyntax::Ids::none && !syntax.id_start.empty()) {
      text = text.substr(0, text.rfind(syntax.id_start));
    }
    return std::string(trimmed(text));
  }

  bool read_named_json() {
    const bool has_end = !pieces_of(syntax_.name_end).empty();
    const auto before = has_end ? text_before({syntax_.name_end}) : text_before({"{", "\""});
    if (!before || (has_end && !take(syntax_.name_end))) {
      return false;
    }
    const std::optional<Json> arguments = json_value();
    return arguments && add(name_without_id(syntax_, *before), read_arguments(&*arguments, repairs_));
  }

  bool read_parameters() {
    const auto before = text_before({syntax_.name_end, syntax_.key_start, syntax_.call_end});
    if (!before) {
      return false;
    }
    const std::string name = name_without_id(syntax_, *before);
    take(syntax_.name_end);
    Json arguments = Json::object();
    while (!at_call_end()) {
      take(syntax_.parameter_separator);
      if (!pieces_of(syntax_.key_start).empty() && !take(syntax_.key_start)) {
        return false;
      }
      const auto key = text_before({syntax_.key_end});
      if (!key || !take_exactly(syntax_.key_end)) {
        return false;
      }
      std::optional<std::string_view> type;
      if (!syntax_.type_end.empty()) {
        type = text_before({syntax_.type_end});
        if (!type || !take_exactly(syntax_.type_end)) {
          return false;
        }
      }
      std::optional<Json> value =
          syntax_.values == CallSyntax::Values::raw ? raw_value(name, trimmed(*key), type) : quoted_value();
      if (!value) {
        return false;
      }
      arguments.set(trimmed(*key), *std::move(value));
    }
    return add(name, std::move(arguments));
  }

  bool at_call_end() {
    const std::string_view before = text_;
    const bool ends = take(syntax_.call_end);
    text_ = before;
    return ends;
  }

  // A literal with the white space that it has itself, and no more: what follows may begin with some of its own.
  bool take_exactly(std::string_view literal) {
    if (text_.starts_with(literal)) {
      text_.remove_prefix(literal.size());
      return true;
    }
    return take(literal);
  }

  std::optional<Json> quoted_value() {
    std::optional<PythonLiteral> literal =
        read_python_literal(text_, syntax_.quote.size() > 1 ? std::string_view(syntax_.quote) : "");
    if (!literal) {
      return std::nullopt;
    }
    text_.remove_prefix(literal->bytes);
    take(syntax_.value_end);
    return std::move(literal->value);
  }

  std::optional<Json> raw_value(std::string_view tool, std::string_view key, std::optional<std::string_view> type) {
    const std::vector<std::string> end = pieces_of(syntax_.value_end);
    if (end.empty()) {
      return std::nullopt;
    }
    const std::size_t bytes = text_.find(end.front());
    if (bytes == std::string_view::npos) {
      return std::nullopt;
    }
    std::string_view text = text_.substr(0, bytes);
    text_.remove_prefix(bytes);
    const std::string_view space = std::string_view(syntax_.value_end).substr(0, syntax_.value_end.find(end.front()));
    if (text.ends_with(space)) {
      text.remove_suffix(space.size());
    }
    if (!take(syntax_.value_end)) {
      return std::nullopt;
    }
    const bool is_text = type && !syntax_.type_words.empty() && *type == syntax_.type_words.front().word;
    return is_text ? Json(text) : typed(tool, key, text);
  }

  // A value without quotes: what it can be read as, unless the tool's schema takes only the text.
  [[nodiscard]] Json typed(std::string_view tool, std::string_view key, std::string_view text) const {
    std::optional<Json> value;
    if (Result<Json> json = Json::parse(text); json && !json->is_string()) {
      value = *std::move(json);
    } else if (std::optional<PythonLiteral> literal = read_python_literal(text);
               literal && trimmed(text.substr(literal->bytes)).empty() && !literal->value.is_string()) {
      value = std::move(literal->value);
    }
    const auto spec = std::ranges::find(tools_, tool, &ToolSpec::name);
    const bool takes_text = value && spec != tools_.end() && wants_text(spec->parameters, key, text, *value);
    return value && !takes_text ? *std::move(value) : Json(text);
  }
  static bool wants_text(const Json& parameters, std::string_view key, std::string_view text, const Json& value) {
    const Json* properties = parameters.find("properties");
    const Json* schema = properties == nullptr ? nullptr : properties->find(key);
    const Json* type = schema == nullptr ? nullptr : schema->find("type");
    return type != nullptr && type->is_string() ? type->as_string() == "string"
                                                : fits_better(parameters, key, Json(text), value);
  }
  // Whether less is wrong with the first as the value of this parameter.
  static bool fits_better(Json parameters, std::string_view key, const Json& first, const Json& second) {
    if (!parameters.is_object()) {
      return false;
    }
    parameters.set("required", Json::array());
    const auto violations = [&](const Json& value) {
      Json arguments = Json::object();
      arguments.set(key, value);
      return schema_violations(parameters, arguments).size();
    };
    return violations(first) < violations(second);
  }

  const CallSyntax& syntax_;
  std::string_view text_;
  std::span<const ToolSpec> tools_;
  Repairs* repairs_;        // null: nothing is repaired
  bool says_more_ = false;  // an object had members that are no call's
  std::vector<ToolCall> calls_;
};

}  // namespace

std::optional<std::vector<ToolCall>> read_calls(const CallForm& form, std::string_view block,
                                                std::span<const ToolSpec> tools, Repairs* repairs) {
  return BlockReader(form.syntax(), block, tools, repairs).run();
}

}  // namespace puna
