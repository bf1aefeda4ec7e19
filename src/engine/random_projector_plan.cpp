// A vision transformer of two layers (of which its kind uses the first) and the two matrices behind it.
#include <array>
#include <string>

#include "engine/gguf_types.h"
#include "engine/random_model_plan.h"

namespace puna::engine {
namespace {

constexpr std::uint64_t kInner = 32;  // of the transformer
constexpr std::uint64_t kInnerHeads = 2;
constexpr std::uint64_t kInnerForward = 64;
constexpr std::uint64_t kPatch = 8;  // pixels
constexpr int kInnerLayers = 2;

class ProjectorPlanner {
 public:
  explicit ProjectorPlanner(const RandomProjectorOptions& options) : options_(options) {}

  RandomModelPlan plan() {
    facts();
    const std::uint64_t side = static_cast<std::uint64_t>(options_.image_pixels) / kPatch;
    const auto width = static_cast<std::uint64_t>(options_.width);
    add("v.patch_embd.weight", std::array{kPatch, kPatch, std::uint64_t{3}, kInner}, Draw::matrix);
    add("v.position_embd.weight", std::array{kInner, side * side}, Draw::matrix);
    norm("v.pre_ln");
    for (int layer = 0; layer < kInnerLayers; ++layer) {
      const std::string name = format_text("v.blk.{}.", layer);
      norm(name + "ln1");
      norm(name + "ln2");
      for (const char* part : {"attn_q", "attn_k", "attn_v", "attn_out"}) {
        linear(name + part, kInner, kInner);
      }
      linear(name + "ffn_up", kInner, kInnerForward);
      linear(name + "ffn_down", kInnerForward, kInner);
    }
    linear("mm.0", kInner, width);
    linear("mm.2", width, width);
    return std::move(plan_);
  }

 private:
  void facts() {
    GgufWriter& head = plan_.head;
    head.text("general.architecture", "clip");
    head.text("general.type", "mmproj");
    head.text("general.name", "random projector");
    head.number("general.file_type", 0);
    head.boolean("clip.has_vision_encoder", true);
    head.text("clip.projector_type", "mlp");
    head.boolean("clip.use_gelu", true);
    head.number("clip.vision.image_size", static_cast<std::uint32_t>(options_.image_pixels));
    head.number("clip.vision.patch_size", kPatch);
    head.number("clip.vision.embedding_length", kInner);
    head.number("clip.vision.feed_forward_length", kInnerForward);
    head.number("clip.vision.projection_dim", static_cast<std::uint32_t>(options_.width));
    head.number("clip.vision.block_count", kInnerLayers);
    head.number("clip.vision.attention.head_count", kInnerHeads);
    head.real("clip.vision.attention.layer_norm_epsilon", 1e-5F);
    head.reals("clip.vision.image_mean", std::array{0.5F, 0.5F, 0.5F});
    head.reals("clip.vision.image_std", std::array{0.5F, 0.5F, 0.5F});
  }
  void add(const std::string& name, std::span<const std::uint64_t> sizes, Draw draw) {
    const std::uint64_t bytes = plan_.head.tensor(name, sizes, *tensor_type(0));
    std::uint64_t values = 1;
    for (const std::uint64_t size : sizes) {
      values *= size;
    }
    plan_.tensors.push_back(
        {.type = RandomModelType::f32, .draw = draw, .row_values = sizes.front(), .blocks = values, .bytes = bytes});
  }
  void linear(const std::string& name, std::uint64_t from, std::uint64_t to) {
    add(name + ".weight", std::array{from, to}, Draw::matrix);
    add(name + ".bias", std::array{to}, Draw::matrix);
  }
  void norm(const std::string& name) {
    add(name + ".weight", std::array{kInner}, Draw::norm);
    add(name + ".bias", std::array{kInner}, Draw::matrix);
  }

  RandomProjectorOptions options_;
  RandomModelPlan plan_;
};

}  // namespace

Result<RandomModelPlan> plan_random_projector(const RandomProjectorOptions& options) {
  const bool fits = options.width >= 32 && options.width <= 1 << 15 && options.image_pixels >= 8 &&
                    options.image_pixels <= 1'024 && options.image_pixels % static_cast<int>(kPatch) == 0;
  if (!fits) {
    return fail(ErrorCode::invalid_argument,
                format_text("a width of {} and pictures of {} pixels: there may be 32 to 32768, and 8 to 1024 in steps "
                            "of 8",
                            options.width, options.image_pixels));
  }
  return ProjectorPlanner(options).plan();
}

}  // namespace puna::engine
