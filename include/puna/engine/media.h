// Pictures and sounds as vectors between the tokens of a prompt, made by a projector file beside the model ("mmproj").
//
//   auto encoder = MediaEncoder::open(weights, {.file = "mmproj.gguf"});
//   auto tokens = (*encoder)->tokens({.hash = hash, .bytes = bytes});       // what stands for it in a prompt
//   auto media = (*encoder)->encode(prompt, {{.hash = hash, .bytes = bytes}});
//   engine->submit({.prompt = prompt, .media = *media});
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/engine/token.h"

namespace puna {

class Weights;

// The vectors of one row of media tokens: prompt[begin, begin + tokens).
struct MediaRun {
  std::size_t begin = 0;
  std::size_t tokens = 0;
  std::shared_ptr<const std::vector<float>> vectors;  // [tokens][width of the model's input]
};

struct MediaOptions {
  std::filesystem::path file;
  int threads = 0;                                            // 0 = the physical cores we may run on, at most 8
  std::uint64_t cache_bytes_max = std::uint64_t{256} << 20U;  // for vectors; one medium's is kept even if it is larger
};

struct MediaStats {
  std::int64_t encoded = 0;        // pictures and sounds that went through the encoder
  std::int64_t found = 0;          // that did not have to, because their vectors were there
  std::uint64_t cached_bytes = 0;  // now
};

// Bytes that were judged already: sizes in the header are believed. `hash` is of all of them.
struct MediaBytes {
  std::string_view hash;
  std::string_view bytes;
  std::string_view name;  // for messages
};

// Thread  any, every member; one medium is encoded at a time, on the caller's thread, while the engine goes on.
class MediaEncoder {
 public:
  MediaEncoder() = default;
  MediaEncoder(const MediaEncoder&) = delete;
  MediaEncoder& operator=(const MediaEncoder&) = delete;
  virtual ~MediaEncoder() = default;

  // Errors  not_found, io;  corrupt  not a GGUF, or damaged
  //         invalid_argument  no projector, or one for another model;  one whose vectors the engine cannot place (see
  //                           docs/media.md)
  [[nodiscard]] static Result<std::unique_ptr<MediaEncoder>> open(std::shared_ptr<const Weights> weights,
                                                                  const MediaOptions& options);

  [[nodiscard]] virtual bool sees() const = 0;   // pictures
  [[nodiscard]] virtual bool hears() const = 0;  // sounds

  // What stands for the medium: media tokens, and the words that its model wants around and between them. The same for
  // the same hash, for as long as the encoder lives. Nothing is encoded.
  // Errors  invalid_argument  the bytes cannot be decoded, or the model does not take this kind
  [[nodiscard]] virtual Result<std::vector<Token>> tokens(const MediaBytes& medium) = 0;

  // The vectors of all media tokens in the prompt, from the cache or computed now.
  // Requires  `media` has the bytes of each of them.
  // Errors    cancelled  between two pieces;  internal  the library failed;  invalid_argument  tokens of no medium here
  [[nodiscard]] virtual Result<std::vector<MediaRun>> encode(std::span<const Token> prompt,
                                                             std::span<const MediaBytes> media,
                                                             const std::stop_token& stop = {}) = 0;
  [[nodiscard]] virtual MediaStats stats() const = 0;
};

// What a projector's file says about itself.
struct ProjectorFacts {
  std::string kind;  // "mlp", "qwen2vl_merger", ...
  bool sees = false;
  bool hears = false;
  int width = 0;         // of its vectors: the model's input; 0 = it does not say
  int image_pixels = 0;  // the side of the square that pictures are cut into or scaled to; 0 = it does not say
  std::uint64_t file_bytes = 0;
};
// Reads the header only.   Errors  as MediaEncoder::open(), but for those about the model
[[nodiscard]] Result<ProjectorFacts> inspect_projector(const std::filesystem::path& file);

}  // namespace puna
