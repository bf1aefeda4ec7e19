// LLM agents on the bundled demo model: in this process and behind the packaged llama-server.
#include "model/test_llama_server.h"
#include "sim/test_sim.h"
#include "source_folder.h"

namespace puna::sim {
namespace {

const std::filesystem::path kDemoModel = std::filesystem::path(PUNA_SOURCE_DIR) / "models/demo/puna-demo-Q8_0.gguf";

std::string goods(int agents, double temperature, const std::string& where, std::string_view world = "public_goods") {
  return format_text(R"(scenario_id: goods
world: {}
agents:
  - type: llm
    count: {}
    llm: {{provider: llama_cpp, model: puna-demo, temperature: {}, max_tokens: 60, memory: 4{}}}
  - {{type: honest}}
simulation: {{n_epochs: 1, steps_per_epoch: 3, seed: 5}}
)",
                     world, agents, temperature, where);
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

TEST_F(LlmSim, EqualSeedsGiveEqualBytesWithAnyThreadsAndAgentsAtATimeFreshAndResumed) {
  std::string text = goods(14, 0.8, "");
  text.insert(text.find("  - {type: honest}"),
              "  - {type: llm, count: 2, name: thinker, llm: {provider: llama_cpp, model: puna-demo, temperature: 0.8, "
              "reasoning: 40}}\n");
  const Scenario scenario = scenario_of(text);
  const RunResult one = played(scenario, "one", 1, 1);
  played(scenario, "threads", 1, 3);
  played(scenario, "many", 16, 2);
  EXPECT_TRUE(text_of(folder / "one/goods_events.jsonl").contains("\"reasoning\":\""));
  for (std::size_t agent = 0; agent < 16; ++agent) {
    EXPECT_EQ(one.agents[agent].actions, 3);
    EXPECT_EQ(one.agents[agent].failures, 0) << "what the schema holds is an action";
    EXPECT_GT(one.agents[agent].usage.output_tokens, 0);
  }
  EXPECT_GT(one.agents[1].usage.cached_tokens, 0) << "prompts begin alike";
  // Killed in the middle.
  const std::string log = text_of(folder / "many/goods_events.jsonl");
  std::filesystem::create_directory(folder / "cut");
  std::ofstream(folder / "cut/goods_events.jsonl", std::ios::binary) << log.substr(0, log.size() / 2);
  played(scenario, "cut", 16, 1);
  const auto page_of = [&](const std::string& name) {
    const std::filesystem::path run = folder / name;
    const auto page = report({&run, 1}, {.program = "test"});
    EXPECT_TRUE(page) << (page ? "" : page.error().message);
    return page.value_or("");
  };
  const auto expected = files_of("one");
  const std::string page = page_of("one");
  for (const std::string name : {"threads", "many", "cut"}) {
    EXPECT_EQ(files_of(name), expected) << name;
    EXPECT_EQ(page_of(name), page) << name;
  }
}

TEST_F(LlmSim, AnotherSeedDecidesOtherwise) {
  const Scenario scenario = scenario_of(goods(8, 0.8, ""));
  auto models = open_models(scenario, {.demo = kDemoModel, .concurrent_max = 8, .threads = 1});
  ASSERT_TRUE(models) << models.error().message;
  play(scenario, "five", *models, {.concurrent_max = 8});
  play(scenario, "six", *models, {.seed = 6, .concurrent_max = 8});
  const auto tail = [&](const std::string& name) {  // behind the line that holds the seed
    const std::string log = text_of(folder / name / "goods_events.jsonl");
    return log.substr(log.find('\n'));
  };
  EXPECT_NE(tail("five"), tail("six"));
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

TEST_F(LlmSim, AServerAndThisProcessGiveTheSameGreedyActions) {
  std::string why;
  const auto server =
      puna::model::LlamaServer::start(kDemoModel, {"-c", "8192", "-np", "4", "-fa", "off", "--no-kv-unified"}, why);
  if (server == nullptr) {
    GTEST_SKIP() << why;
  }
  for (const std::string world : {"public_goods", "market", "debate", "swarm"}) {
    SCOPED_TRACE(world);
    const std::string near = goods(4, 0, ", model_path: " + kDemoModel.string(), world);
    played(scenario_of(near), world + "-here", 4, 1);
    played(scenario_of(goods(4, 0, ", base_url: " + server->url() + "/v1", world)), world + "-there", 4, 1);
    const std::vector<std::string> actions = actions_of(text_of(folder / (world + "-here/goods_events.jsonl")));
    EXPECT_EQ(actions.size(), 15U);
    EXPECT_EQ(actions, actions_of(text_of(folder / (world + "-there/goods_events.jsonl"))));
  }
}

// Two agents in this process, two at a server: one run, in which each is asked where it belongs.
TEST_F(LlmSim, BackEndsMixInOneRun) {
  std::string why;
  const auto server = puna::model::LlamaServer::start(kDemoModel, {"-c", "8192", "-np", "4"}, why);
  if (server == nullptr) {
    GTEST_SKIP() << why;
  }
  std::string text = goods(2, 0, ", model_path: " + kDemoModel.string());
  text.insert(text.find("  - {type: honest}"),
              format_text("  - {{type: llm, count: 2, name: far, llm: {{provider: llama_cpp, model: puna-demo, "
                          "temperature: 0, max_tokens: 60, memory: 4, base_url: \"{}/v1\"}}}}\n",
                          server->url()));
  const RunResult result = played(scenario_of(text), "mixed", 4, 1);
  ASSERT_EQ(result.agents.size(), 5U);
  for (std::size_t agent = 0; agent < 4; ++agent) {
    EXPECT_EQ(result.agents[agent].usage.requests, 3) << agent;
    EXPECT_EQ(result.agents[agent].failures, 0) << agent;
    EXPECT_GT(result.agents[agent].accepted, 0) << agent;
  }
  const std::string usage = text_of(folder / "mixed/goods_usage.json");
  EXPECT_TRUE(usage.contains("far_1") && usage.contains("llm_1")) << usage;
}

TEST_F(LlmSim, AServerThatIsNotThereIsFoundBeforeTheFirstStep) {
  const Scenario scenario = scenario_of(goods(1, 0, ", base_url: \"http://127.0.0.1:9/v1\", max_retries: 0"));
  const auto models = open_models(scenario, {.demo = kDemoModel});
  ASSERT_FALSE(models);
  EXPECT_EQ(models.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(models.error().message.starts_with("line 4: the model of these agents: ")) << models.error().message;
}

// Whatever their groups say beside it: the weights are loaded once.
TEST_F(SimTest, AFileInPlaceOfWhatTheScenarioSaysIsOpenedOnce) {
  const Scenario scenario = scenario_of(
      "scenario_id: m\nworld: public_goods\nagents:\n"
      "  - {type: llm, llm: {provider: llama_cpp, model_path: a.gguf}}\n"
      "  - {type: llm, llm: {provider: llama_cpp, model_path: b.gguf}}\n"
      "  - {type: llm, llm: {provider: llama_cpp, model: x, base_url: \"http://127.0.0.1:9/v1\", timeout: 3}}\n"
      "  - {type: llm, llm: {provider: llama_cpp, model_path: a.gguf, n_ctx: 512}}\n");
  const auto models = open_models(scenario, {.file = kDemoModel});
  ASSERT_TRUE(models) << models.error().message;
  const auto model_of = [&](std::size_t group) { return &models->model_of(scenario.agents[group].llm); };
  EXPECT_EQ(model_of(0), model_of(1));
  EXPECT_EQ(model_of(0), model_of(2));
  EXPECT_NE(model_of(0), model_of(3)) << "another window";
  EXPECT_EQ(models->what_is(scenario.agents[0].llm), models->what_is(scenario.agents[2].llm));
}

// In one pool every row reads past the cells of agents that it shares little with.
TEST_F(LlmSim, TheFastProfileHasACacheInPartsWhereThereIsMemory) {
  const Scenario scenario = scenario_of(goods(2, 0, ""));
  const auto models = open_models(scenario, {.demo = kDemoModel, .profile = Profile::fast});
  ASSERT_TRUE(models) << models.error().message;
  const auto* local = dynamic_cast<const LocalModel*>(&models->model_of(scenario.agents[0].llm));
  ASSERT_NE(local, nullptr);
  EXPECT_EQ(local->engine().options().cache, CacheLayout::parts);
}

}  // namespace
}  // namespace puna::sim
