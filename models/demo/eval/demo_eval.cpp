// puna-demo-eval MODEL.gguf TASKS.jsonl [--bars] [--jsonl FILE]: runs every task through LocalModel (greedy, the
// model's own template, tool arguments constrained) and prints a table. With --bars it judges: exit status 0 when every
// bar is met, 1 when one is missed, 75 when there are too few tasks to say.
//
// Tasks run eight at a time on one engine; greedy answers do not depend on that in the deterministic profile.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <format>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "puna/model.h"
#include "task.h"

namespace puna::demo {
namespace {

constexpr int kWorkers = 8;
// The bars of the demo model.
constexpr double kCallsRightMin = 0.90;
constexpr double kFinalRightMin = 0.85;
constexpr double kFamilyRightMin = 0.65;
constexpr int kFamilies = 10;  // with so many tasks each; with fewer nothing is judged
constexpr int kFamilyTasksMin = 200;

enum class Verdict { met = 0, missed = 1, inconclusive = 75 };  // as exit statuses

struct Outcome {
  int calls_expected = 0;
  int calls_right = 0;
  int calls_made = 0;
  int calls_valid = 0;  // of those made, the ones that fit their tool's schema
  bool has_final = false;
  bool final_right = false;
  std::string said;  // the model's last text or calls, for the record
};

// Pairs made calls with expected ones, in any order; each expected call is used once.
int count_right(const std::vector<ToolCall>& expected, const std::vector<ToolCall>& made) {
  std::vector<bool> used(made.size(), false);
  int right = 0;
  for (const ToolCall& wanted : expected) {
    for (std::size_t i = 0; i < made.size(); ++i) {
      if (!used[i] && is_right(wanted, made[i])) {
        used[i] = true;
        ++right;
        break;
      }
    }
  }
  return right;
}

bool is_valid(const std::vector<ToolSpec>& tools, const ToolCall& call) {
  const auto spec = std::ranges::find(tools, call.name, &ToolSpec::name);
  return spec != tools.end() && schema_violations(spec->parameters, call.arguments).empty();
}

// The result that belongs to a made call: that of the expected call it equals.
std::string result_for(const ExpectedTurn& turn, const ToolCall& made) {
  for (std::size_t i = 0; i < turn.calls.size() && i < turn.results.size(); ++i) {
    if (is_right(turn.calls[i], made)) {
      return turn.results[i];
    }
  }
  return {};
}

std::string calls_text(const Reply& reply) {
  std::string text = reply.message.content;
  for (const ToolCall& call : reply.message.calls) {
    text += std::format("[{} {}]", call.name, call.arguments.dump());
  }
  return text;
}

Outcome run(Model& model, const Task& task) {
  Outcome outcome;
  for (const ExpectedTurn& turn : task.turns) {
    outcome.calls_expected += static_cast<int>(turn.calls.size());
    outcome.has_final = outcome.has_final || turn.calls.empty();
  }
  Request request{.messages = task.messages,
                  .tools = task.tools,
                  .format = task.schema ? std::optional<OutputFormat>(format::Schema{*task.schema}) : std::nullopt,
                  .tokens_max = 512};
  request.sampling.temperature = 0;
  for (const ExpectedTurn& turn : task.turns) {
    const auto reply = model.ask(request, EventSink::none());
    if (!reply) {
      outcome.said = "error: " + reply.error().message;
      return outcome;
    }
    const std::vector<ToolCall>& made = reply->message.calls;
    outcome.said = calls_text(*reply);
    outcome.calls_made += static_cast<int>(made.size() + reply->malformed_calls.size());
    outcome.calls_valid +=
        static_cast<int>(std::ranges::count_if(made, [&task](const ToolCall& c) { return is_valid(task.tools, c); }));
    if (turn.calls.empty()) {
      outcome.final_right = made.empty() && is_right(turn.final, reply->message.content);
      return outcome;
    }
    const int right = count_right(turn.calls, made);
    outcome.calls_right += right;
    if (right != static_cast<int>(turn.calls.size()) || made.size() != turn.calls.size()) {
      return outcome;  // the rest of the task is counted as wrong
    }
    request.messages.push_back(reply->message);
    for (const ToolCall& call : made) {
      request.messages.push_back(
          {.role = Role::tool, .content = result_for(turn, call), .call_id = call.id, .tool = call.name});
    }
  }
  return outcome;
}

struct Score {
  int tasks = 0;
  int calls_expected = 0, calls_right = 0, calls_made = 0, calls_valid = 0;
  int finals = 0, finals_right = 0;

  void add(const Outcome& o) {
    ++tasks;
    calls_expected += o.calls_expected;
    calls_right += o.calls_right;
    calls_made += o.calls_made;
    calls_valid += o.calls_valid;
    finals += o.has_final ? 1 : 0;
    finals_right += o.final_right ? 1 : 0;
  }
};

double share(int part, int whole) { return whole == 0 ? 1.0 : static_cast<double>(part) / whole; }
std::string percent(int part, int whole) {
  return whole == 0 ? std::string("     -") : std::format("{:5.1f}%", 100 * share(part, whole));
}

void print_row(const std::string& name, const Score& s) {
  std::printf("%-22s %6d  %s of %-5d %s of %-5d %s of %-5d\n", name.c_str(), s.tasks,
              percent(s.calls_right, s.calls_expected).c_str(), s.calls_expected,
              percent(s.calls_valid, s.calls_made).c_str(), s.calls_made, percent(s.finals_right, s.finals).c_str(),
              s.finals);
}

Result<std::vector<Task>> read_tasks(const std::string& file) {
  std::ifstream in(file);
  if (!in) {
    return fail(ErrorCode::not_found, "no task file '" + file + "'");
  }
  std::vector<Task> tasks;
  for (std::string line; std::getline(in, line);) {
    PUNA_TRY(const Json json, Json::parse(line));
    PUNA_TRY(Task task, task_from_json(json));
    tasks.push_back(std::move(task));
  }
  return tasks;
}

std::vector<Outcome> run_all(Model& model, const std::vector<Task>& tasks) {
  std::vector<Outcome> outcomes(tasks.size());
  std::atomic<std::size_t> next = 0;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < kWorkers; ++i) {
      workers.emplace_back([&] {
        for (std::size_t at = next++; at < tasks.size(); at = next++) {
          outcomes[at] = run(model, tasks[at]);
        }
      });
    }
  }
  return outcomes;
}

void write_record(const std::string& file, const std::vector<Task>& tasks, const std::vector<Outcome>& outcomes) {
  std::ofstream out(file);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Outcome& o = outcomes[i];
    out << Json::object({{"id", tasks[i].id},
                         {"family", tasks[i].family},
                         {"heldout_wording", tasks[i].heldout_wording},
                         {"calls_expected", o.calls_expected},
                         {"calls_right", o.calls_right},
                         {"final_right", o.final_right},
                         {"said", o.said}})
               .dump()
        << '\n';
  }
}

// Prints the table.
Verdict report(const std::vector<Task>& tasks, const std::vector<Outcome>& outcomes) {
  std::map<std::string, Score> families;
  Score all;
  Score unseen_wording;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    families[tasks[i].family].add(outcomes[i]);
    all.add(outcomes[i]);
    if (tasks[i].heldout_wording) {
      unseen_wording.add(outcomes[i]);
    }
  }
  std::printf("%-22s %6s  %-15s %-15s %-15s\n", "family", "tasks", "calls right", "schema-valid", "final right");
  bool families_hold = true;
  bool is_enough = families.size() >= kFamilies;
  for (const auto& [name, score] : families) {
    print_row(name, score);
    is_enough = is_enough && score.tasks >= kFamilyTasksMin;
    families_hold = families_hold && share(score.finals_right, score.finals) >= kFamilyRightMin;
  }
  print_row("all", all);
  print_row("all, unseen wording", unseen_wording);
  const bool holds = share(all.calls_right, all.calls_expected) >= kCallsRightMin &&
                     all.calls_valid == all.calls_made && share(all.finals_right, all.finals) >= kFinalRightMin &&
                     families_hold;
  return !is_enough ? Verdict::inconclusive : holds ? Verdict::met : Verdict::missed;
}

int program(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) {
    std::fputs("usage: puna-demo-eval MODEL.gguf TASKS.jsonl [--bars] [--jsonl FILE]\n", stderr);
    return 2;
  }
  const auto tasks = read_tasks(arguments[1]);
  auto model = LocalModel::open(
      {.load = {.file = arguments[0]}, .engine = {.sequences_max = kWorkers, .profile = Profile::deterministic}});
  if (!tasks || !model) {
    std::fprintf(stderr, "puna-demo-eval: %s\n", (tasks ? model.error() : tasks.error()).message.c_str());
    return 1;
  }
  const std::vector<Outcome> outcomes = run_all(**model, *tasks);
  const Verdict verdict = report(*tasks, outcomes);
  const auto jsonl = std::ranges::find(arguments, "--jsonl");
  if (jsonl != arguments.end() && jsonl + 1 != arguments.end()) {
    write_record(*(jsonl + 1), *tasks, outcomes);
  }
  if (std::ranges::find(arguments, "--bars") == arguments.end()) {
    return 0;
  }
  std::printf(
      "demo-eval: %s; calls right >= 90 %%, schema-valid 100 %%, final right >= 85 %%, every family >= 65 %%%s\n",
      verdict == Verdict::met      ? "met"
      : verdict == Verdict::missed ? "missed"
                                   : "inconclusive",
      verdict == Verdict::inconclusive ? "; 200 tasks of each of the 10 families are needed" : "");
  return static_cast<int>(verdict);
}

}  // namespace
}  // namespace puna::demo

int main(int argc, char** argv) {
  puna::restart_with_passive_wait(argv);
  return puna::demo::program({argv + 1, argv + argc});
}
