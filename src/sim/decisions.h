// What the agents of a step choose: scripted ones by the world, LLM agents by their models, all of these at the same
// time. What the log has already is not asked again.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/model/prompt_audit.h"
#include "puna/sim/run.h"
#include "sim/event_log.h"
#include "sim/ledger.h"
#include "sim/prompt.h"

namespace puna::sim {

struct Decision {
  Action action{.kind = kNoop};
  std::string_view by = "scripted";  // llm, governance
  std::string failure;               // why it is a noop
  std::string reasoning;             // a model's, why it does this
  bool is_refused = false;           // a scripted action that was not allowed
  std::int64_t prompt_tokens = 0;
  std::int64_t output_tokens = 0;
};

// One for a run. Borrows everything.
class Decider {
 public:
  struct Setup {
    const World& world;
    const Ledger& ledger;
    const EventLog& log;
    const ModelSet& models;
    std::vector<LlmOptions> llm;  // of each agent; unused for scripted ones
    std::uint64_t seed;
    int concurrent_max;
    Moment moment;                 // epochs and steps
    PromptAudit* audit = nullptr;  // may be absent
  };
  explicit Decider(Setup setup);
  void set_audit(PromptAudit* audit) { setup_.audit = audit; }

  // One decision for each agent of the list, in its order.
  // Errors  those of Model::ask() that end a run: cancelled, unavailable, io, internal
  [[nodiscard]] Result<std::vector<Decision>> decide(const std::vector<int>& agents, int epoch, int step,
                                                     const std::stop_token& stop);
  [[nodiscard]] const std::vector<AgentUsage>& usage() const { return usage_; }
  [[nodiscard]] int asked() const { return asked_; }

 private:
  // A question to a model, and what came of it.
  struct Question {
    std::size_t place = 0;  // in the list of agents
    int agent = 0;
    std::vector<ActionKind> allowed;
    Request request;
    Result<Reply> reply;
    int retries = 0;
  };

  [[nodiscard]] Decision scripted(int agent);
  [[nodiscard]] Question question_of(std::size_t place, int agent) const;
  void ask(std::vector<Question>& questions, const std::stop_token& stop) const;
  [[nodiscard]] const LlmOptions& llm_of(const Question& question) const {
    return setup_.llm[static_cast<std::size_t>(question.agent)];
  }
  [[nodiscard]] bool ends_run(const Question& question) const;
  [[nodiscard]] Result<Decision> decision_of(const Question& question);
  [[nodiscard]] Result<void> audit(const Question& question, const Decision& decision) const;

  Setup setup_;
  std::vector<Random> random_;  // of scripted agents
  std::vector<AgentUsage> usage_;
  int asked_ = 0;
};

}  // namespace puna::sim
