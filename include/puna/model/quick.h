// Answers without ceremony: one from a file, one from a model, many from a model at once.
#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/model.h"

namespace puna {

// Opens a GGUF file, or the one that a model card names, asks once, and closes it again.
// tokens_max  of the answer; 0 = what is left of the window. An answer that this cuts is given as far as it came.
// Errors      those of LocalModel::open, read_model_card and Model::ask
// Cost        reads the whole file; whoever has a second question opens the model himself.
[[nodiscard]] Result<std::string> generate_once(const std::filesystem::path& model_file, std::string prompt,
                                                int tokens_max = 0);

// The text of one answer to a user's message; nothing of it is remembered.
// Errors  those of Model::ask;  unavailable  the reply was lost in the middle
[[nodiscard]] Result<std::string> ask_text(Model& model, std::string prompt, const Sampling& sampling = {},
                                           EventSink& events = EventSink::none(), std::stop_token stop = {});

// Independent requests at the same time: the i-th result answers the i-th request, and none sees another. A request
// without an agent of its own gets one, so that equal requests draw different random numbers, the same in every run.
// Nobody reads along, whatever a request's `watched` says.
//
// at_once_max  threads that ask, this one included; how many are computed at once is the engine's sequences_max
// Errors       in their places, as those of Model::ask: one that fails ends no other
// Thread       caller's, and others that end before this returns.
[[nodiscard]] std::vector<Result<Reply>> ask_all(Model& model, std::span<const Request> requests, int at_once_max = 64,
                                                 const std::stop_token& stop = {});
// The same for users' messages, and their answers' texts.
[[nodiscard]] std::vector<Result<std::string>> ask_all(Model& model, std::span<const std::string> prompts,
                                                       const Sampling& sampling = {}, const std::stop_token& stop = {});

}  // namespace puna
