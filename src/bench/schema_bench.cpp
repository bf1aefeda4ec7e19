// The turns, their counts and their times.
#include "puna/bench/schema_bench.h"

#include <algorithm>
#include <utility>

#include "bench/judgement.h"
#include "bench/mcp_tools.h"
#include "puna/chat.h"
#include "puna/engine.h"
#include "puna/engine/peers.h"
#include "puna/engine/token_masks.h"

namespace puna {
namespace {

using bench::counted;
using bench::mcp_tools;
using bench::McpTool;
using bench::timed_alone;

constexpr int kTokensMax = 192;
constexpr int kToolsBeside = 3;
constexpr double kViolationsMin = 0.10;

struct Turn {
  std::vector<Token> prompt;
  std::shared_ptr<const Grammar> grammar;
};

struct Outcome {
  std::vector<Token> tokens;
  Usage usage;
  bool complete = false;
  double cpu_seconds = 0;
};

// A call is asked for in the very form in which agents ask.
Result<Turn> turn_of(const ChatTemplate& chat_template, const Weights* weights, std::size_t index) {
  const auto& all = mcp_tools();
  std::vector<ToolSpec> tools;
  for (std::size_t i = 0; i <= kToolsBeside; ++i) {
    tools.push_back(all[(index + i) % all.size()].spec);
  }
  const std::vector<Message> messages = {{.role = Role::user, .content = all[index].task}};
  PUNA_TRY(const Prompt prompt,
           chat_template.render({.messages = messages, .tools = tools, .tool_choice = ToolChoice::required}));
  Turn turn{.prompt = {}, .grammar = prompt.grammar};
  if (weights != nullptr) {
    PUNA_TRY(turn.prompt, weights->tokenize(prompt.parts));
  }
  return turn;
}

class SchemaBench {
 public:
  SchemaBench(const SchemaBenchOptions& options, BenchSink& sink, std::stop_token stop)
      : options_(options), sink_(sink), stop_(std::move(stop)) {}

  Result<SchemaBenchReport> run() {
    PUNA_TRY_VOID(open());
    PUNA_TRY_VOID(count_passes());
    PUNA_TRY_VOID(time_turns());
    if (!options_.vocabulary.empty()) {
      PUNA_TRY_VOID(count_written_calls());
    }
    return std::move(report_);
  }

 private:
  Result<void> open() {
    PUNA_TRY(const auto weights, Weights::load({.file = options_.model}));
    PUNA_TRY(engine_, Engine::create(weights, {.window_tokens = 4096,
                                               .sequences_max = 1,
                                               .threads = options_.threads,
                                               .threads_batch = options_.threads}));
    PUNA_TRY(template_, open_template(*weights));
    for (std::size_t i = 0; i < mcp_tools().size(); ++i) {
      PUNA_TRY(Turn turn, turn_of(*template_, weights.get(), i));
      turns_.push_back(std::move(turn));
    }
    return {};
  }
  static Result<std::unique_ptr<const ChatTemplate>> open_template(const Weights& weights) {
    const ModelFacts& facts = weights.facts();
    std::string source = facts.chat_template;
    if (source.empty()) {
      PUNA_TRY(source, built_in_template("generic"));
    }
    return ChatTemplate::create({.jinja = std::move(source), .bos_text = facts.bos_text, .eos_text = facts.eos_text});
  }

  Result<Outcome> generate(GenerationRequest request) {
    request.sampling.seed = options_.seed;
    std::vector<Token> tokens;
    const double before = process_cpu_seconds();
    PUNA_TRY(Generation generation, engine_->submit(std::move(request), stop_));
    for (;;) {
      PUNA_TRY(const Piece piece, generation.next(stop_));
      if (const auto* text = std::get_if<piece::Text>(&piece)) {
        tokens.insert(tokens.end(), text->tokens.begin(), text->tokens.end());
      } else if (const auto* finished = std::get_if<piece::Finished>(&piece)) {
        return Outcome{.tokens = std::move(tokens),
                       .usage = finished->usage,
                       .complete = finished->reason == FinishReason::end_of_turn,
                       .cpu_seconds = process_cpu_seconds() - before};
      }
    }
  }

  // Greedy, as agents run by default here: every call is what the model would really write.
  Result<void> count_passes() {
    std::int64_t tokens = 0;
    std::int64_t forced = 0;
    for (std::size_t i = 0; i < turns_.size(); ++i) {
      const std::string& name = mcp_tools()[i].spec.name;
      sink_.on_progress("schemas  passes  " + name);
      PUNA_TRY(const Outcome outcome, generate({.prompt = turns_[i].prompt,
                                                .sampling = {.temperature = 0.0F},
                                                .grammar = turns_[i].grammar,
                                                .tokens_max = kTokensMax}));
      tokens += outcome.usage.output_tokens;
      forced += outcome.usage.forced_tokens;
      report_.tools.push_back(Json::object({{"tool", name},
                                            {"output_tokens", outcome.usage.output_tokens},
                                            {"forced_tokens", outcome.usage.forced_tokens},
                                            {"complete", outcome.complete}}));
    }
    add(counted({.bench = "schemas", .workload = "20 tools, the model's calls", .metric = "passes per token"},
                static_cast<double>(tokens - forced) / static_cast<double>(tokens), "", std::nullopt,
                {.floor = 0.85, .moon = 0.80, .side = bench::Side::at_most}));
    return {};
  }

  struct Side {
    double cpu_seconds = 0;
    std::int64_t tokens = 0;
    [[nodiscard]] double per_token() const {
      return cpu_seconds / static_cast<double>(std::max<std::int64_t>(tokens, 1));
    }
    void add(const Outcome& outcome) {
      cpu_seconds += outcome.cpu_seconds;
      tokens += outcome.usage.output_tokens;
    }
  };

  // One turn each way; both find all of the prompt but its last token in the cache.
  Result<void> pair(const Turn& turn, float temperature, Side& with, Side& without) {
    PUNA_TRY(const Outcome strict, generate({.prompt = turn.prompt,
                                             .sampling = {.temperature = temperature},
                                             .grammar = turn.grammar,
                                             .forced_text = false,
                                             .tokens_max = kTokensMax}));
    with.add(strict);
    // A free turn that ends early goes on where it ended, so that both compute the same positions.
    for (std::int64_t done = 0; done < strict.usage.output_tokens;) {
      std::vector<Token> prompt = turn.prompt;
      prompt.insert(prompt.end(), strict.tokens.begin(),
                    strict.tokens.begin() + std::min<std::ptrdiff_t>(done, std::ssize(strict.tokens)));
      PUNA_TRY(const Outcome loose, generate({.prompt = std::move(prompt),
                                              .sampling = {.temperature = temperature},
                                              .tokens_max = static_cast<int>(strict.usage.output_tokens - done)}));
      without.add(loose);
      done += loose.usage.output_tokens;
    }
    return {};
  }

  // The lowest temperature at which the model breaks the schema often enough.
  Result<float> loose_temperature(double& violations) {
    float temperature = 0.1F;
    for (; temperature < 8; temperature += 0.1F) {
      Side with;
      Side without;
      const std::int64_t before = engine_->stats().choices_refused;
      for (const Turn& turn : turns_) {
        PUNA_TRY_VOID(pair(turn, temperature, with, without));
      }
      violations = static_cast<double>(engine_->stats().choices_refused - before) / static_cast<double>(with.tokens);
      if (violations >= kViolationsMin) {
        break;
      }
    }
    return temperature;
  }

  Result<void> time_turns() {
    double violations = 0;
    sink_.on_progress("schemas  looking for a temperature");
    PUNA_TRY(const float temperature, loose_temperature(violations));
    const int rounds = options_.rounds == 0 ? 7 : options_.rounds;
    std::vector<double> strict;
    std::vector<double> loose;
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
      sink_.on_progress(format_text("schemas  round {} of {}", round + 1, rounds));
      Side with;
      Side without;
      for (const Turn& turn : turns_) {
        PUNA_TRY_VOID(pair(turn, temperature, with, without));
      }
      strict.push_back(with.per_token() * 1e6);
      loose.push_back(without.per_token() * 1e6);
      ratios.push_back(with.per_token() / without.per_token());
    }
    BenchResult result =
        timed_alone({.bench = "schemas", .workload = "20 tools, all sampled", .metric = "cpu, times free text"}, ratios,
                    {.floor = 1.05, .moon = 1.01, .side = bench::Side::at_most}, {.seed = options_.seed});
    result.note = format_text("{:.1f} % of the choices refused at temperature {}; {:.0f} and {:.0f} us a token",
                              100 * violations, temperature, bench::median(strict), bench::median(loose));
    add(std::move(result));
    return {};
  }

  // What the passes would be for calls as a good model writes them, in a vocabulary of usual size.
  Result<void> count_written_calls() {
    sink_.on_progress("schemas  calls written by hand");
    PUNA_TRY(const auto weights, Weights::load_vocabulary(options_.vocabulary));
    PUNA_TRY(const auto masks, TokenMasks::create(weights));
    PUNA_TRY(const auto generic, built_in_template("chatml"));
    PUNA_TRY(const auto chat_template, ChatTemplate::create({.jinja = generic, .bos_text = "", .eos_text = ""}));
    std::int64_t tokens = 0;
    std::int64_t passes = 0;
    for (std::size_t i = 0; i < mcp_tools().size(); ++i) {
      PUNA_TRY(const Turn turn, turn_of(*chat_template, nullptr, i));
      PUNA_TRY_VOID(count_call(*weights, *masks->begin(turn.grammar), mcp_tools()[i], tokens, passes));
    }
    add(counted({.bench = "schemas",
                 .workload = "20 calls by hand, " + options_.vocabulary.filename().string(),
                 .metric = "passes per token"},
                static_cast<double>(passes) / static_cast<double>(tokens), "", std::nullopt,
                {.floor = 0.85, .moon = 0.80, .side = bench::Side::at_most}));
    return {};
  }

  static Result<void> count_call(const Weights& weights, TokenMasks::Text& text, const McpTool& tool,
                                 std::int64_t& tokens, std::int64_t& passes) {
    const std::string whole = format_text("<tool_call>\n{{\"name\": {}, \"arguments\": {}}}\n</tool_call>",
                                          Json(tool.spec.name).dump(), spaced_text(tool.arguments));
    std::string_view left = whole;
    const auto take = [&](const std::vector<Token>& run) {
      for (const Token token : run) {
        left.remove_prefix(weights.piece(token).size());
      }
      tokens += static_cast<std::int64_t>(run.size());
    };
    take(text.forced(std::nullopt));
    while (!left.empty()) {
      PUNA_TRY(const std::vector<Token> rest, weights.tokenize(std::vector<PromptPart>{{.text = std::string(left)}}));
      const auto next = std::ranges::find_if(rest, [&](Token token) { return left.starts_with(weights.piece(token)); });
      if (next == rest.end() || !text.accept(*next)) {
        return fail(ErrorCode::internal,
                    format_text("'{}': the grammar refuses its call at '{}'", tool.spec.name, left));
      }
      ++passes;
      const std::vector<Token> run = text.forced(*next);
      take(run.empty() ? std::vector{*next} : run);
    }
    return {};
  }
  void add(BenchResult result) {
    sink_.on_result(result);
    report_.results.push_back(std::move(result));
  }

  const SchemaBenchOptions& options_;
  BenchSink& sink_;
  std::stop_token stop_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<const ChatTemplate> template_;
  std::vector<Turn> turns_;
  SchemaBenchReport report_;
};

}  // namespace

Result<SchemaBenchReport> run_schema_bench(const SchemaBenchOptions& options, BenchSink& sink, std::stop_token stop) {
  return SchemaBench(options, sink, std::move(stop)).run();
}

}  // namespace puna
