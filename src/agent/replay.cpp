// Making a recorded run again, and where it is another one.
#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/canonical_events.h"
#include "agent/playback.h"
#include "agent/recording_json.h"
#include "puna/agent/recording.h"
#include "puna/agent/window.h"
#include "puna/base/json_difference.h"

namespace puna {
namespace {

class MessagesRecord final : public RunRecord {
 public:
  explicit MessagesRecord(Transcript& messages) : messages_(messages) {}
  [[nodiscard]] Result<void> append(const Message& message) override {
    messages_.push_back(message);
    return {};
  }

 private:
  Transcript& messages_;
};

class ReplayedEvents final : public EventSink {
 public:
  ReplayedEvents(std::vector<Json>& lines, EventSink& view)
      : events_([&lines](Json line) { lines.push_back(std::move(line)); }), view_(view) {}
  void on(const Event& event) override {
    events_.take({}, event);
    view_.on(event);
  }
  void flush() { events_.flush(); }

 private:
  agent::CanonicalEvents events_;
  EventSink& view_;
};

Result<void> run_again(const Recording& recording, Model& model, agent::Playback& playback, Transcript& messages,
                       EventSink& events) {
  const RecordedRun& run = recording.run;
  PUNA_TRY(Toolbox tools, playback.tools());
  const std::unique_ptr<Gate> gate = playback.gate();
  MessagesRecord record(messages);
  ContextWindow window({.is_managed = !run.shows_all});
  AgentOptions options = run.agent;
  options.record = &record;
  options.window = &window;
  options.gate = gate.get();
  options.clock = &playback.clock();
  if (!run.is_code) {
    Transcript transcript = run.transcript;
    return resume(model, tools, transcript, options, events, playback.token()).transform([](const RunEnd&) {});
  }
  CodeAgentOptions code{.agent = options,
                        .calls_per_step_max = run.calls_per_step_max,
                        .planning_interval = run.planning_interval,
                        .instructions = run.instructions};
  code.python.imports = run.imports;
  PUNA_TRY(CodeAgent agent, CodeAgent::create(model, tools, playback.interpreter(), std::move(code)));
  PUNA_TRY_VOID(record.append(agent.transcript().front()));
  return agent.run(run.task, events, playback.token()).transform([](const CodeRunEnd&) {});
}

// In words: the first of two lists that is not the same.
std::optional<std::string> first_other(std::string_view what, const std::vector<Json>& was,
                                       const std::vector<Json>& is) {
  for (std::size_t i = 0; i < std::max(was.size(), is.size()); ++i) {
    if (i >= was.size() || i >= is.size()) {
      return format_text("{} {}: was {}, is {}", what, i + 1,
                         i < was.size() ? std::string(utf8::truncate(was[i].dump(), 200)) : "nothing",
                         i < is.size() ? std::string(utf8::truncate(is[i].dump(), 200)) : "nothing");
    }
    if (const auto where = first_difference(was[i], is[i])) {
      return format_text("{} {} ({}): {}", what, i + 1, printable(was[i].text_or("type", was[i].text_or("role"))),
                         where->text());
    }
  }
  return std::nullopt;
}

std::vector<Json> lines_of(const Transcript& messages) {
  std::vector<Json> lines;
  std::ranges::for_each(messages, [&lines](const Message& message) { lines.push_back(to_json(message)); });
  return lines;
}

Json end_json(const std::optional<Error>& failure) { return failure ? agent::failure_json(*failure) : Json(); }

// ---- two recordings

void add_members(std::string_view name, const Json& was, const Json& is, std::vector<std::string>& found) {
  const auto compare = [&](const std::string& key, const Json* left, const Json* right) {
    const Json nothing;
    const auto where = first_difference(left == nullptr ? nothing : *left, right == nullptr ? nothing : *right);
    if (where) {
      const std::string_view between = where->path.empty()                ? ": "
                                       : where->path.starts_with('[')     ? ""
                                       : where->path.starts_with("byte ") ? ", "
                                                                          : ".";
      found.push_back(std::string(name) + key + std::string(between) + where->text());
    }
  };
  for (const Json::Member& each : was.is_object() ? was.as_object() : Json::Object()) {
    if (each.key != "about") {
      compare(each.key, &each.value, is.find(each.key));
    }
  }
  for (const Json::Member& each : is.is_object() ? is.as_object() : Json::Object()) {
    if (each.key != "about" && was.find(each.key) == nullptr) {
      compare(each.key, nullptr, &each.value);
    }
  }
}

// The text of a reply's tokens is not known here; their numbers and what was said are.
std::optional<std::string> reply_difference(const RecordedCall& was, const RecordedCall& is) {
  if (!was.reply || !is.reply) {
    return std::nullopt;
  }
  const auto [left, right] = std::ranges::mismatch(was.reply->tokens, is.reply->tokens);
  const auto said = first_difference(to_json(was.reply->message), to_json(is.reply->message));
  if (left == was.reply->tokens.end() && right == is.reply->tokens.end()) {
    return said ? std::optional("reply: " + said->text()) : std::nullopt;
  }
  const auto token = [](auto at, auto end) { return at == end ? std::string("the end") : format_text("{}", *at); };
  return format_text("token {} of the reply: was {}, is {}{}", left - was.reply->tokens.begin() + 1,
                     token(left, was.reply->tokens.end()), token(right, is.reply->tokens.end()),
                     said ? "; " + said->text() : "");
}

// The place of line i among those of its type.
std::string place_of_line(const std::vector<Json>& lines, std::size_t i) {
  const std::string type(lines[i].text_or("type"));
  const auto number = std::count_if(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                    [&type](const Json& line) { return line.text_or("type") == type; });
  const std::string_view what = type == "model"    ? "call of the model"
                                : type == "tool"   ? "call of a tool"
                                : type == "permit" ? "permission"
                                : type == "code"   ? "piece of code"
                                                   : std::string_view(type);
  return format_text("{} {}", what, number);
}

// What came from outside, without how many tokens a request has: that differs because the request does.
std::vector<Json> answers_of(const Recording& recording) {
  std::vector<Json> answers;
  std::ranges::copy_if(recording.lines, std::back_inserter(answers), [](const Json& line) {
    return line.text_or("type") != "counted" && line.text_or("type") != "recording";
  });
  return answers;
}

std::string call_difference(const RecordedCall& was, const RecordedCall& is, const JsonDifference& line) {
  if (const auto request = first_difference(to_json(was.request), to_json(is.request))) {
    return "request: " + request->text();
  }
  return reply_difference(was, is).value_or(line.text());
}

std::optional<std::string> answer_difference(const Recording& was, const Recording& is) {
  const std::vector<Json> left = answers_of(was);
  const std::vector<Json> right = answers_of(is);
  std::size_t model_calls = 0;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    if (i >= left.size() || i >= right.size()) {
      const bool is_first = i < left.size();
      return format_text("{}: only the {} has it", place_of_line(is_first ? left : right, i),
                         is_first ? "first" : "second");
    }
    const bool is_call = left[i].text_or("type") == "model" && right[i].text_or("type") == "model";
    if (const auto where = first_difference(left[i], right[i])) {
      return place_of_line(left, i) + ": " +
             (is_call ? call_difference(was.model.calls[model_calls], is.model.calls[model_calls], *where)
                      : where->text());
    }
    model_calls += is_call ? 1 : 0;
  }
  return std::nullopt;
}

}  // namespace

Result<Replayed> replay(const Recording& recording, EventSink& view) {
  Replayed again;
  agent::Playback playback(recording);
  const auto model = RecordedModel::create(
      recording.model, [&playback](const RecordedCall& call) { playback.answered(call.is_stopped); });
  ReplayedEvents events(again.events, view);
  const auto end = run_again(recording, *model, playback, again.messages, events);
  events.flush();
  if (model->miss() || playback.miss()) {
    again.difference = model->miss() ? model->miss()->message : *playback.miss();
    return again;
  }
  const std::optional<Error> failure = end ? std::nullopt : std::optional(end.error());
  if (failure && !recording.failure && !recording.is_cut) {
    return std::unexpected(*failure);
  }
  again.difference = first_other("event", recording.events, again.events);
  if (!again.difference) {
    again.difference = first_other("message", lines_of(recording.messages), lines_of(again.messages));
  }
  if (const auto where = first_difference(end_json(recording.failure), end_json(failure));
      where && !again.difference && !recording.is_cut) {
    again.difference = "the end: " + where->text();
  }
  const bool was_stopped = !playback.end().empty();
  if (!again.difference && !was_stopped && model->calls_left() > 0) {
    again.difference = format_text("the run ended before the last {} recorded calls of the model", model->calls_left());
  }
  return again;
}

std::vector<std::string> differences(const Recording& was, const Recording& is) {
  std::vector<std::string> found;
  const auto about = [](const Recording& recording) -> const Json& { return recording.run.about; };
  add_members("about.", about(was), about(is), found);
  add_members("", was.head, is.head, found);
  if (auto answer = answer_difference(was, is)) {
    found.push_back(*std::move(answer));
  } else if (auto event = first_other("event", was.events, is.events)) {
    found.push_back(*std::move(event));
  }
  return found;
}

}  // namespace puna
