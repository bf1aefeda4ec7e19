// What a server says of itself before it is asked anything.
#pragma once

#include <string>

#include "model/server_link.h"
#include "puna/model/remote_model.h"

namespace puna::model {

struct Probed {
  ServerFacts facts;
  std::string chat_path;  // where completions are asked for, after the root
};

// model  the name that is wanted; empty = the first of the server's.
// Fails with Then::load while the server loads, with the connection's failure where nobody is there, and for good where
// no model is named or found.
[[nodiscard]] Answered<Probed> probe(const ServerLink& link, const std::string& model, const std::stop_token& stop);

// llama-server's settings as far as the engine knows them; {} where there are none.
[[nodiscard]] Sampling sampling_in(const Json& settings);

// What of a request's body the settings that were in force contradict, or do not have: a sentence for each.
[[nodiscard]] std::vector<std::string> disobeyed(const Json& body, const Json& settings);

}  // namespace puna::model
