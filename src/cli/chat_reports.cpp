// Chat: what it tells of itself.
#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/chat.h"

namespace puna::cli {
namespace {

std::string usage_text(const Usage& usage) {
  const double seconds = static_cast<double>(usage.decode_time.count()) / 1e6;
  const std::int64_t share = usage.prompt_tokens > 0 ? 100 * usage.cached_tokens / usage.prompt_tokens : 0;
  const std::string rate =
      seconds > 0 ? format_text(", {:.0f}/s", static_cast<double>(usage.output_tokens) / seconds) : "";
  return format_text("in {} ({} cached, {} %) · out {} tokens{} · read {}, wrote {}", count_text(usage.prompt_tokens),
                     count_text(usage.cached_tokens), share, count_text(usage.output_tokens), rate,
                     duration_text(usage.prefill_time), duration_text(usage.decode_time));
}

// What a gate says to a call of the tool without arguments.
std::string verdict_text(const Permit& permit, bool is_somebody_there) {
  if (permit.is_allowed) {
    return permit.by == Permit::By::approval ? "allowed by an answer for always" : "allowed";
  }
  if (permit.by != Permit::By::nobody) {
    return "denied";
  }
  return is_somebody_there ? "asks" : "denied, nobody is there to ask";
}

std::string first_sentence(std::string_view text) {
  constexpr std::size_t kShown = 80;
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::string_view begins = utf8::truncate(line, kShown);
  return std::string(begins) + (begins.size() < text.size() ? " ..." : "");
}

}  // namespace

Result<std::int64_t> Chat::tokens_of(std::vector<Message> messages, std::vector<ToolSpec> tools) {
  if (messages.empty()) {
    return 0;
  }
  return asked_->count_tokens({.messages = std::move(messages), .tools = std::move(tools)});
}

Result<void> Chat::show_tools() {
  const std::vector<ToolSpec> specs = equipment_.tools.specs();
  if (specs.empty()) {
    note("no tools: puna chat --tools calculator,read,... has some (puna chat --help)");
    return {};
  }
  PermissionOptions alone = equipment_.permissions;
  alone.approver = nullptr;
  for (const ToolSpec& spec : specs) {
    const Tool* tool = equipment_.tools.find(spec.name);
    const Permit permit = make_permissions(alone)->before({.name = spec.name, .arguments = Json::object()}, *tool, {});
    console_.err(format_text("{:<14}", spec.name), Style::bold);
    console_.err(format_text("{} ({})", verdict_text(permit, equipment_.terminal != nullptr), permit.rule),
                 permit.is_allowed ? Style::green : Style::yellow);
    note("  " + first_sentence(spec.description));
  }
  if (!equipment_.permissions.policy.rules().empty()) {
    note("rules with patterns may say otherwise of a call with arguments");
  }
  return {};
}

Result<void> Chat::show_context() {
  const std::vector<Message> shown = window_.shown(transcript_);
  std::vector<Message> talk = shown;
  std::erase_if(talk, [](const Message& message) { return message.role == Role::system; });
  PUNA_TRY(const std::int64_t used, tokens_of(shown, equipment_.tools.specs()));
  PUNA_TRY(const std::int64_t untooled, tokens_of(shown, {}));
  // A template may want somebody to speak: then all that is there is the system prompt.
  const std::int64_t messages = talk.empty() ? 0 : std::min(untooled, tokens_of(talk, {}).value_or(untooled));
  const std::int64_t window = model_->window_tokens();
  const double percent = window > 0 ? 100.0 * static_cast<double>(used) / static_cast<double>(window) : 0;
  note(format_text("context   {:>7} of {} tokens, {:.1f} %{}", count_text(used), count_text(window), percent,
                   asked_->counts_exactly() ? "" : " (an estimate)"));
  note(format_text("  system  {:>7}", count_text(untooled - messages)));
  note(format_text("  tools   {:>7}  {} of them", count_text(std::max<std::int64_t>(used - untooled, 0)),
                   equipment_.tools.specs().size()));
  const std::string less =
      shown.size() < transcript_.size() ? format_text("; the conversation has {}", transcript_.size() - head()) : "";
  note(format_text("  talk    {:>7}  {} messages{}", count_text(messages), talk.size(), less));
  return {};
}

Result<void> Chat::show_stats() {
  note("all   " + usage_text(totals_.usage));
  note("last  " + usage_text(last_));
  note(format_text("{} answers, {} model calls", totals_.runs, totals_.turns));
  return {};
}

Result<void> Chat::test_word(const std::string& word) {
  if (!words_) {
    return fail(ErrorCode::invalid_argument, "there is no dictionary of pronunciations", "puna chat --pronounce FILE");
  }
  if (word.empty()) {
    return fail(ErrorCode::invalid_argument, "/test needs a word", "/test GGUF");
  }
  const std::vector<PronouncedWord> found = words_->found(word);
  if (found.empty()) {
    std::vector<std::string_view> known;
    std::ranges::transform(words_->words(), std::back_inserter(known), &PronouncedWord::word);
    const std::string_view nearest = nearest_name(word, known);
    note(format_text("{} stays as it is: none of {} words is in it{}", word, known.size(),
                     nearest.empty() ? "" : format_text("; the nearest is '{}'", nearest)));
    return {};
  }
  note(words_->spoken(word));
  for (const PronouncedWord& one : found) {
    note(format_text("  {} = {}", one.word, one.spoken));
  }
  return {};
}

}  // namespace puna::cli
