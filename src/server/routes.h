// The handlers behind the table in routes.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/served.h"

namespace puna::server {

[[nodiscard]] std::span<const Route> all_routes();

struct Match {
  const Route* route = nullptr;    // nullptr: no such path, or not with this method
  bool is_known_path = false;      // with another method
  std::vector<std::string> parts;  // of the path, in place of "{}"
};
// HEAD finds what GET does, but for streams.
[[nodiscard]] Match match_route(std::string_view method, std::string_view path);

// How an open stream of this path says that it failed.
[[nodiscard]] std::string stream_error(std::string_view path, const Refusal& refusal);

// openai_chat.cpp, completions.cpp
[[nodiscard]] Handled chat_completions(Served& served, Call& call);
[[nodiscard]] Handled list_models(Served& served, Call& call);
[[nodiscard]] Handled show_model(Served& served, Call& call);
[[nodiscard]] Handled completions(Served& served, Call& call);
[[nodiscard]] Handled native_completion(Served& served, Call& call);
[[nodiscard]] Handled plain_generate(Served& served, Call& call);
// embeddings.cpp
[[nodiscard]] Handled embeddings(Served& served, Call& call);
[[nodiscard]] Handled native_embeddings(Served& served, Call& call);
[[nodiscard]] Handled ollama_embed(Served& served, Call& call);
[[nodiscard]] Handled ollama_embeddings(Served& served, Call& call);
// llama_routes.cpp
[[nodiscard]] Handled health(Served& served, Call& call);
[[nodiscard]] Handled props(Served& served, Call& call);
[[nodiscard]] Handled slots(Served& served, Call& call);
[[nodiscard]] Handled metrics(Served& served, Call& call);
[[nodiscard]] Handled tokenize(Served& served, Call& call);
[[nodiscard]] Handled detokenize(Served& served, Call& call);
[[nodiscard]] Handled apply_template(Served& served, Call& call);
// responses.cpp
[[nodiscard]] Handled create_response(Served& served, Call& call);
[[nodiscard]] Handled get_response(Served& served, Call& call);
[[nodiscard]] Handled delete_response(Served& served, Call& call);
// anthropic_messages.cpp
[[nodiscard]] Handled anthropic_messages(Served& served, Call& call);
[[nodiscard]] Handled anthropic_count_tokens(Served& served, Call& call);
// ollama_routes.cpp
[[nodiscard]] Handled ollama_chat(Served& served, Call& call);
[[nodiscard]] Handled ollama_generate(Served& served, Call& call);
[[nodiscard]] Handled ollama_tags(Served& served, Call& call);
[[nodiscard]] Handled ollama_show(Served& served, Call& call);
[[nodiscard]] Handled ollama_version(Served& served, Call& call);
[[nodiscard]] Handled ollama_ps(Served& served, Call& call);
// runs_routes.cpp
[[nodiscard]] Handled start_run(Served& served, Call& call);
[[nodiscard]] Handled list_runs(Served& served, Call& call);
[[nodiscard]] Handled show_run(Served& served, Call& call);
[[nodiscard]] Handled run_log(Served& served, Call& call);
[[nodiscard]] Handled run_events(Served& served, Call& call);
[[nodiscard]] Handled answer_run(Served& served, Call& call);
[[nodiscard]] Handled cancel_run(Served& served, Call& call);

}  // namespace puna::server
