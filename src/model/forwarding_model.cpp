#include "puna/model/forwarding_model.h"

#include <utility>

namespace puna {

Result<Reply> ForwardingModel::ask(const Request& request, EventSink& events, std::stop_token stop) {
  return below_.ask(request, events, std::move(stop));
}

void ForwardingModel::waits_for_tool(AgentId agent, std::string_view tool) { below_.waits_for_tool(agent, tool); }

Result<std::optional<Pin>> ForwardingModel::prewarm(const Request& role, std::stop_token stop) {
  return below_.prewarm(role, std::move(stop));
}

Result<std::int64_t> ForwardingModel::save(AgentId agent, const std::filesystem::path& file) {
  return below_.save(agent, file);
}

Result<std::int64_t> ForwardingModel::restore(AgentId agent, const std::filesystem::path& file) {
  return below_.restore(agent, file);
}

Result<std::int64_t> ForwardingModel::count_tokens(const Request& request) { return below_.count_tokens(request); }

bool ForwardingModel::counts_exactly() const { return below_.counts_exactly(); }

bool ForwardingModel::embeds() const { return below_.embeds(); }

Result<Embeddings> ForwardingModel::embed(const EmbeddingRequest& request, std::stop_token stop) {
  return below_.embed(request, std::move(stop));
}

std::string ForwardingModel::name() const { return below_.name(); }

int ForwardingModel::window_tokens() const { return below_.window_tokens(); }

}  // namespace puna
