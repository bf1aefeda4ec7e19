// Each kind of random model: its bytes, whether the library takes it, whether it generates, and what is refused.
#include "puna/engine/random_model.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <format>
#include <iterator>
#include <map>

#include "engine/backend.h"
#include "engine/gguf_header.h"
#include "engine/random_model_plan.h"
#include "engine/test_gguf.h"
#include "puna/engine.h"

namespace puna {
namespace {

using engine::test::TemporaryFile;

constexpr RandomModelKind kKinds[] = {RandomModelKind::attention, RandomModelKind::sliding_window,
                                      RandomModelKind::recurrent, RandomModelKind::hybrid};

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// FNV-1a.
std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
  }
  return hash;
}

// The file in a folder of its own, which is removed with it.
std::unique_ptr<TemporaryFile> written(const RandomModelOptions& options) {
  auto file = std::make_unique<TemporaryFile>("");
  const auto result = write_random_model(file->path(), options);
  EXPECT_TRUE(result) << result.error().message;
  return file;
}

int files_in(const std::filesystem::path& folder) {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

class RandomModelOfKind : public testing::TestWithParam<RandomModelKind> {
 protected:
  RandomModelOptions options_ = RandomModelOptions::tiny(GetParam());
};

INSTANTIATE_TEST_SUITE_P(EachKind, RandomModelOfKind, testing::ValuesIn(kKinds),
                         [](const auto& kind) { return std::to_string(static_cast<int>(kind.param)); });

TEST_P(RandomModelOfKind, TheSameSeedGivesTheSameBytesAndAnotherSeedOthers) {
  const std::string once = bytes_of(written(options_)->path());
  EXPECT_EQ(once, bytes_of(written(options_)->path()));
  EXPECT_LT(once.size(), 500'000U);
  options_.seed = 2;
  const std::string other = bytes_of(written(options_)->path());
  EXPECT_EQ(other.size(), once.size());
  EXPECT_NE(other, once);
}

TEST_P(RandomModelOfKind, ItsBytesAreTheOnesOfEveryOtherMachine) {
  const std::map<RandomModelKind, std::uint64_t> hashes = {{RandomModelKind::attention, 0x45E2BCE9142A2042},
                                                           {RandomModelKind::sliding_window, 0x62A8A7C4067A341F},
                                                           {RandomModelKind::recurrent, 0xB6A0C1495B132A4E},
                                                           {RandomModelKind::hybrid, 0xEDBD9A793AFA47E5}};
  EXPECT_EQ(hash_of(bytes_of(written(options_)->path())), hashes.at(GetParam()));
}

TEST_P(RandomModelOfKind, ItsHeaderSaysWhatWasAskedFor) {
  const auto file = written(options_);
  const auto facts = Weights::inspect(file->path());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->layers, options_.layers);
  EXPECT_EQ(facts->embedding, options_.width);
  EXPECT_EQ(facts->vocabulary_tokens, options_.vocabulary_tokens);
  EXPECT_EQ(facts->window_trained_tokens, options_.window_tokens);
  EXPECT_EQ(facts->quantization, "F16");
  EXPECT_EQ(facts->kv_bytes_per_token > 0, GetParam() != RandomModelKind::recurrent);
}

TEST_P(RandomModelOfKind, ItsVocabularySpellsEveryTextAndEndsWithOneToken) {
  const auto file = written(options_);
  const auto weights = Weights::load_vocabulary(file->path());
  ASSERT_TRUE(weights) << weights.error().message;
  const std::string text = "Hello, agents:  \xF0\x9F\x91\x8B\n\t\xC3\xA9!";
  const std::vector<PromptPart> parts = {{.text = text, .trust = Trust::untrusted}};
  const auto tokens = (*weights)->tokenize(parts);
  ASSERT_TRUE(tokens) << tokens.error().message;
  std::string spelled;
  for (const Token token : *tokens) {
    spelled += (*weights)->is_control(token) ? "" : (*weights)->piece(token);
  }
  EXPECT_EQ(spelled, text);
  EXPECT_LT(tokens->size(), text.size()) << "runs of letters are tokens";
  int ends = 0;
  for (Token token = 0; token < (*weights)->vocabulary_tokens(); ++token) {
    ends += (*weights)->ends_generation(token) ? 1 : 0;
  }
  EXPECT_EQ(ends, 1);
}

TEST_P(RandomModelOfKind, ItGeneratesEightTokensInBothProfiles) {
  const auto file = written(options_);
  const auto weights = Weights::load({.file = file->path()});
  ASSERT_TRUE(weights) << weights.error().message;
  for (const Profile profile : {Profile::fast, Profile::deterministic}) {
    const auto engine = Engine::create(*weights, {.window_tokens = 256, .threads = 1, .profile = profile});
    ASSERT_TRUE(engine) << engine.error().message;
    auto generation = (*engine)->submit({.prompt = {1, 300, 301, 302}, .tokens_max = 8});
    ASSERT_TRUE(generation) << generation.error().message;
    std::vector<Token> tokens;
    for (auto piece = generation->next();; piece = generation->next()) {
      ASSERT_TRUE(piece) << piece.error().message;
      if (const auto* text = std::get_if<piece::Text>(&*piece)) {
        tokens.insert(tokens.end(), text->tokens.begin(), text->tokens.end());
      } else if (std::holds_alternative<piece::Finished>(*piece)) {
        break;
      }
    }
    EXPECT_EQ(tokens.size(), 8U);
  }
}

// A model whose next token does not depend on the tokens before it would not notice a wrong cache.
TEST_P(RandomModelOfKind, ItsLogitsAreFiniteDifferAndDependOnAnEarlyToken) {
  for (const RandomModelType type : {RandomModelType::f32, RandomModelType::f16, RandomModelType::q4_0}) {
    options_.matrices = type;
    const auto file = written(options_);
    const auto weights = Weights::load({.file = file->path()});
    ASSERT_TRUE(weights) << weights.error().message;
    EngineOptions engine_options = {.window_tokens = 256, .sequences_max = 2, .threads = 1};
    const auto backend = dynamic_cast<const engine::EngineWeights&>(**weights).open_backend(engine_options);
    ASSERT_TRUE(backend) << backend.error().message;
    std::vector<engine::Row> rows;
    for (const int lane : {0, 1}) {
      for (int position = 0; position < 24; ++position) {
        rows.push_back({.token = position == 2 ? 300 + lane : 310 + position,
                        .position = position,
                        .lane = engine::LaneId{lane},
                        .wants_logits = position == 23});
      }
    }
    ASSERT_EQ((*backend)->decode(rows), engine::DecodeStatus::ok);
    const auto one = (*backend)->logits(23);
    const auto other = (*backend)->logits(47);
    ASSERT_EQ(one.size(), 512U);
    double sum = 0;
    double squares = 0;
    double change = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
      ASSERT_TRUE(std::isfinite(one[i]) && std::isfinite(other[i]));
      sum += one[i];
      squares += one[i] * one[i];
      change = std::max<double>(change, std::abs(one[i] - other[i]));
    }
    const double variance = squares / 512 - sum / 512 * sum / 512;
    EXPECT_GT(variance, 0.2);
    EXPECT_LT(variance, 5.0);
    EXPECT_GT(change, 0.01);
  }
}

TEST(RandomModel, TheBenchmarkModelHas125MillionParametersAndFourBits) {
  const auto plan = engine::plan_random_model(RandomModelOptions::benchmark());
  ASSERT_TRUE(plan) << plan.error().message;
  std::uint64_t bytes = 0;
  for (const auto& tensor : plan->tensors) {
    bytes += tensor.bytes;
  }
  const std::string head = plan->head.head();
  const auto header = engine::parse_gguf_header(engine::test::as_bytes(head), head.size() + bytes + 65'536);
  ASSERT_TRUE(header && *header) << header.error().message;
  EXPECT_NEAR(static_cast<double>((*header)->parameters), 125e6, 1e6);
  EXPECT_EQ((*header)->largest_type, "Q4_0");
  EXPECT_EQ((*header)->data_offset, head.size());
  EXPECT_EQ((*header)->weights_bytes, bytes);
}

TEST(RandomModel, SizesThatMakeNoModelAreRefusedByName) {
  const TemporaryFile file("");
  const auto refused = [&file](const RandomModelOptions& options, std::string_view name) {
    const auto result = write_random_model(file.path(), options);
    return !result && result.error().code == ErrorCode::invalid_argument && result.error().message.contains(name);
  };
  EXPECT_TRUE(refused({.width = 65}, "width"));
  EXPECT_TRUE(refused({.width = 64, .heads = 5}, "width"));
  EXPECT_TRUE(refused({.heads_kv = 3}, "heads"));
  EXPECT_TRUE(refused({.heads = 0}, "heads"));
  EXPECT_TRUE(refused({.vocabulary_tokens = 100}, "vocabulary_tokens"));
  EXPECT_TRUE(refused({.window_tokens = 0}, "window_tokens"));
  EXPECT_TRUE(refused({.kind = RandomModelKind::hybrid, .layers = 1}, "layers"));
  EXPECT_EQ(bytes_of(file.path()), "");
}

TEST(RandomModel, AFolderThatCannotBeWrittenToIsNamed) {
  const TemporaryFile file("");
  const auto missing = write_random_model(file.folder() / "missing" / "model.gguf", RandomModelOptions{});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_TRUE(missing.error().message.contains((file.folder() / "missing").string())) << missing.error().message;

  std::filesystem::permissions(file.folder(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  // Root may write everywhere but here.
  const std::filesystem::path folder = ::access(file.folder().c_str(), W_OK) == 0 ? "/proc" : file.folder();
  const auto closed = write_random_model(folder / "model.gguf", RandomModelOptions{});
  std::filesystem::permissions(file.folder(), std::filesystem::perms::owner_all);
  ASSERT_FALSE(closed);
  EXPECT_TRUE(closed.error().message.contains(folder.string())) << closed.error().message;
}

TEST(RandomModel, AFileThatCannotBecomeWholeLeavesTheOldOneAndNothingElse) {
  const TemporaryFile file("old");
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small = {.rlim_cur = 100'000, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto result = write_random_model(file.path(), RandomModelOptions{});
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::io);
  EXPECT_TRUE(result.error().message.contains(file.path().string())) << result.error().message;
  EXPECT_EQ(bytes_of(file.path()), "old");
  EXPECT_EQ(files_in(file.folder()), 1);
}

TEST(RandomModel, AFolderOfThatNameIsNotReplaced) {
  const TemporaryFile file("");
  const std::filesystem::path name = file.folder() / "folder";
  std::filesystem::create_directory(name);
  const auto result = write_random_model(name, RandomModelOptions{});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::io);
  EXPECT_EQ(files_in(file.folder()), 2);
}

}  // namespace
}  // namespace puna
