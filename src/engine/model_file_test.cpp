// Facts from headers, and every file that is not a model.
#include "engine/model_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "engine/gguf_types.h"
#include "engine/llama_backend.h"
#include "engine/test_gguf.h"

namespace puna::engine {
namespace {

using test::GgufBytes;
using test::small_model;
using test::TemporaryFile;

// A file without tensors that holds these entries.
std::string with_vocabulary(const GgufBytes& entries, std::uint64_t count) {
  return GgufBytes().head(0, count).bytes() + entries.bytes();
}

TEST(Inspect, AModelsFactsComeFromItsHeader) {
  const TemporaryFile file(small_model());
  const auto facts = Weights::inspect(file.path());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->name, "small");
  EXPECT_EQ(facts->architecture, "llama");
  EXPECT_EQ(facts->quantization, "Q8_0");
  EXPECT_EQ(facts->chat_template, "{{ messages }}");
  EXPECT_EQ(facts->bos_text, "<s>");
  EXPECT_EQ(facts->eos_text, "</s>");
  EXPECT_EQ(facts->vocabulary_tokens, 3);
  EXPECT_EQ(facts->window_trained_tokens, 128);
  EXPECT_EQ(facts->layers, 2);
  EXPECT_EQ(facts->experts, 0);
  EXPECT_EQ(facts->embedding, 64);
  EXPECT_EQ(facts->kv_bytes_per_token, (2U + 1U) * (16 + 16) * 2);  // heads per layer x (key + value) x F16
  EXPECT_EQ(facts->file_bytes, small_model().size());
  ASSERT_EQ(facts->metadata.size(), test::kEntriesOfSmallModel);
  EXPECT_EQ(facts->metadata[7].second, "[2 items]");
  EXPECT_EQ(facts->metadata[9].second, "[3 items]");
}

TEST(Inspect, AModelWithoutATemplateIsFine) {
  const TemporaryFile file(with_vocabulary(GgufBytes()
                                               .entry("general.architecture", "llama")
                                               .entry("tokenizer.ggml.model", "gpt2")
                                               .strings("tokenizer.ggml.tokens", {"a"}),
                                           3));
  const auto facts = Weights::inspect(file.path());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->chat_template, "");
  EXPECT_EQ(facts->kv_bytes_per_token, 0U);
}

GgufBytes small_vocabulary() {
  return GgufBytes()
      .entry("general.architecture", "llama")
      .entry("tokenizer.ggml.model", "gpt2")
      .strings("tokenizer.ggml.tokens", {"a"});
}

TEST(Inspect, TheFilesOwnSamplingIsReadAndTheRestIsUnset) {
  const TemporaryFile file(
      with_vocabulary(small_vocabulary()
                          .entry("general.sampling.sequence", "top_k;min-p;temperature")
                          .entry("general.sampling.top_k", GgufType::i32, std::int32_t{20})
                          .entry("general.sampling.min_p", GgufType::f32, 0.1F)
                          .entry("general.sampling.temp", GgufType::f32, 0.6F)
                          .entry("general.sampling.penalty_repeat", GgufType::f32, 1.1F)
                          .entry("general.sampling.penalty_last_n", GgufType::i32, std::int32_t{-1})
                          .entry("general.sampling.mirostat", GgufType::u32, std::uint32_t{0})
                          .entry("general.sampling.xtc_probability", GgufType::f64, 0.5),
                      11));
  const auto facts = Weights::inspect(file.path());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->sampling_refused, std::vector<std::string>{});
  const Sampling expected{.temperature = 0.6F,
                          .top_k = 20,
                          .min_p = 0.1F,
                          .xtc_probability = 0.5F,
                          .repeat_penalty = 1.1F,
                          .repeat_last_n = -1,
                          .mirostat = 0,
                          .samplers = std::vector{SamplerStage::top_k, SamplerStage::min_p, SamplerStage::temperature}};
  EXPECT_EQ(facts->sampling, expected);
  EXPECT_TRUE(effective({}, facts->sampling));
}

TEST(Inspect, SamplingThatCannotBeUsedIsLeftOutAndNamed) {
  const TemporaryFile file(with_vocabulary(small_vocabulary()
                                               .entry("general.sampling.sequence", "top_k;magic")
                                               .entry("general.sampling.top_k", GgufType::i32, std::int32_t{-1})
                                               .entry("general.sampling.top_p", GgufType::f32, 7.0F)
                                               .entry("general.sampling.temp", "hot")
                                               .entry("general.sampling.mirostat", GgufType::f32, 1.5F),
                                           8));
  const auto facts = Weights::inspect(file.path());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->sampling, Sampling{.top_k = 0});  // llama.cpp's way to say off
  ASSERT_EQ(facts->sampling_refused.size(), 4U);
  for (const std::string& refused : facts->sampling_refused) {
    EXPECT_TRUE(refused.starts_with("general.sampling.")) << refused;
  }
}

TEST(Inspect, KeysOfTheWrongTypeOrWithImpossibleValuesAreRefused) {
  const auto base = [] {
    return GgufBytes().entry("general.architecture", "llama").entry("tokenizer.ggml.model", "gpt2");
  };
  const auto tokens = [](GgufBytes bytes) { return bytes.strings("tokenizer.ggml.tokens", {"a", "b"}); };
  const std::vector<std::pair<GgufBytes, std::uint64_t>> files = {
      {GgufBytes().entry("general.architecture", GgufType::u32, std::uint32_t{1}), 1},
      {GgufBytes().entry("general.name", "no architecture"), 1},
      {base(), 2},                                       // no vocabulary
      {base().strings("tokenizer.ggml.tokens", {}), 3},  // an empty one
      {base().numbers<std::uint32_t>("tokenizer.ggml.tokens", GgufType::u32, {1, 2}), 3},
      {base().entry("tokenizer.ggml.tokens", "a b"), 3},
      {tokens(base()).numbers<float>("tokenizer.ggml.scores", GgufType::f32, {1.0F}), 4},
      {tokens(base()).numbers<std::int32_t>("tokenizer.ggml.token_type", GgufType::i32, {1, 1, 1}), 4},
      {tokens(base()).numbers<std::uint8_t>("tokenizer.ggml.token_type", GgufType::u8, {1, 1}), 4},
      {tokens(base()).numbers<std::int32_t>("tokenizer.ggml.merges", GgufType::i32, {1, 1}), 4},
      {tokens(base()).entry("tokenizer.chat_template", GgufType::u32, std::uint32_t{1}), 4},
      {tokens(base()).entry("llama.block_count", GgufType::f32, 2.0F), 4},
      {tokens(base()).entry("llama.block_count", GgufType::i32, std::int32_t{-1}), 4},
      {tokens(base()).entry("llama.context_length", GgufType::u64, std::uint64_t{1} << 60), 4},
      {tokens(base()).entry("llama.attention.key_length", "64"), 4},
  };
  for (std::size_t i = 0; i < files.size(); ++i) {
    const TemporaryFile file(with_vocabulary(files[i].first, files[i].second));
    const auto facts = Weights::inspect(file.path());
    ASSERT_FALSE(facts) << i;
    EXPECT_EQ(facts.error().code, ErrorCode::corrupt) << i;
    EXPECT_TRUE(facts.error().message.contains(file.path().string())) << facts.error().message;
  }
}

TEST(Inspect, EverythingThatIsNoModelFileIsNamedForWhatItIs) {
  const TemporaryFile anchor("");
  const auto code = [](const std::filesystem::path& path) {
    const auto facts = Weights::inspect(path);
    EXPECT_FALSE(facts);
    EXPECT_TRUE(facts.error().message.contains(path.string())) << facts.error().message;
    EXPECT_FALSE(facts.error().hint.empty());
    return facts.error().code;
  };
  EXPECT_EQ(code(anchor.path()), ErrorCode::corrupt);  // empty
  EXPECT_EQ(code(anchor.folder()), ErrorCode::io);     // a directory
  EXPECT_EQ(code(anchor.folder() / "absent.gguf"), ErrorCode::not_found);
  EXPECT_EQ(code(anchor.path() / "below-a-file"), ErrorCode::not_found);
  const auto fifo = anchor.folder() / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(code(fifo), ErrorCode::io);  // and it does not wait for a writer
  const auto loop = anchor.folder() / "loop";
  std::filesystem::create_symlink(loop, loop);
  EXPECT_EQ(code(loop), ErrorCode::io);
  const TemporaryFile text("this is a text, and no model at all\n");
  EXPECT_EQ(code(text.path()), ErrorCode::corrupt);
}

TEST(Inspect, ASplitModelIsJudgedPartByPart) {
  const auto whole = [](std::uint16_t number) {
    return GgufBytes().head(1, 0).tensor("t" + std::to_string(number), {16}, 0, 0).data(64).bytes();
  };
  std::string first = GgufBytes()
                          .head(1, 7)
                          .entry("split.count", GgufType::u16, std::uint16_t{2})
                          .entry("general.architecture", "llama")
                          .entry("llama.context_length", GgufType::u32, std::uint32_t{8})
                          .entry("llama.block_count", GgufType::u32, std::uint32_t{1})
                          .entry("llama.embedding_length", GgufType::u32, std::uint32_t{8})
                          .entry("tokenizer.ggml.model", "gpt2")
                          .strings("tokenizer.ggml.tokens", {"a"})
                          .tensor("t0", {16}, 0, 0)
                          .data(64)
                          .bytes();
  const TemporaryFile file(first, "m-00001-of-00002.gguf");
  EXPECT_EQ(Weights::inspect(file.path()).error().code, ErrorCode::not_found);  // the second part is missing
  std::ofstream(file.folder() / "m-00002-of-00002.gguf", std::ios::binary) << whole(1);
  const auto facts = Weights::inspect(file.path());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->weights_bytes, 128U);
  const TemporaryFile misnamed(first, "model.gguf");
  EXPECT_EQ(Weights::inspect(misnamed.path()).error().code, ErrorCode::corrupt);
}

TEST(Load, ABadFileNeverReachesTheLibrary) {
  const TemporaryFile truncated(small_model().substr(0, small_model().size() - 1));
  EXPECT_EQ(Weights::load({.file = truncated.path()}).error().code, ErrorCode::corrupt);
  const TemporaryFile vocabulary(with_vocabulary(GgufBytes()
                                                     .entry("general.architecture", "llama")
                                                     .entry("tokenizer.ggml.model", "gpt2")
                                                     .strings("tokenizer.ggml.tokens", {"a"}),
                                                 3));
  EXPECT_TRUE(Weights::load({.file = vocabulary.path()}).error().message.contains("no weights"));
}

TEST(Load, AModelThatOnlyTheLibraryCanRefuseIsAnErrorToo) {
  const TemporaryFile file(small_model());  // a right header, and none of the tensors that a llama needs
  const auto weights = Weights::load({.file = file.path()});
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().code, ErrorCode::corrupt);
}

TEST(Load, AnUnknownDeviceIsNamedAndTheKnownOnesAreListed) {
  const TemporaryFile file(small_model());
  const auto weights = Weights::load({.file = file.path(), .devices = {"NoSuchDevice"}});
  ASSERT_FALSE(weights);
  EXPECT_EQ(weights.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(weights.error().hint.contains("CPU")) << weights.error().hint;
}

TEST(Libraries, AtLeastTheProcessorIsADevice) {
  const EngineLibraries libraries = engine_libraries();
  EXPECT_FALSE(libraries.llama_version.empty());
  EXPECT_TRUE(std::ranges::any_of(libraries.devices, [](const DeviceInfo& device) { return device.kind == "cpu"; }));
}

TEST(GgufTypes, TheTableIsTheInstalledLibrarysOwn) {
  for (std::uint32_t id = 0; id < 64; ++id) {
    const TensorType* own = tensor_type(id);
    const auto theirs = library_tensor_size(id);
    ASSERT_EQ(own != nullptr, theirs.has_value()) << id;
    if (own != nullptr) {
      EXPECT_EQ(own->block_values, theirs->first) << id;
      EXPECT_EQ(own->block_bytes, theirs->second) << id;
    }
  }
}

}  // namespace
}  // namespace puna::engine
