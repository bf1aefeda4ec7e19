// What stands between its caller and another model, and changes some of what goes through.
#pragma once

#include "puna/model.h"

namespace puna {

// Hands everything on. A class that watches or changes questions overrides what it cares about, and stays whole when
// Model gets another ability.
//
// Ownership  `below` is borrowed and must outlive it.
// Thread     as the model below.
class ForwardingModel : public Model {
 public:
  explicit ForwardingModel(Model& below) : below_(below) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop = {}) override;
  void waits_for_tool(AgentId agent, std::string_view tool) override;
  [[nodiscard]] Result<std::optional<Pin>> prewarm(const Request& role, std::stop_token stop = {}) override;
  [[nodiscard]] Result<std::int64_t> save(AgentId agent, const std::filesystem::path& file) override;
  [[nodiscard]] Result<std::int64_t> restore(AgentId agent, const std::filesystem::path& file) override;
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override;
  [[nodiscard]] bool counts_exactly() const override;
  [[nodiscard]] bool embeds() const override;
  [[nodiscard]] Result<Embeddings> embed(const EmbeddingRequest& request, std::stop_token stop = {}) override;
  [[nodiscard]] std::string name() const override;
  [[nodiscard]] int window_tokens() const override;

 protected:
  [[nodiscard]] Model& below() const { return below_; }

 private:
  Model& below_;
};

}  // namespace puna
