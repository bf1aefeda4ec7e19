#include "puna/bench/mask_bench.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "bench/mask_cases.h"
#include "bench/mask_peer.h"
#include "puna/chat.h"
#include "puna/engine/peers.h"
#include "puna/engine/token_masks.h"

namespace puna {
namespace {

double thread_cpu_us() { return 1e6 * thread_cpu_seconds(); }

class Run {
 public:
  Run(std::shared_ptr<const Weights> weights, std::unique_ptr<TokenMasks> masks)
      : weights_(std::move(weights)), masks_(std::move(masks)) {}

  Json one(const std::filesystem::path& file, const Json& schema, const Json& tests) {
    const std::string name = file.stem().string();
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
      judge(file, i, tests.as_array()[i], *made, line);
    }
    const std::span<const double> ours(report_.masks.begin() + static_cast<std::ptrdiff_t>(first), report_.masks.end());
    line.set("masks", ours.size());
    line.set("mask_us", std::accumulate(ours.begin(), ours.end(), 0.0));
    line.set("mask_us_max", ours.empty() ? 0.0 : std::ranges::max(ours));
    return line;
  }

  // Valid, and accepted.
  [[nodiscard]] std::span<const bench::MaskInstance> instances() const { return instances_; }

  MaskBenchReport finish() {
    std::ranges::sort(report_.masks);
    std::ranges::sort(report_.first_masks);
    return std::move(report_);
  }

 private:
  void judge(const std::filesystem::path& file, std::size_t index, const Json& test, const SchemaGrammar& made,
             Json& line) {
    const std::string name = format_text("{} #{}", file.stem().string(), index);
    const bool is_valid =
        test.find("valid") != nullptr && test.find("valid")->is_bool() && test.find("valid")->as_bool();
    std::vector<Token> taken;
    const bool accepted = accepts(test.find("data")->dump(), made.grammar, taken);
    if (is_valid && accepted) {
      instances_.push_back({.file = file, .tokens = std::move(taken)});
    }
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

  bool accepts(const std::string& text, const std::shared_ptr<const Grammar>& grammar, std::vector<Token>& taken) {
    const auto tokens = weights_->tokenize(std::vector<PromptPart>{{.text = text, .trust = Trust::untrusted}}, {});
    if (!tokens) {
      return false;
    }
    const auto walk = masks_->begin(grammar);
    for (const Token token : *tokens) {
      if (taken.empty() && weights_->is_control(token)) {
        continue;  // the vocabulary begins every text with it
      }
      const double start = thread_cpu_us();
      const auto made = walk->mask();
      report_.masks.push_back(thread_cpu_us() - start);
      if (!made || !walk->allows(token) || !walk->accept(token)) {
        return false;
      }
      taken.push_back(token);
    }
    return walk->may_end();
  }

  std::shared_ptr<const Weights> weights_;
  std::unique_ptr<TokenMasks> masks_;
  MaskBenchReport report_;
  std::vector<bench::MaskInstance> instances_;
};

}  // namespace

Result<MaskBenchReport> run_mask_bench(const MaskBenchOptions& options, MaskBenchSink& sink, std::stop_token stop) {
  PUNA_TRY(const auto files, bench::mask_cases_in(options.data));
  PUNA_TRY(std::shared_ptr<const Weights> weights, Weights::load_vocabulary(options.vocabulary));
  PUNA_TRY(std::unique_ptr<TokenMasks> masks, TokenMasks::create(weights));
  Run run(weights, std::move(masks));
  for (const std::filesystem::path& file : files) {
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "the benchmark was cancelled");
    }
    const Result<Json> content = bench::read_mask_case(file);
    const Json* schema = content ? content->find("schema") : nullptr;
    const Json* tests = content ? content->find("tests") : nullptr;
    if (schema != nullptr && tests != nullptr && tests->is_array()) {
      sink.on_schema(run.one(file, *schema, *tests));
    }
  }
  std::optional<MaskPeerReport> peer;
  if (options.peer_states > 0) {
    PUNA_TRY(peer, bench::run_mask_peer(weights, run.instances(), options, sink, stop));
  }
  MaskBenchReport report = run.finish();
  report.peer = std::move(peer);
  return report;
}

}  // namespace puna
