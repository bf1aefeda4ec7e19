// What maskbench found, as a table and a verdict.
#include <algorithm>
#include <array>
#include <numeric>

#include "puna/bench/mask_bench.h"

namespace puna {
namespace {

double quantile(const std::vector<double>& sorted, double share) {
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted.empty() ? 0 : sorted[std::min(index, sorted.size() - 1)];
}

double mean(const std::vector<double>& values) {
  return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

double times(const std::vector<double>& theirs, const std::vector<double>& ours) {
  return mean(ours) > 0 ? mean(theirs) / mean(ours) : 0;
}

struct Bar {
  std::string_view what;
  double value;
  double floor;
  bool at_most;
  bool is_judged = true;
  [[nodiscard]] bool holds() const { return at_most ? value <= floor : value >= floor; }
};

std::vector<Bar> bars_of(const MaskBenchReport& report) {
  std::vector<Bar> bars = {
      {.what = "schemas that compile, %",
       .value = share(report.compiled, report.schemas),
       .floor = 95,
       .at_most = false},
      {.what = "valid instances refused, %",
       .value = share(report.valid_refused, report.valid),
       .floor = 1,
       .at_most = true},
      {.what = "invalid instances accepted where all is enforced",
       .value = static_cast<double>(report.enforced_accepted),
       .floor = 0,
       .at_most = true},
      {.what = "mask, mean us", .value = mean(report.masks), .floor = 50, .at_most = true},
      {.what = "mask, p99 us", .value = quantile(report.masks, 0.99), .floor = 500, .at_most = true},
      {.what = "compiling and first mask, mean us", .value = mean(report.first_masks), .floor = 5000, .at_most = true}};
  if (const auto& peer = report.peer) {
    const MaskDisagreement& other = peer->disagreements.at(MaskDisagreement::other);
    bars.push_back({.what = "the library's mean / ours, the same GBNF",
                    .value = times(peer->library, peer->same_gbnf),
                    .floor = 100,
                    .at_most = false,
                    .is_judged = peer->states >= kMaskPeerStates});
    bars.push_back({.what = "masks that differ without a known reason, tokens",
                    .value = static_cast<double>(other.tokens + peer->lost.size()),
                    .floor = 0,
                    .at_most = true});
  }
  return bars;
}

std::string row(std::string_view name, const std::vector<double>& us) {
  return format_text("{:<36} {:>8} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f} {:>10.0f}\n", name, us.size(), mean(us),
                     quantile(us, 0.5), quantile(us, 0.9), quantile(us, 0.99), quantile(us, 0.999),
                     us.empty() ? 0 : us.back());
}

std::string heading_of(const MaskPeerReport& peer) {
  return format_text("\nthe library's mask and ours on {} states, drawn from {} with seed {}\n", peer.states,
                     peer.states_all, peer.seed);
}

std::string rows_of(const MaskPeerReport& peer) {
  std::string text = row("library, JSON as GBNF", peer.library);
  text += row("ours, the same GBNF", peer.same_gbnf);
  text += row("ours, the same, logits written", peer.written);
  text += row("ours, the schema", peer.schema);
  return text + format_text(
                    "the library takes {:.0f} times as long under the same GBNF, {:.0f} times with our logits "
                    "written, {:.0f} times beside our schemas\n",
                    times(peer.library, peer.same_gbnf), times(peer.library, peer.written),
                    times(peer.library, peer.schema));
}

std::string differences_of(const MaskPeerReport& peer) {
  static constexpr std::array<std::string_view, MaskDisagreement::kKinds> kKinds = {
      "names of control tokens, which the library takes for text",
      "tokens with which the text is no beginning of UTF-8",
      "other tokens",
  };
  std::string text = "masks that differ, under the same GBNF:\n";
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
    const MaskDisagreement& found = peer.disagreements.at(kind);
    text += format_text("  {}: {} tokens; allowed {} times by the library alone, {} times by Puna alone\n",
                        kKinds.at(kind), found.tokens, found.only_library, found.only_ours);
    for (const std::string& example : found.examples) {
      text += "    " + printable(example) + "\n";
    }
  }
  for (const std::string& lost : peer.lost) {
    text += "  not measured further: " + printable(lost) + "\n";
  }
  return text;
}

}  // namespace

std::string table_of(const MaskBenchReport& report) {
  std::string text;
  for (const std::string& note : report.notes) {
    text += note + "\n";
  }
  text += format_text(
      "\n{} schemas, {} compiled; {} valid instances, {} refused; {} invalid ones, {} accepted, {} of them "
      "where every keyword is enforced\n",
      report.schemas, report.compiled, report.valid, report.valid_refused, report.invalid, report.invalid_accepted,
      report.enforced_accepted);
  text += format_text("{:<36} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}\n", "us of thread CPU time", "count", "mean",
                      "p50", "p90", "p99", "p99.9", "max");
  text += row("mask", report.masks);
  text += row("compile and first mask", report.first_masks);
  text += report.peer ? heading_of(*report.peer) + rows_of(*report.peer) + differences_of(*report.peer)
                      : std::string("\nthe library's mask was not measured\n");
  text += "\n";
  for (const Bar& bar : bars_of(report)) {
    text += format_text("{:<50} {:>10.2f}  {} {:>7}  {}\n", bar.what, bar.value, bar.at_most ? "at most " : "at least",
                        bar.floor,
                        !bar.is_judged ? "not judged: too few states"
                        : bar.holds()  ? "met"
                                       : "missed");
  }
  return text + format_text("maskbench: {}\n", name_of(verdict_of(report)));
}

BenchVerdict verdict_of(const MaskBenchReport& report) {
  const std::vector<Bar> bars = bars_of(report);
  if (std::ranges::any_of(bars, [](const Bar& bar) { return bar.is_judged && !bar.holds(); })) {
    return BenchVerdict::missed;
  }
  const bool all_judged = report.peer && std::ranges::all_of(bars, &Bar::is_judged);
  return all_judged ? BenchVerdict::met : BenchVerdict::inconclusive;
}

}  // namespace puna
