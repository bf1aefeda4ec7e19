// The probes. Each renders a conversation that differs in one thing from one that is known to work, and looks for words
// that occur nowhere else. A probe that the template refuses means "cannot".
#include "chat/template_probe.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "chat/reply_tags.h"

namespace puna {
namespace {

constexpr std::string_view kUser = "UserNeedle";
constexpr std::string_view kUserToo = "UserTooNeedle";
constexpr std::string_view kAnswer = "AnswerNeedle";
constexpr std::string_view kSystem = "SystemNeedle";
constexpr std::string_view kThought = "ThoughtNeedle";
constexpr std::string_view kTool = "tool_needle";
constexpr std::string_view kToolToo = "tool_too_needle";
constexpr std::string_view kArgument = "argument_needle";
constexpr std::string_view kValue = "ValueNeedle";
constexpr std::string_view kResult = "ResultNeedle";
constexpr std::string_view kResultToo = "ResultTooNeedle";
// Nine letters and digits: the form that the pickiest templates ask for.
constexpr std::string_view kCallId = "callneed1";
constexpr std::string_view kCallIdToo = "callneed2";
constexpr std::chrono::year_month_day kProbeDate{std::chrono::year{2024}, std::chrono::January, std::chrono::day{1}};
// A probe is short; a template that needs more than this for it would need minutes for a conversation.
constexpr RenderBounds kProbeBounds{.lookups_max = 100'000, .bytes_max = 512 * 1024};

bool has_all(const std::optional<std::string>& text, std::initializer_list<std::string_view> needles) {
  for (const std::string_view needle : needles) {
    if (!text || !text->contains(needle)) {
      return false;
    }
  }
  return true;
}

// Whether the text has a call to each of the tools in the form that this version reads and constrains.
bool has_tagged_calls(std::string_view text, std::initializer_list<std::string_view> tools) {
  std::size_t found = 0;
  std::size_t start = text.find(kCallStart);
  while (start != std::string_view::npos && found < tools.size()) {
    const std::size_t body = start + kCallStart.size();
    const std::size_t end = text.find(kCallEnd, body);
    if (end == std::string_view::npos) {
      break;
    }
    const Result<Json> call = Json::parse(text.substr(body, end - body));
    const Json* arguments = call ? call->find("arguments") : nullptr;
    const bool is_call = arguments != nullptr && call->text_or("name") == tools.begin()[found] &&
                         arguments->text_or(kArgument) == kValue;
    found += is_call ? 1 : 0;
    // What is no call may be the instructions' mention of the tag: the next opening tag can lie before that closing
    // one.
    start = text.find(kCallStart, is_call ? end : body);
  }
  return found == tools.size();
}

class Prober {
 public:
  Prober(const Jinja& jinja, const TemplateSource& source) : jinja_(jinja), source_(source) {}

  Result<Probed> run() {
    PUNA_TRY_VOID(probe_user());
    probe_system();
    probe_turns();
    probe_calls();
    probe_tools();
    probe_reasoning();
    abilities_.native_tools = is_tagged_ && abilities_.tools && abilities_.tool_calls && abilities_.tool_results;
    shape_.native_tools = abilities_.native_tools;
    return Probed{.abilities = abilities_, .shape = shape_};
  }

 private:
  [[nodiscard]] Json message(Role role, std::string_view text) const {
    const Json typed = Json::array({Json::object({{"type", "text"}, {"text", text}})});
    return Json::object({{"role", name_of(role)}, {"content", shape_.typed_content ? typed : Json(text)}});
  }

  [[nodiscard]] Json calls_message(std::initializer_list<std::pair<std::string_view, std::string_view>> calls) const {
    Json object = Json::object();
    object.set(kArgument, kValue);
    Json list = Json::array();
    for (const auto& [tool, id] : calls) {
      const Json arguments = shape_.object_arguments ? object : Json(object.dump());
      Json function = Json::object({{"name", tool}, {"arguments", arguments}});
      Json call = Json::object({{"id", id}, {"type", "function"}});
      call.set("function", std::move(function));
      list.push(std::move(call));
    }
    Json json = message(Role::assistant, "");
    if (shape_.null_content) {
      json.set("content", Json());
    }
    json.set("tool_calls", std::move(list));
    return json;
  }

  [[nodiscard]] Json result_message(std::string_view tool, std::string_view id, std::string_view text) const {
    Json json = message(Role::tool, text);
    json.set("name", tool);
    json.set("tool_call_id", id);
    return json;
  }

  [[nodiscard]] static Json tool_needle() {
    Json properties = Json::object();
    properties.set(kArgument, Json::object({{"type", "string"}, {"description", "Text."}}));
    Json parameters = Json::object({{"type", "object"}});
    parameters.set("properties", std::move(properties));
    parameters.set("required", Json::array({Json(kArgument)}));
    Json function = Json::object({{"name", kTool}, {"description", "A tool."}});
    function.set("parameters", std::move(parameters));
    return Json::object({{"type", "function"}, {"function", std::move(function)}});
  }

  [[nodiscard]] Result<std::string> try_render(std::initializer_list<Json> messages, bool with_tools = false,
                                               bool opens_reply = false) const {
    const Json tools = with_tools ? Json::array({tool_needle()}) : Json::array();
    const auto date = abilities_.needs_date ? std::optional(kProbeDate) : std::nullopt;
    return jinja_.render(template_variables(Json(Json::Array(messages)), tools, source_, opens_reply), date,
                         kProbeBounds);
  }

  [[nodiscard]] std::optional<std::string> render(std::initializer_list<Json> messages, bool with_tools = false,
                                                  bool opens_reply = false) const {
    Result<std::string> text = try_render(messages, with_tools, opens_reply);
    return text ? std::optional(*std::move(text)) : std::nullopt;
  }

  // Plain or typed content, without or with a date: the first that brings the user's text out.
  Result<void> probe_user() {
    std::optional<Error> first;
    for (const bool needs_date : {false, true}) {
      for (const bool typed : {false, true}) {
        abilities_.needs_date = needs_date;
        shape_.typed_content = typed;
        const Result<std::string> text = try_render({message(Role::user, kUser)}, false, true);
        if (text && text->contains(kUser)) {
          return {};
        }
        if (!text && !first) {
          first = text.error();
        }
      }
    }
    if (first) {
      return std::unexpected(*first);
    }
    return fail(ErrorCode::invalid_argument, "the chat template loses the user's text",
                "choose another one with --chat-template");
  }

  void probe_system() {
    const auto first = render({message(Role::system, kSystem), message(Role::user, kUser)});
    abilities_.system = has_all(first, {kSystem, kUser});
    shape_.system = abilities_.system;
    const auto late = render({message(Role::user, kUser), message(Role::assistant, kAnswer),
                              message(Role::system, kSystem), message(Role::user, kUserToo)});
    // A late one that comes out before the first turn has been moved, and would change the prefix of every turn.
    shape_.late_system =
        shape_.system && has_all(late, {kUser, kSystem, kUserToo}) && late->find(kAnswer) < late->find(kSystem);
  }

  void probe_turns() {
    const auto twice = render({message(Role::user, kUser), message(Role::user, kUserToo)});
    shape_.merge_turns = !has_all(twice, {kUser, kUserToo});
  }

  // The way of writing a call's arguments, and of leaving its content empty, that works best.
  void probe_calls() {
    const Shape before = shape_;
    Shape shown = shape_;
    for (const bool null_content : {false, true}) {
      for (const bool object_arguments : {true, false}) {
        shape_.null_content = null_content;
        shape_.object_arguments = object_arguments;
        const auto text = render({message(Role::user, kUser), calls_message({{kTool, kCallId}})});
        if (!has_all(text, {kTool, kArgument, kValue})) {
          continue;
        }
        if (has_tagged_calls(*text, {kTool})) {
          is_tagged_ = true;
          abilities_.tool_calls = true;
          return;
        }
        if (!abilities_.tool_calls) {
          abilities_.tool_calls = true;
          shown = shape_;
        }
      }
    }
    shape_ = abilities_.tool_calls ? shown : before;
  }

  void probe_tools() {
    abilities_.tools = has_all(render({message(Role::user, kUser)}, true, true), {kTool, kArgument, kUser});
    const Json user = message(Role::user, kUser);
    abilities_.tool_results =
        has_all(render({user, calls_message({{kTool, kCallId}}), result_message(kTool, kCallId, kResult)}, true, true),
                {kUser, kResult});
    const auto parallel =
        render({user, calls_message({{kTool, kCallId}, {kToolToo, kCallIdToo}}),
                result_message(kTool, kCallId, kResult), result_message(kToolToo, kCallIdToo, kResultToo)},
               true, true);
    abilities_.parallel_calls = abilities_.tool_calls && has_all(parallel, {kTool, kToolToo, kResult, kResultToo});
    if (is_tagged_ && abilities_.parallel_calls) {
      is_tagged_ = has_tagged_calls(*parallel, {kTool, kToolToo});
    } else {
      is_tagged_ = false;
    }
  }

  // It opens <think>, shows reasoning, or takes <think> out of old turns.
  void probe_reasoning() {
    const Json user = message(Role::user, kUser);
    Json thoughtful = message(Role::assistant, kAnswer);
    thoughtful.set("reasoning_content", kThought);
    const std::string tagged = std::string(kThinkStart) + "\n" + std::string(kThought) + "\n" + std::string(kThinkEnd) +
                               "\n\n" + std::string(kAnswer);
    const auto taken_out = render({user, message(Role::assistant, tagged), message(Role::user, kUserToo)});
    const auto opened = render({user}, false, true);
    const auto closed = render({user}, false, false);
    abilities_.reasoning = has_all(render({user, thoughtful}), {kThought, kThinkStart}) ||
                           (has_all(taken_out, {kAnswer}) && !taken_out->contains(kThought)) ||
                           (has_all(opened, {kThinkStart}) && !has_all(closed, {kThinkStart}));
  }

  const Jinja& jinja_;
  const TemplateSource& source_;
  TemplateAbilities abilities_;
  Shape shape_;
  bool is_tagged_ = false;
};

}  // namespace

Json template_variables(Json messages, Json tools, const TemplateSource& source, bool opens_reply) {
  Json variables = Json::object({{"messages", std::move(messages)},
                                 {"bos_token", source.bos_text},
                                 {"eos_token", source.eos_text},
                                 {"add_generation_prompt", opens_reply}});
  if (!tools.as_array().empty()) {
    variables.set("tools", std::move(tools));
  }
  return variables;
}

Result<Probed> probe_template(const Jinja& jinja, const TemplateSource& source) { return Prober(jinja, source).run(); }

}  // namespace puna
