// Draws the values of a planned model, one buffer at a time, and writes them to a file.
//
// Every value is a small integer times a power of two, so it is exact in each type and needs no rounding. A tensor's
// values depend on the seed, its place in the file and its own shape only.
#include "puna/engine/random_model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "engine/new_file.h"
#include "engine/random_model_plan.h"

namespace puna {
namespace engine {
namespace {

constexpr std::uint64_t kBufferBlocks = std::uint64_t{1} << 16;  // at most 1.2 MB

// Hands a stream's bits out in portions of at most 32.
class RandomBits {
 public:
  explicit RandomBits(std::uint64_t seed) : random_(seed) {}

  std::uint32_t take(int count) {
    if (left_ < count) {
      bits_ = random_.next();
      left_ = 64;
    }
    const auto taken = static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << count) - 1));
    bits_ >>= count;
    left_ -= count;
    return taken;
  }
  // From -2^(count-1) to 2^(count-1) - 1.
  std::int32_t take_signed(int count) {
    return static_cast<std::int32_t>(take(count)) - (std::int32_t{1} << (count - 1));
  }

 private:
  Random random_;
  std::uint64_t bits_ = 0;
  int left_ = 0;
};

// Matrices are drawn between -2^-k and 2^-k: the power of two next to sqrt(3 / row), with which a row times a vector of
// variance 1 has variance 1.
int matrix_exponent(std::uint64_t row_values) {
  int k = 0;
  for (std::uint64_t border = 6; border < row_values; border *= 4) {
    ++k;
  }
  return k;
}

// The bits of number * 2^-exponent in half precision. Requires |number| <= 1,024 and exponent <= 24: then it is exact.
std::uint16_t half_of(std::int32_t number, int exponent) {
  const auto magnitude = static_cast<std::uint32_t>(std::abs(number));
  const std::uint32_t sign = number < 0 ? 0x8000U : 0U;
  const int top = std::bit_width(magnitude) - 1;
  const int biased = top - exponent + 15;
  if (magnitude == 0 || biased < 1) {  // subnormal: multiples of 2^-24
    return static_cast<std::uint16_t>(sign | magnitude << (24 - exponent));
  }
  return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(biased) << 10U |
                                    (magnitude << (10 - top) & 0x3FFU));
}

void append_q4_0(std::string& bytes, RandomBits& bits, int k, std::uint64_t block) {
  // Nibbles stand for -8 to 7; scales of alternating sign keep the mean of a row at 0.
  append_bytes(bytes, half_of(block % 2 == 0 ? 1 : -1, k + 3));
  for (int i = 0; i < 4; ++i) {
    append_bytes(bytes, bits.take(32));
  }
}

float single_of(RandomBits& bits, const PlannedTensor& tensor, int k, std::uint64_t index) {
  switch (tensor.draw) {
    case Draw::matrix:
      return std::ldexp(static_cast<float>(bits.take_signed(24)), -(23 + k));
    case Draw::norm: {
      const float sign = bits.take(1) == 0 ? 1.0F : -1.0F;
      return sign * std::ldexp(static_cast<float>((1U << 15U) + bits.take(16)), -16);
    }
    case Draw::decay:
      return -static_cast<float>(index % tensor.row_values + 1);
    case Draw::time_step:
      return -3.0F;
    case Draw::one:
      return 1.0F;
  }
  return 0.0F;
}

Result<void> write_tensor(NewFile& file, const PlannedTensor& tensor, std::uint64_t seed) {
  RandomBits bits(seed);
  const int k = matrix_exponent(tensor.row_values);
  std::string buffer;
  for (std::uint64_t begin = 0; begin < tensor.blocks; begin += kBufferBlocks) {
    const std::uint64_t end = std::min(begin + kBufferBlocks, tensor.blocks);
    buffer.clear();
    for (std::uint64_t block = begin; block < end; ++block) {
      switch (tensor.type) {
        case RandomModelType::f32:
          append_bytes(buffer, single_of(bits, tensor, k, block));
          break;
        case RandomModelType::f16:
          append_bytes(buffer, half_of(bits.take_signed(11), 10 + k));
          break;
        case RandomModelType::q4_0:
          append_q4_0(buffer, bits, k, block);
          break;
      }
    }
    PUNA_TRY_VOID(file.write(buffer));
  }
  return file.write(std::string(gguf_padding(tensor.bytes), '\0'));
}

Result<void> write_plan(const std::filesystem::path& file, const RandomModelPlan& plan, std::uint64_t seed) {
  PUNA_TRY(NewFile output, NewFile::create(file));
  PUNA_TRY_VOID(output.write(plan.head.head()));
  std::uint64_t place = 0;
  for (const PlannedTensor& tensor : plan.tensors) {
    PUNA_TRY_VOID(write_tensor(output, tensor, Random::mix(seed, place)));
    ++place;
  }
  return output.finish();
}

}  // namespace
}  // namespace engine

Result<void> write_random_model(const std::filesystem::path& file, const RandomModelOptions& options) {
  PUNA_TRY(const engine::RandomModelPlan plan, engine::plan_random_model(options));
  return engine::write_plan(file, plan, options.seed);
}

Result<void> write_random_projector(const std::filesystem::path& file, const RandomProjectorOptions& options) {
  PUNA_TRY(const engine::RandomModelPlan plan, engine::plan_random_projector(options));
  return engine::write_plan(file, plan, options.seed);
}

}  // namespace puna
