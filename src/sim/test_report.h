// What the tests of reports share: runs of several seeds, their page, tables of a page. Tests only.
#pragma once

#include <stdlib.h>

#include <charconv>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "sim/test_page.h"
#include "sim/test_sim.h"

namespace puna::sim {

inline constexpr std::string_view kTalk = R"(scenario_id: talk
description: "work & <b>votes</b>"
world: swarm
agents: [{type: honest, count: 3}, {type: opportunistic}, {type: adversarial}, {type: llm, llm: {provider: llama_cpp, model: m}}]
simulation: {n_epochs: 4, steps_per_epoch: 6}
success_criteria: {max_toxicity: 0.9, min_interactions: 100000}
)";

class ReportTest : public SimTest {
 protected:
  void play_seeds(std::string_view text, const std::vector<std::uint64_t>& seeds) const {
    const Scenario scenario = scenario_of(text);
    for (const std::uint64_t seed : seeds) {
      RunOptions options;
      options.seed = seed;
      const ModelSet models = models_for(scenario, [](const Request&) { return R"({"action":"noop"})"; });
      play(scenario, format_text("{}-{}", scenario.id, seed), models, options);
    }
  }
  [[nodiscard]] std::string page_of(const std::vector<std::string>& names) const {
    std::vector<std::filesystem::path> folders;
    for (const std::string& name : names) {
      folders.push_back(folder / name);
    }
    auto page = report(folders);
    EXPECT_TRUE(page) << (page ? "" : page.error().message);
    return page ? *std::move(page) : "";
  }
  [[nodiscard]] Error error_of(const std::string& name) const {
    const std::filesystem::path one = folder / name;
    const auto page = report({&one, 1}, {.account = true});
    EXPECT_FALSE(page);
    return page ? Error{} : page.error();
  }
  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << text;
  }
  // A log of events that this program did not write.
  static std::string log_of(const std::vector<Json>& events) {
    std::string text;
    for (std::size_t i = 0; i < events.size(); ++i) {
      Json event =
          Json::object({{"id", format_text("e{:08}", i + 1)}, {"t", i + 1}, {"type", events[i].text_or("type")}});
      event.set("epoch", 0).set("step", 0);
      for (const Json::Member& member : events[i].as_object()) {
        event.set(member.key, member.value);
      }
      text += event.dump() + "\n";
    }
    return text;
  }
  static Json begin_of(std::string_view id, std::string_view text) {
    return Json::object(
        {{"type", "simulation_started"}, {"format", 1}, {"scenario", id}, {"seed", 1}, {"world", "w"}, {"file", text}});
  }
  static std::set<std::string> names_in(const std::vector<PageElement>& page) {
    std::set<std::string> names;
    for (const PageElement& element : page) {
      names.insert(element.name);
    }
    return names;
  }
  // Texts of the cells of the first table with this caption, row by row.
  static std::vector<std::vector<std::string>> rows_of(const std::vector<PageElement>& page, std::string_view caption) {
    std::vector<std::vector<std::string>> rows;
    bool is_inside = false;
    for (const PageElement& element : page) {
      if (element.name == "caption") {
        if (is_inside) {
          break;
        }
        is_inside = element.text == caption;
      } else if (is_inside && element.name == "tr") {
        rows.emplace_back();
      } else if (is_inside && (element.name == "td" || element.name == "th")) {
        rows.back().push_back(element.text);
      } else if (is_inside && element.name == "bdi" && !rows.empty()) {
        rows.back().back() += element.text;
      }
    }
    EXPECT_TRUE(is_inside) << caption;
    return rows;
  }
};

inline std::vector<std::vector<std::string>> cells_of(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) {
      rows.back().push_back(cell);
    }
  }
  return rows;
}

inline double number_of_text(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace puna::sim
