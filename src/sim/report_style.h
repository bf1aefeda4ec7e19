// How a report looks: one style sheet, for light and dark, phone, desktop and paper.
#pragma once

#include <string_view>

namespace puna::sim {

[[nodiscard]] std::string_view report_style();

}  // namespace puna::sim
