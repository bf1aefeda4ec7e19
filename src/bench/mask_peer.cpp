#include "bench/mask_peer.h"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_set>
#include <utility>

#include "bench/mask_cases.h"
#include "puna/chat.h"
#include "puna/engine/peers.h"
#include "puna/engine/token_masks.h"

namespace puna::bench {
namespace {

constexpr std::size_t kExamplesMax = 5;  // of each kind of disagreement

class PeerRun {
 public:
  PeerRun(const Weights& weights, std::unique_ptr<LibraryGrammar> library, std::unique_ptr<TokenMasks> for_gbnf,
          std::unique_ptr<TokenMasks> for_schemas, std::shared_ptr<const Grammar> gbnf)
      : weights_(weights),
        library_(std::move(library)),
        for_gbnf_(std::move(for_gbnf)),
        for_schemas_(std::move(for_schemas)),
        gbnf_(std::move(gbnf)),
        logits_(static_cast<std::size_t>(weights.vocabulary_tokens())) {}

  // The states of one instance, in order.
  Result<void> instance(const MaskInstance& of, std::span<const MaskState> states, MaskBenchSink& sink) {
    PUNA_TRY(const Json content, read_mask_case(of.file));
    const Json* schema = content.find("schema");
    PUNA_TRY(const SchemaGrammar made, grammar_from_schema(schema == nullptr ? Json() : *schema));
    const auto schema_text = for_schemas_->begin(made.grammar);
    const auto gbnf_text = for_gbnf_->begin(gbnf_);
    library_->restart();
    std::string text;
    std::size_t at = 0;
    for (const MaskState& state : states) {
      for (; at < state.position; ++at) {
        const Token token = of.tokens[at];
        const auto taken = library_->accept(token);
        if (!taken || !gbnf_text->accept(token) || !schema_text->accept(token)) {
          report_.lost.push_back(format_text("{} after \"{}\": {} refuses \"{}\"", of.file.stem().string(), text,
                                             taken ? "our mask" : "the library", weights_.piece(token)));
          return {};
        }
        text += weights_.piece(token);
      }
      PUNA_TRY_VOID(measure(*gbnf_text, *schema_text));
      compare(*gbnf_text, of.file.stem().string(), text);
      sink.on_state(Json::object({{"file", of.file.stem().string()},
                                  {"position", static_cast<std::int64_t>(at)},
                                  {"library_us", report_.library.back()},
                                  {"same_gbnf_us", report_.same_gbnf.back()},
                                  {"schema_us", report_.schema.back()}}));
    }
    return {};
  }

  MaskPeerReport finish() {
    for (std::vector<double>* times : {&report_.library, &report_.same_gbnf, &report_.written, &report_.schema}) {
      std::ranges::sort(*times);
    }
    return std::move(report_);
  }

 private:
  Result<void> measure(TokenMasks::Text& gbnf, TokenMasks::Text& schema) {
    const auto library = [this] { report_.library.push_back(1e6 * library_->mask()); };
    const bool library_first = report_.library.size() % 2 == 0;
    if (library_first) {
      library();
    }
    const double begin = thread_cpu_seconds();
    const auto made = gbnf.mask();
    const double masked = thread_cpu_seconds();
    std::ranges::fill(logits_, 0.0F);
    const double filled = thread_cpu_seconds();
    for (std::size_t token = 0; token < logits_.size(); ++token) {
      if (!gbnf.allows(static_cast<Token>(token))) {
        logits_[token] = -std::numeric_limits<float>::infinity();
      }
    }
    const double written = thread_cpu_seconds();
    const auto also_made = schema.mask();
    const double end = thread_cpu_seconds();
    if (!made || !also_made) {
      return made ? also_made : made;
    }
    report_.same_gbnf.push_back(1e6 * (masked - begin));
    report_.written.push_back(1e6 * (masked - begin + written - filled));
    report_.schema.push_back(1e6 * (end - written));
    if (!library_first) {
      library();
    }
    return {};
  }

  void compare(const TokenMasks::Text& ours, const std::string& name, std::string_view text) {
    for (Token token = 0; token < weights_.vocabulary_tokens(); ++token) {
      const bool is_allowed = ours.allows(token);
      if (is_allowed == library_->allows(token)) {
        continue;
      }
      const auto kind = static_cast<std::size_t>(kind_of_disagreement(weights_, text, token));
      MaskDisagreement& found = report_.disagreements.at(kind);
      ++(is_allowed ? found.only_ours : found.only_library);
      if (seen_.at(kind).insert(token).second && found.examples.size() < kExamplesMax) {
        found.examples.push_back(format_text("token {} {} in {} after \"{}\": only {} allows it", token,
                                             Json(utf8::sanitize(weights_.piece(token))).dump(), name,
                                             text.substr(text.size() - std::min<std::size_t>(text.size(), 20)),
                                             is_allowed ? "Puna" : "the library"));
      }
      found.tokens = seen_.at(kind).size();
    }
    ++report_.states;
  }

  const Weights& weights_;
  std::unique_ptr<LibraryGrammar> library_;
  std::unique_ptr<TokenMasks> for_gbnf_;
  std::unique_ptr<TokenMasks> for_schemas_;
  std::shared_ptr<const Grammar> gbnf_;
  std::vector<float> logits_;
  std::array<std::unordered_set<Token>, MaskDisagreement::kKinds> seen_;
  MaskPeerReport report_;
};

}  // namespace

std::string_view json_gbnf() {
  return R"(root   ::= value
value  ::= object | array | string | number | "true" | "false" | "null"
object ::= "{" space (pair ("," space pair)*)? "}"
pair   ::= string space ":" space value space
array  ::= "[" space (item ("," space item)*)? "]"
item   ::= value space
string ::= "\"" ([^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\""
number ::= "-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)? ([eE] [-+]? [0-9]+)?
space  ::= [ \t\r\n]*
)";
}

std::vector<MaskState> drawn_states(std::span<const MaskInstance> instances, std::size_t count, std::uint64_t seed) {
  std::vector<MaskState> all;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    for (std::size_t position = 0; position < instances[i].tokens.size(); ++position) {
      all.push_back({.instance = i, .position = position});
    }
  }
  count = std::min(count, all.size());
  Random random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    const auto left = static_cast<double>(all.size() - i);
    std::swap(all[i], all[i + static_cast<std::size_t>(random.uniform() * left)]);
  }
  all.resize(count);
  std::ranges::sort(all);
  return all;
}

MaskDisagreement::Kind kind_of_disagreement(const Weights& weights, std::string_view text, Token token) {
  if (weights.is_control(token)) {
    return MaskDisagreement::control;
  }
  const std::string whole = std::string(text) + weights.piece(token);
  const bool goes_on = utf8::is_valid(std::string_view(whole).substr(0, utf8::complete_prefix(whole)));
  return goes_on ? MaskDisagreement::other : MaskDisagreement::not_utf8;
}

Result<MaskPeerReport> run_mask_peer(const std::shared_ptr<const Weights>& weights,
                                     std::span<const MaskInstance> instances, const MaskBenchOptions& options,
                                     MaskBenchSink& sink, const std::stop_token& stop) {
  PUNA_TRY(auto library, LibraryGrammar::open(weights, std::string(json_gbnf())));
  PUNA_TRY(auto gbnf, grammar_from_gbnf(json_gbnf()));
  // Their own, so that nothing was found before the first state.
  PUNA_TRY(auto for_gbnf, TokenMasks::create(weights));
  PUNA_TRY(auto for_schemas, TokenMasks::create(weights));
  PeerRun run(*weights, std::move(library), std::move(for_gbnf), std::move(for_schemas), std::move(gbnf));
  const std::vector<MaskState> states = drawn_states(instances, options.peer_states, options.seed);
  for (auto first = states.begin(); first != states.end();) {
    const auto last =
        std::find_if(first, states.end(), [&](const MaskState& state) { return state.instance != first->instance; });
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "the benchmark was cancelled");
    }
    PUNA_TRY_VOID(run.instance(instances[first->instance], std::span(first, last), sink));
    first = last;
  }
  MaskPeerReport report = run.finish();
  report.seed = options.seed;
  report.states_asked = options.peer_states;
  for (const MaskInstance& instance : instances) {
    report.states_all += instance.tokens.size();
  }
  return report;
}

}  // namespace puna::bench
