// model.json: what somebody says a model is, beside its file. What the file itself says goes first.
//
//   {"name": "Tiny", "path": "tiny-Q8_0.gguf", "architecture": "llama", "parameters": "1.1B", "quantization": "Q8_0",
//    "context_length": 2048, "description": "For trying things out."}
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "puna/base.h"
#include "puna/engine/weights.h"

namespace puna {

struct ModelCard {
  std::string name;
  std::filesystem::path path;  // of the GGUF file; a relative one was taken from the card's folder
  std::string architecture;
  std::string parameters;             // a number, as "1.1B", "350M", "5700000"; in the file also without quotes
  std::string quantization;           // "Q8_0"
  std::optional<int> context_length;  // tokens; the window to use where nobody asks for another
  std::string description;            // may be left out, as the one before
};

// Whether a path names a card and no GGUF file: it ends in ".json".
[[nodiscard]] bool is_model_card(const std::filesystem::path& file);
// Errors  not_found, io  the card, not the model;  limit  over 1 MiB;
//         corrupt  no JSON object; a member that is missing, unknown (the hint names the nearest) or of another type
[[nodiscard]] Result<ModelCard> read_model_card(const std::filesystem::path& file);

// A sentence for each way in which the file is not what the card says; empty: none. Name and description are the
// card's own. Parameters may be rounded by a tenth; a context_length is wrong when the model was trained for less.
[[nodiscard]] std::vector<std::string> differences(const ModelCard& card, const ModelFacts& facts);

}  // namespace puna
