// Real inference with pictures, on a model and a projector of random weights: what such a model says means nothing, and
// what it says must be what the library's own helper makes of the same files. Skips nothing.
#include <gtest/gtest.h>
#include <mtmd-helper.h>
#include <mtmd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "engine/llama_backend.h"
#include "engine/test_prompt_parts.h"
#include "engine/test_sampling.h"
#include "puna/engine.h"
#include "puna/engine/random_model.h"

namespace puna {
namespace {

using engine::test::kGreedy;

// A picture of 24 bits a pixel, with a pattern of its own for each seed.
std::string pattern(unsigned seed, std::uint32_t side = 32) {
  const auto little = [](std::uint64_t value, int count) {
    std::string bytes;
    for (; count > 0; --count, value >>= 8U) {
      bytes += static_cast<char>(value & 0xFFU);
    }
    return bytes;
  };
  Random random(seed);
  std::string bytes = "BM" + little(54 + side * side * 3, 4) + little(0, 4) + little(54, 4) + little(40, 4) +
                      little(side, 4) + little(side, 4) + little(1, 2) + little(24, 2) + little(0, 24);
  for (std::uint32_t i = 0; i < side * side * 3; ++i) {
    bytes += static_cast<char>(random.next() & 0xFFU);
  }
  return bytes;
}

class MediaModel : public testing::Test {
 protected:
  static constexpr int kVectors = 16;  // of a picture: 32 pixels in steps of 8

  static void SetUpTestSuite() {
    folder_ = std::filesystem::path(testing::TempDir()) / ("media-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(write_random_model(folder_ / "model.gguf", {.matrices = RandomModelType::f32}));
    ASSERT_TRUE(write_random_projector(folder_ / "mmproj.gguf", {}));
    auto weights = Weights::load({.file = folder_ / "model.gguf"});
    ASSERT_TRUE(weights) << weights.error().message;
    weights_ = *weights;
  }
  static void TearDownTestSuite() {
    weights_.reset();
    std::filesystem::remove_all(folder_);
  }

  static Result<std::unique_ptr<MediaEncoder>> open_projector(const std::filesystem::path& file) {
    return MediaEncoder::open(weights_, {.file = file, .threads = 1});
  }
  void SetUp() override {
    auto encoder = open_projector(folder_ / "mmproj.gguf");
    ASSERT_TRUE(encoder) << encoder.error().message;
    encoder_ = *std::move(encoder);
    open_engine({});
  }
  void open_engine(EngineOptions options) {
    options.window_tokens = 512;
    options.threads = 1;
    engine_.reset();
    auto engine = Engine::create(weights_, options);
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = *std::move(engine);
  }

  static MediaBytes bytes_of(const std::string& bytes) { return {.hash = bytes, .bytes = bytes, .name = "a picture"}; }

  static std::vector<Token> words(std::string_view text) {
    return weights_->tokenize(std::vector<PromptPart>{engine::test::untrusted(std::string(text))}).value();
  }
  struct MediaReply {
    std::vector<Token> tokens;
    std::int64_t cached = 0;
  };
  // "look", the picture, and the question.
  MediaReply ask(const std::string& picture, std::string_view question) {
    std::vector<Token> prompt = words("look");
    const auto medium = encoder_->tokens(bytes_of(picture));
    EXPECT_TRUE(medium) << medium.error().message;
    prompt.append_range(*medium);
    prompt.append_range(words(question));
    const std::array media{bytes_of(picture)};
    auto runs = encoder_->encode(prompt, media);
    EXPECT_TRUE(runs) << runs.error().message;
    auto generation = engine_->submit({.prompt = prompt, .media = *runs, .sampling = kGreedy, .tokens_max = 12});
    EXPECT_TRUE(generation) << generation.error().message;
    MediaReply reply;
    for (;;) {
      const auto piece = generation->next();
      if (!piece) {
        ADD_FAILURE() << piece.error().message;
        return reply;
      }
      if (const auto* text = std::get_if<piece::Text>(&*piece)) {
        reply.tokens.append_range(text->tokens);
      } else if (const auto* finished = std::get_if<piece::Finished>(&*piece)) {
        reply.cached = finished->usage.cached_tokens;
        return reply;
      }
    }
  }

  static inline std::filesystem::path folder_;
  static inline std::shared_ptr<const Weights> weights_;
  std::unique_ptr<MediaEncoder> encoder_;
  std::unique_ptr<Engine> engine_;
};

// The same with the library's helper and nothing of ours but the tokens of the words.
std::vector<Token> asked_of_the_library(llama_model* model, const std::filesystem::path& projector,
                                        std::vector<Token> before, const std::string& picture,
                                        std::vector<Token> after) {
  mtmd_context_params media_params = mtmd_context_params_default();
  media_params.use_gpu = false;
  media_params.n_threads = 1;
  media_params.warmup = false;
  mtmd_context* media = mtmd_init_from_file(projector.c_str(), model, media_params);
  llama_context_params params = llama_context_default_params();
  params.n_ctx = 512;
  params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  params.n_threads = params.n_threads_batch = 1;
  llama_context* context = llama_init_from_model(model, params);
  EXPECT_TRUE(media != nullptr && context != nullptr);
  mtmd_bitmap* bitmap = mtmd_helper_bitmap_init_from_buf(media, reinterpret_cast<const unsigned char*>(picture.data()),
                                                         picture.size(), false, mtmd_helper_init_opt_default())
                            .bitmap;
  mtmd_input_chunks* chunks = mtmd_input_chunks_init();
  const mtmd_input_part part{.text = nullptr, .bitmap = bitmap};
  const mtmd_input_part* parts = &part;
  EXPECT_EQ(mtmd_tokenize_from_parts(media, chunks, &parts, 1, false), 0);
  EXPECT_EQ(llama_decode(context, llama_batch_get_one(before.data(), static_cast<std::int32_t>(before.size()))), 0);
  auto held = static_cast<llama_pos>(before.size());
  EXPECT_EQ(mtmd_helper_eval_chunks(media, context, chunks, held, 0, 512, false, &held), 0);
  std::vector<Token> said;
  while (said.size() < 12) {
    EXPECT_EQ(llama_decode(context, llama_batch_get_one(after.data(), static_cast<std::int32_t>(after.size()))), 0);
    const float* logits = llama_get_logits_ith(context, -1);
    const int count = llama_vocab_n_tokens(llama_model_get_vocab(model));
    const auto best = static_cast<Token>(std::max_element(logits, logits + count) - logits);
    if (llama_vocab_is_eog(llama_model_get_vocab(model), best)) {
      break;
    }
    said.push_back(best);
    after = {best};
  }
  mtmd_input_chunks_free(chunks);
  mtmd_bitmap_free(bitmap);
  llama_free(context);
  mtmd_free(media);
  return said;
}

TEST_F(MediaModel, GreedyTokensAreThoseOfTheLibrarysOwnHelper) {
  open_engine({.profile = Profile::deterministic});
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const std::string picture = pattern(seed);
    const auto expected = asked_of_the_library(engine::library_model(*weights_), folder_ / "mmproj.gguf", words("look"),
                                               picture, words("what is it"));
    EXPECT_EQ(ask(picture, "what is it").tokens, expected) << seed;
  }
}

TEST_F(MediaModel, ThePictureChangesWhatIsSaidAndThePlanOfTheStepsDoesNot) {
  std::vector<std::vector<Token>> said;
  for (const int batch : {512, 5}) {
    open_engine({.batch_tokens = batch, .profile = Profile::deterministic});
    for (unsigned seed = 1; seed <= 3; ++seed) {
      said.push_back(ask(pattern(seed), "what is it").tokens);
    }
  }
  EXPECT_NE(said[0], said[1]);
  EXPECT_NE(said[1], said[2]);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(said[i], said[i + 3]);
  }
}

TEST_F(MediaModel, TheSamePictureIsEncodedOnceAndItsCacheIsSharedAndAnothersIsNot) {
  const auto first = ask(pattern(1), "what is it");
  EXPECT_EQ(first.cached, 0);
  const auto words_before = static_cast<std::int64_t>(words("look").size());
  const auto again = ask(pattern(1), "who is it");
  EXPECT_GE(again.cached, words_before + kVectors);
  EXPECT_EQ(encoder_->stats().encoded, 1);
  EXPECT_EQ(encoder_->stats().found, 1);
  const auto prefilled = engine_->stats().tokens_prefilled;
  const auto other = ask(pattern(2), "what is it");
  EXPECT_EQ(other.cached, words_before);
  EXPECT_EQ(encoder_->stats().encoded, 2);
  EXPECT_GE(engine_->stats().tokens_prefilled - prefilled, kVectors);
  EXPECT_EQ(ask(pattern(1), "what is it").tokens, first.tokens);
}

TEST_F(MediaModel, AConversationWithAPictureIsNotWrittenToAFile) {
  const MediaReply reply = ask(pattern(1), "what is it");
  std::vector<Token> tokens = words("look");
  const auto kept = engine_->hibernate(tokens, folder_ / "kept.state");
  ASSERT_FALSE(kept) << "the lane that holds these words goes on with a picture";
  EXPECT_EQ(kept.error().code, ErrorCode::not_found);
  tokens.append_range(*encoder_->tokens(bytes_of(pattern(1))));
  tokens.append_range(words("what is it"));
  tokens.append_range(reply.tokens);
  EXPECT_EQ(engine_->hibernate(tokens, folder_ / "kept.state").error().code, ErrorCode::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "kept.state"));
}

TEST_F(MediaModel, APictureThatCannotBeDecodedIsRefusedByItsName) {
  const std::string whole = pattern(1);
  for (const std::string& bytes :
       {std::string("BM"), whole.substr(0, 20), std::string(500, '\xFF'), std::string("GIF89a"),
        "\x89PNG\r\n\x1A\n" + std::string(40, 'x'), std::string("RIFF....WAVEfmt ")}) {
    const auto tokens = encoder_->tokens(bytes_of(bytes));
    ASSERT_FALSE(tokens) << bytes.substr(0, 8);
    EXPECT_EQ(tokens.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(tokens.error().message.starts_with("a picture cannot be")) << tokens.error().message;
  }
}

TEST_F(MediaModel, AFileThatIsNoProjectorForThisModelIsRefusedWithTheReason) {
  const auto refused = [](const std::filesystem::path& file) {
    const auto opened = open_projector(file);
    return opened ? Error{} : opened.error();
  };
  EXPECT_EQ(refused(folder_ / "nowhere.gguf").code, ErrorCode::not_found);
  EXPECT_EQ(refused(folder_).code, ErrorCode::io);
  const Error text_model = refused(folder_ / "model.gguf");
  EXPECT_EQ(text_model.code, ErrorCode::invalid_argument);
  EXPECT_TRUE(text_model.message.contains("a llama model, not a projector")) << text_model.message;

  ASSERT_TRUE(write_random_projector(folder_ / "wide.gguf", {.width = 96}));
  const Error wide = refused(folder_ / "wide.gguf");
  EXPECT_EQ(wide.code, ErrorCode::invalid_argument);
  EXPECT_EQ(wide.hint, "its vectors have 96 values and this model takes 64: it belongs to another model");

  std::ifstream in(folder_ / "mmproj.gguf", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  for (const std::size_t length : {bytes.size() - 1'000, bytes.size() / 2, std::size_t{700}, std::size_t{30}}) {
    std::ofstream(folder_ / "short.gguf", std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(length));
    EXPECT_EQ(refused(folder_ / "short.gguf").code, ErrorCode::corrupt) << length;
  }
}

TEST_F(MediaModel, AProjectorsHeaderSaysWhatItIs) {
  const auto facts = inspect_projector(folder_ / "mmproj.gguf");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->kind, "mlp");
  EXPECT_TRUE(facts->sees && !facts->hears);
  EXPECT_EQ(facts->width, 64);
  EXPECT_EQ(facts->image_pixels, 32);
  EXPECT_TRUE(encoder_->sees());
  EXPECT_FALSE(encoder_->hears());
}

}  // namespace
}  // namespace puna
