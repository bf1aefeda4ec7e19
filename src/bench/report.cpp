// Results as JSON lines and as a table.
#include <algorithm>
#include <array>
#include <cmath>

#include "puna/bench.h"

namespace puna {
namespace {

constexpr std::size_t kColumns = 9;
using Row = std::array<std::string, kColumns>;

// Four significant digits, and whole numbers as they are.
std::string number(double value) {
  if (std::isfinite(value) && std::abs(value) < 1e15 && value == std::floor(value)) {
    return format_text("{:.0f}", value);
  }
  return format_text("{:.4g}", value);
}

std::string number(const std::optional<double>& value) { return value ? number(*value) : std::string(); }

std::string times(const std::optional<double>& ratio) { return ratio ? format_text("{:.3g}x", *ratio) : std::string(); }

std::string interval(const BenchResult& result) {
  return result.low && result.high ? format_text("{:.3g} .. {:.3g}", *result.low, *result.high) : std::string();
}

std::string verdict(BenchVerdict verdict, const std::optional<double>& limit) {
  if (verdict == BenchVerdict::none) {
    return {};
  }
  return limit ? format_text("{} ({})", name_of(verdict), number(*limit)) : std::string(name_of(verdict));
}

Row row_of(const BenchResult& result) {
  return {result.bench + "  " + result.workload,
          result.metric,
          number(result.ours),
          result.peer,
          number(result.value),
          times(result.ratio),
          interval(result),
          verdict(result.verdict, result.floor),
          verdict(result.moon_verdict, result.moon)};
}

std::string print(const Row& row, const std::array<std::size_t, kColumns>& widths) {
  std::string line;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const bool is_number = i == 2 || i == 4 || i == 5;
    line += is_number ? format_text("{:>{}}", row[i], widths[i]) : format_text("{:<{}}", row[i], widths[i]);
    line += "  ";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string summary(const BenchReport& report) {
  const std::vector<BenchResult>& results = report.results;
  const BenchVerdict verdict = verdict_of(results);
  const auto count = [&results](auto BenchResult::* member, BenchVerdict wanted) {
    return std::ranges::count_if(results, [&](const BenchResult& result) { return result.*member == wanted; });
  };
  return format_text(
      "bench: {}; floors met {}, missed {}, inconclusive {}; goals met {}, missed {}, inconclusive {}\n",
      !report.is_whole                ? "unfinished"
      : verdict == BenchVerdict::none ? "nothing held to"
                                      : name_of(verdict),
      count(&BenchResult::verdict, BenchVerdict::met), count(&BenchResult::verdict, BenchVerdict::missed),
      count(&BenchResult::verdict, BenchVerdict::inconclusive), count(&BenchResult::moon_verdict, BenchVerdict::met),
      count(&BenchResult::moon_verdict, BenchVerdict::missed),
      count(&BenchResult::moon_verdict, BenchVerdict::inconclusive));
}

void set(Json& line, std::string_view key, const std::optional<double>& value) {
  if (value) {
    line.set(key, *value);
  }
}

}  // namespace

std::string_view name_of(BenchVerdict verdict) noexcept {
  switch (verdict) {
    case BenchVerdict::met:
      return "met";
    case BenchVerdict::missed:
      return "missed";
    case BenchVerdict::inconclusive:
      return "inconclusive";
    case BenchVerdict::none:
      break;
  }
  return "none";
}

Json to_json(const BenchResult& result) {
  Json line = Json::object({{"bench", result.bench}, {"case", result.workload}, {"metric", result.metric}});
  line.set("ours", result.ours);
  if (!result.peer.empty()) {
    line.set("peer", result.peer);
  }
  set(line, "value", result.value);
  set(line, "ratio", result.ratio);
  if (result.low && result.high) {
    line.set("interval", Json::array({Json(*result.low), Json(*result.high)}));
  }
  set(line, "floor", result.floor);
  set(line, "moon", result.moon);
  line.set("verdict", name_of(result.verdict));
  line.set("moon_verdict", name_of(result.moon_verdict));
  if (result.rounds > 0) {
    line.set("rounds", result.rounds);
  }
  if (!result.note.empty()) {
    line.set("note", result.note);
  }
  return line;
}

BenchVerdict verdict_of(const std::vector<BenchResult>& results) {
  BenchVerdict worst = BenchVerdict::none;
  const auto rank = [](BenchVerdict verdict) {
    switch (verdict) {
      case BenchVerdict::none:
        return 0;
      case BenchVerdict::met:
        return 1;
      case BenchVerdict::inconclusive:
        return 2;
      case BenchVerdict::missed:
        break;
    }
    return 3;
  };
  for (const BenchResult& result : results) {
    if (rank(result.verdict) > rank(worst)) {
      worst = result.verdict;
    }
  }
  return worst;
}

std::string table_of(const BenchReport& report) {
  std::vector<Row> rows{{"case", "metric", "ours", "peer", "value", "ratio", "95 %", "floor", "goal"}};
  std::ranges::transform(report.results, std::back_inserter(rows), row_of);
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text = print(rows.front(), widths);
  for (std::size_t i = 0; i < report.results.size(); ++i) {
    text += print(rows[i + 1], widths);
    const std::string& note = report.results[i].note;
    const bool said_next = i + 1 < report.results.size() && report.results[i + 1].note == note &&
                           report.results[i + 1].workload == report.results[i].workload;
    if (!note.empty() && !said_next) {
      text += "    " + note + "\n";
    }
  }
  return text + summary(report);
}

int exit_status_of(BenchVerdict verdict) noexcept {
  constexpr int kMissed = 1;
  constexpr int kTryAgain = 75;
  switch (verdict) {
    case BenchVerdict::missed:
      return kMissed;
    case BenchVerdict::inconclusive:
      return kTryAgain;
    case BenchVerdict::met:
    case BenchVerdict::none:
      break;
  }
  return 0;
}

}  // namespace puna
