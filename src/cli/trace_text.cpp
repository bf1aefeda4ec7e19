// See trace_text.h. All that a model, a tool or a user wrote goes through say(), which takes its control characters.
#include "cli/trace_text.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace puna::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kLinesMax = 12;            // of a text that is cut
constexpr std::size_t kShownLineBytesMax = 400;  // of each of them
constexpr std::string_view kIndent = "  │ ";

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (; times > 0; --times) {
    all += text;
  }
  return all;
}

std::int64_t integer(const Json* json, std::string_view key) {
  const Json* value = json == nullptr ? nullptr : json->find(key);
  return value != nullptr && value->is_integer() ? value->as_integer() : 0;
}

std::string_view trimmed_end(std::string_view text) { return text.substr(0, text.find_last_not_of(" \t\r\n") + 1); }

// What stands before the code in a reply, without the mark that opens it.
std::string_view before_code(std::string_view content, std::string_view code) {
  const std::size_t at = code.empty() ? std::string_view::npos : content.find(code);
  if (at == std::string_view::npos) {
    return content;
  }
  std::string_view thought = trimmed_end(content.substr(0, at));
  for (const std::string_view mark : {"<code>", "```python", "```py", "```"}) {
    if (thought.ends_with(mark)) {
      return trimmed_end(thought.substr(0, thought.size() - mark.size()));
    }
  }
  return thought;
}

std::string cost_text(const Json* usage) {
  return format_text("input {} tok, {} cached · output {} tok", count_text(integer(usage, "prompt_tokens")),
                     count_text(integer(usage, "cached_tokens")), count_text(integer(usage, "output_tokens")));
}

std::string time_text(std::int64_t us) { return duration_text(std::chrono::microseconds(us)); }

class Printer {
 public:
  Printer(const TraceTextOptions& options, const TraceLine& print) : options_(options), print_(print) {}

  void run(const RunStory& run) {
    rule("─", run.agent.empty() ? "New run" : "Agent " + run.agent, Style::cyan);
    say(run.task, Style::bold);
    rule("─", run.model, Style::cyan);
    for (const StepStory& one : run.steps) {
      if (depth_ > 0 || !options_.step || *options_.step == one.number) {
        step(one, run);
      }
    }
    if (depth_ > 0 || !options_.step) {
      end(run);
    }
  }

 private:
  void step(const StepStory& step, const RunStory& run) {
    rule("━", format_text("Step {}", step.number), Style::yellow);
    const Json* message = step.answered ? step.answered->find("message") : nullptr;
    const std::string_view content = message == nullptr ? "" : message->text_or("content");
    if (options_.full && step.prompted) {
      prompt(*step.prompted);
    }
    for (const std::string& note : step.notes) {
      say("note: " + note, Style::yellow);
    }
    if (message != nullptr) {
      text("Reasoning:", message->text_or("reasoning"), Style::dim);
      const bool is_code = step.calls.size() == 1 && step.calls.front().tool == "python";
      const std::string_view code = is_code ? step.calls.front().arguments.text_or("code") : "";
      const bool is_answer = !options_.step && step.calls.empty() && run.end && run.end->text_or("answer") == content;
      text("Thought:", is_answer ? "" : before_code(content, code), Style::plain);
    }
    if (const Json* error = step.answered ? step.answered->find("error") : nullptr) {
      say(format_text("the model gave no reply: {}", error->text_or("message")), Style::red);
    }
    for (const CallStory& one : step.calls) {
      call(one);
    }
    const Json* usage = step.answered ? step.answered->find("usage") : nullptr;
    const std::string cost = usage == nullptr ? "no reply" : cost_text(usage);
    say(format_text("[Step {}: {} · {}]", step.number, time_text(step.ended_us - step.begun_us), cost), Style::dim);
  }

  void prompt(const Json& prompted) {
    const std::int64_t same = integer(&prompted, "bytes_same");
    say(format_text("Prompt: {} tokens{}", count_text(integer(&prompted, "tokens")),
                    same > 0
                        ? format_text(", the first {} as before; then", count_text(integer(&prompted, "tokens_same")))
                        : ""),
        Style::dim);
    block(prompted.text_or("prompt"), Style::dim);
  }

  void call(const CallStory& call) {
    const std::string_view code = call.tool == "python" ? call.arguments.text_or("code") : "";
    if (code.empty()) {
      say(format_text("● {}  {}", call.tool, arguments_text(call.arguments)), Style::cyan);
    } else {
      say("Code:", Style::cyan);
      block(code, Style::plain);
    }
    if (call.permission) {
      const Json* allowed = call.permission->find("is_allowed");
      const bool is_allowed = allowed != nullptr && allowed->is_bool() && allowed->as_bool();
      say(format_text("  {} by {}: {}", is_allowed ? "allowed" : "denied", call.permission->text_or("by"),
                      call.permission->text_or("rule")),
          is_allowed ? Style::dim : Style::yellow);
    }
    for (const CallStory& inner : call.calls) {
      below([&] { this->call(inner); });
    }
    for (const RunStory& inner : call.runs) {
      below([&] { run(inner); });
    }
    if (!call.end) {
      say("  (the trace ends in this call)", Style::yellow);
      return;
    }
    const Json* failed = call.end->find("is_error");
    const bool is_error = failed != nullptr && failed->is_bool() && failed->as_bool();
    say(format_text("Observation: ({})", time_text(integer(&*call.end, "duration_us"))), Style::dim);
    block(call.end->text_or("observation"), is_error ? Style::yellow : Style::plain);
  }

  void end(const RunStory& run) {
    if (!run.end) {
      say("The trace ends in the middle of this run.", Style::yellow);
      return;
    }
    if (run.end->text_or("type") == "run.failed") {
      say(format_text("The run failed: {}", run.end->text_or("message")), Style::red);
      return;
    }
    rule("━", "Answer", Style::green);
    block(run.end->text_or("answer"), Style::bold);
    say(format_text("[{} · {} turns · {}]", run.end->text_or("stop_reason"), integer(&*run.end, "turns"),
                    cost_text(run.end->find("usage"))),
        Style::dim);
  }

  static std::string arguments_text(const Json& arguments) {
    if (!arguments.is_object()) {
      return arguments.dump();
    }
    std::string text;
    for (const Json::Member& member : arguments.as_object()) {
      text += (text.empty() ? "" : "  ") + member.key + "=" + member.value.dump();
    }
    return text;
  }

  template <class Do>
  void below(const Do& print) {
    ++depth_;
    print();
    --depth_;
  }

  void text(std::string_view title, std::string_view text, Style style) {
    if (!trimmed_end(text).empty()) {
      say(title, Style::dim);
      block(text, style);
    }
  }

  // Indented; cut unless all is asked for, with counts of what is left out.
  void block(std::string_view text, Style style) {
    text = trimmed_end(text);
    for (std::size_t lines = 0; !text.empty(); ++lines) {
      if (lines == kLinesMax && !options_.full) {
        const auto more = std::ranges::count(text, '\n') + 1;
        say(format_text("  ... {} more lines, {} bytes (--full shows them)", count_text(more),
                        count_text(static_cast<std::int64_t>(text.size()))),
            Style::dim);
        return;
      }
      const std::string_view line = text.substr(0, text.find('\n'));
      const std::string_view shown = options_.full ? line : utf8::truncate(line, kShownLineBytesMax);
      const std::string more =
          shown.size() < line.size() ? format_text(" ... {} more bytes", line.size() - shown.size()) : std::string();
      say("  " + std::string(shown) + more, style);
      text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
  }

  void rule(std::string_view line, std::string_view title, Style style) {
    const std::string name = printable(utf8::truncate(title, kWidth / 2));
    const std::size_t length = name.size() + 2 + depth_ * 4;
    const std::size_t rest = length + 8 < kWidth ? kWidth - length : 8;
    print_(repeated(kIndent, depth_) + repeated(line, rest / 2) + " " + name + " " + repeated(line, rest - rest / 2) +
               "\n",
           style);
  }

  // One text, each of its lines behind the indent.
  void say(std::string_view text, Style style) {
    const std::string indent = repeated(kIndent, depth_);
    std::string shown;
    std::string_view rest = trimmed_end(text);
    do {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      shown += indent + printable(line) + "\n";
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    } while (!rest.empty());
    print_(shown, style);
  }

  const TraceTextOptions& options_;
  const TraceLine& print_;
  std::size_t depth_ = 0;
};

}  // namespace

void print_story(const TraceStory& story, const TraceTextOptions& options, const TraceLine& print) {
  Printer printer(options, print);
  for (const RunStory& run : story.runs) {
    printer.run(run);
  }
}

}  // namespace puna::cli
