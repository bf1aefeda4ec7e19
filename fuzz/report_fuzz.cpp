// Any text as an event log, and any text as a table: read with what they promise, or refused with a line; what was read
// is text on the page, never markup.
#include <cstdint>
#include <utility>

#include "input.h"
#include "puna/sim/world.h"
#include "sim/markup.h"
#include "sim/read_csv.h"
#include "sim/read_events.h"
#include "sim/report_numbers.h"
#include "sim/report_section.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace puna::sim;
  static const Worlds worlds = Worlds::built_in();
  const std::string_view text = puna::fuzz::text_of(data, size);
  const std::string safe = escaped(text);
  PUNA_CHECK(safe.find_first_of("<>\"'") == std::string::npos && puna::utf8::is_valid(safe), "text stays text");
  if (const auto table = read_csv("a.csv", text)) {
    for (const auto& row : table->rows) {
      PUNA_CHECK(row.size() == table->columns.size(), "rows are as long as the head line");
    }
  }
  const auto run = read_events("a_events.jsonl", text, worlds);
  if (!run) {
    PUNA_CHECK(run.error().message.starts_with("a_events.jsonl:"), "a damaged log has a line");
    return 0;
  }
  for (const Deal& deal : run->deals) {
    PUNA_CHECK(std::cmp_less(deal.from, run->agents.size()) && std::cmp_less(deal.to, run->agents.size()),
               "who deals is there");
  }
  Markup out;
  PageNumbers numbers;
  write_section(out, {.runs = {&*run}, .title = run->id}, 0, true, numbers);
  PUNA_CHECK(!std::move(out).take().contains("<script"), "a name is no markup");
  return 0;
}
