// The clock tool. Time comes from the Clock that was handed in; zones from the system's time zone database.
#include <chrono>
#include <exception>

#include "puna/tools.h"
#include "tools/observation.h"
#include "tools/text_argument.h"

namespace puna {
namespace {

// The zone, or nullptr when the database has no such name (or the machine has no database).
const std::chrono::time_zone* find_zone(std::string_view name) {
  try {
    return std::chrono::locate_zone(name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

class CurrentTime final : public Tool {
 public:
  explicit CurrentTime(const Clock& clock) : clock_(clock) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return ToolTraits(); }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.wall());
    const std::string_view name = arguments.text_or("timezone", "UTC");
    if (name.empty() || name == "UTC") {  // needs no database
      return {.content = format_text("{0:%F} {0:%T} UTC, {0:%A}", now)};
    }
    const std::chrono::time_zone* zone = find_zone(name);
    if (zone == nullptr) {
      return tool_error(
          format_text("unknown time zone '{}'. Use an IANA name such as Europe/Paris.", tools::shown(name)));
    }
    return {.content = format_text("{0:%F} {0:%T} {1}, {0:%A}", zone->to_local(now), name)};
  }

 private:
  const Clock& clock_;
  const ToolSpec spec_ = tools::text_argument_spec(
      "current_time", "Tell the current date and time.",
      {.name = "timezone", .description = "An IANA name such as Europe/Paris.", .need = tools::Need::optional});
};

}  // namespace

std::unique_ptr<Tool> make_current_time(const Clock& clock) { return std::make_unique<CurrentTime>(clock); }

}  // namespace puna
