// Names of models and of their files: what a file's name says of it, and which files a user means.
//
// Source: the spellings of llama.cpp (-hf USER/REPO[:QUANT]) and of its gguf-split (NAME-00001-of-00003.gguf).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "puna/model/hub.h"

namespace puna::model {

// One model of a repository: the indices of its parts, in order.
struct ModelGroup {
  std::string name;   // of the file without the part's number and .gguf, folders included
  std::string quant;  // "Q4_K_M", "UD-Q4_K_XL"; "" where the name says none
  std::vector<std::size_t> parts;
  bool is_whole = false;  // no part is missing

  [[nodiscard]] const std::string& label() const { return quant.empty() ? name : quant; }
};

// Whether a path that somebody else wrote stays in the folder that it is taken from: relative, no "..", nothing odd.
[[nodiscard]] bool is_plain_path(std::string_view path);
// The models among files of a repository, ordered by name; no projectors, importance matrices or draft heads.
[[nodiscard]] std::vector<ModelGroup> models_among(const std::vector<std::string>& paths);
// Those that a quant (or more of the name) means: an equal quant first, then an equal name, then one that contains it
// between marks. Empty: none.
[[nodiscard]] std::vector<ModelGroup> models_named(const std::vector<ModelGroup>& models, std::string_view quant);
// The one of them that is meant; an empty quant means Q4_K_M, else Q4_0, else Q8_0, else the first.
// Errors  not_found  none, or parts are missing;  invalid_argument  several; both list what there is
[[nodiscard]] Result<ModelGroup> chosen_model(const std::vector<ModelGroup>& models, const HubName& name);

}  // namespace puna::model
