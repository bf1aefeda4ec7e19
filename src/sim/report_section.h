// The part of a report that is about one scenario.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/markup.h"
#include "sim/report_numbers.h"

namespace puna::sim {

// Pages have many pictures and headings: what is numbered.
struct PageNumbers {
  int section = 0;
  int picture = 0;
};

struct ReportPart {
  std::string_view anchor;  // the page's is "s", the section's number, "-" and this
  std::string_view title;
};
// In the order of the page.
[[nodiscard]] std::vector<ReportPart> report_parts();

// repeated: runs that were given twice and count once.
// with_account: see ReportOptions.
void write_section(Markup& out, const RunGroup& group, std::size_t repeated, bool with_account, PageNumbers& numbers);

// Parts of it: who and what, and the tables.
void write_overview(Markup& out, const RunGroup& group, const std::vector<AgentSummary>& agents, std::size_t repeated);
void write_agent_table(Markup& out, const RunGroup& group, const std::vector<AgentSummary>& agents);
void write_epoch_table(Markup& out, const RunGroup& group);
void write_usage_table(Markup& out, const RunGroup& group, const std::vector<AgentSummary>& agents, bool with_account);

}  // namespace puna::sim
