// A llama_context as a Backend.
//
// Traps held here: decode() reports no room as 1 and leaves the cache as it was; a partial copy between lanes of a
// split cache aborts the process, so a whole lane is copied and cut; such a copy happens with the next decode, and a
// state read or written before that is wrong.
#include "engine/llama_backend.h"

#include <llama.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <span>
#include <utility>

#include "engine/llama_batch.h"
#include "engine/llama_library.h"
#include "engine/memory_plan.h"
#include "engine/wide_registers.h"

namespace puna::engine {
namespace {

std::string devices_text() {
  std::string text;
  for (const DeviceInfo& device : engine_libraries().devices) {
    text += ", " + device.description;
  }
  return text;
}

// States that are alike in this can take each other's place.
std::string kind_of_state(const EngineOptions& options) {
  if (options.profile == Profile::deterministic) {
    return "deterministic profile";
  }
  const std::string_view attention = options.attention == Attention::bf16  ? ", BF16"
                                     : options.attention == Attention::f16 ? ", F16"
                                                                           : "";
  return format_text("fast profile{}{}", options.has_pool() ? "" : ", in parts", attention);
}

class LlamaBackend final : public Backend {
 public:
  LlamaBackend(const EngineOptions& options, int vocabulary, int input_width)
      : vocabulary_(static_cast<std::size_t>(vocabulary)),
        arrays_(static_cast<std::size_t>(options.batch_tokens), static_cast<std::size_t>(input_width)) {}

  [[nodiscard]] Result<void> open(llama_model* model, const ModelFacts& facts, const EngineOptions& options,
                                  std::int64_t cells, std::uint64_t model_fingerprint);

  [[nodiscard]] const BackendShape& shape() const override { return shape_; }

  [[nodiscard]] DecodeStatus decode(std::span<const Row> rows) override {
    rows_ = rows.size();
    wanted_.assign(rows.size(), false);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      wanted_[i] = rows[i].wants_logits;
    }
    try {
      const int status = llama_decode(context_.get(), arrays_.view(rows, separate_));
      clear_wide_registers();
      switch (status) {
        case 0:
          std::ranges::fill(unsettled_, 0);
          return DecodeStatus::ok;
        case 1:
          return DecodeStatus::no_room;
        case 2:
          return DecodeStatus::aborted;
        default:
          return DecodeStatus::failed;
      }
    } catch (const std::exception&) {
      return DecodeStatus::failed;
    }
  }

  [[nodiscard]] std::span<const float> logits(std::size_t index) override {
    if (index >= rows_ || !wanted_[index]) {
      return {};
    }
    const float* row = llama_get_logits_ith(context_.get(), arrays_.place(index));
    return row == nullptr ? std::span<const float>{} : std::span(row, vocabulary_);
  }

  [[nodiscard]] bool remove_from(LaneId lane, std::int32_t position) override {
    return window_reaches(lane, position) && remove(lane, position);
  }
  void clear(LaneId lane) override { llama_memory_seq_rm(memory_, seq(lane), -1, -1); }
  [[nodiscard]] bool share_prefix(LaneId from, LaneId to, std::int32_t tokens) override {
    try {
      return copy_prefix(from, to, tokens);
    } catch (const std::exception&) {
      clear(to);
      return false;
    }
  }

  [[nodiscard]] bool relink(LaneId lane, LaneId from, std::int32_t tokens) override {
    if (window_ > 0) {
      return false;  // a window's cells are not all there any more
    }
    try {
      if (llama_memory_seq_rm(memory_, seq(lane), 0, tokens)) {
        llama_memory_seq_cp(memory_, seq(from), seq(lane), 0, tokens);
        return true;
      }
    } catch (const std::exception&) {
      clear(lane);
    }
    return false;
  }

  [[nodiscard]] bool mark(LaneId lane, std::vector<std::byte>& bytes) override {
    return get_state(lane, bytes, LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY);
  }
  // The state first, the rest afterwards: the other order leaves the attention part as it was.
  [[nodiscard]] bool rewind(LaneId lane, std::int32_t position, std::span<const std::byte> bytes) override {
    return set_state(lane, bytes, LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY) && remove(lane, position) &&
           length(lane) == position;
  }

  [[nodiscard]] bool settled(LaneId lane) const override { return unsettled_[index_of(lane)] == 0; }
  [[nodiscard]] std::size_t saved_bytes(LaneId lane) override {
    try {
      return llama_state_seq_get_size_ext(context_.get(), seq(lane), LLAMA_STATE_SEQ_FLAGS_NONE);
    } catch (const std::exception&) {
      return 0;
    }
  }
  [[nodiscard]] bool save(LaneId lane, std::vector<std::byte>& bytes) override {
    return get_state(lane, bytes, LLAMA_STATE_SEQ_FLAGS_NONE);
  }
  [[nodiscard]] bool restore(LaneId lane, std::span<const std::byte> bytes) override {
    if (set_state(lane, bytes, LLAMA_STATE_SEQ_FLAGS_NONE)) {
      return true;
    }
    clear(lane);  // a refused state may have been read in part
    return false;
  }
  [[nodiscard]] const std::string& state_key() const override { return state_key_; }
  [[nodiscard]] std::int32_t length(LaneId lane) override { return llama_memory_seq_pos_max(memory_, seq(lane)) + 1; }
  [[nodiscard]] std::int32_t oldest(LaneId lane) override { return llama_memory_seq_pos_min(memory_, seq(lane)); }

  void limit_threads(int count) override {
    if (std::exchange(threads_limit_, count) != count) {
      llama_set_n_threads(context_.get(), std::min(threads_, count), std::min(threads_batch_, count));
    }
  }
  void interrupt() noexcept override { interrupted_.store(true, std::memory_order_relaxed); }

 private:
  struct Free {
    void operator()(llama_context* context) const { llama_free(context); }
  };
  // A sliding window forgets what is behind it, and a restored lane never had it: going back is right only as far as
  // the window in front of the new end is still there.
  [[nodiscard]] bool window_reaches(LaneId lane, std::int32_t position) const {
    return llama_memory_seq_pos_min(memory_, seq(lane)) <= std::max(0, position - window_ + 1);
  }
  [[nodiscard]] bool remove(LaneId lane, std::int32_t position) {
    try {
      return llama_memory_seq_rm(memory_, seq(lane), position, -1);
    } catch (const std::exception&) {
      return false;
    }
  }
  [[nodiscard]] bool copy_prefix(LaneId from, LaneId to, std::int32_t tokens) {
    if (shape_.abilities.share == Share::any_part) {
      if (!window_reaches(from, tokens)) {
        return false;
      }
      llama_memory_seq_cp(memory_, seq(from), seq(to), 0, tokens);
      return true;
    }
    // A partial copy between separate memories aborts the process: copy all, then forget the rest.
    llama_memory_seq_cp(memory_, seq(from), seq(to), -1, -1);
    if (separate_) {
      unsettled_[index_of(from)] = unsettled_[index_of(to)] = 1;
    }
    if (length(to) == tokens || (remove_from(to, tokens) && length(to) == tokens)) {
      return true;
    }
    clear(to);
    return false;
  }
  [[nodiscard]] bool get_state(LaneId lane, std::vector<std::byte>& bytes, llama_state_seq_flags flags);
  [[nodiscard]] bool set_state(LaneId lane, std::span<const std::byte> bytes, llama_state_seq_flags flags);
  [[nodiscard]] Abilities probe(const llama_model* model);

  static bool wants_abort(void* self) {
    return static_cast<LlamaBackend*>(self)->interrupted_.load(std::memory_order_relaxed);
  }

  std::atomic<bool> interrupted_ = false;
  std::size_t vocabulary_;
  BatchArrays arrays_;
  std::vector<bool> wanted_;
  std::size_t rows_ = 0;
  BackendShape shape_;
  std::string state_key_;
  bool separate_ = false;  // every lane has a memory of its own
  int window_ = 0;         // of sliding-window attention; 0 = none
  int threads_ = 1;
  int threads_batch_ = 1;
  int threads_limit_ = 0;                // in force; 0 = none
  std::vector<std::uint8_t> unsettled_;  // by lane: copied since the last decode
  std::unique_ptr<llama_context, Free> context_;
  llama_memory_t memory_ = nullptr;
};

// In one pool a lane costs no more than a row of logits, so idle prefixes can have lanes too.
constexpr int kLanesEach = 4;

int lanes_of(const llama_model* model, const EngineOptions& options) {
  const bool recurrent = llama_model_is_recurrent(model) || llama_model_is_hybrid(model);
  if (!options.has_pool() || recurrent) {
    return options.sequences_max;
  }
  return std::min(std::max(kLanesEach * options.sequences_max, kLogitsRowsMin),
                  static_cast<int>(llama_max_parallel_sequences()));
}

Result<void> LlamaBackend::open(llama_model* model, const ModelFacts& facts, const EngineOptions& options,
                                std::int64_t cells, std::uint64_t model_fingerprint) {
  const int lanes = lanes_of(model, options);
  const bool fast = options.profile == Profile::fast;
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(cells);
  params.n_seq_max = static_cast<std::uint32_t>(lanes);
  // Batches smaller than the number of sequences are legal for us and abort the process at creation.
  params.n_batch = std::max(static_cast<std::uint32_t>(options.batch_tokens), params.n_seq_max);
  params.n_ubatch = static_cast<std::uint32_t>(micro_batch_rows(facts, options, lanes));
  params.n_outputs_max = params.n_seq_max;  // the library insists on one row of logits for each lane
  params.n_outputs_max_per_seq = 1;
  threads_ = options.threads;
  threads_batch_ = options.threads_batch;
  params.n_threads = options.threads;
  params.n_threads_batch = options.threads_batch;
  // One pool without flash attention costs up to 2.8 times; AUTO turns it on wherever the model's device has it.
  params.flash_attn_type =
      options.attention == Attention::flash ? LLAMA_FLASH_ATTN_TYPE_AUTO : LLAMA_FLASH_ATTN_TYPE_DISABLED;
  if (options.attention == Attention::bf16) {
    params.type_k = params.type_v = GGML_TYPE_BF16;
  }
  params.kv_unified = options.has_pool();
  params.abort_callback = &LlamaBackend::wants_abort;
  params.abort_callback_data = this;
  static_cast<void>(take_library_error());  // an old one is not this one's reason
  context_.reset(llama_init_from_model(model, params));
  if (context_ == nullptr) {
    return fail(ErrorCode::limit,
                format_text("the library could not open a cache of {} tokens{}", cells, take_library_error()),
                "give a smaller window or fewer sequences; the log (-v) has more");
  }
  memory_ = llama_get_memory(context_.get());
  if (memory_ == nullptr) {
    return fail(ErrorCode::invalid_argument, "the model has no cache, so it does not generate text",
                "give a model that generates text");
  }
  shape_.lanes = lanes;
  shape_.cells = static_cast<int>(llama_n_ctx(context_.get()));
  separate_ = !params.kv_unified;
  window_ = std::max(0, llama_model_n_swa(model));
  unsettled_.assign(static_cast<std::size_t>(lanes), 0);
  wanted_.reserve(static_cast<std::size_t>(options.batch_tokens));
  // The same bits are promised for the same processor only.
  state_key_ = format_text("model {:016x}, {}, llama.cpp {}{}", model_fingerprint, kind_of_state(options),
                           llama_version(), fast ? "" : devices_text());
  shape_.abilities = probe(model);
  llama_memory_clear(memory_, true);
  std::ranges::fill(unsettled_, 0);
  return {};
}

bool LlamaBackend::get_state(LaneId lane, std::vector<std::byte>& bytes, llama_state_seq_flags flags) {
  try {
    bytes.resize(llama_state_seq_get_size_ext(context_.get(), seq(lane), flags));
    auto* const data = reinterpret_cast<std::uint8_t*>(bytes.data());
    bytes.resize(llama_state_seq_get_data_ext(context_.get(), data, bytes.size(), seq(lane), flags));
    return !bytes.empty();
  } catch (const std::exception&) {
    return false;
  }
}

bool LlamaBackend::set_state(LaneId lane, std::span<const std::byte> bytes, llama_state_seq_flags flags) {
  try {
    const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return llama_state_seq_set_data_ext(context_.get(), data, bytes.size(), seq(lane), flags) != 0;
  } catch (const std::exception&) {
    return false;
  }
}

// Tries on a few tokens what the library's calls do with this memory: some refuse, some do nothing, some do something
// else. What is not seen to work is not used.
Abilities LlamaBackend::probe(const llama_model* model) {
  constexpr std::int32_t kTokens = 8;
  constexpr std::int32_t kHalf = kTokens / 2;
  const auto a = static_cast<LaneId>(0);
  const auto b = static_cast<LaneId>(1);
  Abilities abilities;
  std::vector<Row> rows;
  for (std::int32_t i = 0; i < kTokens; ++i) {
    rows.push_back({.token = i % llama_vocab_n_tokens(llama_model_get_vocab(model)), .position = i, .lane = a});
  }
  for (std::size_t begin = 0; begin < rows.size(); begin += arrays_.capacity()) {
    const auto count = std::min(arrays_.capacity(), rows.size() - begin);
    if (decode(std::span(rows).subspan(begin, count)) != DecodeStatus::ok) {
      return abilities;
    }
  }
  abilities.shift = llama_memory_can_shift(memory_);
  std::vector<std::byte> bytes;
  abilities.save = save(a, bytes) && (shape_.lanes < 2 || (restore(b, bytes) && length(b) == kTokens));
  if (shape_.lanes > 1) {
    clear(b);
    if (!separate_) {
      llama_memory_seq_cp(memory_, seq(a), seq(b), 0, kHalf);
      const bool part = llama_memory_seq_pos_min(memory_, seq(b)) == 0 && length(b) == kHalf;
      abilities.share = part ? Share::any_part : Share::nothing;
      clear(b);
    }
    if (abilities.share == Share::nothing) {
      abilities.share = share_prefix(a, b, kTokens) ? Share::whole_lane : Share::nothing;
      clear(b);
    }
  }
  abilities.cut = remove_from(a, kHalf) && length(a) == kHalf && llama_memory_seq_pos_min(memory_, seq(a)) == 0;
  // Only states without a place for every token need marks; the library has them where it has such states.
  abilities.mark = !abilities.cut && (llama_model_is_recurrent(model) || llama_model_is_hybrid(model));
  return abilities;
}

}  // namespace

Result<std::unique_ptr<Backend>> open_llama_backend(llama_model* model, const ModelFacts& facts,
                                                    const EngineOptions& options, std::int64_t cells,
                                                    std::uint64_t model_fingerprint) {
  if (!llama_model_has_decoder(model) || llama_model_has_encoder(model) || llama_model_is_diffusion(model)) {
    return fail(ErrorCode::invalid_argument, "this kind of model does not continue text",
                "give a decoder-only language model");
  }
  const int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
  try {
    auto backend = std::make_unique<LlamaBackend>(options, vocabulary, llama_model_n_embd_inp(model));
    PUNA_TRY_VOID(backend->open(model, facts, options, cells, model_fingerprint));
    return backend;
  } catch (const std::exception& error) {
    return fail(ErrorCode::limit, format_text("the library could not open the cache: {}", error.what()),
                "give a smaller window or fewer sequences");
  }
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> library_tensor_size(std::uint32_t type) {
  if (type >= GGML_TYPE_COUNT || ggml_blck_size(static_cast<ggml_type>(type)) <= 0) {
    return std::nullopt;
  }
  return std::pair(static_cast<std::uint64_t>(ggml_blck_size(static_cast<ggml_type>(type))),
                   std::uint64_t{ggml_type_size(static_cast<ggml_type>(type))});
}

}  // namespace puna::engine
