// The runs of a sweep: each point of the grid as a scenario, and what every run is called.
#include <algorithm>
#include <map>
#include <utility>

#include "puna/base/sha256.h"
#include "puna/sim/sweep.h"
#include "sim/section.h"
#include "sim/sweep_tree.h"

namespace puna::sim {
namespace {

constexpr std::size_t kSweepProblemsMax = 20;
constexpr std::size_t kRunIdDigits = 16;
constexpr std::size_t kValueBytesMax = 80;  // of a value in a description

using Point = std::vector<std::size_t>;  // of each axis, the index of its value
using ReadScenario = std::expected<Scenario, std::vector<Problem>>;

std::string plain_text(const SweepValue& value) {
  return value.value.is_string() ? value.value.as_string() : value.text;
}

// Makes the scenarios of points, and finds out which value is to blame where one is none.
class Points {
 public:
  Points(const Sweep& sweep, YamlTree base, const Worlds& worlds)
      : sweep_(sweep), base_(std::move(base)), worlds_(worlds) {
    for (const SweepAxis& axis : sweep.axes) {
      paths_.push_back(path_parts(axis.path));
      std::vector<YamlTree> trees;
      for (const SweepValue& value : axis.values) {
        trees.push_back(*read_yaml(value.text));  // flow_text() wrote it
      }
      values_.push_back(std::move(trees));
    }
  }

  // Paths that lead nowhere in this scenario.
  [[nodiscard]] std::vector<Problem> bad_paths() const {
    std::vector<Problem> problems;
    for (std::size_t axis = 0; axis < paths_.size(); ++axis) {
      if (const auto tree = with_value(base_, paths_[axis], values_[axis][0]); !tree) {
        problems.push_back(
            {.place = sweep_.axes[axis].place, .what = tree.error(), .remedy = "a path of the scenario"});
      }
    }
    return problems;
  }
  [[nodiscard]] ReadScenario read(const Point& point) {
    YamlTree tree = base_;
    for (std::size_t axis = 0; axis < point.size(); ++axis) {
      tree = *with_value(tree, paths_[axis], values_[axis][point[axis]]);
    }
    return read_scenario(document_text(*described(tree, point)), worlds_);
  }
  // The same problems, at places of the sweep file.
  [[nodiscard]] std::vector<Problem> blamed(const Point& point, const std::vector<Problem>& found) {
    std::vector<Problem> problems;
    for (const Problem& problem : found) {
      problems.push_back(blamed(point, problem));
    }
    return problems;
  }

 private:
  [[nodiscard]] YamlTree described(const YamlTree& tree, const Point& point) const {
    if (point.empty()) {
      return tree;
    }
    std::map<std::string, std::string> parts;  // sorted, so that the order in the grid does not matter
    for (std::size_t axis = 0; axis < point.size(); ++axis) {
      parts[sweep_.axes[axis].path] = utf8::truncate(plain_text(sweep_.axes[axis].values[point[axis]]), kValueBytesMax);
    }
    std::string text;
    for (const auto& [path, value] : parts) {
      text += (text.empty() ? "" : ", ") + path + ": " + value;
    }
    const auto old = std::ranges::find(tree->members, "description", &YamlNode::Member::key);
    const bool is_described = old != tree->members.end() && old->value->kind == YamlNode::Kind::scalar;
    text = format_text("[{}]", utf8::truncate(text, kScenarioTextBytesMax / 2));
    if (is_described) {
      text = format_text("{} {}", utf8::truncate(old->value->text, kScenarioTextBytesMax - text.size() - 1), text);
    }
    return *with_value(tree, {"description"}, text_node(text));
  }
  // What is wrong with this value alone in the scenario as it is.
  [[nodiscard]] const std::vector<Problem>& alone(std::size_t axis, std::size_t value) {
    auto [found, is_new] = alone_.try_emplace({axis, value});
    if (is_new) {
      auto read = read_scenario(document_text(**with_value(base_, paths_[axis], values_[axis][value])), worlds_);
      found->second = read ? std::vector<Problem>() : std::move(read).error();
    }
    return found->second;
  }
  [[nodiscard]] bool is_alone(std::size_t axis, std::size_t value, const std::string& what) {
    return std::ranges::contains(alone(axis, value), what, &Problem::what);
  }
  [[nodiscard]] Problem blamed(const Point& point, const Problem& problem) {
    for (std::size_t axis = 0; axis < point.size(); ++axis) {
      if (!is_alone(axis, point[axis], problem.what)) {
        continue;
      }
      const std::size_t values = values_[axis].size();
      bool always = values > 1;  // whatever the value: then it is the path
      for (std::size_t value = 0; value < values && always; ++value) {
        always = is_alone(axis, value, problem.what);
      }
      const SweepAxis& blamed = sweep_.axes[axis];
      return {.place = always ? blamed.place : blamed.values[point[axis]].place,
              .what = problem.what,
              .remedy = problem.remedy};
    }
    std::string with;
    for (std::size_t axis = 0; axis < point.size(); ++axis) {
      const SweepAxis& one = sweep_.axes[axis];
      with += (with.empty() ? "" : ", ") + one.path + ": " + plain_text(one.values[point[axis]]);
    }
    return {
        .place = sweep_.grid_place, .what = format_text("with {}: {}", with, problem.what), .remedy = problem.remedy};
  }

  const Sweep& sweep_;
  const YamlTree base_;
  const Worlds& worlds_;
  std::vector<std::vector<std::string>> paths_;
  std::vector<std::vector<YamlTree>> values_;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<Problem>> alone_;
};

bool is_excluded(const Sweep& sweep, const Point& point, std::uint64_t seed) {
  return std::ranges::any_of(sweep.exclusions, [&](const SweepExclusion& exclusion) {
    return std::ranges::all_of(exclusion.conditions, [&](const SweepExclusion::Condition& condition) {
      const auto axis = std::ranges::find(sweep.axes, condition.path, &SweepAxis::path);
      const Json value = axis == sweep.axes.end()
                             ? Json(seed)
                             : axis->values[point[static_cast<std::size_t>(axis - sweep.axes.begin())]].value;
      return std::ranges::contains(condition.values, value);
    });
  });
}

// The next point; false after the last.
bool next_point(const Sweep& sweep, Point& point) {
  for (std::size_t axis = point.size(); axis-- > 0;) {
    if (++point[axis] < sweep.axes[axis].values.size()) {
      return true;
    }
    point[axis] = 0;
  }
  return false;
}

void add_problems(std::vector<Problem>& all, std::vector<Problem> more) {
  for (Problem& problem : more) {
    const bool is_known = std::ranges::any_of(
        all, [&](const Problem& other) { return other.place == problem.place && other.what == problem.what; });
    if (!is_known) {
      all.push_back(std::move(problem));
    }
  }
}

Result<std::string> file_hash(const std::filesystem::path& file) {
  if (auto hash = sha256_of_file(file)) {
    return hash;
  }
  return fail(ErrorCode::not_found, format_text("the model file '{}' cannot be read", printable(file.string())),
              "runs are named by their models: -m FILE, or the scenario's model_path");
}

// Of each group of agents on a file, what the file is.
Result<std::string> models_key(const Scenario& scenario, const ModelPlaces& places,
                               std::map<std::filesystem::path, std::string>& known) {
  std::string key;
  for (const AgentGroup& group : scenario.agents) {
    if (group.type != AgentType::llm || (places.file.empty() && !group.llm.base_url.empty())) {
      continue;
    }
    const std::filesystem::path file = !places.file.empty()           ? places.file
                                       : group.llm.model_path.empty() ? places.demo
                                                                      : std::filesystem::path(group.llm.model_path);
    if (!known.contains(file)) {
      PUNA_TRY(known[file], file_hash(file));
    }
    key += known[file] + "\n";
  }
  if (!key.empty()) {
    key += format_text("arithmetic {}\n{}", kArithmetic, places.profile == Profile::fast ? "fast\n" : "");
  }
  return key;
}

}  // namespace

std::expected<SweepPlan, std::vector<Problem>> plan_sweep(const Sweep& sweep, std::string_view scenario_text,
                                                          const Worlds& worlds) {
  const auto base = read_scenario(scenario_text, worlds);
  if (!base) {
    const Problem& first = base.error().front();
    return std::unexpected(std::vector{Problem{
        .place = sweep.scenario_place,
        .what = format_text("the scenario is none: {}:{}: {}", first.place.line, first.place.column, first.what),
        .remedy = first.remedy}});
  }
  Points points(sweep, without_value(*read_yaml(scenario_text), "simulation", "seed"), worlds);
  std::vector<Problem> problems = points.bad_paths();
  if (!problems.empty()) {
    return std::unexpected(std::move(problems));
  }
  const std::vector<std::uint64_t> seeds = sweep.seeds.empty() ? std::vector{base->simulation.seed} : sweep.seeds;
  SweepPlan plan{.id = sweep.id, .axes = sweep.axes};
  Point point(sweep.axes.size(), 0);
  do {
    std::vector<std::uint64_t> wanted = seeds;
    std::erase_if(wanted, [&](std::uint64_t seed) { return is_excluded(sweep, point, seed); });
    if (wanted.empty()) {
      continue;
    }
    auto read = points.read(point);
    if (!read) {
      add_problems(problems, points.blamed(point, read.error()));
      continue;
    }
    const auto scenario = std::make_shared<const Scenario>(*std::move(read));
    for (const std::uint64_t seed : wanted) {
      plan.runs.push_back({.id = {}, .seed = seed, .values = point, .scenario = scenario});
    }
  } while (problems.size() < kSweepProblemsMax && next_point(sweep, point));
  if (problems.empty() && plan.runs.empty()) {
    problems.push_back(
        {.place = sweep.exclusions.front().place, .what = "every run is left out", .remedy = "less under 'exclude'"});
  }
  if (!problems.empty()) {
    std::ranges::stable_sort(problems, {}, &Problem::place);
    problems.resize(std::min(problems.size(), kSweepProblemsMax));
    return std::unexpected(std::move(problems));
  }
  return plan;
}

Result<void> name_runs(SweepPlan& plan, const ModelPlaces& places) {
  std::map<std::filesystem::path, std::string> files;
  std::map<const Scenario*, std::string> models;
  for (SweepRun& run : plan.runs) {
    if (!models.contains(run.scenario.get())) {
      PUNA_TRY(models[run.scenario.get()], models_key(*run.scenario, places, files));
    }
    run.id = sha256_hex(format_text("puna sweep 1\n{}\n{}{}", run.seed, models[run.scenario.get()], run.scenario->text))
                 .substr(0, kRunIdDigits);
  }
  return {};
}

std::string value_text(const SweepPlan& plan, const SweepRun& run, std::size_t axis) {
  return plain_text(plan.axes[axis].values[run.values[axis]]);
}

Json values_json(const SweepPlan& plan, const SweepRun& run) {
  Json values = Json::object();
  for (std::size_t axis = 0; axis < plan.axes.size(); ++axis) {
    values.set(plan.axes[axis].path, plan.axes[axis].values[run.values[axis]].value);
  }
  return values;
}

}  // namespace puna::sim
