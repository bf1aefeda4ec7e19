// A model's file, weights and vocabulary; the devices that can compute it.
//
// Weights are immutable and shared by engines. A file is judged by a bounded reader of our own before libllama sees it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"
#include "puna/engine/sampling.h"
#include "puna/engine/token.h"

namespace puna {

// A compute device that the installed ggml back ends offer.
struct DeviceInfo {
  std::string name;  // what --device takes
  std::string description;
  std::string kind;  // "cpu", "gpu", "accelerator"
  std::uint64_t memory_total_bytes = 0;
  std::uint64_t memory_free_bytes = 0;
};

struct EngineLibraries {
  std::string llama_version;
  std::vector<DeviceInfo> devices;
};
// Thread  any.  Cost  loads the back ends on the first call (tens of milliseconds).
[[nodiscard]] EngineLibraries engine_libraries();

// Where libllama's and ggml's log lines go (default: dropped). Process-wide, because the library's callback is.
// Thread  any; the sink is called from any thread and must be thread-safe.
using EngineLog = std::function<void(std::string_view line)>;
void set_engine_log(EngineLog sink);

// Facts read from the GGUF's header alone: nothing is allocated for weights.
struct ModelFacts {
  std::filesystem::path file;
  std::string name;
  std::string description;
  std::string architecture;
  std::string quantization;   // "Q8_0", ...
  std::string chat_template;  // Jinja source; empty when the GGUF has none
  std::string bos_text;       // text of the special tokens, as templates use them; may be empty
  std::string eos_text;
  std::uint64_t file_bytes = 0;
  std::uint64_t weights_bytes = 0;
  std::uint64_t parameters = 0;
  std::uint64_t kv_bytes_per_token = 0;  // at the default cache type (F16)
  std::uint64_t state_bytes = 0;         // of recurrent layers, for each sequence, however long it is; at most
  int window_trained_tokens = 0;
  int sliding_window_tokens = 0;  // of layers that keep only so many; 0 = there are none
  int layers = 0;
  int embedding = 0;
  int heads = 0;    // of attention; the most that a layer has
  int experts = 0;  // of a layer, a few of which compute each token; 0 = it is not parted
  int vocabulary_tokens = 0;
  std::vector<std::pair<std::string, std::string>> metadata;  // every key of the header; arrays as "[n items]"
  Sampling sampling;                          // what the file asks for (general.sampling.*); the rest is unset
  std::vector<std::string> sampling_refused;  // keys of that kind that cannot be used, and why
};

struct LoadOptions {
  std::filesystem::path file;
  int gpu_layers = -1;               // -1 = as many as the devices take; no effect without a GPU back end
  std::vector<std::string> devices;  // names from engine_libraries(); empty = all
};

// A model's weights and vocabulary. Shared by engines; immutable.
// Thread  any, every member.
class Weights {
 public:
  virtual ~Weights() = default;

  // Reads the header only, with a bounded parser of our own before libllama sees the file.
  // Errors  not_found  no such file;  io  a directory, no permission;  corrupt  not a GGUF, truncated, impossible sizes
  [[nodiscard]] static Result<ModelFacts> inspect(const std::filesystem::path& file);

  // Errors  as inspect(), and  limit  not enough memory;  invalid_argument  unknown device;  cancelled  progress said
  // no progress  gets 0..1, returns false to stop loading; called on the calling thread.
  [[nodiscard]] static Result<std::shared_ptr<const Weights>> load(const LoadOptions& options,
                                                                   const std::function<bool(float)>& progress = {});
  // The vocabulary without the weights: tokenize() and piece() work, Engine::create() refuses it.
  [[nodiscard]] static Result<std::shared_ptr<const Weights>> load_vocabulary(const std::filesystem::path& file);

  [[nodiscard]] virtual const ModelFacts& facts() const = 0;

  // What stands in a prompt for the picture or sound with this content hash: see MediaEncoder.
  struct MediaTokens {
    std::string_view hash;
    std::span<const Token> tokens;
  };
  // A text that was tokenised before, with the tokens that were generated after it: their exact ids. And the tokens of
  // the media in the parts.
  struct Known {
    std::string_view text;
    std::span<const Token> tokens;
    std::span<const MediaTokens> media;
  };
  // The prompt's tokens, BOS added where the vocabulary asks for it and the text does not have it.
  // Special tokens come out of trusted parts only; the ids are those of the whole text tokenised at once wherever no
  // untrusted part spells a control token.
  // known: if the prompt begins with this text and a special token follows, its tokens are taken as they are and only
  // the rest is tokenised. Requires that the parts trust no byte of it that was not trusted when it was tokenised.
  // Errors  invalid_argument  a part of the kind media whose tokens are not known
  [[nodiscard]] virtual Result<std::vector<Token>> tokenize(std::span<const PromptPart> parts,
                                                            const Known& known = {}) const = 0;
  // The bytes of one token (may be half a character). Control tokens give their text.
  [[nodiscard]] virtual std::string piece(Token token) const = 0;
  [[nodiscard]] virtual bool is_control(Token token) const = 0;
  [[nodiscard]] virtual bool ends_generation(Token token) const = 0;
  [[nodiscard]] virtual int vocabulary_tokens() const = 0;
};

}  // namespace puna
