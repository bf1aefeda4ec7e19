// Texts are compared as bytes: a few hundred comparisons of a few kilobytes are nothing beside one token.
#include "model/token_logs.h"

#include <algorithm>

namespace puna::model {
namespace {

constexpr std::size_t kShownTokens = 8;  // of each side, around the first difference

struct Flat {
  std::string text;
  // Ends of the parts; trusted and untrusted alternate, trusted first. Where a medium's hash begins and ends the place
  // is there at least twice, as it never is between texts.
  std::vector<std::size_t> trust;
};

Flat flat(const std::vector<PromptPart>& parts) {
  Flat all;
  bool trusted = true;
  for (const PromptPart& part : parts) {
    if (part.text.empty()) {
      continue;
    }
    if (part.trust == Trust::media) {
      all.trust.insert(all.trust.end(), 2, all.text.size());
      all.text += part.text;
      all.trust.insert(all.trust.end(), 2, all.text.size());
      continue;
    }
    if ((part.trust == Trust::trusted) != trusted) {
      all.trust.push_back(all.text.size());
      trusted = !trusted;
    }
    all.text += part.text;
  }
  return all;
}

// Whether the first `bytes` bytes of both are trusted alike.
bool trusted_alike(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b, std::size_t bytes) {
  const auto within = [bytes](const std::vector<std::size_t>& changes) {
    return std::span(changes).first(
        static_cast<std::size_t>(std::ranges::lower_bound(changes, bytes) - changes.begin()));
  };
  return std::ranges::equal(within(a), within(b));
}

std::string text_of(const Weights& weights, std::span<const Token> tokens, std::size_t from) {
  std::string text;
  for (const Token token : tokens.subspan(std::min(from, tokens.size()))
                               .first(std::min(kShownTokens, tokens.size() - std::min(from, tokens.size())))) {
    text += weights.piece(token);
  }
  return utf8::sanitize(text);
}

}  // namespace

TokenLogs::Log* TokenLogs::longest_beginning(const std::string& text, const std::vector<std::size_t>& trust) {
  Log* best = nullptr;
  for (Log& log : logs_) {
    if ((best == nullptr || log.text.size() > best->text.size()) && text.starts_with(log.text) &&
        trusted_alike(log.trust, trust, log.prompt_bytes)) {
      best = &log;
    }
  }
  return best;
}

const TokenLogs::Log* TokenLogs::last_log(AgentId agent) const {
  const Log* last = nullptr;
  for (const Log& log : logs_) {
    if (agent != kNoAgent && log.agent == agent && (last == nullptr || log.added > last->added)) {
      last = &log;
    }
  }
  return last;
}

// What this agent's last conversation had that the prompt does not begin with.
std::optional<event::PrefixLost> TokenLogs::compare(const std::vector<Token>& tokens, AgentId agent) const {
  const Log* last = last_log(agent);
  if (last == nullptr) {
    return std::nullopt;
  }
  const auto kept = static_cast<std::size_t>(std::ranges::mismatch(tokens, last->tokens).in1 - tokens.begin());
  if (kept == last->tokens.size()) {
    return std::nullopt;
  }
  const std::string was = text_of(weights_, last->tokens, kept);
  const std::string is = text_of(weights_, tokens, kept);
  const char* reason = kept == tokens.size() ? "the prompt ends before the conversation did"
                       : was == is           ? "the same text was tokenised in another way"
                                             : "the prompt has other text than the conversation had";
  return event::PrefixLost{.tokens_kept = static_cast<std::int64_t>(kept),
                           .tokens_before = static_cast<std::int64_t>(last->tokens.size()),
                           .was = was,
                           .is = is,
                           .reason = reason};
}

Result<TokenLogs::Prompt> TokenLogs::tokenize(const std::vector<PromptPart>& parts, AgentId agent,
                                              std::span<const Weights::MediaTokens> media) {
  const Flat all = flat(parts);
  std::string text;
  std::vector<Token> begun;
  {
    const std::scoped_lock lock(mutex_);
    if (Log* log = longest_beginning(all.text, all.trust)) {
      log->last_use = ++uses_;
      text = log->text;
      begun = log->tokens;
    }
  }
  PUNA_TRY(std::vector<Token> tokens, weights_.tokenize(parts, {.text = text, .tokens = begun, .media = media}));
  const std::scoped_lock lock(mutex_);
  auto lost = compare(tokens, agent);
  return Prompt{.tokens = std::move(tokens), .lost = std::move(lost)};
}

void TokenLogs::remember(const std::vector<PromptPart>& parts, std::vector<Token> prompt, std::string_view reply,
                         const std::vector<Token>& reply_tokens, AgentId agent) {
  std::string spelt;
  for (const Token token : reply_tokens) {
    spelt += weights_.piece(token);
  }
  if (spelt != reply) {
    return;  // a stop string cut the reply short: the conversation goes on with other tokens
  }
  Flat all = flat(parts);
  const std::size_t prompt_bytes = all.text.size();
  all.text += reply;
  prompt.insert(prompt.end(), reply_tokens.begin(), reply_tokens.end());
  const std::scoped_lock lock(mutex_);
  add({.text = std::move(all.text),
       .trust = std::move(all.trust),
       .prompt_bytes = prompt_bytes,
       .tokens = std::move(prompt),
       .agent = agent});
}

// Requires  the lock
void TokenLogs::add(Log log) {
  if (const auto same = std::ranges::find(logs_, log.text, &Log::text); same != logs_.end()) {
    forget(same);
  }
  for (Log& other : logs_) {
    other.is_continued =
        other.is_continued || (log.agent != kNoAgent && other.agent == log.agent && log.text.starts_with(other.text));
  }
  while (!logs_.empty() && (logs_.size() >= kLogsMax || bytes_ + log.bytes() > kLogBytesMax)) {
    forget(std::ranges::min_element(logs_, {},
                                    [](const Log& other) { return std::pair(!other.is_continued, other.last_use); }));
  }
  log.last_use = log.added = ++uses_;
  bytes_ += log.bytes();
  logs_.push_back(std::move(log));
}

// Requires  the lock
void TokenLogs::forget(std::vector<Log>::iterator log) {
  bytes_ -= log->bytes();
  logs_.erase(log);
}

std::optional<TokenLogs::Kept> TokenLogs::last_of(AgentId agent) {
  const std::scoped_lock lock(mutex_);
  const Log* last = last_log(agent);
  if (last == nullptr || std::ranges::any_of(last->tokens, is_media)) {
    return std::nullopt;
  }
  const auto numbers = [](const auto& values) {
    Json::Array list;
    for (const auto value : values) {
      list.emplace_back(static_cast<std::int64_t>(value));
    }
    return Json(std::move(list));
  };
  Kept kept{.tokens = last->tokens, .note = {}};
  if (utf8::is_valid(last->text)) {  // JSON can hold no other
    kept.note = Json::object({{"text", last->text},
                              {"trust", numbers(last->trust)},
                              {"prompt_bytes", static_cast<std::int64_t>(last->prompt_bytes)},
                              {"tokens", numbers(last->tokens)}})
                    .dump();
  }
  return kept;
}

Result<void> TokenLogs::restore(std::string_view note, AgentId agent) {
  if (note.empty()) {
    return {};
  }
  const auto numbers = [](const Json* list, auto& values) {
    if (list == nullptr || !list->is_array()) {
      return false;
    }
    for (const Json& value : list->as_array()) {
      if (!value.is_integer()) {
        return false;
      }
      values.push_back(static_cast<std::remove_reference_t<decltype(values)>::value_type>(value.as_integer()));
    }
    return true;
  };
  PUNA_TRY(const Json json, Json::parse(note));
  Log log{.text = std::string(json.text_or("text")), .agent = agent};
  const Json* prompt_bytes = json.find("prompt_bytes");
  if (!numbers(json.find("trust"), log.trust) || !numbers(json.find("tokens"), log.tokens) || prompt_bytes == nullptr ||
      !prompt_bytes->is_integer() || log.text.empty()) {
    return fail(ErrorCode::corrupt, "the note of a saved conversation is not one");
  }
  log.prompt_bytes = static_cast<std::size_t>(prompt_bytes->as_integer());
  const std::scoped_lock lock(mutex_);
  add(std::move(log));
  return {};
}

}  // namespace puna::model
