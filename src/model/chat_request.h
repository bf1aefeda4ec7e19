// A Request as the body that servers of the OpenAI chat protocol take. Pure.
#pragma once

#include "puna/model/remote_model.h"

namespace puna::model {

// The request with what the options say where it says nothing itself.
// Errors  invalid_argument  it cannot be asked of a server: see Model::ask; a pattern with lookahead; a seed of
//                           more than 32 bits; a format for every answer where this one may call tools
[[nodiscard]] Result<Request> completed(const Request& request, const ServerParameters& defaults);

// Requires  a request from completed().
// with_echo  ask the server for the parameters that were in force (llama-server only).
// Errors    invalid_argument  this kind of server cannot take it
[[nodiscard]] Result<Json> chat_body(const Request& request, const Json& other, const ServerFacts& server,
                                     bool with_echo);

// What /apply-template takes: messages and the tools that the prompt shows.
[[nodiscard]] Json template_body(const Request& request, const ServerFacts& server);

// Whether the reply may have calls.
[[nodiscard]] bool may_call(const Request& request);

}  // namespace puna::model
