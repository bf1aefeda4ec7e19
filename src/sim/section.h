// One level of a scenario file while it is read: each field is asked for by its name, and what nobody asked for is
// refused at the end, with the nearest name that somebody did ask for.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/sim/scenario.h"
#include "sim/yaml.h"

namespace puna::sim {

class Section {
 public:
  // path  how problems name it: "simulation"; empty for the file itself. Borrows node and problems.
  Section(const YamlNode& node, std::string path, std::vector<Problem>& problems);

  struct Range {
    double min = 0;
    double max = 1e9;
    bool with_min = true;
    bool with_max = true;
  };
  void number(std::string_view name, double& value, const Range& range);
  void integer(std::string_view name, int& value, std::int64_t min, std::int64_t max);
  void whole(std::string_view name, std::int64_t& value, std::int64_t min, std::int64_t max);
  void flag(std::string_view name, bool& value);
  // One line unless lines are allowed; not empty.
  void text(std::string_view name, std::string& value, std::size_t bytes_max, bool many_lines = false);
  // The index of the name that stands there.
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view name, std::span<const std::string_view> names);
  // The field itself; nullptr when it is not there or null.
  [[nodiscard]] const YamlNode* child(std::string_view name);
  // A field with names and values.
  [[nodiscard]] std::optional<Section> section(std::string_view name);
  // A field that is understood and does nothing here, in any form.
  void ignore(std::string_view name) { (void)child(name); }

  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] Place place() const { return node_.place; }
  [[nodiscard]] const YamlNode& node() const { return node_; }
  void problem(Place place, std::string what, std::string remedy = {}) const;
  // Refuses what is left.
  void finish();

 private:
  [[nodiscard]] std::string named(std::string_view name) const;

  const YamlNode& node_;
  const std::string path_;
  std::vector<Problem>& problems_;
  std::vector<std::string> asked_;
};

}  // namespace puna::sim
