// A question whose answer is a C++ value.
//
//   struct Person { std::string name; int age; std::string occupation; };
//   auto person = puna::ask<Person>(*model, {.messages = {{.content = "John Smith is 30 years old. ..."}}}, events);
#pragma once

#include <stop_token>
#include <utility>

#include "puna/chat/typed.h"
#include "puna/model.h"

namespace puna {

// The reply's text as JSON that fits the schema, whatever model wrote it.
// Errors  limit    it was cut: the message says by what
//         corrupt  no JSON, or it does not fit: the message says in what, and how the text begins
//         unavailable  the reply was lost in the middle: see Reply::lost
[[nodiscard]] Result<Json> json_answer(const Reply& reply, const Json& schema);

// Asks for an answer that fits schema_of<T>(), and reads it. The text is not told about the schema, only held to it.
//
// Errors  those of Model::ask, json_answer() and from_json(), and
//         invalid_argument  the request has a format of its own
// Thread  as Model::ask; events are delivered on the caller's thread.
template <class T>
[[nodiscard]] Result<T> ask(Model& model, Request request, EventSink& events, std::stop_token stop = {}) {
  if (request.format) {
    return fail(ErrorCode::invalid_argument, "a typed request has a format of its own", "leave Request::format empty");
  }
  const Json schema = schema_of<T>();
  request.format = format::Schema{schema};
  PUNA_TRY(const Reply reply, model.ask(request, events, std::move(stop)));
  PUNA_TRY(const Json answer, json_answer(reply, schema));
  return from_json<T>(answer);
}

}  // namespace puna
