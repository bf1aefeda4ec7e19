// Source: platform.openai.com/docs/api-reference/chat/streaming; what llama-server 0.7 was seen to send. Servers differ
// in what they leave out, so everything may be missing, null, or come twice.
#include "model/chat_reply.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <utility>

#include "model/json_member.h"
#include "puna/base/grammar_matcher.h"

namespace puna::model {
namespace {

constexpr std::size_t kCallsMax = 1'000;
constexpr std::size_t kCallCostBytes = 256;

std::optional<double> number(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_number() && std::isfinite(value->as_double()) ? std::optional(value->as_double())
                                                                                     : std::nullopt;
}

std::chrono::microseconds time_of(const Json& timings, std::string_view key) {
  constexpr double kMost = 1e12;  // milliseconds; more would not fit
  return std::chrono::microseconds(std::llround(std::clamp(number(timings, key).value_or(0), 0.0, kMost) * 1'000));
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

// A text, or a list of parts with texts.
std::string text_of(const Json* value) {
  if (value == nullptr) {
    return {};
  }
  if (value->is_string()) {
    return value->as_string();
  }
  std::string text;
  for (const Json& part : value->is_array() ? value->as_array() : Json::Array{}) {
    text += part.text_or("text");
  }
  return text;
}

Reply::Probability probability_of(const Json& entry) {
  constexpr Token kNotSaid = -1;
  Reply::Probability probability{.token = static_cast<Token>(integer(entry, "id").value_or(kNotSaid)),
                                 .text = std::string(entry.text_or("token")),
                                 .log_probability = static_cast<float>(number(entry, "logprob").value_or(0))};
  const Json* bytes = entry.find("bytes");
  if (bytes != nullptr && bytes->is_array()) {
    probability.text.clear();
    for (const Json& byte : bytes->as_array()) {
      probability.text += byte.is_integer() ? static_cast<char>(byte.as_integer()) : '?';
    }
  }
  return probability;
}

// As the generic format writes a call; what does not parse stands in it as it came.
std::string written_call(std::string_view name, std::string_view arguments, bool is_cut) {
  return format_text("<tool_call>\n{{\"name\": {}, \"arguments\": {}{}", Json(name).dump(), arguments,
                     is_cut ? "" : "}\n</tool_call>");
}

struct ReadArguments {
  Json value;
  std::vector<std::string> repairs;
};
// What a model wrote as arguments; nothing when no one reading is left.
std::optional<ReadArguments> read_arguments(const std::string& name, const std::string& text, bool is_cut) {
  if (is_blank(text)) {
    return is_cut ? std::nullopt : std::optional(ReadArguments{.value = Json::object(), .repairs = {}});
  }
  auto value = Json::parse(text);
  if (value && value->is_object()) {  // an object says itself where it ends
    return ReadArguments{.value = *std::move(value), .repairs = {}};
  }
  if (is_cut || name.empty()) {
    return std::nullopt;
  }
  ReplyParser parser(false);
  static_cast<void>(parser.feed(written_call(name, text, false)));
  ParsedReply parsed = parser.finish();
  if (parsed.calls.size() != 1 || parsed.calls[0].name != name || !parsed.malformed_calls.empty()) {
    return std::nullopt;
  }
  return ReadArguments{.value = std::move(parsed.calls[0].arguments), .repairs = std::move(parsed.repairs)};
}

bool matches(const Result<std::shared_ptr<const Grammar>>& grammar, const std::string& text) {
  if (!grammar) {
    return true;  // the server read it, we cannot
  }
  RegexPool pool;
  GrammarMatcher matcher(**grammar, pool);
  const auto end = matcher.next(matcher.start(), text);
  return matcher.is_full() || matcher.may_end(end);
}

}  // namespace

Result<void> ChatReply::take(const Json& chunk) {
  if (!chunk.is_object()) {
    return fail(ErrorCode::corrupt,
                format_text("the server sent {} instead of an answer", utf8::truncate(chunk.dump(), 80)));
  }
  const Json* progress = chunk.find("prompt_progress");
  if (progress != nullptr && !begun_) {
    has_prefill_ = true;
    events_.on(event::Prefill{.tokens_done = integer(*progress, "processed").value_or(0),
                              .tokens_total = integer(*progress, "total").value_or(0),
                              .tokens_cached = integer(*progress, "cache").value_or(0)});
  }
  if (const Json* choices = chunk.find("choices"); choices != nullptr && choices->is_array()) {
    for (const Json& choice : choices->as_array()) {
      if (integer(choice, "index").value_or(0) == 0) {
        PUNA_TRY_VOID(take_choice(choice));
      }
    }
  }
  take_usage(chunk);
  if (const Json* verbose = chunk.find("__verbose")) {
    take_verbose(*verbose);
  }
  return {};
}

Result<void> ChatReply::take_choice(const Json& choice) {
  take_probabilities(choice);
  const Json* delta = choice.find("delta");
  delta = delta == nullptr ? choice.find("message") : delta;
  if (delta != nullptr) {
    PUNA_TRY_VOID(take_text(*delta));
    if (const Json* calls = delta->find("tool_calls"); calls != nullptr && calls->is_array()) {
      for (const Json& piece : calls->as_array()) {
        PUNA_TRY_VOID(take_call(piece));
      }
    }
  }
  if (const std::string_view reason = choice.text_or("finish_reason"); !reason.empty()) {
    finish_ = reason;
  }
  return {};
}

Result<void> ChatReply::take_text(const Json& delta) {
  const Json* thought = delta.find("reasoning_content");
  std::string reasoning = text_of(thought == nullptr || thought->is_null() ? delta.find("reasoning") : thought);
  std::string content = text_of(delta.find("content"));
  PUNA_TRY_VOID(grow(reasoning.size() + content.size()));
  if (!reasoning.empty()) {
    begin();
    reasoning_ += reasoning;
    events_.on(event::ReasoningDelta{.text = std::move(reasoning)});
  }
  if (!content.empty()) {
    begin();
    content_ += content;
    events_.on(event::TextDelta{.text = std::move(content)});
  }
  return {};
}

// By its index; by its id where servers leave the index out, or say 0 for each.
ChatReply::Call& ChatReply::call_of(const Json& piece) {
  const std::optional<std::int64_t> index = integer(piece, "index");
  const std::string_view id = piece.text_or("id");
  const Json* function = piece.find("function");
  const bool has_name = function != nullptr && !function->text_or("name").empty();
  const auto known = std::ranges::find_if(calls_.rbegin(), calls_.rend(), [&](const Call& call) {
    if (index && call.index != index) {
      return false;
    }
    return id.empty() || call.id.empty() ? index.has_value() || !has_name : call.id == id;
  });
  if (known != calls_.rend()) {
    return *known;
  }
  calls_.push_back({.index = index, .id = {}, .name = {}, .arguments = {}});
  return calls_.back();
}

Result<void> ChatReply::take_call(const Json& piece) {
  const Json* function = piece.find("function");
  if (function == nullptr) {
    return {};
  }
  begin();
  Call& call = call_of(piece);
  if (calls_.size() > kCallsMax) {
    return fail(ErrorCode::limit, format_text("the server's answer has more than {} calls", kCallsMax));
  }
  call.id = call.id.empty() ? piece.text_or("id") : call.id;
  if (const std::string_view name = function->text_or("name"); name != call.name) {
    call.name += name;
  }
  const Json* arguments = function->find("arguments");
  const std::string text = arguments == nullptr || arguments->is_null() ? ""
                           : arguments->is_string()                     ? arguments->as_string()
                                                                        : arguments->dump();
  call.arguments += text;
  return grow(text.size() + (call.arguments.size() == text.size() ? kCallCostBytes : 0));
}

void ChatReply::take_probabilities(const Json& choice) {
  const Json* probabilities = choice.find("logprobs");
  const Json* tokens = probabilities == nullptr ? nullptr : probabilities->find("content");
  if (tokens == nullptr || !tokens->is_array()) {
    return;
  }
  for (const Json& token : tokens->as_array()) {
    probabilities_.push_back({.chosen = probability_of(token), .best = {}});
    const Json* best = token.find("top_logprobs");
    for (const Json& other : best != nullptr && best->is_array() ? best->as_array() : Json::Array{}) {
      probabilities_.back().best.push_back(probability_of(other));
    }
  }
}

// The last word counts: some servers count up in every chunk, llama-server says it behind the end.
void ChatReply::take_usage(const Json& chunk) {
  const Json* usage = chunk.find("usage");
  if (usage != nullptr && integer(*usage, "completion_tokens")) {
    has_usage_ = true;
    usage_.prompt_tokens = std::max<std::int64_t>(0, integer(*usage, "prompt_tokens").value_or(0));
    usage_.output_tokens = std::max<std::int64_t>(0, integer(*usage, "completion_tokens").value_or(0));
    const Json* details = usage->find("prompt_tokens_details");
    const auto cached = details == nullptr ? std::nullopt : integer(*details, "cached_tokens");
    usage_.cached_tokens = std::clamp<std::int64_t>(cached.value_or(0), 0, usage_.prompt_tokens);
  }
  if (const Json* timings = chunk.find("timings"); timings != nullptr && timings->is_object()) {
    usage_.prefill_time = time_of(*timings, "prompt_ms");
    usage_.decode_time = time_of(*timings, "predicted_ms");
    const auto computed = integer(*timings, "prompt_n");
    const auto output = integer(*timings, "predicted_n");
    if (!has_usage_ && computed && output) {
      has_usage_ = true;
      constexpr std::int64_t kTokensMax = std::int64_t{1} << 40U;
      usage_.cached_tokens = std::clamp<std::int64_t>(integer(*timings, "cache_n").value_or(0), 0, kTokensMax);
      usage_.prompt_tokens = usage_.cached_tokens + std::clamp<std::int64_t>(*computed, 0, kTokensMax);
      usage_.output_tokens = std::clamp<std::int64_t>(*output, 0, kTokensMax);
    }
  }
}

void ChatReply::take_verbose(const Json& verbose) {
  if (const Json* settings = verbose.find("generation_settings")) {
    settings_ = *settings;
  }
  stop_type_ = verbose.text_or("stop_type", stop_type_);
}

void ChatReply::begin() {
  if (!begun_ && !has_prefill_) {
    events_.on(event::Prefill{});
  }
  begun_ = true;
}

Result<void> ChatReply::grow(std::size_t bytes) {
  bytes_ += bytes;
  return bytes_ <= kReplyBytesMax
             ? Result<void>()
             : fail(ErrorCode::limit, format_text("the server's answer has more than {} bytes", kReplyBytesMax));
}

FinishReason ChatReply::finish_reason() const {
  if (finish_ == "length") {
    const bool is_asked = request_.tokens_max > 0 && (!has_usage_ || usage_.output_tokens >= request_.tokens_max);
    return is_asked ? FinishReason::tokens_max : FinishReason::window_full;
  }
  return stop_type_ == "word" ? FinishReason::stop_string : FinishReason::end_of_turn;
}

void ChatReply::add_text(Reply& reply, std::string text) {
  std::string& content = reply.message.content;
  text.insert(0, content.empty() || content.ends_with('\n') ? "" : "\n");
  content += text;
  events_.on(event::TextDelta{.text = std::move(text)});
}

void ChatReply::finish_call(Call& call, bool is_cut, Reply& reply) {
  auto arguments = call.name.empty() ? std::nullopt : read_arguments(call.name, call.arguments, is_cut);
  if (!arguments) {
    std::string text = written_call(call.name, call.arguments, is_cut);
    reply.malformed_calls.push_back(text);
    add_text(reply, std::move(text));
    return;
  }
  reply.repairs.append_range(std::move(arguments->repairs));
  reply.message.calls.push_back({.id = {}, .name = std::move(call.name), .arguments = std::move(arguments->value)});
}

Reply ChatReply::finish(std::optional<Error> lost) {
  begin();
  Reply reply{.message = {.role = Role::assistant, .content = std::move(content_), .reasoning = std::move(reasoning_)},
              .finish = finish_reason(),
              .usage = usage_,
              .probabilities = std::move(probabilities_)};
  const bool is_cut = lost || finish_ == "length" || finish_ == "content_filter";
  for (Call& call : calls_) {
    finish_call(call, is_cut && &call == &calls_.back(), reply);
  }
  std::size_t calls_before = 0;
  for (const Message& message : request_.messages) {
    calls_before += message.calls.size();
  }
  for (ToolCall& call : reply.message.calls) {
    call.id = format_text("call{:05}", ++calls_before);
  }
  // Half of a JSON text is told as LocalModel tells it; half of another text says nothing.
  const bool is_json = request_.format && std::holds_alternative<format::Schema>(*request_.format);
  if (!lost && (is_json || reply.finish == FinishReason::end_of_turn)) {
    reply.violations = format_violations(request_.format, reply.message.content);
  }
  reply.lost = std::move(lost);
  return reply;
}

std::vector<std::string> format_violations(const std::optional<OutputFormat>& format, const std::string& content) {
  if (!format) {
    return {};
  }
  if (const auto* schema = std::get_if<format::Schema>(&*format)) {
    const Result<Json> value = Json::parse(content);
    return value ? schema_violations(schema->schema, *value)
                 : std::vector<std::string>{"the answer is no JSON: " + value.error().message};
  }
  const auto* choice = std::get_if<format::Choice>(&*format);
  if (choice != nullptr && !std::ranges::contains(choice->texts, content)) {
    return {"the answer is none of the choices"};
  }
  const auto* gbnf = std::get_if<format::Gbnf>(&*format);
  if (gbnf != nullptr && !matches(grammar_from_gbnf(gbnf->text, gbnf->root), content)) {
    return {"the answer does not match the grammar"};
  }
  const auto* pattern = std::get_if<format::Pattern>(&*format);
  if (pattern != nullptr && !matches(grammar_from_regex(pattern->pattern), content)) {
    return {"the answer does not match the pattern"};
  }
  return {};
}

}  // namespace puna::model
