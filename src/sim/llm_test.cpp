// LLM agents on the bundled demo model: in this process and behind the packaged llama-server.
#include "model/test_llama_server.h"
#include "sim/test_sim.h"
#include "source_folder.h"

namespace puna::sim {
namespace {

const std::filesystem::path kDemoModel = std::filesystem::path(PUNA_SOURCE_DIR) / "models/demo/puna-demo-Q8_0.gguf";

std::string goods(int agents, double temperature, const std::string& where) {
  return format_text(R"(scenario_id: goods
world: public_goods
agents:
  - type: llm
    count: {}
    llm: {{provider: llama_cpp, model: puna-demo, temperature: {}, max_tokens: 60, memory: 4{}}}
  - {{type: honest}}
simulation: {{n_epochs: 1, steps_per_epoch: 3, seed: 5}}
)",
                     agents, temperature, where);
}

class LlmSim : public SimTest {
 protected:
  void SetUp() override {
    SimTest::SetUp();
    if (!std::filesystem::exists(kDemoModel)) {
      GTEST_SKIP() << "no demo model";
    }
  }
  RunResult played(const Scenario& scenario, const std::string& name, int concurrent, int threads) const {
    auto models = open_models(scenario, {.demo = kDemoModel, .concurrent_max = concurrent, .threads = threads});
    EXPECT_TRUE(models) << (models ? "" : models.error().message);
    return models ? play(scenario, name, *models, {.concurrent_max = concurrent}) : RunResult{};
  }
};

TEST_F(LlmSim, EqualSeedsGiveEqualBytesWithAnyThreadsAndAgentsAtATime) {
  const Scenario scenario = scenario_of(goods(6, 0.8, ""));
  const RunResult one = played(scenario, "one", 1, 1);
  played(scenario, "many", 6, 2);
  EXPECT_EQ(files_of("one"), files_of("many"));
  for (std::size_t agent = 0; agent < 6; ++agent) {
    EXPECT_EQ(one.agents[agent].actions, 3);
    EXPECT_EQ(one.agents[agent].failures, 0) << "what the schema holds is an action";
    EXPECT_GT(one.agents[agent].usage.output_tokens, 0);
  }
  EXPECT_GT(one.agents[1].usage.cached_tokens, 0) << "prompts begin alike";
  // Killed in the middle.
  const std::string log = text_of(folder / "many/goods_events.jsonl");
  std::filesystem::create_directory(folder / "cut");
  std::ofstream(folder / "cut/goods_events.jsonl", std::ios::binary) << log.substr(0, log.size() / 2);
  played(scenario, "cut", 3, 2);
  EXPECT_EQ(files_of("cut"), files_of("one"));
}

std::vector<std::string> actions_of(const std::string& log) {
  std::vector<std::string> actions;
  std::size_t at = 0;
  for (std::size_t end = log.find('\n'); end != std::string::npos; end = log.find('\n', at)) {
    const auto event = Json::parse(std::string_view(log).substr(at, end - at));
    if (event && event->text_or("type") == "action") {
      actions.push_back(event->find("action")->dump());
    }
    at = end + 1;
  }
  return actions;
}

// Samples every token, as a server does. The engine itself appends text that the grammar leaves no choice about in the
// tokeniser's own spelling, which is the sampled one only where a model was trained on such answers.
class EveryToken final : public Model {
 public:
  explicit EveryToken(std::unique_ptr<Model> model) : model_(std::move(model)) {}
  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    Request sampled = request;
    sampled.sampling.n_probs = 1;
    return model_->ask(sampled, events, std::move(stop));
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override {
    return model_->count_tokens(request);
  }
  [[nodiscard]] std::string name() const override { return model_->name(); }
  [[nodiscard]] int window_tokens() const override { return model_->window_tokens(); }

 private:
  const std::unique_ptr<Model> model_;
};

TEST_F(LlmSim, AServerAndThisProcessGiveTheSameGreedyActions) {
  std::string why;
  const auto server =
      puna::model::LlamaServer::start(kDemoModel, {"-c", "8192", "-np", "4", "-fa", "off", "--no-kv-unified"}, why);
  if (server == nullptr) {
    GTEST_SKIP() << why;
  }
  const Scenario here = scenario_of(goods(4, 0, ", model_path: " + kDemoModel.string()));
  const Scenario there = scenario_of(goods(4, 0, ", base_url: " + server->url() + "/v1"));
  auto local = LocalModel::open({.load = {.file = kDemoModel}, .engine = {.profile = Profile::deterministic}});
  ASSERT_TRUE(local) << local.error().message;
  ModelSet models;
  models.add(here.agents[0].llm, std::make_unique<EveryToken>(*std::move(local)));
  play(here, "here", models, {.concurrent_max = 4});
  played(there, "there", 4, 1);
  const std::vector<std::string> actions = actions_of(text_of(folder / "here/goods_events.jsonl"));
  EXPECT_EQ(actions.size(), 15U);
  EXPECT_EQ(actions, actions_of(text_of(folder / "there/goods_events.jsonl")));
}

TEST_F(LlmSim, AServerThatIsNotThereIsFoundBeforeTheFirstStep) {
  const Scenario scenario = scenario_of(goods(1, 0, ", base_url: \"http://127.0.0.1:9/v1\", max_retries: 0"));
  const auto models = open_models(scenario, {.demo = kDemoModel});
  ASSERT_FALSE(models);
  EXPECT_EQ(models.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(models.error().message.starts_with("line 4: the model of these agents: ")) << models.error().message;
}

}  // namespace
}  // namespace puna::sim
