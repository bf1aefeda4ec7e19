// See decisions.h.
#include "sim/decisions.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "sim/action_grammar.h"
#include "sim/answer.h"

namespace puna::sim {

Decider::Decider(Setup setup) : setup_(std::move(setup)), usage_(setup_.ledger.agents().size()) {
  for (std::size_t agent = 0; agent < usage_.size(); ++agent) {
    random_.emplace_back(Random::mix(Random::mix(setup_.seed, 3), agent));
  }
}

Decision Decider::scripted(int agent) {
  Decision made;
  const std::vector<ActionKind> allowed = setup_.world.allowed(agent);
  const AgentType type = setup_.ledger.agent(agent).type;
  Action action = setup_.world.scripted(agent, type, random_[static_cast<std::size_t>(agent)]);
  auto checked = action_from_json(to_json(action), allowed);
  if (checked) {
    made.action = *std::move(checked);
  } else {
    made.is_refused = true;
    made.failure = checked.error().message;
  }
  return made;
}

Decider::Question Decider::question_of(std::size_t place, int agent) const {
  const LlmOptions& llm = setup_.llm[static_cast<std::size_t>(agent)];
  Question question{.place = place, .agent = agent, .allowed = setup_.world.allowed(agent), .request = {}, .reply = {}};
  const Moment& now = setup_.moment;
  const auto turn = static_cast<std::uint64_t>(now.epoch) * static_cast<std::uint64_t>(now.steps) +
                    static_cast<std::uint64_t>(now.step);
  const auto id = static_cast<std::uint64_t>(agent) + 1;
  const std::uint64_t base = llm.seed < 0 ? setup_.seed : static_cast<std::uint64_t>(llm.seed);
  question.request = {
      .messages = {{.role = Role::system, .content = system_text(setup_.world, llm.persona, llm.reasoning)},
                   {.role = Role::user,
                    .content = user_text(setup_.world, agent, setup_.ledger.agent(agent).name,
                                         setup_.ledger.memory(agent), now)}},
      .format = format::Gbnf{.text = grammar_of(question.allowed, llm.reasoning)},
      .tokens_max = llm.max_tokens + llm.reasoning,  // mostly a token has more than one character
      .agent = AgentId{id},
      .turn = turn,
      .watched = false};
  question.request.sampling.temperature = static_cast<float>(llm.temperature);
  question.request.sampling.seed = Random::mix(Random::mix(base, id), turn) & 0x7FFFFFFF;  // servers take 32 bits
  return question;
}

void Decider::ask(std::vector<Question>& questions, const std::stop_token& stop) const {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < questions.size(); i = next++) {
      Question& question = questions[i];
      const LlmOptions& llm = llm_of(question);
      Model& model = setup_.models.model_of(llm);
      question.reply = model.ask(question.request, EventSink::none(), stop);
      for (int again = 0; question.reply && question.reply->lost && again < llm.max_retries && !stop.stop_requested();
           ++again) {
        question.retries += question.reply->retries + 1;
        question.reply = model.ask(question.request, EventSink::none(), stop);
      }
      question.retries += question.reply ? question.reply->retries : 0;
    }
  };
  const std::size_t threads = std::min(questions.size(), static_cast<std::size_t>(setup_.concurrent_max));
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads; ++i) {
    others.emplace_back(work);
  }
  work();
}

// A model that answers badly is an outcome, and so is a prompt that its window cannot hold. One that does not answer,
// that refuses what every agent asks or has no memory left for it now, ends the run, which can go on later.
bool Decider::ends_run(const Question& question) const {
  if (question.reply.error().code != ErrorCode::limit) {
    return true;
  }
  Model& model = setup_.models.model_of(llm_of(question));
  const Result<std::int64_t> tokens = model.count_tokens(question.request);
  return !tokens || (model.counts_exactly() && *tokens < model.window_tokens());
}

Result<Decision> Decider::decision_of(const Question& question) {
  Decision made{.by = "llm"};
  AgentUsage& usage = usage_[static_cast<std::size_t>(question.agent)];
  ++usage.requests;
  usage.retries += question.retries;
  if (!question.reply) {
    if (ends_run(question)) {
      Error error = question.reply.error();
      if (error.code == ErrorCode::corrupt) {  // of a run, this says that its log is of another run
        error.code = ErrorCode::unavailable;
      }
      return std::unexpected(std::move(error));
    }
    made.failure = question.reply.error().message;
  } else if (question.reply->lost) {
    return std::unexpected(*question.reply->lost);
  } else {
    const Reply& reply = *question.reply;
    made.prompt_tokens = reply.usage.prompt_tokens;
    made.output_tokens = reply.usage.output_tokens;
    usage.prompt_tokens += reply.usage.prompt_tokens;
    usage.cached_tokens += reply.usage.cached_tokens;
    usage.output_tokens += reply.usage.output_tokens;
    auto answer = read_answer(reply, question.allowed, llm_of(question).reasoning);
    if (answer) {
      made.action = std::move(answer->action);
      made.reasoning = std::move(answer->reasoning);
    } else {
      made.failure = answer.error().message;
    }
  }
  usage.failures += made.failure.empty() ? 0 : 1;
  return made;
}

Result<void> Decider::audit(const Question& question, const Decision& decision) const {
  if (setup_.audit == nullptr) {
    return {};
  }
  return setup_.audit->add(
      {.agent = setup_.ledger.agent(question.agent).name,
       .kind = "act",
       .epoch = setup_.moment.epoch,
       .step = setup_.moment.step,
       .error = decision.failure,
       .extra = Json::object({{"seed", question.request.sampling.seed},
                              {"schema", answer_schema(question.allowed, llm_of(question).reasoning)},
                              {"action", to_json(decision.action)}})},
      setup_.models.model_of(llm_of(question)).name(), question.request, question.reply);
}

Result<std::vector<Decision>> Decider::decide(const std::vector<int>& agents, int epoch, int step,
                                              const std::stop_token& stop) {
  setup_.moment.epoch = epoch;
  setup_.moment.step = step;
  std::vector<Decision> made(agents.size());
  std::vector<Question> questions;
  for (std::size_t place = 0; place < agents.size(); ++place) {
    const int agent = agents[place];
    if (const std::string_view reason = setup_.ledger.kept_out(agent); !reason.empty()) {
      made[place] = {.by = "governance", .failure = std::string(reason)};
      continue;
    }
    if (setup_.ledger.agent(agent).type != AgentType::llm) {
      made[place] = scripted(agent);
      continue;
    }
    const Json* known = setup_.log.answered(epoch, step, setup_.ledger.agent(agent).name);
    if (known == nullptr) {
      questions.push_back(question_of(place, agent));
      continue;
    }
    made[place] = {.by = "llm",
                   .failure = std::string(known->text_or("failure")),
                   .reasoning = std::string(known->text_or("reasoning")),
                   .prompt_tokens = integer_of(*known, "prompt_tokens"),
                   .output_tokens = integer_of(*known, "output_tokens")};
    const Json* action = known->find("action");
    if (auto read = action_from_json(action == nullptr ? Json() : *action, setup_.world.allowed(agent))) {
      made[place].action = *std::move(read);  // what does not fit is found when the line is compared
    }
  }
  ask(questions, stop);
  Result<void> all;  // the first that ends the run; what the others cost is counted all the same
  for (const Question& question : questions) {
    auto decision = decision_of(question);
    if (!decision) {
      if (all) {
        all = std::unexpected(std::move(decision).error());
      }
      continue;
    }
    made[question.place] = *std::move(decision);
    PUNA_TRY_VOID(audit(question, made[question.place]));
  }
  PUNA_TRY_VOID(all);
  asked_ += static_cast<int>(questions.size());
  return made;
}

}  // namespace puna::sim
