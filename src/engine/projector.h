// The seam to a library that turns pictures and sounds into vectors. The real one is made by media_backend.cpp; tests
// have a fake.
#pragma once

#include <memory>
#include <stop_token>
#include <variant>
#include <vector>

#include "engine/gguf_header.h"
#include "puna/engine/media.h"

namespace puna::engine {

// What stands for a medium, in order: words of the model, or so many vectors.
using MediaPiece = std::variant<std::vector<Token>, std::size_t>;

class Projector {
 public:
  Projector() = default;
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;
  virtual ~Projector() = default;

  [[nodiscard]] virtual bool sees() const = 0;
  [[nodiscard]] virtual bool hears() const = 0;
  // Decodes the bytes and cuts them; computes no vectors.
  // Errors  invalid_argument  they cannot be decoded, or not placed
  // Thread  any; calls may run at the same time as each other and as one encode().
  [[nodiscard]] virtual Result<std::vector<MediaPiece>> cut(const MediaBytes& medium) = 0;
  // The vectors of each piece that has some, in order: [vectors][width].
  // Errors  as cut();  cancelled  between two pieces;  internal  the library failed
  // Thread  one caller at a time.
  [[nodiscard]] virtual Result<std::vector<std::vector<float>>> encode(const MediaBytes& medium,
                                                                       const std::stop_token& stop) = 0;
};

// Numbers media, keeps vectors by content hash, the longest unused are forgotten first.
// Requires  width > 0
[[nodiscard]] std::unique_ptr<MediaEncoder> make_media_encoder(std::unique_ptr<Projector> projector, std::size_t width,
                                                               std::uint64_t cache_bytes_max);

// From a GGUF header. Pure.
// Errors  invalid_argument  of a language model, or of another kind of file;  corrupt  impossible values
[[nodiscard]] Result<ProjectorFacts> projector_facts(const GgufHeader& header);

}  // namespace puna::engine
