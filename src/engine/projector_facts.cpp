// Source: the keys that llama.cpp's converter writes for projectors (gguf-py, constants "Clip...").
#include <algorithm>

#include "engine/model_file.h"
#include "engine/projector.h"

namespace puna {
namespace engine {
namespace {

constexpr std::uint64_t kSizeMax = std::uint64_t{1} << 20U;

std::string_view header_text(const GgufHeader& header, std::string_view key) {
  const GgufValue* value = header.find(key);
  const auto* found = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return found == nullptr ? std::string_view() : std::string_view(*found);
}

bool header_flag(const GgufHeader& header, std::string_view key) {
  const GgufValue* value = header.find(key);
  const auto* found = value == nullptr ? nullptr : std::get_if<bool>(value);
  return found != nullptr && *found;
}

Result<int> header_size(const GgufHeader& header, std::string_view key) {
  const GgufValue* value = header.find(key);
  if (value == nullptr) {
    return 0;
  }
  const auto* found = std::get_if<std::uint64_t>(value);
  if (found == nullptr || *found > kSizeMax) {
    return corrupt_gguf(format_text("\"{}\" is no size from 0 to {}", key, kSizeMax));
  }
  return static_cast<int>(*found);
}

}  // namespace

Result<ProjectorFacts> projector_facts(const GgufHeader& header) {
  const std::string_view architecture = header_text(header, "general.architecture");
  if (architecture != "clip") {
    const std::string what = architecture.empty() ? "a file of no known kind" : format_text("a {} model", architecture);
    return fail(ErrorCode::invalid_argument, format_text("this is {}, not a projector for pictures or sounds", what),
                "give the file that stands beside the model under a name with \"mmproj\" in it");
  }
  ProjectorFacts facts;
  facts.sees = header_flag(header, "clip.has_vision_encoder");
  facts.hears = header_flag(header, "clip.has_audio_encoder");
  if (!facts.sees && !facts.hears) {
    return corrupt_gguf("the projector has neither a vision nor an audio encoder");
  }
  for (const std::string_view key :
       {"clip.projector_type", "clip.vision.projector_type", "clip.audio.projector_type"}) {
    if (const std::string_view kind = header_text(header, key); !kind.empty()) {
      facts.kind += (facts.kind.empty() ? "" : ", ") + std::string(kind);
    }
  }
  PUNA_TRY(const int vision, header_size(header, "clip.vision.projection_dim"));
  PUNA_TRY(const int audio, header_size(header, "clip.audio.projection_dim"));
  facts.width = std::max(vision, audio);
  PUNA_TRY(facts.image_pixels, header_size(header, "clip.vision.image_size"));
  return facts;
}

}  // namespace engine

Result<ProjectorFacts> inspect_projector(const std::filesystem::path& file) {
  PUNA_TRY(const engine::GgufFile gguf, engine::read_gguf_file(file));
  PUNA_TRY(ProjectorFacts facts, engine::projector_facts(gguf.header).transform_error([&file](Error error) {
    error.message = format_text("{}: {}", file.string(), error.message);
    return error;
  }));
  facts.file_bytes = gguf.file_bytes;
  return facts;
}

}  // namespace puna
