// Models with random weights, written as GGUF files from a seed: tests have a model of each kind of memory and
// benchmarks have one of a useful size, without a download. What such a model says means nothing.
#pragma once

#include <cstdint>
#include <filesystem>

#include "puna/base.h"

namespace puna {

// What a model remembers of the tokens before.
enum class RandomModelKind : std::uint8_t {
  attention,       // the keys and values of every token (llama, with grouped heads)
  sliding_window,  // the same in every other layer; the rest keep the last kRandomModelSlidingTokens only (gemma2)
  recurrent,       // one state for a sequence, however long it is (mamba)
  hybrid,          // recurrent and attention layers in turn (lfm2, whose state the library can also roll back)
};

inline constexpr int kRandomModelSlidingTokens = 64;

enum class RandomModelType : std::uint8_t { f32, f16, q4_0 };

// Sizes are numbers of values or tokens. A kind leaves unused what its layers do not have: recurrent ones have neither
// heads nor a feed-forward part.
struct RandomModelOptions {
  RandomModelKind kind = RandomModelKind::attention;
  RandomModelType matrices = RandomModelType::f16;  // vectors and convolutions are F32
  std::uint64_t seed = 1;
  int layers = 2;          // kinds with two sorts of layers need at least two
  int width = 64;          // a multiple of 32, and of the heads
  int heads = 4;           // of an even size each
  int heads_kv = 2;        // a divisor of heads
  int feed_forward = 128;  // a multiple of 32
  int vocabulary_tokens = 512;
  int window_tokens = 4096;

  // A few hundred kB of F16: loaded, and eight tokens generated, in well under a second.
  [[nodiscard]] static RandomModelOptions tiny(RandomModelKind kind);
  // 125 million parameters of the llama architecture, Q4_0, 70 MB. Its logits are nearly flat and one of its 32,000
  // tokens ends a generation, so a reply of 256 tokens drawn at random is whole 99 times in 100.
  [[nodiscard]] static RandomModelOptions benchmark();
};

// Writes the model under a temporary name beside `file` and renames it; a file of that name is replaced. The same
// options give the same bytes on every machine. The vocabulary spells every text: a token for each byte, the space,
// letters, then longer runs of letters until it is full; one token ends a generation.
//
// Errors  invalid_argument  a size out of range, or sizes that do not fit each other (the message says which);
//         not_found, io     the file cannot be written; nothing is left behind
// Cost    memory of a few MB; a second for 125 million parameters.
[[nodiscard]] Result<void> write_random_model(const std::filesystem::path& file, const RandomModelOptions& options);

// A projector of the "mlp" kind (a small vision transformer and two matrices) for models of this width.
struct RandomProjectorOptions {
  std::uint64_t seed = 1;
  int width = 64;         // of the model that it is for
  int image_pixels = 32;  // the side of the square that pictures are scaled to; a multiple of 8
};
// As write_random_model(). A picture becomes (image_pixels / 8)^2 vectors.
[[nodiscard]] Result<void> write_random_projector(const std::filesystem::path& file,
                                                  const RandomProjectorOptions& options);

}  // namespace puna
