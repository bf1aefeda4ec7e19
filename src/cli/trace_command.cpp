// puna trace show FILE, and the traces that other commands write.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/trace_story.h"
#include "cli/trace_text.h"
#include "cli/traced_view.h"

namespace puna::cli {
namespace {

constexpr std::size_t kTraceBytesMax = std::size_t{1} << 30U;

// Bytes that are not UTF-8 are a damaged line's, which the reader names.
Result<std::string> trace_text(const std::string& file) {
  if (file != "-") {
    return read_text_file(file, kTraceBytesMax);
  }
  std::string text(std::istreambuf_iterator<char>(std::cin), {});
  return text.size() <= kTraceBytesMax ? Result<std::string>(std::move(text))
                                       : fail(ErrorCode::limit, "the trace on stdin has more than 1 GiB");
}

// The lines of the steps that were asked for, as they are; all of them without a step.
void pass_through(Console& console, const ReadTrace& trace, const TraceStory& story,
                  const TraceCommandOptions& options) {
  std::vector<std::size_t> lines;
  for (const RunStory& run : story.runs) {
    for (const StepStory& step : run.steps) {
      if (options.step && step.number == *options.step) {
        lines.insert(lines.end(), step.lines.begin(), step.lines.end());
      }
    }
  }
  std::ranges::sort(lines);
  for (const TraceRecord& record : trace.records) {
    if (!options.step || std::ranges::binary_search(lines, record.line)) {
      console.out(record.json.dump() + "\n");
    }
  }
}

bool has_step(const TraceStory& story, std::int64_t number) {
  return std::ranges::any_of(
      story.runs, [&](const RunStory& run) { return std::ranges::contains(run.steps, number, &StepStory::number); });
}

}  // namespace

Result<int> trace_command(Console& console, const Options& options) {
  PUNA_TRY(const std::string text, trace_text(options.trace.file));
  PUNA_TRY(ReadTrace trace, read_trace(text));
  const TraceStory story = story_of(trace.records, trace.problems);
  if (options.trace.step && !has_step(story, *options.trace.step)) {
    return fail(ErrorCode::not_found, format_text("the trace has no step {}", *options.trace.step));
  }
  if (options.jsonl) {
    pass_through(console, trace, story, options.trace);
  } else {
    print_story(story, {.full = options.trace.full, .step = options.trace.step},
                [&console](std::string_view line, Style style) { console.out(line, style); });
  }
  const std::size_t last = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  const std::string in_last = format_text("line {}: ", last);
  std::size_t damaged = 0;
  for (const std::string& problem : trace.problems) {
    const bool is_half = trace.is_cut && problem.starts_with(in_last);
    damaged += is_half ? 0 : 1;
    console.err(is_half ? format_text("note: the trace is cut: line {} has no end\n", last)
                        : "note: left out: " + problem + "\n",
                Style::yellow);
  }
  return damaged == 0 ? 0 : status_of(ErrorCode::corrupt).exit_status;
}

std::vector<Secret> secrets_of_environment() {
  constexpr std::array<std::string_view, 6> kEnds{"KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIALS"};
  std::vector<Secret> secrets;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::size_t name_bytes = text.find('=');
    const std::string_view name = text.substr(0, name_bytes);
    if (name_bytes != std::string_view::npos &&
        std::ranges::any_of(kEnds, [name](std::string_view end) { return name.ends_with(end); })) {
      secrets.emplace_back(std::string(text.substr(name_bytes + 1)));
    }
  }
  return secrets;
}

Result<std::unique_ptr<TracedView>> open_traced_view(Console& console, const Options& options,
                                                     std::string_view command) {
  std::unique_ptr<EventSink> view = make_view(console, options);
  const auto of_flag = [](std::string_view flag) {
    return [flag](Error error) {
      error.message = format_text("{}: {}", flag, error.message);
      return error;
    };
  };
  std::unique_ptr<PromptAudit> audit;
  if (!options.prompt_audit_file.empty()) {
    PUNA_TRY(audit, PromptAudit::open(options.prompt_audit_file,
                                      {.has_system_prompt = options.audits_system_prompt,
                                       .secrets = secrets_of_environment(),
                                       .provider = options.server.urls.empty() ? "llama_cpp" : "server",
                                       .clock = &Clock::system()})
                        .transform_error(of_flag("--prompt-audit")));
  }
  std::unique_ptr<Trace> trace;
  if (!options.trace_file.empty()) {
    const Json about = Json::object({{"program", "puna " PUNA_VERSION}, {"command", command}});
    PUNA_TRY(trace, Trace::create(options.trace_file, about).transform_error(of_flag("--trace")));
  }
  return std::make_unique<TracedView>(std::move(view), std::move(trace), std::move(audit));
}

}  // namespace puna::cli
