// What is wrong with a scenario, where, and what to do: each bad line is put into a good file.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "puna/chat/schema.h"
#include "puna/sim/scenario.h"
#include "puna/sim/world.h"
#include "sim/yaml.h"

namespace puna::sim {
namespace {

struct Bad {
  std::string text;
  std::string problem;  // "LINE:COLUMN: what"
  std::string remedy;   // a part of it; empty = none needed
};

const std::string kHead = "scenario_id: s\nagents:\n  - type: honest\n";
std::string with(std::string_view more) { return kHead + std::string(more); }
std::string llm(std::string_view fields) {
  return "scenario_id: s\nagents:\n  - type: llm\n    llm:\n      provider: llama_cpp\n" + std::string(fields);
}

std::string bomb() {
  std::string text = "scenario_id: s\na: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    text += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) {
      text += (i == 0 ? "*" : ", *") + before;
    }
    text += "]\n";
  }
  return text;
}

// Few values, many bytes.
std::string long_bomb() {
  std::string text = "description: &a \"" + std::string(100'000, 'x') + "\"\nsimulation: {n_epochs: [*a";
  for (int i = 0; i < 20; ++i) {
    text += ", *a";
  }
  return "scenario_id: s\n" + text + "]}\n";
}

std::vector<Bad> table() {
  return {
      // ---- YAML
      {"", "1:1: the file is empty", "sim new"},
      {"# nothing\n", "1:1: the file is empty", "sim new"},
      {"- a\n- b\n", "1:1: a scenario is names with values, not a list", "sim new"},
      {"just text", "1:1: a scenario is names with values, not 'just text'", "sim new"},
      {"scenario_id: [s\n", "2:1: not YAML: ", "brackets"},
      {"scenario_id: s\n\tagents: []\n", "2:1: not YAML: ", "indentation"},
      {"scenario_id: \"s\" t\n", "1:18: not YAML: ", "quotes"},
      {"scenario_id: s\nscenario_id: t\n", "2:1: 'scenario_id' stands here for the second time", "line 1"},
      {"? [a]\n: b\n", "1:3: a key must be a text", "name: value"},
      {with("---\nscenario_id: t\n"), "5:1: a second document", "one scenario"},
      {with("motif: !!binary abc\n"), "4:8: the tag 'tag:yaml.org,2002:binary' means nothing here", "leave it out"},
      {bomb(), "6:24: more than 50000 values when every alias is followed", "aliases"},
      {long_bomb(), "3:65: more than 1048576 bytes when every alias is followed", "long texts"},
      {"a: &a [*a]\n", "1:8: an alias stands inside what it names", "write the value"},
      {"? " + std::string(1001, 'k') + "\n: 1\n", "1:3: a key of 1001 bytes; at most 1000", "shorter"},
      {"a: " + std::string(40, '[') + std::string(40, ']'), "1:35: nested more than 32 deep", "flatter"},
      {"scenario_id: *nobody\n", "1:14: not YAML: ", ""},
      {"scenario_id: s\nmotif: \xFF\n", "2:8: not UTF-8", "iconv"},
      {"scenario_id: \xEF\xBF\xBD\nmotif: a\n\xC3(", "3:1: not UTF-8", "iconv"},
      {"a: " + std::string(std::size_t{1} << 20U, 'x'), "1:1: 1048579 bytes; at most 1048576", "shorter"},
      // ---- names and identity
      {with("simulaton: {}\n"), "4:1: 'simulaton' means nothing here", "did you mean simulation?"},
      {with("xyzzy: 1\n"), "4:1: 'xyzzy' means nothing here", "scenario_id"},
      {"agents:\n  - type: honest\n", "1:1: there is no scenario_id", "scenario_id: my_scenario"},
      {"scenario_id: a/b\nagents: [{type: honest}]\n", "1:14: 'scenario_id' begins the names of files", "letters"},
      {"scenario_id: [s]\nagents: [{type: honest}]\n", "1:14: 'scenario_id' must be a text, not a list", ""},
      {"scenario_id: ''\nagents: [{type: honest}]\n", "1:14: 'scenario_id' must be a text, not an empty one", ""},
      {with("description: \"a\\x01b\"\n"), "4:14: 'description' has control characters or a second line", "plain"},
      // ---- agents
      {"scenario_id: s\n", "1:1: there are no agents", "- type: honest"},
      {"scenario_id: s\nagents: []\n", "2:9: there are no agents", "- type: honest"},
      {"scenario_id: s\nagents: {type: honest}\n", "2:9: there are no agents", "- type: honest"},
      {"scenario_id: s\nagents: [honest]\n", "2:10: an agent is names with values, not 'honest'", "- type: honest"},
      {"scenario_id: s\nagents: [{count: 2}]\n", "2:10: an agent without a type", "type: honest"},
      {"scenario_id: s\nagents: [{type: honst}]\n", "2:17: 'agents.type' cannot be 'honst'", "did you mean honest?"},
      {"scenario_id: s\nagents: [{type: honest, count: 0}]\n", "2:32: 'agents.count' must be a whole number, not '0'",
       "at least 1"},
      {"scenario_id: s\nagents: [{type: honest, count: 1.5}]\n",
       "2:32: 'agents.count' must be a whole number, not '1.5'", "at least 1"},
      {"scenario_id: s\nagents: [{type: honest, count: \"3\"}]\n",
       "2:32: 'agents.count' must be a whole number, not '3'", "at least 1"},
      {"scenario_id: s\nagents: [{type: honest, count: 9000}, {type: random, count: 9000}]\n", "2:9: 18000 agents",
       "fewer"},
      {"scenario_id: s\nagents: [{type: honest, name: a}, {type: random, name: a}]\n",
       "2:35: a second agent is called 'a'", "another name"},
      {"scenario_id: s\nagents: [{type: honest, config: {speed: 1}}]\n", "2:34: 'speed' means nothing in agents.config",
       "resources"},
      {"scenario_id: s\nagents: [{type: honest, llm: {provider: llama_cpp}}]\n",
       "2:30: an agent of type honest has no 'llm'", "type: llm"},
      {"scenario_id: s\nagents: [{type: llm}]\n", "2:10: an agent of type llm needs 'llm'", "provider"},
      {"scenario_id: s\nagents: [{type: llm, llm: {model: m}}]\n", "2:27: 'llm' has no provider", "llama_cpp"},
      {"scenario_id: s\nagents: [{type: llm, llm: {provider: anthropic}}]\n", "2:38: no provider is called 'anthropic'",
       "base_url"},
      {llm("      base_url: file:///etc/passwd\n"), "6:17: 'base_url' must begin with http:// or https://",
       "localhost"},
      {llm("      base_url: localhost:8080\n"), "6:17: 'base_url' must begin with http:// or https://", "localhost"},
      {llm("      base_url: http://me:secret@host\n"), "6:17: 'base_url' holds a user or a password", "leave it out"},
      {llm("      model_path: model.bin\n"), "6:19: 'model_path' does not end in .gguf", "GGUF"},
      {llm("      model_path: ../model.gguf\n"), "6:19: 'model_path' has a '..' in it", "without it"},
      {llm("      base_url: http://h\n      model_path: m.gguf\n"), "7:19: both 'base_url' and 'model_path'",
       "leave one"},
      {llm("      api_key: abc\n"), "6:16: a key does not belong in a file that is passed on", "--api-key-env"},
      {llm("      temperature: 1.5\n"), "6:20: 'agents.llm.temperature' is 1.5", "at most 1"},
      {llm("      temperature: warm\n"), "6:20: 'agents.llm.temperature' must be a number, not 'warm'", "at least 0"},
      {llm("      max_tokens: 0\n"), "6:19: 'agents.llm.max_tokens' must be a whole number, not '0'", "at least 1"},
      {llm("      seed: -2\n"), "6:13: 'agents.llm.seed' must be a whole number, not '-2'", "at least -1"},
      {llm("      seed: 1\n      llama_seed: 1\n"), "5:7: both 'seed' and 'llama_seed'", "leave one"},
      {llm("      cost_tracking: yes\n"), "6:22: 'agents.llm.cost_tracking' must be true or false, not 'yes'",
       "YAML 1.2"},
      {llm("      timeout: 0\n"), "6:16: 'agents.llm.timeout' is 0", "more than 0"},
      {llm("      reasoning: -1\n"), "6:18: 'agents.llm.reasoning' must be a whole number, not '-1'", "at most 2000"},
      {llm("      reasoning: long\n"), "6:18: 'agents.llm.reasoning' must be a whole number, not 'long'",
       "at most 2000"},
      {llm("      temprature: 1\n"), "6:7: 'temprature' means nothing in agents.llm", "did you mean temperature?"},
      // ---- the rest
      {with("simulation: 5\n"), "4:13: 'simulation' must be names with values, not '5'", "NAME: VALUE"},
      {with("simulation: {n_epochs: -1}\n"), "4:24: 'simulation.n_epochs' must be a whole number, not '-1'",
       "at least 1"},
      {with("simulation: {schedule_mode: roundrobin}\n"), "4:29: 'simulation.schedule_mode' cannot be 'roundrobin'",
       "did you mean round_robin?"},
      {with("simulation: {observation_noise_probability: 1.5}\n"),
       "4:45: 'simulation.observation_noise_probability' is 1.5", "at most 1"},
      {with("payoff: {theta: 1.01}\n"), "4:17: 'payoff.theta' is 1.01", "at most 1"},
      {with("payoff: {h: .nan}\n"), "4:13: 'payoff.h' must be a number, not '.nan'", "at least 0"},
      {with("proxy: {decay_rework: 1}\n"), "4:23: 'proxy.decay_rework' is 1", "less than 1"},
      {with("proxy: {steepness: 0}\n"), "4:20: 'proxy.steepness' is 0", "more than 0"},
      {with("governance: {transaction_tax: 0.1}\n"), "4:14: 'transaction_tax' means nothing in governance",
       "did you mean transaction_tax_rate?"},
      {with("governance: {audit_enabled: 1}\n"), "4:29: 'governance.audit_enabled' must be true or false, not '1'",
       "YAML"},
      {with("network: {topology: donut}\n"), "4:21: 'network.topology' cannot be 'donut'", "ring"},
      {with("network: {topology: small_world, k: 3}\n"), "4:37: 'network.k' is 3: half of them on each side", "k: 2"},
      {with("world: market\nnetwork: {topology: ring}\n"), "5:10: in the world market everybody meets everybody",
       "leave"},
      {with("world: market\nrate_limits: {posts_per_epoch: 1}\n"), "5:14: the world market has no rate limits",
       "leave"},
      {with("world: chess\n"), "4:8: 'world' cannot be 'chess'", "swarm"},
      {with("world: {endowment: 3}\n"), "4:8: 'world' has no type", "type: swarm"},
      {with("world: {type: public_goods, endowment: 0}\n"), "4:40: 'world.endowment' must be a whole number, not '0'",
       "at least 1"},
      {with("world: {type: debate, endowment: 3}\n"), "4:23: 'endowment' means nothing in world", "hint_truth"},
      {with("outputs: {event_log: /etc/events}\n"), "4:22: 'outputs.event_log' leaves the folder of the results",
       "below"},
      {with("outputs: {metrics_csv: ../m.csv}\n"), "4:24: 'outputs.metrics_csv' leaves the folder of the results",
       "below"},
      {with("outputs: {event_log: a/b/c/d/e/x.jsonl}\n"), "4:22: 'outputs.event_log' lies 5 folders deep; at most 4",
       "below"},
      {with("description: ''\n"), "4:14: 'description' must be a text, not an empty one", "quotes"},
      {with("outputs: {metrics_csv: tables/}\n"), "4:24: 'outputs.metrics_csv' is a folder's name", "a file's"},
      {with("outputs: {event_log: a.txt, metrics_csv: ./a.txt}\n"),
       "4:10: 'outputs.metrics_csv' clashes with another of the run's files, a.txt", "another name"},
      {with("outputs: {event_log: s_usage.json}\n"),
       "4:10: 'outputs.event_log' clashes with another of the run's files, s_usage.json", "another name"},
      {with("outputs: {event_log: s_report.html}\n"),
       "4:10: 'outputs.event_log' clashes with another of the run's files, s_report.html", "another name"},
      {with("outputs: {event_log: s.json.new}\n"),
       "4:10: 'outputs.event_log' clashes with another of the run's files, s.json", "another name"},
      {with("outputs: {event_log: a, metrics_csv: a/m.csv}\n"),
       "4:10: 'outputs.metrics_csv' clashes with another of the run's files, a", "another name"},
      {with("outputs: {metrics_csv: s.json.new/m.csv}\n"),
       "4:10: 'outputs.metrics_csv' clashes with another of the run's files, s.json", "another name"},
      // ---- null is as good as nothing
      {"scenario_id: s\nagents: [{type: llm, llm: {provider: , api_key: null, persona: , system_prompt: }}]\n",
       "2:27: 'llm' has no provider", "llama_cpp"},
      {"scenario_id:\nagents: [{type: honest}]\n", "1:1: there is no scenario_id", "my_scenario"},
      {"scenario_id: s\nagents: [{type: }]\n", "2:10: an agent without a type", "honest"},
      {with("success_criteria: {max_toxicity: , min_welfare: 1}\n"),
       "4:20: 'success_criteria.max_toxicity' has no value", "leave the line out"},
      {with("success_criteria: {max_toxicty: 0.4}\n"), "4:20: 'max_toxicty' means nothing in success_criteria",
       "did you mean max_toxicity?"},
      {with("success_criteria: {min_welfare: lots}\n"),
       "4:33: 'success_criteria.min_welfare' must be a number, not 'lots'", ""},
  };
}

TEST(BadScenarios, SayWhereWhatAndWhatToDo) {
  const std::vector<Bad> bad = table();
  EXPECT_GE(bad.size(), 60U);
  for (const Bad& each : bad) {
    const auto read = read_scenario(each.text, Worlds::built_in());
    ASSERT_FALSE(read) << each.problem;
    const Problem& problem = read.error().front();
    const std::string text = to_text(problem, "f").substr(2);
    EXPECT_TRUE(text.starts_with(each.problem)) << text << "\n  expected: " << each.problem;
    EXPECT_FALSE(problem.remedy.empty()) << text;
    EXPECT_TRUE(problem.remedy.contains(each.remedy)) << text << "\n  remedy: " << problem.remedy;
  }
}

// What the reader refuses for a field's own sake, the schema refuses too.
TEST(ScenarioSchema, RefusesWhatIsWrongInAField) {
  const Json schema = scenario_schema(Worlds::built_in());
  int refused = 0;
  for (const Bad& each : table()) {
    const auto yaml = read_yaml(each.text);
    const bool is_of_a_field = std::ranges::any_of(
        std::array<std::string_view, 6>{"must be a whole number", "must be a number", "must be true or false",
                                        "cannot be '", "means nothing", "has no provider"},
        [&](std::string_view what) { return each.problem.contains(what); });
    if (yaml && is_of_a_field) {
      ++refused;
      EXPECT_FALSE(schema_violations(schema, json_of(**yaml)).empty()) << each.text << each.problem;
    }
  }
  EXPECT_GT(refused, 20);
}

TEST(ScenarioSchema, TakesWhatTheReaderTakes) {
  const Json schema = scenario_schema(Worlds::built_in());
  const std::string text =
      "scenario_id: s\ndescription: d\nworld: {type: public_goods, endowment: 10, multiplier: 1.6}\nagents:\n"
      "  - {type: honest, count: 2, name: mira, config: {resources: 5, priority: -1}}\n  - type: llm\n    llm: "
      "{provider: llama_cpp, "
      "model: m, base_url: \"http://h/v1\", n_ctx: 4096, n_threads: 2, temperature: 0.8, max_tokens: 60, llama_seed: "
      "3, persona: "
      "honest, memory: 4, reasoning: 80, max_retries: 1, timeout: 2.5, cost_tracking: false}\nsimulation: {n_epochs: "
      "1, "
      "steps_per_epoch: 2, seed: 0, "
      "schedule_mode: priority, max_actions_per_step: 3, observables: types, observation_noise_probability: 0, "
      "observation_noise_std: 0.1}\nproxy: {weight_progress: 1, decay_rework: 0.5, steepness: 2}\npayoff: {theta: 0.5, "
      "w_rep: 1}\n"
      "governance: {transaction_tax_rate: 0.1, bandwidth_cap: 3, audit_enabled: true}\noutputs: {event_log: "
      "a/e.jsonl}\n"
      "success_criteria: {max_toxicity: 0.4, min_welfare: -3}\n";
  const auto read = read_scenario(text, Worlds::built_in());
  ASSERT_TRUE(read) << to_text(read.error().front(), "f");
  EXPECT_EQ(schema_violations(schema, json_of(**read_yaml(text))), std::vector<std::string>());
  for (const std::string_view world : {"swarm", "market", "{type: debate}"}) {
    const std::string plain = with("world: " + std::string(world) + "\n");
    ASSERT_TRUE(read_scenario(plain, Worlds::built_in()));
    EXPECT_EQ(schema_violations(schema, json_of(**read_yaml(plain))), std::vector<std::string>()) << plain;
  }
}

TEST(BadScenarios, AllProblemsAreToldInTheOrderOfTheFile) {
  const auto read = read_scenario(
      "scenario_id: s\nagents: [{type: honst, count: 0}]\npayoff: {theta: 2}\nsimulation: {n_epochs: 0, sed: 3}\n",
      Worlds::built_in());
  ASSERT_FALSE(read);
  std::vector<Place> places;
  for (const Problem& problem : read.error()) {
    places.push_back(problem.place);
  }
  EXPECT_EQ(places, (std::vector<Place>{{2, 17}, {2, 31}, {3, 17}, {4, 24}, {4, 27}}));
}

// Damage at random places: always a scenario, or problems that have a place.
TEST(BadScenarios, ThatWereDamagedAtRandomAreReadOrRefused) {
  const std::string whole =
      "scenario_id: s\nworld: {type: public_goods, endowment: 0x10}\nagents:\n  - &a {type: honest, count: 2}\n"
      "  - type: llm\n    llm: {provider: llama_cpp, model_path: m.gguf, persona: \"x\\ty\"}\n"
      "payoff: {theta: .5}\noutputs: {event_log: e.jsonl}\nsuccess_criteria: {max_toxicity: 0.4}\n";
  constexpr std::string_view kBytes =
      "\n :-[]{}&*!|>'\"%@`#?,~\\\t\xFF"
      "a0.";
  Random random(11);
  int refused = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::string text = whole;
    for (std::uint64_t changes = 1 + random.next() % 3; changes > 0; --changes) {
      const std::size_t at = random.next() % text.size();
      const char byte = kBytes[random.next() % kBytes.size()];
      switch (random.next() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1 + random.next() % 9);
      }
    }
    const auto read = read_scenario(text, Worlds::built_in());
    refused += read ? 0 : 1;
    for (const Problem& problem : read ? std::vector<Problem>{} : read.error()) {
      EXPECT_GT(problem.place.line, 0) << problem.what << "\n" << text;
      EXPECT_GT(problem.place.column, 0) << problem.what << "\n" << text;
    }
  }
  EXPECT_GT(refused, 1'000);
}

}  // namespace
}  // namespace puna::sim
