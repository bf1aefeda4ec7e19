#include "puna/bench/bomb_bench.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "bench/bombs.h"
#include "puna/chat.h"
#include "puna/engine/peers.h"
#include "puna/engine/token_masks.h"

namespace puna {
namespace {

using GrammarPointer = std::shared_ptr<const Grammar>;

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

Result<GrammarPointer> compiled(const OutputFormat& format) {
  const Overloaded compile{
      [](const format::Schema& schema) {
        return grammar_from_schema(schema.schema).transform([](SchemaGrammar made) { return std::move(made.grammar); });
      },
      [](const format::Gbnf& gbnf) { return grammar_from_gbnf(gbnf.text, gbnf.root); },
      [](const format::Pattern& pattern) { return grammar_from_regex(pattern.pattern); },
      [](const format::Choice& choice) { return grammar_from_choices(choice.texts); }};
  return std::visit(compile, format);
}

double ms_since(double begin) { return 1e3 * (thread_cpu_seconds() - begin); }

void refuse(BombResult& result, std::string_view when, const Error& error) {
  result.is_refused = true;
  result.outcome = format_text("{}{}: {}", when, name_of(error.code), utf8::truncate(printable(error.message), 120));
}

// Any token that may come next; none where only the end may.
std::optional<Token> any_allowed(const TokenMasks::Text& text, int vocabulary, Random& random) {
  const auto first = static_cast<Token>(random.uniform() * vocabulary);
  for (Token i = 0; i < vocabulary; ++i) {
    const Token token = (first + i) % vocabulary;
    if (text.allows(token)) {
      return token;
    }
  }
  return std::nullopt;
}

// Takes random tokens, and keeps the time of the slowest mask.
Result<void> walk(TokenMasks::Text& text, int vocabulary, const BombOptions& options, BombResult& result) {
  Random random(options.seed);
  for (std::size_t step = 0; step < options.steps; ++step) {
    const auto token = any_allowed(text, vocabulary, random);
    const double begin = thread_cpu_seconds();
    if (!token || !text.accept(*token)) {  // tokens that end a generation are not accepted
      break;
    }
    const auto made = text.mask();
    result.later_ms = std::max(result.later_ms, ms_since(begin));
    if (!made) {
      return made;
    }
  }
  return {};
}

BombResult exploded(const bench::Bomb& bomb, const Weights& weights, TokenMasks& masks, const BombOptions& options) {
  BombResult result{.name = bomb.name, .outcome = "compiles"};
  double begin = thread_cpu_seconds();
  const Result<GrammarPointer> grammar = compiled(bomb.format);
  result.compile_ms = ms_since(begin);
  if (!grammar) {
    refuse(result, "", grammar.error());
    return result;
  }
  begin = thread_cpu_seconds();
  const auto text = masks.begin(*grammar);
  auto made = text->mask();
  result.mask_ms = ms_since(begin);
  if (!made) {
    refuse(result, "the first mask: ", made.error());
    return result;
  }
  made = walk(*text, weights.vocabulary_tokens(), options, result);
  if (!made) {
    refuse(result, "a later mask: ", made.error());
  }
  return result;
}

}  // namespace

Result<std::vector<BombResult>> run_bombs(const BombOptions& options, BombSink& sink, const std::stop_token& stop) {
  PUNA_TRY(const std::shared_ptr<const Weights> weights, Weights::load_vocabulary(options.vocabulary));
  std::vector<BombResult> results;
  for (const auto& bombs : {bench::gbnf_bombs(), bench::pattern_bombs(), bench::schema_bombs()}) {
    for (const bench::Bomb& bomb : bombs) {
      if (stop.stop_requested()) {
        return fail(ErrorCode::cancelled, "the benchmark was cancelled");
      }
      // Masks of their own, so that nothing is known from the one before.
      PUNA_TRY(const std::unique_ptr<TokenMasks> masks, TokenMasks::create(weights));
      sink.on_start(bomb.name);
      results.push_back(exploded(bomb, *weights, *masks, options));
      sink.on_bomb(results.back());
    }
  }
  return results;
}

Json to_json(const BombResult& result) {
  return Json::object({{"bomb", result.name},
                       {"outcome", result.outcome},
                       {"refused", result.is_refused},
                       {"compile_ms", result.compile_ms},
                       {"mask_ms", result.mask_ms},
                       {"later_ms", result.later_ms}});
}

std::string table_of(const std::vector<BombResult>& results) {
  std::vector<BombResult> sorted = results;
  std::ranges::stable_sort(sorted, std::ranges::greater(),
                           [](const BombResult& result) { return result.compile_ms + result.mask_ms; });
  std::string text =
      format_text("{:<60} {:>9} {:>9} {:>9}   {}\n", "ms of thread CPU time", "compile", "mask", "later", "outcome");
  for (const BombResult& result : sorted) {
    text += format_text("{:<60} {:>9.2f} {:>9.2f} {:>9.2f} {} {}\n", result.name, result.compile_ms, result.mask_ms,
                        result.later_ms, result.holds() ? ' ' : '!', result.outcome);
  }
  const auto late = std::ranges::count_if(results, [](const BombResult& result) { return !result.holds(); });
  const auto refused = std::ranges::count_if(results, &BombResult::is_refused);
  const auto slowest = std::ranges::max_element(results, {}, &BombResult::later_ms);
  return text + format_text(
                    "bombs: {}: {} of {} took more than {:.0f} ms to compile and mask; {} were refused; the "
                    "slowest later mask took {:.0f} ms\n",
                    name_of(verdict_of(results)), late, results.size(), kBombMsMax, refused,
                    results.empty() ? 0 : slowest->later_ms);
}

BenchVerdict verdict_of(const std::vector<BombResult>& results) {
  if (results.empty()) {
    return BenchVerdict::inconclusive;
  }
  return std::ranges::all_of(results, &BombResult::holds) ? BenchVerdict::met : BenchVerdict::missed;
}

}  // namespace puna
