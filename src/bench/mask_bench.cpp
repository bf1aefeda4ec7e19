#include "puna/bench/mask_bench.h"

#include <ctime>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <numeric>
#include <utility>

#include "puna/chat.h"
#include "puna/engine/token_masks.h"

namespace puna {
namespace {

double thread_cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

double quantile(const std::vector<double>& sorted, double share) {
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted.empty() ? 0 : sorted[std::min(index, sorted.size() - 1)];
}

double mean(const std::vector<double>& values) {
  return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Result<Json> read_case(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return Json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
}

Result<std::vector<std::filesystem::path>> cases_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(folder, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".json") {
      files.push_back(entry->path());
    }
  }
  if (error || files.empty()) {
    return fail(ErrorCode::not_found, format_text("'{}' has no cases (*.json)", folder.string()),
                "give a folder of MaskBench cases with --data");
  }
  std::ranges::sort(files);
  return files;
}

class Run {
 public:
  Run(std::shared_ptr<const Weights> weights, std::unique_ptr<TokenMasks> masks)
      : weights_(std::move(weights)), masks_(std::move(masks)) {}

  Json one(const std::string& name, const Json& schema, const Json& tests) {
    ++report_.schemas;
    Json line = Json::object({{"file", name}});
    const double start = thread_cpu_us();
    const auto made = grammar_from_schema(schema);
    line.set("compiled", made.has_value());
    if (!made) {
      report_.notes.push_back(format_text("refused: {}: {}", name, made.error().message));
      line.set("reason", made.error().message);
      return line;
    }
    ++report_.compiled;
    static_cast<void>(masks_->begin(made->grammar)->mask());
    report_.first_masks.push_back(thread_cpu_us() - start);
    line.set("first_mask_us", report_.first_masks.back());
    Json unenforced = Json::array();
    for (const UnenforcedKeyword& keyword : made->unenforced) {
      unenforced.push(keyword.path + ": " + keyword.keyword);
    }
    line.set("unenforced", std::move(unenforced));
    const std::size_t first = report_.masks.size();
    for (std::size_t i = 0; i < tests.as_array().size(); ++i) {
      judge(format_text("{} #{}", name, i), tests.as_array()[i], *made, line);
    }
    const std::span<const double> ours(report_.masks.begin() + static_cast<std::ptrdiff_t>(first), report_.masks.end());
    line.set("masks", ours.size());
    line.set("mask_us", std::accumulate(ours.begin(), ours.end(), 0.0));
    line.set("mask_us_max", ours.empty() ? 0.0 : std::ranges::max(ours));
    return line;
  }

  MaskBenchReport finish() {
    std::ranges::sort(report_.masks);
    std::ranges::sort(report_.first_masks);
    return std::move(report_);
  }

 private:
  void judge(const std::string& name, const Json& test, const SchemaGrammar& made, Json& line) {
    const bool is_valid =
        test.find("valid") != nullptr && test.find("valid")->is_bool() && test.find("valid")->as_bool();
    const bool accepted = accepts(test.find("data")->dump(), made.grammar);
    ++(is_valid ? report_.valid : report_.invalid);
    if (accepted == is_valid) {
      return;
    }
    ++(is_valid ? report_.valid_refused : report_.invalid_accepted);
    report_.enforced_accepted += !is_valid && made.unenforced.empty() ? 1U : 0U;
    report_.notes.push_back(format_text("{}: {}: {}{}", is_valid ? "valid, refused" : "invalid, accepted", name,
                                        test.text_or("description"),
                                        !is_valid && !made.unenforced.empty()
                                            ? format_text(" (left to the check: {} at '{}')",
                                                          made.unenforced.front().keyword, made.unenforced.front().path)
                                            : ""));
    line.set(is_valid ? "wrong_refusal" : "wrong_accept", name);
  }

  bool accepts(const std::string& text, const std::shared_ptr<const Grammar>& grammar) {
    const auto tokens = weights_->tokenize(std::vector<PromptPart>{{.text = text, .trust = Trust::untrusted}}, {});
    if (!tokens) {
      return false;
    }
    const auto walk = masks_->begin(grammar);
    std::string seen;
    for (const Token token : *tokens) {
      if (seen.empty() && weights_->is_control(token)) {
        continue;  // the vocabulary begins every text with it
      }
      const double start = thread_cpu_us();
      const auto made = walk->mask();
      report_.masks.push_back(thread_cpu_us() - start);
      if (!made || !walk->allows(token) || !walk->accept(token)) {
        return false;
      }
      seen += weights_->piece(token);
    }
    return walk->may_end();
  }

  std::shared_ptr<const Weights> weights_;
  std::unique_ptr<TokenMasks> masks_;
  MaskBenchReport report_;
};

struct Bar {
  std::string_view what;
  double value;
  double floor;
  bool at_most;
  [[nodiscard]] bool holds() const { return at_most ? value <= floor : value >= floor; }
};

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::vector<Bar> bars_of(const MaskBenchReport& report) {
  return {
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
}

}  // namespace

Result<MaskBenchReport> run_mask_bench(const MaskBenchOptions& options, MaskBenchSink& sink, std::stop_token stop) {
  PUNA_TRY(const auto files, cases_in(options.data));
  PUNA_TRY(std::shared_ptr<const Weights> weights, Weights::load_vocabulary(options.vocabulary));
  PUNA_TRY(std::unique_ptr<TokenMasks> masks, TokenMasks::create(weights));
  Run run(std::move(weights), std::move(masks));
  for (const std::filesystem::path& file : files) {
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "the benchmark was cancelled");
    }
    const Result<Json> content = read_case(file);
    const Json* schema = content ? content->find("schema") : nullptr;
    const Json* tests = content ? content->find("tests") : nullptr;
    if (schema != nullptr && tests != nullptr && tests->is_array()) {
      sink.on_schema(run.one(file.stem().string(), *schema, *tests));
    }
  }
  return run.finish();
}

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
  const auto row = [](std::string_view name, const std::vector<double>& us) {
    return format_text("{:<24} {:>8} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f} {:>9.1f} {:>10.0f}\n", name, us.size(),
                       mean(us), quantile(us, 0.5), quantile(us, 0.9), quantile(us, 0.99), quantile(us, 0.999),
                       us.empty() ? 0 : us.back());
  };
  text += format_text("{:<24} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}\n", "us of thread CPU time", "count", "mean",
                      "p50", "p90", "p99", "p99.9", "max");
  text += row("mask", report.masks);
  text += row("compile and first mask", report.first_masks);
  for (const Bar& bar : bars_of(report)) {
    text += format_text("{:<50} {:>10.2f}  {} {:>7}  {}\n", bar.what, bar.value, bar.at_most ? "at most " : "at least",
                        bar.floor, bar.holds() ? "met" : "missed");
  }
  return text + format_text("maskbench: {}\n", name_of(verdict_of(report)));
}

BenchVerdict verdict_of(const MaskBenchReport& report) {
  return std::ranges::all_of(bars_of(report), &Bar::holds) ? BenchVerdict::met : BenchVerdict::missed;
}

}  // namespace puna
