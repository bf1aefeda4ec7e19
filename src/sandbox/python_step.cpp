// What a step says to models and people.
#include <array>

#include "puna/sandbox/python.h"

namespace puna {
namespace {

constexpr auto kImports =
    std::to_array<std::string_view>({"collections", "datetime", "itertools", "math", "queue", "random", "re", "stat",
                                     "statistics", "time", "unicodedata"});

void add_line(std::string& text, std::string_view line) {
  if (!text.empty() && !text.ends_with('\n')) {
    text += '\n';
  }
  text += line;
}

std::string shown(std::string_view text) { return printable(utf8::sanitize(text)); }

void add_error(std::string& text, const PythonError& error) {
  add_line(text, shown(error.type) + (error.message.empty() ? "" : ": " + shown(error.message)));
  if (!error.trace.empty()) {
    add_line(text, shown(error.trace));
  }
}

std::string ending(const PythonStep& step) {
  const double seconds = static_cast<double>(step.time.count()) / 1e6;
  switch (step.end) {
    case PythonEnd::wall_time:
      return format_text("stopped after {:.1f} s, the time limit", seconds);
    case PythonEnd::cancelled:
      return "cancelled";
    case PythonEnd::died:
      return "the interpreter is gone";
    case PythonEnd::finished:
    case PythonEnd::final_answer:
    case PythonEnd::error:
      return "";
  }
  return "";
}

}  // namespace

std::span<const std::string_view> python_imports() noexcept { return kImports; }

std::string_view name_of(PythonEnd end) noexcept {
  switch (end) {
    case PythonEnd::finished:
      return "finished";
    case PythonEnd::final_answer:
      return "final answer";
    case PythonEnd::error:
      return "error";
    case PythonEnd::wall_time:
      return "wall time";
    case PythonEnd::cancelled:
      return "cancelled";
    case PythonEnd::died:
      return "died";
  }
  return "unknown";
}

std::string PythonStep::text() const {
  std::string text = output.text();
  if (value) {
    add_line(text, shown(*value));
  }
  if (error) {
    add_error(text, *error);
  }
  const std::string how = ending(*this);
  if (!how.empty()) {
    add_line(text,
             format_text("[{}; {}]", how,
                         state_lost ? "every variable and function is gone" : "variables and functions are kept"));
  }
  return text;
}

}  // namespace puna
