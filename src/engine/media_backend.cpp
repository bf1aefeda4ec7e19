// libmtmd as a Projector. No other file of the project includes mtmd.h.
//
// Owns: the mtmd_context; the weights stay alive with it. Exceptions of the library end here.
//
// What the engine cannot place is refused when the file is loaded: positions of several dimensions (M-RoPE), and media
// whose rows see each other both ways and so would have to be computed in one piece with another mask.
#include <mtmd-helper.h>
#include <mtmd.h>

#include <exception>
#include <mutex>
#include <utility>

#include "engine/backend.h"
#include "engine/llama_backend.h"
#include "engine/llama_library.h"
#include "engine/machine.h"
#include "engine/projector.h"
#include "engine/wide_registers.h"

namespace puna {
namespace engine {
namespace {

struct FreeContext {
  void operator()(mtmd_context* context) const { mtmd_free(context); }
};
struct FreeBitmap {
  void operator()(mtmd_bitmap* bitmap) const { mtmd_bitmap_free(bitmap); }
};
struct FreeChunks {
  void operator()(mtmd_input_chunks* chunks) const { mtmd_input_chunks_free(chunks); }
};
using ChunksPointer = std::unique_ptr<mtmd_input_chunks, FreeChunks>;

std::unexpected<Error> cannot_place(std::string_view why) {
  return fail(ErrorCode::invalid_argument, format_text("the engine cannot place this projector's vectors: {}", why),
              "ask such a model through a server: --url, or --serve-with llama-server (docs/media.md)");
}

class MtmdProjector final : public Projector {
 public:
  MtmdProjector(std::shared_ptr<const Weights> weights, std::unique_ptr<mtmd_context, FreeContext> context,
                std::size_t width)
      : weights_(std::move(weights)), context_(std::move(context)), width_(width) {}

  [[nodiscard]] bool sees() const override { return mtmd_support_vision(context_.get()); }
  [[nodiscard]] bool hears() const override { return mtmd_support_audio(context_.get()); }

  [[nodiscard]] Result<std::vector<MediaPiece>> cut(const MediaBytes& medium) override {
    PUNA_TRY(const ChunksPointer chunks, chunks_of(medium));
    std::vector<MediaPiece> pieces;
    for (std::size_t i = 0; i < mtmd_input_chunks_size(chunks.get()); ++i) {
      const mtmd_input_chunk* chunk = mtmd_input_chunks_get(chunks.get(), i);
      const std::size_t count = mtmd_input_chunk_get_n_tokens(chunk);
      if (count == 0) {
        continue;
      }
      if (is_words(chunk)) {
        std::size_t words = 0;
        const llama_token* tokens = mtmd_input_chunk_get_tokens_text(chunk, &words);
        pieces.emplace_back(std::vector<Token>(tokens, tokens + words));
        continue;
      }
      const bool is_straight = mtmd_input_chunk_get_n_pos(chunk) == static_cast<llama_pos>(count) &&
                               !mtmd_decode_use_non_causal(context_.get(), chunk);
      if (!is_straight) {
        return cannot_place(format_text("{} has a part whose rows do not follow each other", medium.name));
      }
      pieces.emplace_back(count);
    }
    return pieces;
  }

  [[nodiscard]] Result<std::vector<std::vector<float>>> encode(const MediaBytes& medium,
                                                               const std::stop_token& stop) override {
    PUNA_TRY(const ChunksPointer chunks, chunks_of(medium));
    std::vector<std::vector<float>> all;
    for (std::size_t i = 0; i < mtmd_input_chunks_size(chunks.get()); ++i) {
      const mtmd_input_chunk* chunk = mtmd_input_chunks_get(chunks.get(), i);
      if (is_words(chunk) || mtmd_input_chunk_get_n_tokens(chunk) == 0) {
        continue;
      }
      if (stop.stop_requested()) {
        return fail(ErrorCode::cancelled, format_text("stopped while {} was encoded", medium.name));
      }
      PUNA_TRY(std::vector<float> vectors, encode_chunk(chunk, medium));
      all.push_back(std::move(vectors));
    }
    return all;
  }

 private:
  static bool is_words(const mtmd_input_chunk* chunk) {
    return mtmd_input_chunk_get_type(chunk) == MTMD_INPUT_CHUNK_TYPE_TEXT;
  }

  std::unexpected<Error> undecodable(const MediaBytes& medium) const {
    return fail(ErrorCode::invalid_argument, format_text("{} cannot be decoded{}", medium.name, take_library_error()),
                "the file is damaged, or of a variant that is not known: write it again as PNG, JPEG or 16-bit WAV");
  }

  Result<ChunksPointer> chunks_of(const MediaBytes& medium) const {
    static_cast<void>(take_library_error());  // an old one is not this one's reason
    try {
      const auto* data = reinterpret_cast<const unsigned char*>(medium.bytes.data());
      const mtmd_helper_bitmap_wrapper decoded = mtmd_helper_bitmap_init_from_buf(
          context_.get(), data, medium.bytes.size(), false, mtmd_helper_init_opt_default());
      const std::unique_ptr<mtmd_bitmap, FreeBitmap> bitmap(decoded.bitmap);
      if (decoded.video_ctx != nullptr) {
        mtmd_helper_video_free(decoded.video_ctx);
        return undecodable(medium);
      }
      if (bitmap == nullptr) {
        return undecodable(medium);
      }
      if (mtmd_bitmap_is_audio(bitmap.get()) ? !hears() : !sees()) {
        return fail(ErrorCode::invalid_argument, format_text("{} cannot be taken: this projector reads {} only",
                                                             medium.name, sees() ? "pictures" : "sounds"));
      }
      const mtmd_input_part part{.text = nullptr, .bitmap = bitmap.get()};
      const mtmd_input_part* parts = &part;
      ChunksPointer chunks(mtmd_input_chunks_init());
      if (mtmd_tokenize_from_parts(context_.get(), chunks.get(), &parts, 1, false) != 0) {
        return undecodable(medium);
      }
      return chunks;
    } catch (const std::exception& error) {
      return fail(ErrorCode::invalid_argument, format_text("{} cannot be decoded: {}", medium.name, error.what()));
    }
  }

  Result<std::vector<float>> encode_chunk(const mtmd_input_chunk* chunk, const MediaBytes& medium) {
    try {
      const bool is_encoded = mtmd_encode_chunk(context_.get(), chunk) == 0;
      clear_wide_registers();
      if (is_encoded) {
        const float* values = mtmd_get_output_embd(context_.get());
        return std::vector<float>(values, values + mtmd_input_chunk_get_n_tokens(chunk) * width_);
      }
    } catch (const std::exception& error) {
      return fail(ErrorCode::internal, format_text("the library cannot encode {}: {}", medium.name, error.what()));
    }
    return fail(ErrorCode::internal, format_text("the library cannot encode {}{}", medium.name, take_library_error()),
                "the log (-v) has more");
  }

  const std::shared_ptr<const Weights> weights_;
  const std::unique_ptr<mtmd_context, FreeContext> context_;
  const std::size_t width_;  // of a vector
};

std::unique_ptr<mtmd_context, FreeContext> open_context(const Weights& weights, const MediaOptions& options) {
  static std::once_flag once;
  std::call_once(once, [] { mtmd_helper_log_set(&receive_library_log, nullptr); });
  mtmd_context_params params = mtmd_context_params_default();
  params.use_gpu = has_gpu();
  params.print_timings = false;
  params.n_threads = options.threads > 0 ? options.threads : default_threads();
  params.warmup = false;
  static_cast<void>(take_library_error());
  try {
    return std::unique_ptr<mtmd_context, FreeContext>(
        mtmd_init_from_file(options.file.c_str(), library_model(weights), params));
  } catch (const std::exception&) {
    return nullptr;
  }
}

Result<std::unique_ptr<MediaEncoder>> open_encoder(std::shared_ptr<const Weights> weights,
                                                   const MediaOptions& options) {
  PUNA_TRY(const ProjectorFacts facts, inspect_projector(options.file));
  if (!can_compute(*weights)) {
    return fail(ErrorCode::invalid_argument, "a projector needs a model's weights", "load the weights first");
  }
  const int width = dynamic_cast<const EngineWeights&>(*weights).input_width();
  if (facts.width > 0 && facts.width != width) {  // the library finds it too, and then loses what it has loaded
    return fail(ErrorCode::invalid_argument,
                format_text("{} does not work with the model {}", options.file.string(),
                            weights->facts().file.filename().string()),
                format_text("its vectors have {} values and this model takes {}: it belongs to another model",
                            facts.width, width));
  }
  auto context = open_context(*weights, options);
  if (context == nullptr) {
    return fail(ErrorCode::invalid_argument,
                format_text("{} does not work with the model {}{}", options.file.string(),
                            weights->facts().file.filename().string(), take_library_error()),
                "give the projector that was made for this model; the log (-v) has more");
  }
  if (mtmd_decode_use_mrope(context.get())) {
    return cannot_place("its model counts the positions of a picture in two dimensions (M-RoPE)");
  }
  if (mtmd_support_vision(context.get()) && mtmd_decode_use_non_causal(context.get(), nullptr)) {
    return cannot_place("the rows of its pictures see each other both ways (non-causal)");
  }
  return make_media_encoder(
      std::make_unique<MtmdProjector>(std::move(weights), std::move(context), static_cast<std::size_t>(width)),
      static_cast<std::size_t>(width), options.cache_bytes_max);
}

}  // namespace
}  // namespace engine

Result<std::unique_ptr<MediaEncoder>> MediaEncoder::open(std::shared_ptr<const Weights> weights,
                                                         const MediaOptions& options) {
  engine::initialise_library();
  return engine::open_encoder(std::move(weights), options);
}

}  // namespace puna
