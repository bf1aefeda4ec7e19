// What the tests of runs share: a folder, files as text, a model that answers by rule. Tests only.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "puna/sim.h"

namespace puna::sim {

// Answers each request by a function; from any number of threads.
class RuleModel final : public Model {
 public:
  using Rule = std::function<Result<std::string>(const Request&)>;
  explicit RuleModel(Rule rule) : rule_(std::move(rule)) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& /*events*/, std::stop_token /*stop*/) override {
    ++asked;
    PUNA_TRY(std::string text, rule_(request));
    Reply reply;
    reply.message = {.role = Role::assistant, .content = std::move(text)};
    reply.usage.prompt_tokens = static_cast<std::int64_t>(request.messages.back().content.size());
    reply.usage.output_tokens = static_cast<std::int64_t>(reply.message.content.size());
    return reply;
  }
  // A prompt that the rule says does not fit is as long as the window.
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override {
    const auto answer = rule_(request);
    return answer || answer.error().message != "the prompt does not fit" ? 1 : window_tokens();
  }
  [[nodiscard]] std::string name() const override { return "rule"; }
  [[nodiscard]] int window_tokens() const override { return 4'096; }

  std::atomic<int> asked = 0;

 private:
  const Rule rule_;
};

inline Scenario scenario_of(std::string_view text, const Worlds& worlds = Worlds::built_in()) {
  auto read = read_scenario(text, worlds);
  if (!read) {
    ADD_FAILURE() << to_text(read.error().front(), "scenario") << ": " << read.error().front().remedy;
    std::abort();
  }
  return *std::move(read);
}

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class SimTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-sim-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  // A run that must end, in a folder of its own.
  RunResult play(const Scenario& scenario, const std::string& name, const ModelSet& models = {},
                 RunOptions options = {}, const Worlds& worlds = Worlds::built_in()) const {
    options.folder = folder / name;
    auto result = run(scenario, options, models, worlds);
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return result ? *std::move(result) : RunResult{};
  }
  // Every file of a run's folder but the one that may differ.
  [[nodiscard]] std::map<std::string, std::string> files_of(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / name)) {
      if (entry.is_regular_file() && !entry.path().string().ends_with("_usage.json")) {
        files[std::filesystem::relative(entry.path(), folder / name).string()] = text_of(entry.path());
      }
    }
    return files;
  }
  static ModelSet models_for(const Scenario& scenario, const RuleModel::Rule& rule) {
    ModelSet models;
    for (const AgentGroup& group : scenario.agents) {
      if (group.type == AgentType::llm) {
        models.add(group.llm, std::make_unique<RuleModel>(rule));
      }
    }
    return models;
  }

  std::filesystem::path folder;
};

}  // namespace puna::sim
