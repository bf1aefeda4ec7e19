// One question: messages in, Reply out, streamed. Which back end answers is the caller's choice, made once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "puna/base.h"
#include "puna/chat.h"
#include "puna/engine.h"
#include "puna/engine/embedder.h"

namespace puna {

struct Request {
  std::vector<Message> messages;
  std::vector<ToolSpec> tools;
  ToolChoice tool_choice;
  bool parallel_calls = true;  // a reply may have more than one call
  // What the answer must be. Tools beside it are shown, so that the prompt goes on as one with tools did, and cannot be
  // called.
  std::optional<OutputFormat> format;
  Sampling sampling;
  std::vector<std::string> stop;
  int tokens_max = 0;                       // 0 = what is left of the window
  std::optional<int> reasoning_tokens_max;  // after so many tokens of reasoning it is closed; local models only
  // Who asks, the how many-th time, and whether somebody reads along: see GenerationRequest.
  AgentId agent = kNoAgent;
  std::uint64_t turn = 0;
  bool watched = true;
};

struct Reply {
  Message message;  // role assistant; calls have ids
  std::vector<std::string> malformed_calls;
  std::vector<std::string> repairs;  // of calls: see ParsedReply
  FinishReason finish = FinishReason::end_of_turn;
  // With format::Schema: in what the answer does not fit, which a grammar cannot enforce or the end of the tokens cut.
  // Remote models: with any format, what the server let pass.
  std::vector<std::string> violations;
  Usage usage;
  Sampling sampling;  // that was in force: see effective()
  // With sampling.n_probs: of every token that was generated, calls and reasoning included; of a remote model's those
  // that the server tells.
  struct Probability {
    Token token = 0;   // -1: the server does not say
    std::string text;  // its bytes; may be part of a character
    float log_probability = 0;
  };
  struct TokenProbabilities {
    Probability chosen;
    std::vector<Probability> best;  // best first
  };
  std::vector<TokenProbabilities> probabilities;
  // Local models only: what was generated, but for the token that ended the turn.
  std::vector<Token> tokens;
  int retries = 0;  // remote models: how often the question had to be sent again
  // Remote models only: the connection broke before the end, and the message is what had come by then. Agents take this
  // for the error that it is.
  std::optional<Error> lost;
};
// A list, as event::ReplyReady has it.
[[nodiscard]] Json to_json(const std::vector<Reply::TokenProbabilities>& probabilities);

// Texts, or lists of the model's own tokens.
using EmbeddingInput = std::variant<std::string, std::vector<Token>>;
struct EmbeddingRequest {
  std::vector<EmbeddingInput> inputs;
  bool cuts = false;  // a text that is too long loses its end; else it is an error. Local models only
};
struct Embeddings {
  std::vector<std::vector<float>> vectors;  // one for each input, of one width; of length 1 where the model is local
  std::int64_t prompt_tokens = 0;
};

// Thread  any; calls on one Model may run at the same time.
class Model {
 public:
  Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  virtual ~Model() = default;

  // Waits for the whole reply. Emits event::PromptReady, PrefixLost (local only), Prefill, ReasoningDelta, TextDelta
  // and ReplyReady, in that order, on the caller's thread.
  //
  // Errors  invalid_argument  the request cannot be asked (no messages, a format where a call is required, unsupported
  //                           keyword, an attachment that the model does not take)
  //         limit             the prompt does not fit the window; the message says both sizes
  //         cancelled         stop was asked for
  //         unavailable       the back end is gone, or (scripted) has no reply left
  [[nodiscard]] virtual Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop = {}) = 0;

  // The agent runs this tool now and will ask again: what it needs then may be kept until about then. A hint.
  virtual void waits_for_tool(AgentId /*agent*/, std::string_view /*tool*/) {}

  // Computes what every request with these messages and tools begins with (the messages up to the user's first: a
  // role), and keeps it while the pin lives. Nothing: the back end keeps nothing, or there is no such beginning.
  // Waits; a request of the role that comes meanwhile computes none of it again.
  // Errors  as ask(), and  limit  it takes more than half of the memory
  [[nodiscard]] virtual Result<std::optional<Pin>> prewarm(const Request& /*role*/, std::stop_token /*stop*/ = {}) {
    return std::nullopt;
  }

  // Writes what the model holds of this agent's last conversation to a file, so that a later process need not compute
  // it again. Returns how many tokens that are; 0, and no file: the model holds nothing, as remote ones do.
  // Errors  io, not_found  the file cannot be written;  invalid_argument  this model's memory cannot be saved
  [[nodiscard]] virtual Result<std::int64_t> save(AgentId /*agent*/, const std::filesystem::path& /*file*/) {
    return 0;
  }
  // Reads such a file back. Returns how many tokens the next prompt of that conversation need not compute.
  // Errors  not_found, io;  corrupt  damaged;  invalid_argument  of another model, profile or library;  limit  too
  //         large. After each of them everything is as it was.
  [[nodiscard]] virtual Result<std::int64_t> restore(AgentId /*agent*/, const std::filesystem::path& /*file*/) {
    return 0;
  }

  // The number of prompt tokens this request would have; nothing is computed.
  [[nodiscard]] virtual Result<std::int64_t> count_tokens(const Request& request) = 0;
  // Whether count_tokens() is exact. If not, it is an estimate from the number of bytes.
  [[nodiscard]] virtual bool counts_exactly() const { return true; }

  // Whether embed() works: not of scripted models, nor of local ones that were opened without.
  [[nodiscard]] virtual bool embeds() const { return false; }
  // Errors  invalid_argument  the model computes no vectors, or an input is empty
  //         limit             an input is too long; the message says which, and both sizes
  //         cancelled;  for remote models those of ask()
  [[nodiscard]] virtual Result<Embeddings> embed(const EmbeddingRequest& request, std::stop_token stop = {});

  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual int window_tokens() const = 0;
};

// The in-process engine with a chat template over it.
struct LocalModelOptions {
  LoadOptions load;
  EngineOptions engine;
  std::string chat_template;                  // Jinja source; empty = the GGUF's own, else "generic"
  std::optional<MediaOptions> media;          // a projector: with it questions may have pictures, or sounds
  std::optional<EmbedderOptions> embeddings;  // with it embed() works; its memory is set aside when the model is opened
  const Clock* clock = &Clock::system();      // borrowed; for templates that need today's date
};
class LocalModel : public Model {
 public:
  // Errors  those of Weights::load, Engine::create, MediaEncoder::open and ChatTemplate::create.  Cost  reads the whole
  // model file. progress  as for Weights::load.
  [[nodiscard]] static Result<std::unique_ptr<LocalModel>> open(const LocalModelOptions& options,
                                                                const std::function<bool(float)>& progress = {});
  [[nodiscard]] virtual const Engine& engine() const = 0;
  [[nodiscard]] virtual const ChatTemplate& chat_template() const = 0;
  [[nodiscard]] virtual const MediaEncoder* media() const = 0;  // null: opened without a projector
};

// Answers from a list, without weights: for tests, examples and dry runs. The script ships with the product.
struct ScriptedReply {
  Message message;             // given back as it is, as the assistant's, with ids for calls that have none
  std::optional<Error> error;  // instead of the message
  FinishReason finish = FinishReason::end_of_turn;  // replaced when the reply is cut by tokens_max or the window
  std::vector<std::string> malformed_calls;         // as in Reply; their text belongs into message.content too
  std::vector<std::string> repairs;                 // as in Reply
};
class ScriptedModel : public Model {
 public:
  // Replies are given in order; after the last one ask() fails with unavailable. A request that is refused or stopped
  // before it is answered takes none. A token is four bytes, rounded up, of the JSON of messages and tools (prompt) or
  // of the raw reply (output); cutting a call in the middle makes it a malformed one, as with a real model.
  [[nodiscard]] static std::unique_ptr<ScriptedModel> create(std::vector<ScriptedReply> replies,
                                                             int window_tokens = 4096);
  // Every request that ask() was given so far, in order. Thread  any; a copy.
  [[nodiscard]] virtual std::vector<Request> requests() const = 0;
};

}  // namespace puna
