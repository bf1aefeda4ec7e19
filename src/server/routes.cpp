// The table of routes.
#include "server/routes.h"

#include <algorithm>
#include <array>

#include "server/openai_reply.h"

namespace puna::server {
namespace {

constexpr auto kRoutes =
    std::to_array<Route>({{"GET", "/health", Pace::instant, health, true},
                          {"GET", "/v1/health", Pace::instant, health, true},
                          {"GET", "/props", Pace::quick, props},
                          {"GET", "/slots", Pace::quick, slots},
                          {"GET", "/metrics", Pace::quick, metrics},
                          {"POST", "/tokenize", Pace::quick, tokenize},
                          {"POST", "/detokenize", Pace::quick, detokenize},
                          {"POST", "/apply-template", Pace::quick, apply_template},
                          {"POST", "/completion", Pace::generating, native_completion},
                          {"POST", "/completions", Pace::generating, native_completion},
                          {"POST", "/generate", Pace::generating, plain_generate},
                          {"GET", "/v1/models", Pace::quick, list_models},
                          {"GET", "/models", Pace::quick, list_models},
                          {"GET", "/v1/models/{}", Pace::quick, show_model},
                          {"POST", "/v1/chat/completions", Pace::generating, chat_completions},
                          {"POST", "/chat/completions", Pace::generating, chat_completions},
                          {"POST", "/v1/completions", Pace::generating, completions},
                          {"POST", "/v1/embeddings", Pace::generating, embeddings},
                          {"POST", "/embedding", Pace::generating, native_embeddings},
                          {"POST", "/embeddings", Pace::generating, native_embeddings},
                          {"POST", "/api/embed", Pace::generating, ollama_embed},
                          {"POST", "/api/embeddings", Pace::generating, ollama_embeddings},
                          {"POST", "/v1/responses", Pace::generating, create_response},
                          {"GET", "/v1/responses/{}", Pace::quick, get_response},
                          {"DELETE", "/v1/responses/{}", Pace::quick, delete_response},
                          {"POST", "/v1/messages", Pace::generating, anthropic_messages},
                          {"POST", "/v1/messages/count_tokens", Pace::quick, anthropic_count_tokens},
                          {"POST", "/api/chat", Pace::generating, ollama_chat},
                          {"POST", "/api/generate", Pace::generating, ollama_generate},
                          {"GET", "/api/tags", Pace::quick, ollama_tags},
                          {"POST", "/api/show", Pace::quick, ollama_show},
                          {"GET", "/api/version", Pace::quick, ollama_version},
                          {"GET", "/api/ps", Pace::quick, ollama_ps},
                          {"POST", "/v1/runs", Pace::quick, start_run},
                          {"GET", "/v1/runs", Pace::quick, list_runs},
                          {"GET", "/v1/runs/{}", Pace::quick, show_run},
                          {"GET", "/v1/runs/{}/log", Pace::quick, run_log},
                          {"GET", "/v1/runs/{}/events", Pace::generating, run_events},
                          {"POST", "/v1/runs/{}/permissions/{}", Pace::quick, answer_run},
                          {"POST", "/v1/runs/{}/cancel", Pace::quick, cancel_run}});

std::string_view take_segment(std::string_view& path) {
  const std::size_t end = std::min(path.find('/', 1), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

bool fits(std::string_view pattern, std::string_view path, std::vector<std::string>& parts) {
  parts.clear();
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view given = take_segment(path);
    if (wanted == "/{}" && given.size() > 1) {
      parts.emplace_back(given.substr(1));
    } else if (wanted != given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

std::span<const Route> all_routes() { return kRoutes; }

Match match_route(std::string_view method, std::string_view path) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  Match match;
  std::vector<std::string> parts;
  for (const Route& route : kRoutes) {
    if (!fits(route.path, path, parts)) {
      continue;
    }
    match.is_known_path = true;
    if (route.method == wanted && (method != "HEAD" || route.pace != Pace::generating)) {
      match.route = &route;
      match.parts = parts;
      break;
    }
  }
  return match;
}

std::string stream_error(std::string_view path, const Refusal& refusal) {
  const Family family = family_of(path);
  const std::string json = error_json(family, refusal).dump();
  if (family == Family::ollama) {
    return json + "\n";
  }
  const bool is_named = family == Family::anthropic || path == "/v1/responses";
  return (is_named ? "event: error\ndata: " : "data: ") + json + "\n\n";
}

}  // namespace puna::server
