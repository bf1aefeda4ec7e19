// Finds the spans of names, objects and arguments, then reads the literals off what is between them: what precedes both
// calls starts a call, what follows both ends it, the rest of what is between them separates them, and the rest before
// the first and behind the last is the list's.
#include "chat/call_probe.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "chat/call_form.h"
#include "chat/lexemes.h"
#include "chat/needles.h"

namespace puna {
namespace {

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The JSON value that starts at a brace or quote; empty when it is none.
struct Value {
  Json json;
  Span span;
};
std::optional<Value> value_at(std::string_view text, std::size_t at, std::size_t end_max) {
  // Its end is where it parses: values in probes are short.
  const char close = text[at] == '{' ? '}' : '"';
  for (std::size_t end = text.find(close, at + 1); end < end_max; end = text.find(close, end + 1)) {
    if (Result<Json> json = Json::parse(text.substr(at, end + 1 - at))) {
      return Value{.json = *std::move(json), .span = {.begin = at, .end = end + 1}};
    }
  }
  return std::nullopt;
}

// The white space of a JSON text, where it is the same everywhere and on one line.
std::optional<JsonSpacing> spacing_of(std::string_view json) {
  std::optional<std::string> comma;
  std::optional<std::string> colon;
  char quote = '\0';
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (quote != '\0') {
      at += json[at] == '\\' ? 1 : 0;
      quote = at < json.size() && json[at] == '"' ? '\0' : quote;
      continue;
    }
    if (json[at] == '"') {
      quote = '"';
      continue;
    }
    std::size_t end = json.find_first_not_of(" \t\r\n,:", at);
    end = end == std::string_view::npos ? json.size() : end;
    if (end == at) {
      continue;
    }
    const std::string_view gap = json.substr(at, end - at);
    std::optional<std::string>& known = gap.contains(',') ? comma : colon;
    if (gap.find_first_of(",:") == std::string_view::npos || gap.contains('\n') || (known && *known != gap)) {
      return std::nullopt;
    }
    known = gap;
    at = end - 1;
  }
  const JsonSpacing usual;
  return JsonSpacing{.comma = comma.value_or(usual.comma), .colon = colon.value_or(usual.colon)};
}

// Where one call is, and how it is written.
struct FoundCall {
  CallSyntax keys;  // shape and JSON keys only
  Span whole;       // json_object: the object; else from the name's start to the arguments' end
  Span name;
  Span arguments;  // not for parameters, where it is from the first key to the last value
};

class CallFinder {
 public:
  CallFinder(std::string_view text, const Json& arguments) : text_(text), arguments_(arguments) {}

  // The call to `tool` whose name stands at or behind `from`; it ends before `end_max`.
  std::optional<FoundCall> find(std::string_view tool, std::string_view id, std::size_t from, std::size_t end_max) {
    const std::size_t name = text_.find(tool, from);
    if (name >= end_max) {
      return std::nullopt;
    }
    FoundCall call;
    call.name = {.begin = name, .end = name + tool.size()};
    const std::size_t key = text_.find(needle::kArgument, call.name.end);
    if (key >= end_max) {
      return std::nullopt;
    }
    const std::optional<Value> arguments = find_arguments(call.name.end, key, end_max);
    if (!arguments) {
      return find_parameters(call, key, end_max);
    }
    call.arguments = arguments->span;
    call.keys.arguments = arguments->json.is_string() ? CallSyntax::Arguments::text : CallSyntax::Arguments::object;
    const std::string_view written = text_.substr(call.arguments.begin, call.arguments.end - call.arguments.begin);
    call.keys.arguments_spacing = spacing_of(arguments->json.is_string() ? arguments->json.as_string() : written);
    if (find_object(call, tool, id, from, end_max)) {
      const std::string_view before = text_.substr(call.whole.begin, call.arguments.begin - call.whole.begin);
      const std::string_view behind = text_.substr(call.arguments.end, call.whole.end - call.arguments.end);
      call.keys.object_spacing = spacing_of(std::string(before) + "0" + std::string(behind));
      return call;
    }
    call.keys.shape = CallSyntax::Shape::named_json;
    call.whole = {.begin = name, .end = call.arguments.end};
    return call;
  }

 private:
  // The nearest JSON before the key that is the arguments, or a string that holds them.
  [[nodiscard]] std::optional<Value> find_arguments(std::size_t from, std::size_t key, std::size_t end_max) const {
    for (std::size_t at = key; at-- > from;) {
      if (text_[at] != '{' && text_[at] != '"') {
        continue;
      }
      std::optional<Value> value = value_at(text_, at, end_max);
      if (value && means_arguments(value->json)) {
        // An escaped object is found inside the string that holds it.
        const bool may_be_text = at > from && text_[at] == '{' && text_[at - 1] == '"';
        std::optional<Value> text = may_be_text ? value_at(text_, at - 1, end_max) : std::nullopt;
        return text && means_arguments(text->json) ? text : value;
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] bool means_arguments(const Json& value) const {
    if (value.is_string()) {
      const Result<Json> inner = Json::parse(value.as_string());
      return inner && *inner == arguments_;
    }
    return value == arguments_;
  }

  // The widest JSON object that is this call alone.
  [[nodiscard]] bool find_object(FoundCall& call, std::string_view tool, std::string_view id, std::size_t from,
                                 std::size_t end_max) const {
    bool found = false;
    for (std::size_t at = call.name.begin; at-- > from;) {
      if (text_[at] != '{') {
        continue;
      }
      const std::optional<Value> value = value_at(text_, at, end_max);
      if (!value || value->span.end < call.arguments.end) {
        continue;
      }
      if (read_keys(call.keys, value->json, tool, id)) {
        call.keys.shape = CallSyntax::Shape::json_object;
        call.whole = value->span;
        found = true;
      } else if (found && !read_inner_key(call, *value, tool)) {
        break;
      }
    }
    return found;
  }

  bool read_keys(CallSyntax& keys, const Json& object, std::string_view tool, std::string_view id) const {
    std::string name_key;
    std::string arguments_key;
    std::string id_key;
    std::string number_key;
    for (const Json::Member& member : object.as_object()) {
      if (member.value == Json(tool)) {
        name_key = member.key;
      } else if (means_arguments(member.value)) {
        arguments_key = member.key;
      } else if (member.value == Json(id)) {
        id_key = member.key;
      } else if (member.key.ends_with("id") && member.value.is_string() && !member.value.as_string().empty() &&
                 member.value.as_string().find_first_not_of("0123456789") == std::string::npos) {
        number_key = member.key;  // the template counts the calls itself
      }
    }
    if (arguments_key == tool) {
      keys.name_is_key = true;
      return true;
    }
    if (name_key.empty() || arguments_key.empty()) {
      return false;
    }
    keys.name_key = name_key;
    keys.arguments_key = arguments_key;
    keys.id_key = id_key.empty() ? number_key : id_key;
    keys.ids = !id_key.empty()       ? CallSyntax::Ids::text
               : !number_key.empty() ? CallSyntax::Ids::number
                                     : CallSyntax::Ids::none;
    return true;
  }

  bool read_inner_key(FoundCall& call, const Value& outer, std::string_view tool) const {
    for (const Json::Member& member : outer.json.as_object()) {
      if (member.value.text_or(call.keys.name_key) == tool) {
        call.keys.inner_key = member.key;
        call.whole = outer.span;
        return true;
      }
    }
    return false;
  }

  std::optional<FoundCall> find_parameters(FoundCall call, std::size_t key, std::size_t end_max) const {
    const std::size_t value = text_.find(needle::kValueToo, key);
    if (value >= end_max) {
      return std::nullopt;
    }
    call.keys.shape = CallSyntax::Shape::parameters;
    call.arguments = {.begin = key, .end = value + needle::kValueToo.size()};
    call.whole = {.begin = call.name.begin, .end = call.arguments.end};
    return call;
  }

  std::string_view text_;
  const Json& arguments_;
};

class Deriver {
 public:
  explicit Deriver(const CallSample& sample) : sample_(sample), text_(sample.reply) {}

  Result<CallSyntax> run() {
    CallFinder finder(text_, sample_.arguments);
    const std::size_t next = sample_.several ? text_.find(needle::kToolToo) : text_.size();
    const auto first = finder.find(needle::kTool, needle::kCallId, 0, next);
    if (!first) {
      return fail(ErrorCode::invalid_argument, "its calls are in no form that is known");
    }
    first_ = *first;
    syntax_ = first_.keys;
    syntax_.several = sample_.several;
    last_ = first_;
    if (sample_.several) {
      const auto second = finder.find(needle::kToolToo, needle::kCallIdToo, first_.whole.end, text_.size() + 1);
      if (!second || second->keys.shape != first_.keys.shape) {
        return fail(ErrorCode::invalid_argument, "its second call is in another form than its first");
      }
      last_ = *second;
    }
    ends_at_ = last_.whole.end;
    if (syntax_.shape == CallSyntax::Shape::parameters) {
      read_parameters();
    }
    if (syntax_.shape != CallSyntax::Shape::json_object) {
      read_name_end();
    }
    read_around();
    return syntax_;
  }

 private:
  // NAME [id] name_end ARGUMENTS
  void read_name_end() {
    const std::string_view one = between(first_.name.end, first_.arguments.begin - key_start_bytes());
    const std::string_view two = between(last_.name.end, last_.arguments.begin - key_start_bytes());
    syntax_.name_end = one;
    if (const std::size_t id = one.find(needle::kCallId); id != std::string_view::npos) {
      syntax_.ids = CallSyntax::Ids::text;
      syntax_.id_start = one.substr(0, id);
      syntax_.name_end = one.substr(id + needle::kCallId.size());
    } else if (one != two) {
      // Something counts the calls.
      const auto differs = std::ranges::mismatch(one, two).in1;
      const std::size_t at = static_cast<std::size_t>(differs - one.begin());
      const std::size_t digits = one.find_first_not_of("0123456789", at);
      syntax_.ids = CallSyntax::Ids::number;
      syntax_.id_start = one.substr(0, at);
      syntax_.name_end = digits == std::string_view::npos ? std::string_view() : one.substr(digits);
    }
  }
  [[nodiscard]] std::size_t key_start_bytes() const { return syntax_.key_start.size(); }

  // key_start KEY key_end VALUE value_end parameter_separator key_start KEY ...
  void read_parameters() {
    const std::size_t key = first_.arguments.begin;
    const std::size_t value = text_.find(needle::kValue, key);
    const std::size_t value_end = value + needle::kValue.size();
    const std::size_t key_too = text_.find(needle::kArgumentToo, value_end);
    std::string_view key_end = between(key + needle::kArgument.size(), value);
    std::string_view gap = between(value_end, key_too);
    std::string_view behind = text_.substr(first_.arguments.end);
    const std::string_view before = between(first_.name.end, key);
    if (const std::string_view quote = quote_between(key_end, gap); !quote.empty() && behind.starts_with(quote)) {
      syntax_.values = CallSyntax::Values::quoted;
      syntax_.quote = quote;
      key_end.remove_suffix(quote.size());
      gap.remove_prefix(quote.size());
      behind.remove_prefix(quote.size());
      ends_at_ += quote.size();
      first_.whole.end += quote.size();
    }
    syntax_.key_end = key_end;
    read_types(key_end);
    std::size_t start = common_end(before, gap);
    syntax_.key_start = gap.substr(gap.size() - start);
    gap.remove_suffix(start);
    syntax_.value_end = gap.substr(0, common_start(gap, behind));
    syntax_.parameter_separator = gap.substr(syntax_.value_end.size());
    // The white space that follows every value, the last one too, is the value's end.
    first_.whole.end += syntax_.value_end.size();
    ends_at_ += syntax_.value_end.size();
  }

  // What stands behind the first key in a reply with one call, up to the value that begins with `value`.
  [[nodiscard]] static std::string_view behind_key(std::string_view reply, std::string_view value) {
    const std::size_t name = reply.find(needle::kTool);
    const std::size_t key = name == std::string_view::npos ? name : reply.find(needle::kArgument, name);
    if (key == std::string_view::npos) {
      return {};
    }
    const std::string_view rest = reply.substr(key + needle::kArgument.size());
    const std::size_t end = rest.find(value);
    return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
  }

  // What stands on both sides of text, and not before a number.
  [[nodiscard]] std::string_view quote_between(std::string_view key_end, std::string_view gap) const {
    const bool has_quotes = !key_end.empty() && !gap.empty() && key_end.back() == gap.front() &&
                            std::string_view("\"'").contains(gap.front());
    if (sample_.typed.empty() && has_quotes) {
      return key_end.substr(key_end.size() - 1);
    }
    for (const CallSample::Typed& typed : sample_.typed) {
      const std::string_view bare =
          typed.type == "integer" ? behind_key(typed.reply, typed.value.dump()) : std::string_view();
      if (!bare.empty() && key_end.starts_with(bare) && gap.starts_with(key_end.substr(bare.size()))) {
        return key_end.substr(bare.size());
      }
    }
    return {};
  }

  // Where the markup names a value's type: key_end TYPE type_end.
  void read_types(std::string_view text_end) {
    for (const CallSample::Typed& typed : sample_.typed) {
      const std::string_view other =
          typed.type == "integer" ? behind_key(typed.reply, typed.value.dump()) : std::string_view();
      if (other.empty() || other == text_end || syntax_.values == CallSyntax::Values::quoted) {
        continue;
      }
      const std::size_t start = common_start(text_end, other);
      const std::size_t end = std::min(common_end(text_end, other), text_end.size() - start);
      syntax_.key_end = text_end.substr(0, start);
      syntax_.type_end = text_end.substr(text_end.size() - end);
      syntax_.type_words = {
          {.type = "string", .word = std::string(text_end.substr(start, text_end.size() - start - end))}};
    }
    for (const CallSample::Typed& typed : sample_.typed) {
      const std::string_view other = behind_key(typed.reply, syntax_.type_end);
      if (!syntax_.type_end.empty() && other.starts_with(syntax_.key_end)) {
        syntax_.type_words.push_back(
            {.type = std::string(typed.type), .word = std::string(other.substr(syntax_.key_end.size()))});
      }
    }
  }

  void read_around() {
    const std::string_view before = text_.substr(0, first_.whole.begin);
    std::string_view behind = text_.substr(ends_at_);
    behind.remove_suffix(common_end(behind, sample_.tail));
    if (!sample_.several) {
      syntax_.call_start = before;
      syntax_.call_end = behind;
      return;
    }
    std::string_view gap = between(first_.whole.end, last_.whole.begin);
    const std::size_t start = common_end(before, gap);
    syntax_.call_start = before.substr(before.size() - start);
    syntax_.list_start = before.substr(0, before.size() - start);
    gap.remove_suffix(start);
    syntax_.call_end = gap.substr(0, common_start(gap, behind));
    syntax_.separator = gap.substr(syntax_.call_end.size());
    // What stands behind the last call without a list around the calls is another end of turn than that of text.
    if (!trimmed(syntax_.list_start).empty()) {
      syntax_.list_end = behind.substr(syntax_.call_end.size());
    }
  }

  [[nodiscard]] std::string_view between(std::size_t begin, std::size_t end) const {
    return begin <= end && end <= text_.size() ? text_.substr(begin, end - begin) : std::string_view();
  }

  const CallSample& sample_;
  std::string_view text_;
  FoundCall first_;
  FoundCall last_;
  std::size_t ends_at_ = 0;  // of the last call
  CallSyntax syntax_;
};

}  // namespace

Result<CallSyntax> derive_calls(const CallSample& sample) { return Deriver(sample).run(); }

}  // namespace puna
