// What every Model promises, as one suite: each kind of model joins it with
//
//   INSTANTIATE_TEST_SUITE_P(Scripted, ModelContract, testing::Values(scripted_case()), name_of_case);
//
// in its own test file. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "puna/model.h"

namespace puna {

// How the suite gets a model of one kind, and requests that suit it.
struct ModelCase {
  enum class Answers : std::uint8_t { text, calls };

  std::string name;                                     // letters and digits
  std::function<std::unique_ptr<Model>(Answers)> open;  // nullptr = the outside file is missing: the test is skipped
  Request text_request;                                 // answered (at Answers::text) by text in at least two deltas
  Request call_request;                                 // answered (at Answers::calls) by at least one call; has tools
};

class ModelContract : public testing::TestWithParam<ModelCase> {
 protected:
  void SetUp() override {
    text_model_ = GetParam().open(ModelCase::Answers::text);
    call_model_ = GetParam().open(ModelCase::Answers::calls);
    if (text_model_ == nullptr || call_model_ == nullptr) {
      GTEST_SKIP() << "the model of case " << GetParam().name << " is not on this machine";
    }
  }

  std::unique_ptr<Model> text_model_;
  std::unique_ptr<Model> call_model_;
};

[[nodiscard]] inline std::string name_of_case(const testing::TestParamInfo<ModelCase>& info) { return info.param.name; }

}  // namespace puna
