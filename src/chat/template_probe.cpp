// The probes. Each renders a conversation that differs in one thing from one that is known to work, and looks for words
// that occur nowhere else. A probe that the template refuses means "cannot".
#include "chat/template_probe.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "chat/format_probe.h"
#include "chat/needles.h"
#include "chat/reply_tags.h"

namespace puna {
namespace {

using namespace needle;

class Prober {
 public:
  Prober(const Jinja& jinja, const TemplateSource& source) : talk_(jinja, source, shape_, abilities_.needs_date) {}

  Result<Probed> run() {
    PUNA_TRY_VOID(probe_user());
    probe_system();
    probe_turns();
    probe_functions();
    probe_calls();
    probe_tools();
    probe_reasoning();
    FoundFormat found = probe_format(talk_, abilities_.tool_calls);
    std::string problem = !found.problem.empty()     ? std::move(found.problem)
                          : !abilities_.tools        ? "the template does not list tools"
                          : !abilities_.tool_results ? "the template does not show the results of tools"
                                                     : std::move(found.unconstrained);
    if (problem.empty() && !probe_text_beside_calls()) {
      problem = "the template loses calls that stand beside text";
    }
    abilities_.own_calls = problem.empty();
    if (abilities_.own_calls) {  // a tool's name may have come from the list of tools
      const std::vector<CallSyntax>& calls = found.format.calls;
      abilities_.parallel_calls = abilities_.parallel_calls && !calls.empty() && calls.front().several;
    }
    Shape own = shape_;
    own.native_tools = true;
    own.merge_turns = false;
    own.calls_alone = false;
    own.system_gap = "\n";  // as llama-server has it
    shape_.native_tools = abilities_.own_calls;
    return Probed{.abilities = abilities_,
                  .shape = shape_,
                  .own = own,
                  .own_format = std::move(found.format),
                  .own_problem = std::move(problem)};
  }

 private:
  // Plain or typed content, without or with a date: the first that brings the user's text out.
  Result<void> probe_user() {
    std::optional<Error> first;
    for (const bool needs_date : {false, true}) {
      for (const bool typed : {false, true}) {
        abilities_.needs_date = needs_date;
        shape_.typed_content = typed;
        const Result<std::string> text = talk_.try_render({talk_.message(Role::user, kUser)}, {.opens_reply = true});
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
    const auto first = talk_.render({talk_.message(Role::system, kSystem), talk_.message(Role::user, kUser)});
    abilities_.system = has_all(first, {kSystem, kUser});
    shape_.system = abilities_.system;
    const auto late = talk_.render({talk_.message(Role::user, kUser), talk_.message(Role::assistant, kAnswer),
                                    talk_.message(Role::system, kSystem), talk_.message(Role::user, kUserToo)});
    // A late one that comes out before the first turn has been moved, and would change the prefix of every turn.
    shape_.late_system =
        shape_.system && has_all(late, {kUser, kSystem, kUserToo}) && late->find(kAnswer) < late->find(kSystem);
  }

  void probe_turns() {
    const auto twice = talk_.render({talk_.message(Role::user, kUser), talk_.message(Role::user, kUserToo)});
    shape_.merge_turns = !has_all(twice, {kUser, kUserToo});
  }

  // Tools as a text of its own name, where the list is not shown.
  void probe_functions() {
    const Json user = talk_.message(Role::user, kUser);
    const NeedleOptions offered{.tools = true, .opens_reply = true};
    if (has_all(talk_.render({user}, offered), {kTool})) {
      return;
    }
    if (!abilities_.needs_date) {  // some print the date only beside tools
      abilities_.needs_date = true;
      if (has_all(talk_.render({user}, offered), {kTool})) {
        return;
      }
      abilities_.needs_date = false;
    }
    shape_.functions_text = true;
    shape_.functions_text = has_all(talk_.render({user}, offered), {kTool, kUser});
    abilities_.needs_date = abilities_.needs_date || shape_.functions_text;
  }

  // The way of writing a call's arguments, and of leaving its content empty, that works best.
  void probe_calls() {
    const Shape before = shape_;
    Shape best = shape_;
    int best_score = 0;
    for (const bool null_content : {false, true}) {
      for (const bool object_arguments : {true, false}) {
        shape_.null_content = null_content;
        shape_.object_arguments = object_arguments;
        const auto text = talk_.render({talk_.message(Role::user, kUser), talk_.calls_message({{kTool, kCallId}})});
        if (const int score = score_of_calls(text); score > best_score) {
          best_score = score;
          best = shape_;
        }
      }
    }
    abilities_.tool_calls = best_score > 0;
    shape_ = best_score > 0 ? best : before;
  }

  // How good a rendering of a call is; 0 = it is not shown.
  static int score_of_calls(const std::optional<std::string>& text) {
    if (!has_all(text, {kTool, kArgument, kValue})) {
      return 0;
    }
    // An object that was printed as Python prints it, and a text that was quoted once more, are mistakes.
    const std::string key(kArgument);
    if (text->contains("'" + key + "'")) {
      return 1;
    }
    return text->contains("\\\"" + key) ? 2 : 3;
  }

  void probe_tools() {
    abilities_.tools = has_all(talk_.render({talk_.message(Role::user, kUser)}, {.tools = true, .opens_reply = true}),
                               {kTool, kArgument, kUser});
    const Json user = talk_.message(Role::user, kUser);
    abilities_.tool_results = has_all(
        talk_.render({user, talk_.calls_message({{kTool, kCallId}}), talk_.result_message(kTool, kCallId, kResult)},
                     {.tools = true, .opens_reply = true}),
        {kUser, kResult});
    const auto parallel = talk_.render(
        {user, talk_.calls_message({{kTool, kCallId}, {kToolToo, kCallIdToo}}),
         talk_.result_message(kTool, kCallId, kResult), talk_.result_message(kToolToo, kCallIdToo, kResultToo)},
        {.tools = true, .opens_reply = true});
    abilities_.parallel_calls = abilities_.tool_calls && has_all(parallel, {kTool, kToolToo, kResult, kResultToo});
  }

  // Calls in one message with text, or else in two. Some drop the text, as their models have learned it.
  bool probe_text_beside_calls() {
    const Json user = talk_.message(Role::user, kUser);
    const Json text = talk_.message(Role::assistant, kAnswer);
    const Json calls = talk_.calls_message({{kTool, kCallId}});
    Json both = calls;
    both.set("content", *text.find("content"));
    if (has_all(talk_.render({user, both}, {.tools = true}), {kValue})) {
      return true;
    }
    shape_.calls_alone = true;
    return has_all(talk_.render({user, text, calls}, {.tools = true}), {kAnswer, kValue});
  }

  // It shows reasoning in one of the forms, opens <think>, or takes <think> out of old turns.
  void probe_reasoning() {
    const Json user = talk_.message(Role::user, kUser);
    for (const ReasoningForm form : {ReasoningForm::reasoning_content, ReasoningForm::thinking, ReasoningForm::chunk}) {
      shape_.reasoning = form;
      const auto text = talk_.render({user, talk_.with_thought(talk_.message(Role::assistant, kAnswer))});
      // Some print a list of content as it is; that is not what is looked for.
      const bool is_printed = has_all(text, {"'thinking'"}) || has_all(text, {"\"thinking\""});
      if (has_all(text, {kThought, kAnswer}) && !is_printed) {
        abilities_.reasoning = true;
        return;
      }
      // Some keep it only where calls follow.
      const auto called =
          talk_.render({user, talk_.with_thought(talk_.calls_message({{kTool, kCallId}}))}, {.tools = true});
      if (abilities_.tool_calls && form != ReasoningForm::chunk && has_all(called, {kThought, kTool})) {
        abilities_.reasoning = true;
        return;
      }
    }
    shape_.reasoning = ReasoningForm::reasoning_content;
    const std::string tagged = std::string(kThinkStart) + "\n" + std::string(kThought) + "\n" + std::string(kThinkEnd) +
                               "\n\n" + std::string(kAnswer);
    const auto taken_out =
        talk_.render({user, talk_.message(Role::assistant, tagged), talk_.message(Role::user, kUserToo)});
    const auto opened = talk_.render({user}, {.opens_reply = true});
    const auto closed = talk_.render({user});
    abilities_.reasoning = (has_all(taken_out, {kAnswer}) && !taken_out->contains(kThought)) ||
                           (has_all(opened, {kThinkStart}) && !has_all(closed, {kThinkStart}));
  }

  TemplateAbilities abilities_;
  Shape shape_;
  NeedleTalk talk_;
};

}  // namespace

Result<Probed> probe_template(const Jinja& jinja, const TemplateSource& source) { return Prober(jinja, source).run(); }

}  // namespace puna
