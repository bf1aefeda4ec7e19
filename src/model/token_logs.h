// The exact tokens of the conversations so far, so that old turns are never tokenised again: a prompt that begins with
// a conversation takes that conversation's ids, generated ones included, and only its new text is tokenised.
//
// Bounded: kLogsMax conversations and kLogBytesMax bytes. Forgotten first is what its own agent went on from, and what
// was used longest ago. Thread  any.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/engine.h"

namespace puna::model {

inline constexpr std::size_t kLogsMax = 1024;
inline constexpr std::size_t kLogBytesMax = std::size_t{128} << 20U;

class TokenLogs {
 public:
  explicit TokenLogs(const Weights& weights) : weights_(weights) {}

  struct Prompt {
    std::vector<Token> tokens;
    std::optional<event::PrefixLost> lost;  // only for a known agent
  };
  // media   the tokens of those in the parts.
  // Errors  those of Weights::tokenize().
  [[nodiscard]] Result<Prompt> tokenize(const std::vector<PromptPart>& parts, AgentId agent,
                                        std::span<const Weights::MediaTokens> media = {});

  // A prompt that was answered: reply_tokens spell reply, without the token that ended the turn.
  void remember(const std::vector<PromptPart>& parts, std::vector<Token> prompt, std::string_view reply,
                const std::vector<Token>& reply_tokens, AgentId agent);

  // An agent's last conversation, for another process: its tokens, and a note from which restore() knows it again.
  // Nothing for one with media tokens: they mean nothing there.
  struct Kept {
    std::vector<Token> tokens;
    std::string note;
  };
  [[nodiscard]] std::optional<Kept> last_of(AgentId agent);
  // Errors  corrupt  not such a note
  [[nodiscard]] Result<void> restore(std::string_view note, AgentId agent);

 private:
  struct Log {
    std::string text;  // prompt and reply
    // Where in the prompt trusted and untrusted text change places, and where media begin and end.
    std::vector<std::size_t> trust;
    std::size_t prompt_bytes = 0;
    std::vector<Token> tokens;
    AgentId agent = kNoAgent;
    std::uint64_t last_use = 0;
    std::uint64_t added = 0;    // when; an agent's last conversation is the one that came last, whoever uses another
    bool is_continued = false;  // its agent has one that begins with it

    [[nodiscard]] std::size_t bytes() const { return text.size() + tokens.size() * sizeof(Token); }
  };
  [[nodiscard]] Log* longest_beginning(const std::string& text, const std::vector<std::size_t>& trust);
  [[nodiscard]] const Log* last_log(AgentId agent) const;
  void add(Log log);
  void forget(std::vector<Log>::iterator log);
  [[nodiscard]] std::optional<event::PrefixLost> compare(const std::vector<Token>& tokens, AgentId agent) const;

  const Weights& weights_;
  std::mutex mutex_;
  std::vector<Log> logs_;  // guarded by mutex_, as the rest
  std::size_t bytes_ = 0;
  std::uint64_t uses_ = 0;
};

}  // namespace puna::model
