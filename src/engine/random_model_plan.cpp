// The four architectures, one function each.
#include "engine/random_model_plan.h"

#include <initializer_list>
#include <string>
#include <string_view>

#include "engine/gguf_types.h"

namespace puna {
namespace engine {
namespace {

constexpr std::uint64_t kBlock = 32;  // widths are multiples of Q4_0's block

// Mamba's proportions: the inner width is twice the outer one (libllama takes no other), the rest as published.
constexpr int kStateSize = 16;
constexpr int kMambaTaps = 4;
constexpr int kTimeStepShare = 16;  // width / rank of the time step
constexpr int kHybridTaps = 3;

// Tokens: unknown, begin, end, 256 bytes, the space, then runs of letters.
constexpr int kBegin = 1;
constexpr int kEnd = 2;
constexpr int kBytesFirst = 3;
constexpr int kVocabularyLeast = kBytesFirst + 256 + 1 + 26;
enum class TokenType : std::int32_t { normal = 1, unknown = 2, control = 3, byte = 6 };

std::uint64_t unsigned_of(int size) { return static_cast<std::uint64_t>(size); }

struct Facts {
  std::string_view architecture;
  std::string_view name;
};

Facts facts_of(RandomModelKind kind) {
  switch (kind) {
    case RandomModelKind::attention:
      return {.architecture = "llama", .name = "random attention"};
    case RandomModelKind::sliding_window:
      return {.architecture = "gemma2", .name = "random sliding window"};
    case RandomModelKind::recurrent:
      return {.architecture = "mamba", .name = "random recurrent"};
    case RandomModelKind::hybrid:
      return {.architecture = "lfm2", .name = "random hybrid"};
  }
  return {};
}

// The numbers of GGUF: of a tensor's type, and of a file's.
struct TypeIds {
  std::uint32_t tensor;
  std::uint32_t file;
};

TypeIds ids_of(RandomModelType type) {
  switch (type) {
    case RandomModelType::f32:
      return {.tensor = 0, .file = 0};
    case RandomModelType::f16:
      return {.tensor = 1, .file = 1};
    case RandomModelType::q4_0:
      return {.tensor = 2, .file = 2};
  }
  return {};
}

Result<void> check(const RandomModelOptions& options) {
  struct Range {
    std::string_view name;
    int value;
    int least;
    int most;
    int step = 1;
  };
  const bool two_sorts = options.kind == RandomModelKind::sliding_window || options.kind == RandomModelKind::hybrid;
  const Range ranges[] = {
      {.name = "layers", .value = options.layers, .least = two_sorts ? 2 : 1, .most = 512},
      {.name = "width", .value = options.width, .least = 32, .most = 1 << 15, .step = kBlock},
      {.name = "heads", .value = options.heads, .least = 1, .most = 1 << 10},
      {.name = "heads_kv", .value = options.heads_kv, .least = 1, .most = 1 << 10},
      {.name = "feed_forward", .value = options.feed_forward, .least = 32, .most = 1 << 17, .step = kBlock},
      {.name = "vocabulary_tokens", .value = options.vocabulary_tokens, .least = kVocabularyLeast, .most = 1 << 20},
      {.name = "window_tokens", .value = options.window_tokens, .least = 1, .most = 1 << 24},
  };
  for (const Range& range : ranges) {
    if (range.value < range.least || range.value > range.most || range.value % range.step != 0) {
      return fail(ErrorCode::invalid_argument,
                  format_text("{} is {} and must be from {} to {}, a multiple of {}", range.name, range.value,
                              range.least, range.most, range.step));
    }
  }
  if (options.width % (2 * options.heads) != 0 || options.heads % options.heads_kv != 0) {
    return fail(
        ErrorCode::invalid_argument,
        format_text("a width of {} does not make {} heads of an even size, or {} heads share no {} of keys and values",
                    options.width, options.heads, options.heads, options.heads_kv));
  }
  return {};
}

class Planner {
 public:
  explicit Planner(const RandomModelOptions& options)
      : options_(options), facts_(facts_of(options.kind)), width_(unsigned_of(options.width)) {}

  RandomModelPlan plan() {
    metadata();
    vocabulary();
    const bool is_hybrid = options_.kind == RandomModelKind::hybrid;
    const std::uint64_t tokens = unsigned_of(options_.vocabulary_tokens);
    matrix("token_embd.weight", width_, tokens);
    vector(is_hybrid ? "token_embd_norm.weight" : "output_norm.weight", width_, Draw::norm);
    if (options_.kind != RandomModelKind::sliding_window) {  // gemma2 uses the embeddings again
      matrix("output.weight", width_, tokens);
    }
    for (layer_ = 0; layer_ < options_.layers; ++layer_) {
      vector(in_layer("attn_norm.weight"), width_, Draw::norm);
      layer();
    }
    return std::move(plan_);
  }

 private:
  [[nodiscard]] std::string key(std::string_view name) const { return format_text("{}.{}", facts_.architecture, name); }
  [[nodiscard]] std::string in_layer(std::string_view name) const { return format_text("blk.{}.{}", layer_, name); }

  void tensor(std::string_view name, std::initializer_list<std::uint64_t> sizes, RandomModelType type, Draw draw) {
    const TensorType& stored = *tensor_type(ids_of(type).tensor);
    const std::uint64_t bytes = plan_.head.tensor(name, std::span(sizes.begin(), sizes.size()), stored);
    plan_.tensors.push_back({.type = type,
                             .draw = draw,
                             .row_values = *sizes.begin(),
                             .blocks = bytes / stored.block_bytes,
                             .bytes = bytes});
  }
  // Takes `in` values and gives `out`. Rows too short for a block of Q4_0 are F16.
  void matrix(std::string_view name, std::uint64_t in, std::uint64_t out) {
    const bool too_short = options_.matrices == RandomModelType::q4_0 && in % kBlock != 0;
    tensor(name, {in, out}, too_short ? RandomModelType::f16 : options_.matrices, Draw::matrix);
  }
  void vector(std::string_view name, std::uint64_t values, Draw draw) {
    tensor(name, {values}, RandomModelType::f32, draw);
  }
  // One filter of `taps` values for each channel; the library computes them in F32 only.
  void filters(std::string_view name, int taps, std::uint64_t channels) {
    tensor(name, {unsigned_of(taps), channels}, RandomModelType::f32, Draw::matrix);
  }

  void metadata();
  void vocabulary();
  void layer();
  void attention();
  void feed_forward();
  void mamba();
  void short_convolution();
  [[nodiscard]] bool remembers_tokens() const { return options_.kind != RandomModelKind::hybrid || layer_ % 2 == 1; }

  const RandomModelOptions& options_;
  Facts facts_;
  std::uint64_t width_;
  int layer_ = 0;
  RandomModelPlan plan_;
};

void Planner::metadata() {
  GgufWriter& head = plan_.head;
  head.text("general.architecture", facts_.architecture);
  head.text("general.name", facts_.name);
  head.number("general.file_type", ids_of(options_.matrices).file);
  head.number(key("context_length"), static_cast<std::uint32_t>(options_.window_tokens));
  head.number(key("embedding_length"), static_cast<std::uint32_t>(options_.width));
  head.number(key("block_count"), static_cast<std::uint32_t>(options_.layers));
  head.real(key("attention.layer_norm_rms_epsilon"), 0x1p-17F);
  if (options_.kind == RandomModelKind::recurrent) {
    head.number(key("ssm.conv_kernel"), kMambaTaps);
    head.number(key("ssm.inner_size"), static_cast<std::uint32_t>(2 * options_.width));
    head.number(key("ssm.state_size"), kStateSize);
    head.number(key("ssm.time_step_rank"), static_cast<std::uint32_t>(options_.width / kTimeStepShare));
    return;
  }
  head.number(key("feed_forward_length"), static_cast<std::uint32_t>(options_.feed_forward));
  head.number(key("attention.head_count"), static_cast<std::uint32_t>(options_.heads));
  if (options_.kind == RandomModelKind::hybrid) {
    std::vector<std::int32_t> heads_kv;  // 0 says that a layer is recurrent
    for (layer_ = 0; layer_ < options_.layers; ++layer_) {
      heads_kv.push_back(remembers_tokens() ? options_.heads_kv : 0);
    }
    head.numbers(key("attention.head_count_kv"), heads_kv);
    head.number(key("shortconv.l_cache"), kHybridTaps);
  } else {
    head.number(key("attention.head_count_kv"), static_cast<std::uint32_t>(options_.heads_kv));
  }
  if (options_.kind == RandomModelKind::sliding_window) {
    head.number(key("attention.sliding_window"), kRandomModelSlidingTokens);
  }
}

// Number n of a, b, ... z, aa, ab, ...: every beginning of a run comes before it, so the tokeniser can build it.
std::string run_of_letters(int n) {
  std::string letters;
  for (++n; n > 0; n = (n - 1) / 26) {
    letters.insert(letters.begin(), static_cast<char>('a' + (n - 1) % 26));
  }
  return letters;
}

void Planner::vocabulary() {
  std::vector<std::string> tokens = {"<unk>", "<s>", "</s>"};
  std::vector<std::int32_t> types = {static_cast<std::int32_t>(TokenType::unknown),
                                     static_cast<std::int32_t>(TokenType::control),
                                     static_cast<std::int32_t>(TokenType::control)};
  for (int byte = 0; byte < 256; ++byte) {
    tokens.push_back(format_text("<0x{:02X}>", byte));
    types.push_back(static_cast<std::int32_t>(TokenType::byte));
  }
  tokens.emplace_back("\u2581");  // how these vocabularies write a space
  for (int n = 0; tokens.size() < unsigned_of(options_.vocabulary_tokens); ++n) {
    tokens.push_back(run_of_letters(n));
  }
  types.resize(tokens.size(), static_cast<std::int32_t>(TokenType::normal));
  std::vector<float> scores;  // the longer run wins
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    scores.push_back(types[i] == static_cast<std::int32_t>(TokenType::normal) ? static_cast<float>(i) : 0.0F);
  }
  GgufWriter& head = plan_.head;
  head.text("tokenizer.ggml.model", "llama");
  head.texts("tokenizer.ggml.tokens", tokens);
  head.reals("tokenizer.ggml.scores", scores);
  head.numbers("tokenizer.ggml.token_type", types);
  head.number("tokenizer.ggml.unknown_token_id", 0);
  head.number("tokenizer.ggml.bos_token_id", kBegin);
  head.number("tokenizer.ggml.eos_token_id", kEnd);
  head.boolean("tokenizer.ggml.add_bos_token", true);
  head.boolean("tokenizer.ggml.add_space_prefix", false);
}

void Planner::layer() {
  if (options_.kind == RandomModelKind::recurrent) {
    mamba();
    return;
  }
  if (remembers_tokens()) {
    attention();
  } else {
    short_convolution();
  }
  feed_forward();
}

void Planner::attention() {
  const std::uint64_t head_size = width_ / unsigned_of(options_.heads);
  const std::uint64_t width_kv = head_size * unsigned_of(options_.heads_kv);
  matrix(in_layer("attn_q.weight"), width_, width_);
  matrix(in_layer("attn_k.weight"), width_, width_kv);
  matrix(in_layer("attn_v.weight"), width_, width_kv);
  matrix(in_layer("attn_output.weight"), width_, width_);
  if (options_.kind == RandomModelKind::hybrid) {
    vector(in_layer("attn_q_norm.weight"), head_size, Draw::norm);
    vector(in_layer("attn_k_norm.weight"), head_size, Draw::norm);
  }
  if (options_.kind == RandomModelKind::sliding_window) {
    vector(in_layer("post_attention_norm.weight"), width_, Draw::norm);
  }
}

void Planner::feed_forward() {
  const std::uint64_t inner = unsigned_of(options_.feed_forward);
  vector(in_layer("ffn_norm.weight"), width_, Draw::norm);
  matrix(in_layer("ffn_gate.weight"), width_, inner);
  matrix(in_layer("ffn_up.weight"), width_, inner);
  matrix(in_layer("ffn_down.weight"), inner, width_);
  if (options_.kind == RandomModelKind::sliding_window) {
    vector(in_layer("post_ffw_norm.weight"), width_, Draw::norm);
  }
}

void Planner::mamba() {
  const std::uint64_t inner = 2 * width_;
  const std::uint64_t rank = width_ / kTimeStepShare;
  matrix(in_layer("ssm_in.weight"), width_, 2 * inner);
  filters(in_layer("ssm_conv1d.weight"), kMambaTaps, inner);
  vector(in_layer("ssm_conv1d.bias"), inner, Draw::matrix);
  matrix(in_layer("ssm_x.weight"), inner, rank + std::uint64_t{2} * kStateSize);
  matrix(in_layer("ssm_dt.weight"), rank, inner);
  vector(in_layer("ssm_dt.bias"), inner, Draw::time_step);
  tensor(in_layer("ssm_a"), {kStateSize, inner}, RandomModelType::f32, Draw::decay);
  vector(in_layer("ssm_d"), inner, Draw::one);
  matrix(in_layer("ssm_out.weight"), inner, width_);
}

void Planner::short_convolution() {
  filters(in_layer("shortconv.conv.weight"), kHybridTaps, width_);
  matrix(in_layer("shortconv.in_proj.weight"), width_, 3 * width_);
  matrix(in_layer("shortconv.out_proj.weight"), width_, width_);
}

}  // namespace

Result<RandomModelPlan> plan_random_model(const RandomModelOptions& options) {
  PUNA_TRY_VOID(check(options));
  return Planner(options).plan();
}

}  // namespace engine

RandomModelOptions RandomModelOptions::tiny(RandomModelKind kind) { return {.kind = kind}; }

RandomModelOptions RandomModelOptions::benchmark() {
  return {.kind = RandomModelKind::attention,
          .matrices = RandomModelType::q4_0,
          .layers = 12,
          .width = 768,
          .heads = 12,
          .heads_kv = 4,
          .feed_forward = 2048,
          .vocabulary_tokens = 32'000,
          .window_tokens = 32'768};
}

}  // namespace puna
