#include "cli/view.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <variant>

#include "cli/markdown.h"

namespace puna::cli {
namespace {

constexpr std::size_t kCardLinesMax = 6;
constexpr std::size_t kCardLineBytesMax = 160;

std::string arguments_text(const Json& arguments) {
  if (!arguments.is_object()) {
    return arguments.dump();
  }
  std::string text;
  for (const Json::Member& member : arguments.as_object()) {
    text += (text.empty() ? "" : "  ") + member.key + "=" + member.value.dump();
  }
  return text;
}

// The first lines of an observation, each cut, with a note on what is left out.
std::string excerpt(std::string_view text) {
  std::string shown;
  std::size_t lines = 0;
  while (!text.empty() && lines < kCardLinesMax) {
    const std::string_view line = text.substr(0, text.find('\n'));
    shown += std::string(lines == 0 ? "  → " : "    ") + std::string(utf8::truncate(line, kCardLineBytesMax));
    shown += line.size() > kCardLineBytesMax ? " ...\n" : "\n";
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    ++lines;
  }
  if (!text.empty()) {
    shown += format_text("    ... {} more bytes\n", text.size());
  }
  return shown.empty() ? "  → (nothing)\n" : shown;
}

std::string indented(std::string_view text) {
  std::string shown;
  for (const auto line : std::views::split(text, '\n')) {
    shown += "    " + std::string(line.begin(), line.end()) + "\n";
  }
  return shown;
}

// What to do about a run that a limit ended, by StopReason's name.
std::string way_on_from(std::string_view stop_reason) {
  const std::string_view remedy = stop_reason == "turns_max"           ? "more turns with --max-turns"
                                  : stop_reason == "output_tokens_max" ? "longer answers with --max-tokens"
                                  : stop_reason == "time_max"          ? "more time with --max-seconds"
                                  : stop_reason == "window_full"       ? "a larger window with -c, or a shorter task"
                                                                       : "";
  return remedy.empty() ? "" : format_text("  try: {}\n", remedy);
}

std::string footer(const Usage& usage, int turns) {
  const double seconds = static_cast<double>(usage.decode_time.count()) / 1e6;
  const std::string rate =
      seconds > 0 ? format_text(" · {:.0f} tok/s", static_cast<double>(usage.output_tokens) / seconds) : "";
  const std::int64_t share = usage.prompt_tokens > 0 ? 100 * usage.cached_tokens / usage.prompt_tokens : 0;
  return format_text("─ {} tok{} · prompt {} tok, {} % cached · {} · {}\n", count_text(usage.output_tokens), rate,
                     count_text(usage.prompt_tokens), share, turns == 1 ? "1 turn" : format_text("{} turns", turns),
                     duration_text(usage.prefill_time + usage.decode_time));
}

// Of one model call: what the wire took.
std::string cost_line(const Usage& usage) {
  return format_text("── prompt {} tok, {} cached, {} · output {} tok, {} forced, {} ──\n",
                     count_text(usage.prompt_tokens), count_text(usage.cached_tokens),
                     duration_text(usage.prefill_time), count_text(usage.output_tokens),
                     count_text(usage.forced_tokens), duration_text(usage.decode_time));
}

class Screen final : public EventSink {
 public:
  Screen(Console& console, const Options& options)
      : console_(console),
        verbose_(options.verbose),
        is_streamed_(console.out_is_terminal() || options.command == Command::ask) {
    if (options.command == Command::chat && console.out_is_terminal() && console.has_color()) {
      markdown_.emplace();
    }
  }

  void on(const Event& event) override {
    std::visit([this](const auto& e) { show(e); }, event);
  }
  // Cards, one step further in, behind the agent's name. What it says is for whoever called it.
  void on_nested(std::span<const AgentCall> path, const Event& event) override {
    if (std::holds_alternative<event::TextDelta>(event) || std::holds_alternative<event::ReasoningDelta>(event) ||
        std::holds_alternative<event::Prefill>(event)) {
      return;
    }
    end_line();
    prefix_ = std::string(2 * path.size(), ' ') + path.back().agent + " │ ";
    const auto shown = [this](const auto& e) { show(e); };
    if (const auto* end = std::get_if<event::RunEnded>(&event)) {
      err(format_text("{}: {}", end->stop_reason, footer(end->usage, end->turns)), Style::dim);
    } else {
      std::visit(shown, event);
    }
    prefix_.clear();
  }

 private:
  void show(const event::RunStarted& /*e*/) {}
  void show(const event::TurnStarted& e) {
    if (prefix_.empty()) {
      reply_.clear();
    }
    if (verbose_) {
      err(format_text("── turn {} ──\n", e.turn), Style::dim);
    }
  }
  void show(const event::PromptReady& e) {
    if (verbose_) {
      err("── prompt ──\n", Style::dim);
      err(e.prompt + "\n");
      const std::string tokens = e.token_ids.empty() ? "" : "── prompt tokens ──\n" + e.token_ids + "\n";
      err(tokens + "── output ──\n", Style::dim);
    }
  }
  void show(const event::PrefixLost& e) {
    if (verbose_) {
      err(format_text("prefix lost after {} of {} tokens: {}; was {}, is {}\n", e.tokens_kept, e.tokens_before,
                      e.reason, Json(e.was).dump(), Json(e.is).dump()),
          Style::yellow);
    }
  }
  void show(const event::WindowCut& e) {
    console_.clear_status();
    err(format_text("window of {} tokens: {} cut in {} messages, from {} to {} tokens\n", count_text(e.tokens_max),
                    e.step, count_text(e.messages), count_text(e.tokens_before), count_text(e.tokens_after)),
        Style::dim);
  }
  void show(const event::Prefill& e) {
    if (e.tokens_done < e.tokens_total) {
      console_.status(format_text("prefill  {} / {} tok, {} cached", count_text(e.tokens_done),
                                  count_text(e.tokens_total), count_text(e.tokens_cached)));
    } else {
      console_.clear_status();
    }
  }
  void show(const event::TextDelta& e) {
    if (is_streamed_) {
      reply_ += e.text;
      if (markdown_) {
        console_.out_styled(markdown_->add(e.text));
      } else {
        console_.out(e.text);
      }
      line_open_ = e.text.empty() ? line_open_ : e.text.back() != '\n';
    }
  }
  void show(const event::ReasoningDelta& e) { err(e.text, Style::dim); }
  void show(const event::ReplyReady& e) {
    end_line();
    if (verbose_) {
      err("── raw output ──\n", Style::dim);
      err(e.raw + "\n");
      err("── sampling ──\n" + e.sampling.dump() + "\n", Style::dim);
      err(cost_line(e.usage), Style::dim);
    }
    if (e.probabilities.is_array()) {
      show_probabilities(e.probabilities);
    }
  }
  void show(const event::ToolStarted& e) {
    err("● ", Style::cyan);
    err(e.tool, Style::bold);
    const std::string_view code = e.tool == "python" ? e.arguments.text_or("code") : "";
    if (code.empty()) {
      err("  " + arguments_text(e.arguments) + "\n");
    } else if (prefix_.empty() && reply_.contains(code)) {  // it is on the screen already
      err("\n");
    } else {
      err("\n" + indented(code));
    }
  }
  void show(const event::PermissionDecided& e) {
    if (!e.is_allowed && e.by == "nobody") {
      err(format_text("  denied: {}; nobody is at a terminal (--allow {} would allow it)\n", e.rule, e.tool),
          Style::yellow);
    } else if (!e.is_allowed || verbose_) {
      err(format_text("  {} by {}: {}\n", e.is_allowed ? "allowed" : "denied", e.by, e.rule),
          e.is_allowed ? Style::dim : Style::yellow);
    }
  }
  void show(const event::ToolEnded& e) { err(excerpt(e.observation), e.is_error ? Style::yellow : Style::dim); }
  void show(const event::Notice& e) {
    end_line();
    err("note: " + e.text + "\n", Style::yellow);
  }
  void show(const event::Traced& /*e*/) {}
  void show(const event::RunEnded& e) {
    end_line();
    const bool is_shown = is_streamed_ && reply_.contains(e.answer);
    if (!is_shown && !e.answer.empty()) {
      console_.out(e.answer.back() == '\n' ? e.answer : e.answer + "\n");
    }
    if (e.stop_reason != "answered") {
      err("stopped: " + e.stop_reason + "\n" + way_on_from(e.stop_reason), Style::yellow);
    }
    err(footer(e.usage, e.turns), Style::dim);
  }

  // Every line behind the prefix, also when it comes in pieces.
  void err(const std::string& text, Style style = Style::plain) {
    if (prefix_.empty()) {
      console_.err(text, style);
      return;
    }
    std::string shown;
    for (const char c : text) {
      shown += at_line_start_ ? prefix_ : "";
      shown += c;
      at_line_start_ = c == '\n';
    }
    console_.err(shown, style);
  }

  // One line for each token: its own, then the likeliest ones.
  void show_probabilities(const Json& tokens) {
    const auto shown = [](const Json& entry) {
      const Json* log = entry.find("log_probability");
      const double value = log != nullptr && log->is_number() ? log->as_double() : 0;
      return format_text("{:5.1f} % {:<16}", 100 * std::exp(value), Json(entry.text_or("text")).dump());
    };
    for (const Json& token : tokens.as_array()) {
      std::string line = shown(token);
      const Json* best = token.find("best");
      for (const Json& other : best != nullptr && best->is_array() ? best->as_array() : Json::Array{}) {
        line += "  " + shown(other);
      }
      err(line + "\n", Style::dim);
    }
  }

  void end_line() {
    if (markdown_) {
      console_.out_styled(markdown_->end());
    }
    if (line_open_) {
      console_.out("\n");
      line_open_ = false;
    }
  }

  Console& console_;
  const bool verbose_;
  const bool is_streamed_;                  // text goes to stdout as it comes; else the answer alone does, at the end
  std::optional<MarkdownStream> markdown_;  // absent: text is shown as it is
  bool line_open_ = false;
  std::string prefix_;         // of an agent that another one called; empty: the user's own
  bool at_line_start_ = true;  // behind a prefix
  std::string reply_;          // of this turn, as far as it is on the screen
};

class JsonLines final : public EventSink {
 public:
  JsonLines(Console& console, const Options& options) : console_(console), verbose_(options.verbose) {}

  void on(const Event& event) override {
    if (verbose_ || !std::holds_alternative<event::PromptReady>(event)) {
      console_.out(to_json(event).dump() + "\n");
    }
  }
  void on_nested(std::span<const AgentCall> path, const Event& event) override {
    if (verbose_ || !std::holds_alternative<event::PromptReady>(event)) {
      console_.out(to_json(path, event).dump() + "\n");
    }
  }

 private:
  Console& console_;
  const bool verbose_;
};

}  // namespace

std::unique_ptr<EventSink> make_screen(Console& console, const Options& options) {
  return std::make_unique<Screen>(console, options);
}

std::unique_ptr<EventSink> make_jsonl(Console& console, const Options& options) {
  return std::make_unique<JsonLines>(console, options);
}

}  // namespace puna::cli
