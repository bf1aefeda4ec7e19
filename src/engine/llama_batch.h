// Rows as the library's batch: its arrays, and the order in which it computes them cheapest. One of the llama files.
//
// Thread  one.
#pragma once

#include <llama.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "engine/backend.h"

namespace puna::engine {

inline llama_seq_id seq(LaneId lane) { return static_cast<llama_seq_id>(lane); }

// The library's arrays for one batch; pointers in view() are into this object.
class BatchArrays {
 public:
  BatchArrays(std::size_t rows_max, std::size_t width)
      : width_(width),
        tokens_(rows_max),
        positions_(rows_max),
        counts_(rows_max, 1),
        lanes_(rows_max),
        lane_pointers_(rows_max),
        logits_(rows_max),
        order_(rows_max),
        places_(rows_max) {
    for (std::size_t i = 0; i < rows_max; ++i) {
      lane_pointers_[i] = &lanes_[i];
    }
  }

  [[nodiscard]] std::size_t capacity() const { return tokens_.size(); }
  // separate: each lane has a part of the cache. Requires  the rows of a lane stand together.
  [[nodiscard]] llama_batch view(std::span<const Row> rows, bool separate) {
    PUNA_CHECK(rows.size() <= tokens_.size(), "a batch has at most batch_tokens rows");
    const std::span<std::size_t> order = std::span(order_).first(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    if (separate) {
      sort_lanes(rows, order);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Row& row = rows[order[i]];
      places_[order[i]] = static_cast<std::int32_t>(i);
      tokens_[i] = row.token;
      positions_[i] = row.position;
      lanes_[i] = seq(row.lane);
      logits_[i] = row.wants_logits ? 1 : 0;
    }
    const bool is_media = rows.front().vector != nullptr;
    if (is_media) {
      gather_vectors(rows);
    }
    return {.n_tokens = static_cast<std::int32_t>(rows.size()),
            .token = is_media ? nullptr : tokens_.data(),
            .embd = is_media ? vectors_.data() : nullptr,
            .pos = positions_.data(),
            .n_seq_id = counts_.data(),
            .seq_id = lane_pointers_.data(),
            .logits = logits_.data()};
  }
  // Where a row of the last view() stands in the batch.
  [[nodiscard]] std::int32_t place(std::size_t row) const { return places_[row]; }

 private:
  // A cache in parts is computed together for lanes that follow each other upwards, and lane by lane otherwise.
  // Together is cheaper for rows of decoding; with several lanes of a prompt each the passes would end where the
  // shortest does.
  static void sort_lanes(std::span<const Row> rows, std::span<std::size_t> order) {
    std::size_t in_full_passes = 0;
    for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
      while (end < rows.size() && rows[end].lane == rows[begin].lane) {
        ++end;
      }
      in_full_passes += end - begin >= kPassRows ? end - begin : 0;
    }
    const int direction = 2 * in_full_passes > rows.size() ? -1 : 1;
    std::ranges::sort(order, {}, [&](std::size_t row) { return std::pair(direction * seq(rows[row].lane), row); });
  }

  // Memory for them is taken when the first picture comes.
  void gather_vectors(std::span<const Row> rows) {
    vectors_.resize(std::max(vectors_.size(), rows.size() * width_));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const float* vector = rows[order_[i]].vector;
      std::copy_n(vector, width_, vectors_.begin() + static_cast<std::ptrdiff_t>(i * width_));
    }
  }

  std::size_t width_;  // of a vector
  std::vector<float> vectors_;
  std::vector<llama_token> tokens_;
  std::vector<llama_pos> positions_;
  std::vector<std::int32_t> counts_;
  std::vector<llama_seq_id> lanes_;
  std::vector<llama_seq_id*> lane_pointers_;
  std::vector<std::int8_t> logits_;
  std::vector<std::size_t> order_;    // of rows in the batch
  std::vector<std::int32_t> places_;  // of a row in the batch
};

}  // namespace puna::engine
