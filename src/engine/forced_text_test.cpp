// What a grammar leaves no choice about: which tokens stand for it, and what the engine does with them.
#include "engine/forced_text.h"

#include <algorithm>
#include <string>

#include "engine/grammar_filter.h"
#include "engine/test_core.h"
#include "engine/test_grammar.h"

namespace puna::engine {
namespace {

using fake::tokens_of;
using testing_grammar::answer;
using testing_grammar::finished;

class ForcedText : public test::EngineCoreTest {
 protected:
  test::Caller ask(const std::shared_ptr<const Grammar>& grammar, bool forced, int tokens_max = 0,
                   std::vector<std::string> stop = {}, std::string_view prompt = "prompt") {
    return submit(GenerationRequest{.prompt = tokens_of(prompt),
                                    .sampling = {.temperature = 2.0F, .seed = 11},
                                    .grammar = grammar,
                                    .forced_text = forced,
                                    .stop = std::move(stop),
                                    .tokens_max = tokens_max},
                  filters_.make(grammar));
  }

  GrammarFilters filters_{std::make_shared<fake::FakeWeights>()};
};

TEST_F(ForcedText, CostsNoPassOfItsOwn) {
  open({});
  const test::Caller caller = ask(answer(), true);
  run_to_end();
  const test::Output output = caller.drain();
  ASSERT_TRUE(output.finished);
  EXPECT_EQ(output.finished->reason, FinishReason::end_of_turn);
  const std::string& text = output.text;
  ASSERT_TRUE(text.starts_with("{\"answer\": ")) << text;
  // Sampled: t or f; each digit, or the end behind the last of them. Nothing follows a whole value, so no end token.
  const auto digits = std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; });
  const bool ends_early = digits < 3;
  const auto sampled = 1 + digits + (ends_early ? 1 : 0);
  const auto size = static_cast<std::int64_t>(text.size());
  EXPECT_EQ(output.finished->usage.output_tokens, size);
  EXPECT_EQ(output.finished->usage.forced_tokens, size - sampled);
  EXPECT_EQ(counters_.steps, sampled);
  EXPECT_EQ(counters_.tokens_forced, size - sampled);
  EXPECT_EQ(counters_.tokens_prefilled, 6);
}

TEST_F(ForcedText, IsTheSameTextThatWouldBeSampled) {
  const auto exact = testing_grammar::exactly("[1, 2, \"three\"]");
  for (const bool forced : {true, false}) {
    open({});
    const test::Caller caller = ask(exact, forced);
    run_to_end();
    const test::Output output = caller.drain();
    EXPECT_EQ(output.text, "[1, 2, \"three\"]");
    EXPECT_EQ(output.finished->reason, FinishReason::end_of_turn);
    EXPECT_EQ(output.finished->usage.forced_tokens, forced ? 15 : 0);
    EXPECT_EQ(output.finished->usage.output_tokens, forced ? 15 : 16);  // with the token that ends the turn
  }
}

TEST_F(ForcedText, StopsWhereTokensEnd) {
  for (int tokens_max = 1; tokens_max <= 14; ++tokens_max) {
    open({});
    const test::Caller caller = ask(answer(), true, tokens_max);
    run_to_end();
    const test::Output output = caller.drain();
    EXPECT_EQ(output.text.size(), static_cast<std::size_t>(tokens_max));
    EXPECT_EQ(output.finished->usage.output_tokens, tokens_max);
    EXPECT_EQ(output.finished->reason, FinishReason::tokens_max);
  }
}

// A text that ends with the grammar is whole; one that was cut is not, though the grammar was read to its end.
TEST_F(ForcedText, ATextThatIsCutDoesNotCountAsWhole) {
  const auto exact = testing_grammar::exactly("[1, 2, \"three\"]");
  for (int tokens_max = 1; tokens_max <= 15; ++tokens_max) {
    open({});
    const test::Caller caller = ask(exact, true, tokens_max);
    run_to_end();
    const test::Output output = caller.drain();
    EXPECT_EQ(output.text, std::string("[1, 2, \"three\"]").substr(0, static_cast<std::size_t>(tokens_max)));
    EXPECT_EQ(output.finished->reason, tokens_max < 15 ? FinishReason::tokens_max : FinishReason::end_of_turn);
  }
}

TEST_F(ForcedText, StopsAtAStopString) {
  open({});
  const test::Caller first = ask(answer(), true, 0, {"swer"});
  const test::Caller later = ask(answer(), true, 0, {"\"n\""});
  run_to_end();
  const test::Output in_the_start = first.drain();
  EXPECT_EQ(in_the_start.text, "{\"an");
  EXPECT_EQ(in_the_start.finished->reason, FinishReason::stop_string);
  EXPECT_EQ(in_the_start.finished->usage.output_tokens, 8);
  const test::Output in_the_middle = later.drain();
  EXPECT_TRUE(in_the_middle.text.ends_with("e, ")) << in_the_middle.text;
  EXPECT_EQ(in_the_middle.finished->reason, FinishReason::stop_string);
}

TEST_F(ForcedText, TheReaderSeesThePromptFirst) {
  open({}, {.batch_tokens = 4});
  const test::Caller caller = ask(answer(), true, 0, {}, "a prompt of some length");
  core_->step();
  core_->step();
  const test::Output output = caller.drain();
  EXPECT_EQ(output.text, "");
  EXPECT_FALSE(output.prefills.empty());
}

TEST_F(ForcedText, SurvivesAFullCacheAndOthersBesideIt) {
  const auto grammar = answer();
  const auto alone = [&](std::string_view prompt) {
    open({.lanes = 1, .abilities = {.share = Share::nothing, .cut = true, .save = true}});
    const test::Caller caller = ask(grammar, true, 0, {}, prompt);
    run_to_end();
    return caller.drain().text;
  };
  std::vector<std::string> prompts;
  std::vector<std::string> expected;
  for (int i = 0; i < 6; ++i) {
    prompts.push_back("prompt " + std::string(static_cast<std::size_t>(i) + 1, static_cast<char>('a' + i)));
    expected.push_back(alone(prompts.back()));
  }
  for (const int cells : {40, 64, 100}) {
    open({.lanes = 4, .cells = cells, .abilities = {.share = Share::any_part, .cut = true, .save = true}},
         {.batch_tokens = 8});
    std::vector<test::Caller> callers;
    for (const std::string& prompt : prompts) {
      callers.push_back(ask(grammar, true, 0, {}, prompt));
    }
    run_to_end();
    for (std::size_t i = 0; i < callers.size(); ++i) {
      EXPECT_EQ(callers[i].drain().text, expected[i]) << cells << " cells";
    }
  }
}

TEST_F(ForcedText, IsSampledWhereLogitHashesAreWanted) {
  open({});
  const auto grammar = answer();
  const test::Caller caller = submit(
      GenerationRequest{.prompt = tokens_of("p"), .grammar = grammar, .logit_hashes = true}, filters_.make(grammar));
  run_to_end();
  EXPECT_EQ(caller.drain().finished->usage.forced_tokens, 0);
}

// Pieces of several bytes, chosen longest first; libraries do it otherwise, and vocabulary_test asks them.
class PieceWeights final : public EngineWeights {
 public:
  explicit PieceWeights(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {
    for (int byte = 0; byte < 256; ++byte) {
      pieces_.emplace_back(1, static_cast<char>(byte));
    }
    pieces_.emplace_back("<call>");
    pieces_.emplace_back("<end>");
  }
  [[nodiscard]] Result<std::vector<Token>> plain_tokens(std::string_view text) const override {
    std::vector<Token> tokens;
    while (!text.empty()) {
      Token best = 0;
      std::size_t length = 0;
      for (std::size_t i = 0; i + 2 < pieces_.size(); ++i) {
        if (pieces_[i].size() > length && text.starts_with(pieces_[i])) {
          best = static_cast<Token>(i);
          length = pieces_[i].size();
        }
      }
      tokens.push_back(best);
      text.remove_prefix(length);
    }
    return tokens;
  }
  [[nodiscard]] Token token(std::string_view piece) const {
    return static_cast<Token>(std::ranges::find(pieces_, piece) - pieces_.begin());
  }
  [[nodiscard]] const ModelFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<std::vector<Token>> tokenize(std::span<const PromptPart> /*parts*/,
                                                    const Known& /*known*/) const override {
    return fail(ErrorCode::internal, "not here");
  }
  [[nodiscard]] std::string piece(Token token) const override { return pieces_[static_cast<std::size_t>(token)]; }
  [[nodiscard]] std::string_view bytes(Token token) const override { return pieces_[static_cast<std::size_t>(token)]; }
  [[nodiscard]] bool is_control(Token token) const override {
    return static_cast<std::size_t>(token) + 2 >= pieces_.size();
  }
  [[nodiscard]] bool ends_generation(Token token) const override { return token == end_of_turn(); }
  [[nodiscard]] Token end_of_turn() const override { return static_cast<Token>(pieces_.size() - 1); }
  [[nodiscard]] int vocabulary_tokens() const override { return static_cast<int>(pieces_.size()); }
  [[nodiscard]] Result<std::unique_ptr<Backend>> open_backend(EngineOptions& /*options*/) const override {
    return fail(ErrorCode::internal, "not here");
  }
  [[nodiscard]] int input_width() const override { return 1; }
  [[nodiscard]] std::span<const Token> suppressed() const override { return {}; }

 private:
  std::vector<std::string> pieces_;
  ModelFacts facts_;
};

// What is forced behind `chosen` when the text is `certain` and then whatever `rest` says.
std::vector<std::string> run_of(const PieceWeights& weights, std::string_view chosen, std::string_view certain,
                                const std::function<Regex(RegexPool&)>& rest) {
  const TokenTrie trie(weights);
  auto grammar = std::make_shared<Grammar>();
  RegexPool& pool = grammar->regexes;
  const std::string all = std::string(chosen) + std::string(certain);
  const auto done = finished(grammar, grammar->text(pool.sequence(pool.literal(all), rest(pool))));
  RegexPool walked;
  GrammarMatcher matcher(*done, walked);
  const std::optional<Token> last = chosen.empty() ? std::nullopt : std::optional(weights.token(chosen));
  const auto run = forced_run(matcher, matcher.next(matcher.start(), chosen), last, trie, weights);
  std::vector<std::string> pieces;
  for (const Token token : run.tokens) {
    pieces.push_back(weights.piece(token));
  }
  return pieces;
}

Regex digits(RegexPool& pool) { return pool.repeat(pool.bytes(ByteSet::range('0', '9')), 1); }
Regex letters(RegexPool& pool) { return pool.repeat(pool.bytes(ByteSet::range('a', 'z')), 1); }

using Pieces = std::vector<std::string>;

TEST(ForcedSpelling, TheLastTokenIsSpelledAnewWithWhatFollows) {
  const PieceWeights weights({"{\"", "name", "na", "me", "\":"});
  EXPECT_EQ(run_of(weights, "na", "me\":", digits), (Pieces{"name", "\":"}));
  EXPECT_EQ(run_of(weights, "{\"", "name\":", digits), (Pieces{"{\"", "name", "\":"}));
}

TEST(ForcedSpelling, NothingIsKeptThatALongerTokenCouldGoOnWith) {
  const PieceWeights weights({"name", "\":", "\":1", "e\":12"});
  EXPECT_EQ(run_of(weights, "", "name\":", letters), (Pieces{"name", "\":"}));
  // "\":1" may come, and so may "e\":12", which begins inside of "name".
  EXPECT_EQ(run_of(weights, "", "name\":", digits), Pieces{});
  const PieceWeights shorter({"name", "\":", "\":1"});
  EXPECT_EQ(run_of(shorter, "", "name\":", digits), Pieces{"name"});
  // The longer token would not fit the grammar as a whole.
  const PieceWeights beyond({"name", "\":", "\":1x"});
  EXPECT_EQ(run_of(beyond, "", "name\":", digits), (Pieces{"name", "\":"}));
}

TEST(ForcedSpelling, ACharacterIsNeverCut) {
  const PieceWeights weights({"caf", "\xC3\xA9", "\xC3\xA8"});
  const auto last = [](RegexPool& pool) { return pool.either({pool.literal("\xC3\xA9"), pool.literal("\xC3\xA8")}); };
  EXPECT_EQ(run_of(weights, "", "caf", last), Pieces{"caf"});
}

TEST(ForcedSpelling, AControlTokenIsOneTokenAndABorder) {
  const PieceWeights weights({"go", "go on"});
  const auto call = [](RegexPool& pool) {
    return pool.sequence(pool.literal(control_token("<call>")), pool.literal("go"));
  };
  EXPECT_EQ(run_of(weights, "go", "", call), (Pieces{"go", "<call>", "go"}));
}

TEST(ForcedSpelling, WithoutAnythingCertainNothingIsForced) {
  const PieceWeights weights({"ab"});
  EXPECT_EQ(run_of(weights, "ab", "", digits), Pieces{});
  EXPECT_EQ(run_of(weights, "", "", letters), Pieces{});
}

}  // namespace
}  // namespace puna::engine
