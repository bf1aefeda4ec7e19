// One level of a scenario file while it is read: each field is asked for by its name, and what nobody asked for is
// refused at the end, with the nearest name that somebody did ask for.
//
// Asked in the same way, a section that describes reads nothing and writes down as JSON Schema what it was asked for:
// so the schema says what the reader does.
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

inline constexpr std::size_t kScenarioTextBytesMax = 4'096;  // of a description

class Section {
 public:
  // path  how problems name it: "simulation"; empty for the file itself. Borrows node and problems.
  Section(const YamlNode& node, std::string path, std::vector<Problem>& problems);
  // One that describes; finish() writes the schema of the object.
  Section(std::shared_ptr<Json> schema, std::vector<Problem>& problems);

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
  // Where it describes: a field that child() reads.
  void describe(std::string_view name, Json schema);
  // Where it describes: without it there is a problem.
  void require(std::string_view name);
  [[nodiscard]] bool describes() const { return schema_ != nullptr; }

  // Whether it is there and not null.
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] Place place() const { return node_.place; }
  [[nodiscard]] const YamlNode& node() const { return node_; }
  void problem(Place place, std::string what, std::string remedy) const;
  // Refuses what is left.
  void finish();

 private:
  struct Field {
    std::string name;
    std::shared_ptr<Json> schema;
    bool is_required = false;
  };
  [[nodiscard]] std::string named(std::string_view name) const;
  [[nodiscard]] const YamlNode* find(std::string_view name) const;
  [[nodiscard]] Field& field(std::string_view name);
  void write_schema();

  const YamlNode& node_;
  const std::string path_;
  std::vector<Problem>& problems_;
  std::vector<std::string> asked_;
  std::shared_ptr<Json> schema_;  // of one that describes
  std::vector<Field> fields_;     // of it, in the order in which they were asked for
};

}  // namespace puna::sim
