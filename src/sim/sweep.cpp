// A sweep file's text as a Sweep, with every problem that it has. See docs/sweeps.md.
#include "puna/sim/sweep.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/section.h"
#include "sim/sweep_tree.h"

namespace puna::sim {
namespace {

constexpr std::size_t kAxesMax = 16;
constexpr std::size_t kSweepValueBytesMax = 100'000;  // written on one line
constexpr std::size_t kSweepIdBytesMax = 64;

void read_sweep_head(Section& file, Sweep& sweep) {
  for (const std::string_view name : {"sweep_id", "scenario"}) {
    if (!file.has(name)) {
      file.problem(file.place(), format_text("there is no {}", name),
                   name == "scenario" ? "scenario: FILE, as puna sim run takes it" : "sweep_id: my_sweep");
    }
  }
  file.text("sweep_id", sweep.id, kSweepIdBytesMax);
  const bool is_name = std::ranges::all_of(sweep.id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (!is_name) {
    file.problem(file.child("sweep_id")->place, "'sweep_id' begins the names of files",
                 "letters, digits, '_' and '-' only");
  }
  file.text("scenario", sweep.scenario, 4'096);
  if (const YamlNode* scenario = file.child("scenario")) {
    sweep.scenario_place = scenario->place;
  }
}

std::optional<std::uint64_t> seed_of(const YamlNode& node) {
  const Json json = node.kind == YamlNode::Kind::scalar ? json_of(node) : Json();
  return json.is_integer() && json.as_integer() >= 0 ? std::optional(static_cast<std::uint64_t>(json.as_integer()))
                                                     : std::nullopt;
}

void read_seed_range(Section range, std::vector<std::uint64_t>& seeds) {
  constexpr std::int64_t kSeedMax = std::numeric_limits<std::int64_t>::max();
  std::int64_t from = -1;
  std::int64_t to = -1;
  range.whole("from", from, 0, kSeedMax);
  range.whole("to", to, 0, kSeedMax);
  range.finish();
  if (!range.has("from") || !range.has("to")) {
    range.problem(range.place(), "a range of seeds needs 'from' and 'to'", "seeds: {from: 1, to: 10}");
    return;
  }
  if (from < 0 || to < from) {
    if (from >= 0 && to >= 0) {
      range.problem(range.place(), format_text("the range of seeds ends at {}, before it begins", to), "from <= to");
    }
    return;
  }
  if (static_cast<std::uint64_t>(to - from) >= kSweepRunsMax) {
    range.problem(range.place(), format_text("more than {} seeds", kSweepRunsMax), "several sweeps");
    return;
  }
  for (std::int64_t seed = from; seed < to; ++seed) {
    seeds.push_back(static_cast<std::uint64_t>(seed));
  }
  seeds.push_back(static_cast<std::uint64_t>(to));
}

void read_seeds(Section& file, std::vector<std::uint64_t>& seeds) {
  const YamlNode* node = file.child("seeds");
  if (node == nullptr) {
    return;
  }
  if (node->kind == YamlNode::Kind::map) {
    read_seed_range(*file.section("seeds"), seeds);
    return;
  }
  if (node->kind != YamlNode::Kind::list || node->items.empty()) {
    file.problem(node->place,
                 format_text("'seeds' must be a list of whole numbers or a range, not {}",
                             node->kind == YamlNode::Kind::list ? "an empty list" : kind_text(*node)),
                 "seeds: [1, 2, 3], or seeds: {from: 1, to: 10}");
    return;
  }
  for (const YamlTree& item : node->items) {
    const auto seed = seed_of(*item);
    if (!seed) {
      file.problem(item->place, format_text("a seed must be a whole number from 0, not {}", kind_text(*item)),
                   "seeds: [1, 2, 3]");
    } else if (std::ranges::contains(seeds, *seed)) {
      file.problem(item->place, format_text("the seed {} stands here for the second time", *seed), "leave it out");
    } else {
      seeds.push_back(*seed);
    }
  }
}

SweepAxis read_axis(Section& grid, const YamlNode::Member& member) {
  SweepAxis axis{.path = member.key, .place = member.place};
  const YamlNode& list = *member.value;
  if (list.kind != YamlNode::Kind::list || list.items.empty()) {
    grid.problem(list.place,
                 format_text("'{}' must be a list of values, not {}", printable(utf8::truncate(member.key, 60)),
                             list.kind == YamlNode::Kind::list ? "an empty one" : kind_text(list)),
                 "[0, 0.1, 0.2]");
    return axis;
  }
  for (const YamlTree& item : list.items) {
    Json value = json_of(*item);
    if (std::ranges::contains(axis.values, value, &SweepValue::value)) {
      grid.problem(item->place, format_text("{} stands here for the second time", utf8::truncate(flow_text(*item), 60)),
                   "leave it out");
      continue;
    }
    std::string written = flow_text(*item);
    if (written.size() > kSweepValueBytesMax) {
      grid.problem(item->place, format_text("a value of {} bytes; at most {}", written.size(), kSweepValueBytesMax),
                   "a shorter one");
      continue;
    }
    if (!read_yaml(written)) {
      grid.problem(item->place, "a value that cannot be written as YAML in one line", "shorter names in it");
      continue;
    }
    axis.values.push_back({.value = std::move(value), .text = std::move(written), .place = item->place});
  }
  return axis;
}

// True where one of the two is a part of the other's value.
bool overlap(std::string_view a, std::string_view b) {
  return a == b || (a.size() < b.size() ? b.starts_with(std::string(a) + ".") : a.starts_with(std::string(b) + "."));
}

void check_path(Section& grid, const SweepAxis& axis, const std::vector<SweepAxis>& before) {
  const std::vector<std::string> parts = path_parts(axis.path);
  if (parts.size() > kYamlDepthMax) {
    grid.problem(axis.place, format_text("a path of {} parts; at most {}", parts.size(), kYamlDepthMax),
                 "governance.bandwidth_cap");
  }
  if (std::ranges::contains(parts, "")) {
    grid.problem(axis.place, "a path is names and numbers with dots between them", "governance.bandwidth_cap");
  }
  if (axis.path == "simulation.seed" || axis.path == "seed" || axis.path == "simulation") {
    grid.problem(axis.place, format_text("'{}' is no place for seeds", axis.path), "seeds: [1, 2, 3] beside the grid");
  }
  for (const SweepAxis& other : before) {
    if (overlap(axis.path, other.path)) {
      grid.problem(axis.place, format_text("'{}' and '{}' change the same place", other.path, axis.path),
                   "one of the two");
    }
  }
}

void read_grid(Section& file, Sweep& sweep) {
  auto grid = file.section("grid");
  if (!grid) {
    return;
  }
  sweep.grid_place = grid->place();
  if (grid->node().members.size() > kAxesMax) {
    grid->problem(grid->place(), format_text("{} paths; at most {}", grid->node().members.size(), kAxesMax),
                  "several sweeps");
    return;
  }
  for (const YamlNode::Member& member : grid->node().members) {
    SweepAxis axis = read_axis(*grid, member);
    check_path(*grid, axis, sweep.axes);
    sweep.axes.push_back(std::move(axis));
  }
}

// The values that a condition names, which must be some of the axis.
void read_condition(const Section& file, const YamlNode::Member& member, const Sweep& sweep,
                    SweepExclusion& exclusion) {
  std::vector<std::string_view> paths{"seed"};
  for (const SweepAxis& axis : sweep.axes) {
    paths.push_back(axis.path);
  }
  if (!std::ranges::contains(paths, member.key)) {
    const std::string_view nearest = nearest_name(member.key, paths);
    file.problem(member.place, format_text("'{}' is no path of the grid", printable(utf8::truncate(member.key, 60))),
                 nearest.empty() ? "a path that stands in 'grid', or seed" : format_text("did you mean {}?", nearest));
    return;
  }
  const auto axis = std::ranges::find(sweep.axes, member.key, &SweepAxis::path);
  const bool is_list = member.value->kind == YamlNode::Kind::list;
  SweepExclusion::Condition condition{.path = member.key};
  for (const YamlTree& item : is_list ? member.value->items : std::vector<YamlTree>{member.value}) {
    condition.values.push_back(json_of(*item));
    const bool is_there =
        axis == sweep.axes.end()
            ? seed_of(*item) && (sweep.seeds.empty() || std::ranges::contains(sweep.seeds, *seed_of(*item)))
            : std::ranges::contains(axis->values, condition.values.back(), &SweepValue::value);
    if (!is_there) {
      file.problem(item->place,
                   format_text("'{}' never has the value {}", member.key, utf8::truncate(flow_text(*item), 60)),
                   "a value that stands in the file");
    }
  }
  exclusion.conditions.push_back(std::move(condition));
}

void read_exclusions(Section& file, Sweep& sweep) {
  const YamlNode* list = file.child("exclude");
  if (list == nullptr) {
    return;
  }
  if (list->kind != YamlNode::Kind::list) {
    file.problem(list->place, format_text("'exclude' must be a list, not {}", kind_text(*list)),
                 "exclude:\n    - {PATH: VALUE, seed: 1}");
    return;
  }
  for (const YamlTree& item : list->items) {
    if (item->kind != YamlNode::Kind::map || item->members.empty()) {
      file.problem(item->place, format_text("what is left out is paths with values, not {}", kind_text(*item)),
                   "- {PATH: VALUE, seed: 1}");
      continue;
    }
    SweepExclusion exclusion{.place = item->place, .conditions = {}};
    for (const YamlNode::Member& member : item->members) {
      read_condition(file, member, sweep, exclusion);
    }
    sweep.exclusions.push_back(std::move(exclusion));
  }
}

void check_size(const Section& file, const Sweep& sweep) {
  std::size_t runs = std::max<std::size_t>(1, sweep.seeds.size());
  for (const SweepAxis& axis : sweep.axes) {
    runs *= std::max<std::size_t>(1, axis.values.size());  // at most 10,000 times 50,000
    if (runs > kSweepRunsMax) {
      file.problem(axis.place, format_text("more than {} runs with this path", kSweepRunsMax),
                   "fewer values or seeds, or several sweeps");
      return;
    }
  }
  if (runs > kSweepRunsMax) {
    file.problem(file.place(), format_text("{} runs; at most {}", runs, kSweepRunsMax),
                 "fewer seeds, or several sweeps");
  }
}

}  // namespace

std::expected<Sweep, std::vector<Problem>> read_sweep(std::string_view text) {
  const auto root = read_yaml(text);
  if (!root || (*root)->kind != YamlNode::Kind::map) {
    Problem problem = root ? Problem{.place = (*root)->place,
                                     .what = format_text("a sweep is names with values, not {}", kind_text(**root))}
                           : root.error();
    if (root || problem.what == "the file is empty") {
      problem.remedy = "sweep_id: my_sweep, scenario: FILE, seeds: [1, 2, 3]";
    }
    return std::unexpected(std::vector{std::move(problem)});
  }
  std::vector<Problem> problems;
  Section file(**root, "", problems);
  Sweep sweep;
  read_sweep_head(file, sweep);
  read_seeds(file, sweep.seeds);
  read_grid(file, sweep);
  check_size(file, sweep);
  read_exclusions(file, sweep);
  file.finish();
  if (!problems.empty()) {
    std::ranges::stable_sort(problems, {}, &Problem::place);
    return std::unexpected(std::move(problems));
  }
  return sweep;
}

}  // namespace puna::sim
