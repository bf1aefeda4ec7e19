// puna trace replay FILE, and puna trace diff FILE FILE.
#include <fstream>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/run_recording.h"

namespace puna::cli {
namespace {

constexpr std::size_t kRecordingBytesMax = std::size_t{1} << 30U;
constexpr int kDiffers = 1;

Result<Recording> open_recorded(const std::string& file) {
  PUNA_TRY(const std::string text, read_text_file(file, kRecordingBytesMax));
  return read_recording(text).transform_error([&file](Error error) {
    error.message = format_text("'{}': {}", file, error.message);
    return error;
  });
}

// Its owner's alone, as the recording is.
Result<void> write_lines(Console& console, const std::string& file, const std::string& lines) {
  if (file.empty()) {
    return {};
  }
  if (file == "-") {
    console.out(lines);
    return {};
  }
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  std::error_code ignored;
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
  out << lines;
  out.close();
  return out ? Result<void>() : fail(ErrorCode::io, format_text("'{}' cannot be written", file), "check its folder");
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return format_text("{} {}", count_text(static_cast<std::int64_t>(count)), count == 1 ? one : many);
}

void note_cut(Console& console, const Recording& recording) {
  if (recording.is_cut) {
    console.err("note: the recording has no end: whoever wrote it was stopped\n", Style::yellow);
  }
}

Result<int> replay_alone(Console& console, const Recording& recording, const TraceCommandOptions& options) {
  PUNA_TRY(const Replayed again, replay(recording));
  std::string events;
  for (const Json& event : again.events) {
    events += event.dump() + "\n";
  }
  PUNA_TRY_VOID(write_lines(console, options.events_file, events));
  Transcript transcript = recording.run.transcript;
  transcript.append_range(again.messages);
  PUNA_TRY_VOID(write_lines(console, options.transcript_file, to_jsonl(transcript)));
  note_cut(console, recording);
  if (again.difference) {
    console.err("differs: " + printable(*again.difference) + "\n", Style::red);
    return kDiffers;
  }
  console.err(
      format_text("equal: {}, {}, with {} of the model, {} of tools and {} of code from the recording\n",
                  counted(again.events.size(), "event", "events"), counted(transcript.size(), "message", "messages"),
                  counted(recording.model.calls.size(), "call", "calls"),
                  counted(recording.results.size(), "call", "calls"),
                  counted(recording.code.size(), "piece", "pieces")),
      Style::green);
  return 0;
}

// What the recording was made with, where the user asks for nothing else.
Options as_recorded(const Recording& recording, Options options) {
  if (!options.trace.has_profile && recording.run.about.text_or("profile") == "deterministic") {
    options.engine.profile = Profile::deterministic;
  }
  if (options.engine.window_tokens == 0 && options.server.urls.empty()) {
    options.engine.window_tokens = recording.model.window_tokens;
  }
  return options;
}

// The texts of tokens, where the vocabulary is the recorded one.
Result<std::function<std::string(Token)>> pieces_of(Console& console, const Recording& recording, const Model& model) {
  const auto* local = dynamic_cast<const LocalModel*>(&model);
  if (local == nullptr) {
    return nullptr;
  }
  const Weights& weights = local->engine().weights();
  PUNA_TRY(const std::string hash, model_hash(weights.facts().file));
  if (hash != recording.run.about.text_or("model_sha256")) {
    console.err("note: this is not the recorded model's file; texts are compared, not tokens\n", Style::yellow);
    return nullptr;
  }
  return [&weights](Token token) {
    return token >= 0 && token < weights.vocabulary_tokens() ? weights.piece(token) : std::string();
  };
}

Result<int> ask_again_all(Console& console, const Recording& recording, const Options& given, Interrupt& interrupt) {
  const Options options = as_recorded(recording, given);
  PUNA_TRY(const std::unique_ptr<Model> model, open_model(console, options, interrupt));
  PUNA_TRY(const std::function<std::string(Token)> piece, pieces_of(console, recording, *model));
  note_cut(console, recording);
  const Interrupt::Scope scope(interrupt);
  int status = 0;
  for (std::size_t i = 0; i < recording.model.calls.size(); ++i) {
    PUNA_TRY(const AskedAgain again, ask_again(*model, recording.model.calls[i], piece, scope.token()));
    if (again.difference) {
      status = kDiffers;
      console.out(format_text("call {}: differs: {}\n", i + 1, printable(*again.difference)));
    } else {
      console.out(format_text("call {}: equal: {}\n", i + 1,
                              counted(again.tokens, piece ? "token" : "byte", piece ? "tokens" : "bytes")));
    }
  }
  return status;
}

}  // namespace

Result<int> replay_command(Console& console, const Options& options, Interrupt& interrupt) {
  PUNA_TRY(const Recording recording, open_recorded(options.trace.file));
  return options.trace.asks_again ? ask_again_all(console, recording, options, interrupt)
                                  : replay_alone(console, recording, options.trace);
}

Result<int> diff_command(Console& console, const Options& options) {
  PUNA_TRY(const Recording was, open_recorded(options.trace.file));
  PUNA_TRY(const Recording is, open_recorded(options.trace.other));
  const std::vector<std::string> found = differences(was, is);
  for (const std::string& difference : found) {
    console.out(printable(difference) + "\n");
  }
  return found.empty() ? 0 : kDiffers;
}

}  // namespace puna::cli
