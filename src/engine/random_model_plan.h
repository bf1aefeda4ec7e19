// What a random model consists of: its metadata, its vocabulary, its tensors and how the values of each are drawn.
//
// Pure. Names and shapes are those that libllama 0.7 asks for; the tests load one model of each kind.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/gguf_writer.h"
#include "puna/engine/random_model.h"

namespace puna::engine {

// All rules are exact in binary, so no value depends on a machine's rounding.
enum class Draw : std::uint8_t {
  matrix,     // uniform about 0, the wider the shorter the rows: a product keeps the size of what it multiplies
  norm,       // from 0.5 to 1.5 with either sign, so that tied embeddings do not make a model repeat its last token
  decay,      // -1, -2, ... along a row: how fast each part of a recurrent state is forgotten
  time_step,  // -3 everywhere: small steps, so that the states with slow decay last for tens of tokens
  one,        // 1 everywhere
};

struct PlannedTensor {
  RandomModelType type = RandomModelType::f32;
  Draw draw = Draw::matrix;
  std::uint64_t row_values = 0;
  std::uint64_t blocks = 0;  // a block is one value, or 32 of Q4_0
  std::uint64_t bytes = 0;   // of all blocks, without padding
};

struct RandomModelPlan {
  GgufWriter head;
  std::vector<PlannedTensor> tensors;  // in the order of the head
};

// Errors  invalid_argument  as write_random_model()
[[nodiscard]] Result<RandomModelPlan> plan_random_model(const RandomModelOptions& options);
[[nodiscard]] Result<RandomModelPlan> plan_random_projector(const RandomProjectorOptions& options);

}  // namespace puna::engine
