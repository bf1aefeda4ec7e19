// PythonWorker: what happens between the library and the interpreter while a step runs.
#include "puna/sandbox/python.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <set>

#include "sandbox/python_child.h"

namespace puna {
namespace sandbox {

struct PythonProcess {
  const Setup* setup = nullptr;
  PythonOptions options;
  Interpreter interpreter;
  std::string dialect;
  std::unique_ptr<PythonChild> child;  // none: it was lost
};

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr std::size_t kCodeBytesMax = 1U << 20;
constexpr std::uint32_t kCallsMax = 1000;  // of a step; each takes time outside, which no limit of the step counts
constexpr std::chrono::milliseconds kGrace(100);        // from the interruption to the kill
constexpr std::chrono::milliseconds kBetweenStops(20);  // code that catches one is interrupted again

// The words that a function cannot be called.
constexpr auto kKeywords = std::to_array<std::string_view>(
    {"False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
     "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
     "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
     "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"});

bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); }) &&
         std::ranges::find(kKeywords, name) == kKeywords.end();
}

Result<void> check_name(const std::string& name, std::string_view what, std::set<std::string>& seen) {
  if (!is_identifier(name)) {
    return fail(ErrorCode::invalid_argument,
                format_text("{} cannot be called '{}' in Python", what, printable(utf8::sanitize(name))),
                "letters, digits and _, not a keyword, no digit in front");
  }
  if (!seen.insert(name).second) {
    return fail(ErrorCode::invalid_argument, format_text("the name '{}' stands for two things in Python", name));
  }
  return {};
}

Result<void> check(const PythonOptions& options) {
  std::set<std::string> names{"final_answer", "ToolError", "__check_over__", "__builtins__"};
  for (const PythonTool& tool : options.tools) {
    PUNA_TRY_VOID(check_name(tool.name, "a tool", names));
    std::set<std::string> parameters;
    for (const PythonParameter& parameter : tool.parameters) {
      PUNA_TRY_VOID(check_name(parameter.name, format_text("a parameter of {}", tool.name), parameters));
    }
  }
  return {};
}

Result<Interpreter> find_interpreter(const PythonOptions& options) {
  if (!options.interpreter.empty()) {
    const bool is_micro = options.interpreter.substr(options.interpreter.rfind('/') + 1).starts_with("micropython");
    return Interpreter{.path = options.interpreter, .is_micro = is_micro};
  }
  for (const char* path : {"/usr/bin/python3", "/usr/local/bin/python3", "/usr/bin/micropython"}) {
    if (::access(path, X_OK) == 0) {
      return Interpreter{.path = path, .is_micro = std::string_view(path).ends_with("micropython")};
    }
  }
  return fail(ErrorCode::not_found, "there is no Python in /usr/bin or /usr/local/bin",
              "install python3, or micropython, which is smaller");
}

// One step, from the code to the interpreter's last word about it.
class StepRun {
 public:
  StepRun(PythonProcess& process, const PythonToolbox& answer, const std::stop_token& stop)
      : process_(process), child_(*process.child), answer_(answer), stop_(stop) {}

  PythonStep run(std::string_view code, int stopped) {
    child_.send(Json::object({{"op", "run"}, {"token", token_}, {"code", code}}));
    deadline_ = begin_ + process_.options.limits.wall;
    while (!is_done_ && !child_.is_lost() && !is_past_grace()) {
      child_.wait(next_event(), is_stopping() ? -1 : stopped);
      while (auto message = is_done_ ? std::nullopt : child_.next_message()) {
        take(*message);
      }
      look_at_clock();
    }
    finish();
    return std::move(step_);
  }

 private:
  [[nodiscard]] bool is_stopping() const { return stopping_since_ != Clock::time_point{}; }
  [[nodiscard]] bool is_past_grace() const { return is_stopping() && Clock::now() >= stopping_since_ + kGrace; }
  [[nodiscard]] Clock::time_point next_event() const {
    return is_stopping() ? std::min(next_stop_, stopping_since_ + kGrace) : deadline_;
  }

  void stop_because(PythonEnd end) {
    step_.end = end;
    stopping_since_ = next_stop_ = Clock::now();
    if (end == PythonEnd::final_answer) {
      next_stop_ += kBetweenStops;  // it stops by itself, unless the code catches that
    }
  }

  void look_at_clock() {
    if (is_done_) {
      return;
    }
    if (!is_stopping() && stop_.stop_requested()) {
      stop_because(PythonEnd::cancelled);
    } else if (!is_stopping() && Clock::now() >= deadline_) {
      stop_because(PythonEnd::wall_time);
    }
    if (is_stopping() && Clock::now() >= next_stop_) {
      child_.send(Json::object({{"op", "stop"}, {"token", token_}}));
      next_stop_ = Clock::now() + kBetweenStops;
    }
  }

  // Messages of another step are a thread's that outlived it.
  void take(const Json& message) {
    if (message.text_or("token") != token_) {
      return;
    }
    const std::string_view op = message.text_or("op");
    if (op == "call") {
      take_call(message);
    } else if (op == "final") {
      const Json* value = message.find("value");
      if (!step_.final_answer && !is_stopping() && value != nullptr) {
        step_.final_answer = *value;
        stop_because(PythonEnd::final_answer);
      }
    } else if (op == "done") {
      take_done(message);
    }
  }

  void take_call(const Json& message) {
    const Json* number = message.find("number");
    const Json* arguments = message.find("arguments");
    if (number == nullptr || !number->is_integer() || arguments == nullptr ||
        std::cmp_less_equal(number->as_integer(), last_call_)) {
      return;  // no call that anybody waits for
    }
    last_call_ = static_cast<std::uint64_t>(number->as_integer());
    PythonCall call{.number = last_call_, .tool = std::string(message.text_or("tool")), .arguments = *arguments};
    const Clock::time_point begin = Clock::now();
    const PythonAnswer answer = answer_to(call);
    outside_ += Clock::now() - begin;
    deadline_ += Clock::now() - begin;
    const Json value = answer.is_error && !answer.value.is_string() ? Json(answer.value.dump()) : answer.value;
    child_.send(Json::object({{"op", "answer"},
                              {"token", token_},
                              {"number", static_cast<std::int64_t>(last_call_)},
                              {"value", value},
                              {"error", answer.is_error}}));
  }

  PythonAnswer answer_to(const PythonCall& call) {
    const auto refuse = [](std::string text) { return PythonAnswer{.value = std::move(text), .is_error = true}; };
    if (is_stopping() || stop_.stop_requested()) {
      return refuse("the step is over");
    }
    const auto& tools = process_.options.tools;
    const auto tool = std::ranges::find(tools, call.tool, &PythonTool::name);
    if (tool == tools.end() || !answer_) {
      return refuse(format_text("there is no tool '{}'", printable(utf8::sanitize(call.tool))));
    }
    if (!fits(*tool, call.arguments)) {
      return refuse(format_text("{}() was called with arguments that it does not have", call.tool));
    }
    if (++step_.calls > kCallsMax) {
      return refuse(format_text("a step may call tools {} times", kCallsMax));
    }
    try {
      return answer_(call, stop_);
    } catch (const std::exception& error) {
      return refuse(format_text("{}() failed: {}", call.tool, printable(utf8::sanitize(error.what()))));
    }
  }

  static bool fits(const PythonTool& tool, const Json& arguments) {
    if (!arguments.is_object()) {
      return false;
    }
    const auto is_known = [&](const Json::Member& one) {
      return std::ranges::find(tool.parameters, one.key, &PythonParameter::name) != tool.parameters.end();
    };
    return std::ranges::all_of(arguments.as_object(), is_known) &&
           std::ranges::all_of(tool.parameters, [&](const PythonParameter& one) {
             return !one.is_required || arguments.find(one.name) != nullptr;
           });
  }

  void take_done(const Json& message) {
    is_done_ = true;
    if (is_stopping()) {
      return;
    }
    if (const Json* value = message.find("value"); value != nullptr && value->is_string()) {
      step_.value = value->as_string();
    }
    const Json* error = message.find("error");
    if (error == nullptr || !error->is_object()) {
      return;
    }
    const Json* line = error->find("line");
    step_.end = PythonEnd::error;
    step_.error = PythonError{.type = std::string(error->text_or("type")),
                              .message = std::string(error->text_or("message")),
                              .line = line != nullptr && line->is_integer() ? static_cast<int>(line->as_integer()) : 0,
                              .source = std::string(error->text_or("source")),
                              .trace = std::string(error->text_or("trace"))};
  }

  void finish() {
    if (!is_done_) {
      const std::string how = child_.end();
      step_.state_lost = true;
      if (!is_stopping()) {
        step_.end = PythonEnd::died;
        step_.error = PythonError{.type = "Interpreter", .message = how};
      }
    }
    step_.output = child_.take_output();
    step_.time_outside = duration_cast<microseconds>(outside_);
    step_.time = duration_cast<microseconds>(Clock::now() - begin_ - outside_);
    if (step_.state_lost) {
      process_.child.reset();
    }
  }

  PythonProcess& process_;
  PythonChild& child_;
  const PythonToolbox& answer_;
  const std::stop_token& stop_;
  // Only the step that is running knows it: what a thread of an earlier one says is not taken for this one's.
  std::string token_ = format_text("{:016x}{:016x}", Random::entropy(), Random::entropy());
  PythonStep step_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point deadline_;
  Clock::time_point stopping_since_;
  Clock::time_point next_stop_;
  Clock::duration outside_{};
  std::uint64_t last_call_ = 0;
  bool is_done_ = false;
};

Result<void> start(PythonProcess& process) {
  process.child.reset();
  PUNA_TRY(process.child, PythonChild::start(*process.setup, process.options, process.interpreter));
  process.dialect = process.child->dialect();
  return {};
}

}  // namespace
}  // namespace sandbox

PythonWorker::PythonWorker(std::unique_ptr<sandbox::PythonProcess> process) : process_(std::move(process)) {}
PythonWorker::PythonWorker(PythonWorker&&) noexcept = default;
PythonWorker& PythonWorker::operator=(PythonWorker&&) noexcept = default;
PythonWorker::~PythonWorker() = default;

Result<PythonWorker> PythonWorker::open(const Sandbox& sandbox, PythonOptions options) {
  PUNA_TRY_VOID(sandbox::check(options));
  auto process = std::make_unique<sandbox::PythonProcess>();
  PUNA_TRY(process->interpreter, sandbox::find_interpreter(options));
  process->setup = &sandbox::Inside::of(sandbox);
  process->options = std::move(options);
  PUNA_TRY_VOID(sandbox::start(*process));
  return PythonWorker(std::move(process));
}

const std::string& PythonWorker::dialect() const { return process_->dialect; }
bool PythonWorker::is_micropython() const { return process_->interpreter.is_micro; }
Result<void> PythonWorker::reset() { return sandbox::start(*process_); }

Result<PythonStep> PythonWorker::run(std::string_view code, const PythonToolbox& answer, std::stop_token stop) {
  if (code.size() > sandbox::kCodeBytesMax || !utf8::is_valid(code)) {
    return fail(ErrorCode::invalid_argument, "the code is not UTF-8, or is over 1 MiB");
  }
  const sandbox::Descriptor stopped(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stopped) {
    return fail(ErrorCode::io, format_text("no event descriptor: {}", std::strerror(errno)));
  }
  if (!process_->child || process_->child->is_lost()) {
    PUNA_TRY_VOID(sandbox::start(*process_));
  }
  const std::stop_callback on_stop(stop, [&stopped] { (void)::eventfd_write(stopped.get(), 1); });
  return sandbox::StepRun(*process_, answer, stop).run(code, stopped.get());
}

}  // namespace puna
