// What SWARM's own tests assert of it, and the holes that it has (facts on swarm-ai-safety/swarm), where no other test
// of this room holds them. Each test is named by one of them.
#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <set>

#include "model/test_chat_server.h"
#include "puna/chat/schema.h"
#include "sim/answer.h"
#include "sim/prompt.h"
#include "sim/test_sim.h"

namespace puna::sim {
namespace {

constexpr std::string_view kTalk = R"(scenario_id: b
world: {type: public_goods, endowment: 10}
agents:
  - {type: llm, count: 3, llm: {provider: llama_cpp, model: puna-demo}}
  - {type: honest}
simulation: {n_epochs: 2, steps_per_epoch: 2, seed: 1}
)";

const std::string kSwarm = R"(scenario_id: b
agents: [{type: honest, count: 3}, {type: adversarial, count: 2}, {type: random, count: 2}]
simulation: {n_epochs: 3, steps_per_epoch: 6, seed: 4}
)";

std::vector<Json> events_of(const std::string& log) {
  std::vector<Json> events;
  for (std::size_t at = 0, end = log.find('\n'); end != std::string::npos; at = end + 1, end = log.find('\n', at)) {
    auto event = Json::parse(std::string_view(log).substr(at, end - at));
    EXPECT_TRUE(event) << log.substr(at, end - at);
    if (event) {
      events.push_back(*std::move(event));
    }
  }
  return events;
}

double value_in(const Json& event, std::string_view name) {
  const Json* value = event.find(name);
  return value == nullptr ? std::nan("") : value->as_double();
}

// ---- what an agent on a model is configured by

TEST(SwarmBehaviour, AnLlmAgentsDefaultsAreSwarmsButForThePatience) {
  const LlmOptions llm =
      scenario_of("scenario_id: s\nagents: [{type: llm, llm: {provider: llama_cpp}}]\n").agents[0].llm;
  EXPECT_DOUBLE_EQ(llm.temperature, 0.7);
  EXPECT_EQ(llm.max_tokens, 512);
  EXPECT_EQ(llm.max_retries, 3);
  EXPECT_EQ(llm.seed, -1);
  EXPECT_EQ(llm.base_url, "http://localhost:8080/v1");
  EXPECT_EQ(llm.persona, "");
  EXPECT_DOUBLE_EQ(llm.timeout, 120) << "30 s are less than a long prompt takes on a CPU";
}

TEST_F(SimTest, AModelPathIsOpenedHereAndWhatIsNoModelIsNamedBeforeTheFirstStep) {
  const auto opened = [&](const std::string& fields) {
    return open_models(
        scenario_of("scenario_id: s\nagents:\n  - type: llm\n    llm: {provider: llama_cpp, " + fields + "}\n"), {});
  };
  const auto missing = opened("model_path: \"" + (folder / "none.gguf").string() + "\"");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_TRUE(missing.error().message.starts_with("line 3: the model of these agents: ")) << missing.error().message;
  EXPECT_TRUE(missing.error().message.contains("none.gguf")) << missing.error().message;
  std::ofstream(folder / "text.gguf") << "this is no model";
  const auto text = opened("model_path: \"" + (folder / "text.gguf").string() + "\"");
  ASSERT_FALSE(text);
  EXPECT_TRUE(text.error().message.contains("text.gguf")) << text.error().message;
  const auto server = opened("model: m, base_url: \"http://127.0.0.1:9/v1\", max_retries: 0");
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::unavailable);
}

TEST_F(SimTest, AgentsOfOneServerAskItForTheirOwnModelsAndRetriesAreCounted) {
  std::mutex mutex;
  std::map<std::string, int> asked;
  model::ChatServerTraits traits{.is_llama = false, .models = R"({"data": [{"id": "first"}, {"id": "second"}]})"};
  const model::ChatServer server(
      [&](net::Peer& peer, const Json& body, int number) {
        if (number == 1) {
          peer.send(model::error_page("503 Unavailable", "busy", "Retry-After: 0\r\n"));
          return;
        }
        const std::scoped_lock lock(mutex);
        ++asked[std::string(body.text_or("model"))];
        peer.send(model::good_stream(R"({\"action\": \"noop\"})"));
      },
      traits);
  const std::string agent =
      "  - {type: llm, llm: {provider: llama_cpp, n_ctx: 1000, base_url: \"" + server.url() + "\", model: ";
  const Scenario scenario = scenario_of("scenario_id: two\nworld: public_goods\nagents:\n" + agent + "second}}\n" +
                                        agent + "third}}\nsimulation: {n_epochs: 1, steps_per_epoch: 2}\n");
  const auto models = open_models(scenario, {});
  ASSERT_TRUE(models) << models.error().message;
  const RunResult result = play(scenario, "run", *models, {.concurrent_max = 1});
  EXPECT_EQ(asked, (std::map<std::string, int>{{"second", 2}, {"third", 2}}));
  EXPECT_EQ(result.agents[0].usage.retries, 1);
  EXPECT_EQ(result.agents[1].usage.retries, 0);
  EXPECT_TRUE(text_of(folder / "run/two_events.jsonl").contains(R"("models":["server's second","server's third"])"));
}

TEST(SwarmBehaviour, AgentsOfOneFileShareOneModelAndNoOthersDo) {
  const LlmOptions one{.model = "m", .model_path = "a.gguf", .temperature = 0.1, .seed = 1, .persona = "x"};
  LlmOptions other = one;
  other.temperature = 0.9;
  other.seed = 7;
  other.persona = "y";
  other.max_tokens = 5;
  EXPECT_TRUE(share_model(one, other)) << "weights are not loaded for each agent";
  other.model_path = "b.gguf";
  EXPECT_FALSE(share_model(one, other));
  other = one;
  other.n_ctx = 512;
  EXPECT_FALSE(share_model(one, other));
}

TEST_F(SimTest, TheFileOfARunIsInItsLogAndReadsAsTheSameScenario) {
  play(scenario_of(kSwarm), "run");
  const std::vector<Json> events = events_of(files_of("run").at("b_events.jsonl"));
  ASSERT_FALSE(events.empty());
  const Scenario again = scenario_of(events.front().text_or("file"));
  play(again, "again");
  EXPECT_EQ(files_of("again"), files_of("run"));
}

// ---- what an agent on a model answers

TEST(SwarmBehaviour, JsonIsReadPlainFencedAndInASentence) {
  const std::string_view give = R"({"action": "give"})";
  EXPECT_EQ(json_part(give), give);
  EXPECT_EQ(json_part("```json\n{\"action\": \"give\"}```"), give);
  EXPECT_EQ(json_part("I say:\n```\n{\"action\": \"give\"}\n```\nand {not this}"), std::string(give) + "\n");
  EXPECT_EQ(json_part("I give: {\"action\": \"give\"}, because {I} am kind."),
            "{\"action\": \"give\"}, because {I}");  // the widest: no JSON, and refused
  EXPECT_EQ(json_part("My action is {\"action\": \"give\"}."), give);
  EXPECT_EQ(json_part("``` {\"action\": \"give\"}"), give) << "a fence that nobody closed";
  EXPECT_EQ(json_part("} nothing {"), "} nothing {");
  EXPECT_EQ(json_part(""), "");
}

TEST_F(SimTest, FencedAnswersCountAndInvalidOnesAreNoops) {
  const Scenario scenario = scenario_of(kTalk);
  const RunResult result =
      play(scenario, "run", models_for(scenario, [](const Request& request) -> Result<std::string> {
             switch (static_cast<std::uint64_t>(request.agent)) {
               case 1:
                 return "```json\n{\"action\": \"give\", \"amount\": 3}\n```";
               case 2:
                 return "Sure: {\"action\": \"give\", \"amount\": 3}";
               default:
                 return "{\"action_type\": \"give\"}";
             }
           }));
  for (const std::size_t agent : {0U, 1U}) {
    EXPECT_EQ(result.agents[agent].failures, 0);
    EXPECT_EQ(result.agents[agent].interactions, 4);
  }
  EXPECT_EQ(result.agents[2].failures, 4);
  EXPECT_EQ(result.agents[2].noops, 4);
}

// Replies without an account of tokens: zeros, and no failure.
class NoUsage final : public Model {
 public:
  [[nodiscard]] Result<Reply> ask(const Request& /*request*/, EventSink& /*events*/,
                                  std::stop_token /*stop*/) override {
    Reply reply;
    reply.message = {.role = Role::assistant, .content = R"({"action": "noop"})"};
    return reply;
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& /*request*/) override { return 1; }
  [[nodiscard]] std::string name() const override { return "no usage"; }
  [[nodiscard]] int window_tokens() const override { return 4'096; }
};

TEST_F(SimTest, UsageThatIsMissingIsZerosAndEveryRequestCounts) {
  const Scenario scenario = scenario_of(kTalk);
  ModelSet models;
  models.add(scenario.agents[0].llm, std::make_unique<NoUsage>());
  const RunResult result = play(scenario, "run", models);
  EXPECT_EQ(result.agents[0].usage.requests, 4);
  EXPECT_EQ(result.agents[0].usage.prompt_tokens, 0);
  EXPECT_EQ(result.agents[0].usage.output_tokens, 0);
  EXPECT_EQ(result.agents[0].usage.failures, 0);
  EXPECT_EQ(result.agents[3].usage.requests, 0) << "a scripted agent asks nobody";
  EXPECT_TRUE(text_of(folder / "run/b_usage.json").contains("\"cost\": 0"));
}

// ---- the run

TEST_F(SimTest, ProgressIsToldAfterEveryStepInOrder) {
  std::vector<std::pair<int, int>> told;
  RunOptions options;
  options.progress = [&](const Progress& now) { told.emplace_back(now.epoch, now.step); };
  play(scenario_of(kTalk), "run",
       models_for(scenario_of(kTalk), [](const Request&) -> Result<std::string> { return R"({"action": "noop"})"; }),
       options);
  EXPECT_EQ(told, (std::vector<std::pair<int, int>>{{0, 0}, {0, 1}, {1, 0}, {1, 1}}));
}

TEST_F(SimTest, TheEventLogHasEveryInteractionInOrderWithinItsBounds) {
  const RunResult result = play(scenario_of(kSwarm), "run");
  double time = 0;
  int accepted = 0;
  int rejected = 0;
  std::map<std::string, double> reputations;
  std::set<std::string> ids;
  for (const Json& event : events_of(files_of("run").at("b_events.jsonl"))) {
    EXPECT_DOUBLE_EQ(value_in(event, "t"), ++time) << "the clock is a counter";
    EXPECT_TRUE(ids.insert(std::string(event.text_or("id"))).second);
    EXPECT_EQ(event.find("timestamp"), nullptr);
    const std::string_view type = event.text_or("type");
    if (type == "interaction_accepted" || type == "interaction_rejected") {
      (type == "interaction_accepted" ? accepted : rejected) += 1;
      EXPECT_GT(value_in(event, "p"), 0);
      EXPECT_LT(value_in(event, "p"), 1);
      EXPECT_LE(std::abs(value_in(event, "v_hat")), 1);
    } else if (type == "reputation_updated") {
      reputations[std::string(event.text_or("agent"))] = value_in(event, "to");
    }
  }
  EXPECT_EQ(accepted, result.total.accepted);
  EXPECT_EQ(accepted + rejected, result.total.interactions);
  EXPECT_GT(rejected, 0);
  for (const AgentResult& agent : result.agents) {
    EXPECT_DOUBLE_EQ(agent.reputation, reputations[agent.name]) << agent.name;
  }
}

TEST_F(SimTest, ALogThatCannotBeWrittenIsAnErrorAndNotSilentlyOff) {
  std::ofstream(folder / "logs") << "a file where a folder should be";
  const Scenario scenario = scenario_of(kSwarm + "outputs: {event_log: logs/e.jsonl}\n");
  const auto result = run(scenario, {.folder = folder}, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::io);
  EXPECT_TRUE(result.error().message.contains("logs")) << result.error().message;
  EXPECT_FALSE(std::filesystem::exists(folder / "b_epochs.csv"));
}

// ---- seeds

class SeedTest : public SimTest {
 protected:
  // Of every question, by agent and turn.
  using Seeds = std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t>;
  [[nodiscard]] Seeds seeds_of(const std::string& name, const std::string& text) const {
    const Scenario scenario = scenario_of(text);
    std::mutex mutex;
    Seeds seeds;
    ModelSet models;
    models.add(scenario.agents[0].llm, std::make_unique<RuleModel>([&](const Request& request) -> Result<std::string> {
                 const std::scoped_lock lock(mutex);
                 seeds[{static_cast<std::uint64_t>(request.agent), request.turn}] = request.sampling.seed;
                 return R"({"action": "noop"})";
               }));
    EXPECT_TRUE(run(scenario, {.folder = folder / name}, models));
    return seeds;
  }
};

TEST_F(SeedTest, EveryQuestionHasASeedOfItsOwnThatTheFileDecides) {
  const std::string text(kTalk);
  const auto with = [&](std::string changed, std::string_view what, std::string_view by) {
    return changed.replace(changed.find(what), what.size(), by);
  };
  const auto seeds = seeds_of("a", text);
  EXPECT_EQ(seeds.size(), 12U);
  std::set<std::uint64_t> different;
  for (const auto& [question, seed] : seeds) {
    different.insert(seed);
    EXPECT_LE(seed, 0x7FFFFFFFU) << "servers take 32 bits";
  }
  EXPECT_EQ(different.size(), 12U);
  EXPECT_EQ(seeds_of("b", text), seeds);
  EXPECT_NE(seeds_of("c", with(text, "seed: 1", "seed: 2")), seeds);
  const std::string own = with(text, "model: puna-demo", "model: puna-demo, seed: 9");
  EXPECT_NE(seeds_of("d", own), seeds) << "llm.seed is not ignored";
  EXPECT_EQ(seeds_of("e", with(own, "seed: 1}", "seed: 2}")), seeds_of("f", own));
}

// ---- the prompt

// Every action that a prompt offers is one that the world allows at some time, and what is allowed is among them.
TEST_F(SimTest, APromptOffersNoActionThatTheWorldDoesNotKnow) {
  for (const std::string world : {"swarm", "public_goods", "market", "debate"}) {
    const Scenario scenario = scenario_of("scenario_id: o\nworld: " + world + R"(
agents:
  - {type: llm, name: ana, llm: {provider: llama_cpp, model: puna-demo}}
  - {type: random, count: 4}
simulation: {n_epochs: 2, steps_per_epoch: 16, seed: 2}
)");
    int asked = 0;
    std::set<std::string> offered_ever;
    std::set<std::string> allowed_ever;
    play(scenario, world, models_for(scenario, [&](const Request& request) -> Result<std::string> {
           ++asked;
           const std::string& grammar = std::get<format::Gbnf>(*request.format).text;
           std::set<std::string> offered;
           constexpr std::string_view kMark = "- {\"action\": \"";
           const std::string& text = request.messages[0].content;
           for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
             const std::size_t begin = at + kMark.size();
             offered.insert(text.substr(begin, text.find('"', begin) - begin));
           }
           constexpr std::string_view kFirst = "\\\"action\\\": \\\"";
           for (std::size_t at = grammar.find(kFirst); at != std::string::npos; at = grammar.find(kFirst, at + 1)) {
             const std::size_t begin = at + kFirst.size();
             const std::string name = grammar.substr(begin, grammar.find('\\', begin) - begin);
             EXPECT_TRUE(offered.contains(name)) << world << ": " << name;
             allowed_ever.insert(name);
           }
           offered_ever.merge(offered);
           // Whoever has a task may hand it in.
           const std::size_t task = grammar.find(R"(\"action\": \"claim\", \"task\": )");
           if (task == std::string::npos) {
             return R"({"action": "noop"})";
           }
           const std::string& seen = request.messages[1].content;
           const std::size_t free = seen.find("Free tasks: ") + 12;
           return format_text(R"({{"action": "claim", "task": "{}"}})",
                              seen.substr(free, seen.find_first_of(",.\n", free) - free));
         }));
    EXPECT_EQ(asked, 32);
    EXPECT_EQ(offered_ever, allowed_ever) << world;
  }
}

// ---- soft labels

TEST(SwarmBehaviour, ClampingKeepsTheSignAndVHatStaysInItsBounds) {
  const auto proxy = Proxy::create({});
  ASSERT_TRUE(proxy);
  Random random(3);
  for (int i = 0; i < 2'000; ++i) {
    const auto some = [&] { return (random.uniform() - 0.5) * 20; };
    const Observables seen{.progress = some(),
                           .rework = static_cast<int>(random.uniform() * 9),
                           .rejections = static_cast<int>(random.uniform() * 9),
                           .misuse = static_cast<int>(random.uniform() * 9),
                           .engagement = some()};
    Observables clamped = seen;
    clamped.progress = std::clamp(seen.progress, -1.0, 1.0);
    clamped.engagement = std::clamp(seen.engagement, -1.0, 1.0);
    EXPECT_DOUBLE_EQ(proxy->v_hat(seen), proxy->v_hat(clamped));
    EXPECT_LE(std::abs(proxy->v_hat(seen)), 1);
    EXPECT_GT(proxy->p(seen), 0);
    EXPECT_LT(proxy->p(seen), 1);
    EXPECT_EQ(proxy->p(seen) > 0.5, proxy->v_hat(seen) > 0);
  }
  EXPECT_LT(proxy->v_hat({.progress = -50, .rework = 9, .rejections = 9, .misuse = 9, .engagement = -50}), 0);
  EXPECT_GT(proxy->v_hat({.progress = 50, .engagement = 50}), 0);
}

TEST(SwarmBehaviour, BothSidesPayoffsAddUpToTheSurplusLessWhatTheyPay) {
  Random random(5);
  for (int i = 0; i < 500; ++i) {
    const PayoffOptions options{
        .theta = random.uniform(), .rho_a = random.uniform(), .rho_b = random.uniform(), .w_rep = 0};
    const Terms terms{.transfer = random.uniform() * 4 - 2, .cost_a = random.uniform(), .cost_b = random.uniform()};
    const Payoff payoff = payoff_of(random.uniform(), terms, options);
    EXPECT_NEAR(payoff.a + payoff.b,
                payoff.surplus - (options.rho_a + options.rho_b) * payoff.externality - terms.cost_a - terms.cost_b,
                1e-12);
  }
}

TEST(SwarmBehaviour, MetricsStayInTheirBoundsAndToxicityIsRebuiltFromItsParts) {
  Random random(9);
  for (int round = 0; round < 200; ++round) {
    std::vector<Outcome> outcomes;
    for (int i = 0; i < 1 + round % 17; ++i) {
      const double p = random.uniform();
      outcomes.push_back(
          {.p = p, .accepted = random.uniform() < 0.6, .payoff = payoff_of(p, {}, {}), .truth = p > 0.5});
    }
    const Metrics m = metrics_of(outcomes, {});
    EXPECT_GE(m.toxicity, 0);
    EXPECT_LE(m.toxicity, 1);
    EXPECT_LE(std::abs(m.quality_gap), 1);
    EXPECT_LE(std::abs(m.quality_correlation), 1 + 1e-9);
    EXPECT_LE(m.accepted, m.interactions);
    if (m.accepted > 0) {
      EXPECT_NEAR(m.baseline_harm - m.selection_credit, m.toxicity, 1e-12);
    }
    const auto calibration = calibration_of(outcomes);
    ASSERT_TRUE(calibration);
    EXPECT_GE(calibration->brier, 0);
    EXPECT_LE(calibration->brier, 1);
    EXPECT_LE(calibration->expected_error, 1);
  }
}

TEST_F(SimTest, EqualSeedsSeeTheSameNoiseAndOthersDoNot) {
  const std::string noisy =
      kSwarm.substr(0, kSwarm.size() - 2) + ", observation_noise_probability: 1, observation_noise_std: 0.3}\n";
  const RunResult one = play(scenario_of(noisy), "one");
  const RunResult two = play(scenario_of(noisy), "two");
  EXPECT_EQ(files_of("one").at("b_events.jsonl"), files_of("two").at("b_events.jsonl"));
  const RunResult plain = play(scenario_of(kSwarm), "plain");
  EXPECT_NE(one.total.toxicity, plain.total.toxicity);
  EXPECT_NE(play(scenario_of(noisy), "three", {}, {.seed = 5}).total.toxicity, two.total.toxicity);
}

}  // namespace
}  // namespace puna::sim
