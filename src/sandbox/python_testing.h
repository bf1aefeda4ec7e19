// A Python worker for tests, with a tool that doubles and one that fails. Tests only.
#pragma once

#include "puna/sandbox/python.h"
#include "sandbox/sandbox_testing.h"

namespace puna::sandbox {

// A worker with a tool that doubles and one that fails, in the best tier.
class Python : public ::testing::Test {
 protected:
  void SetUp() override {
    auto box = Sandbox::open();
    if (!box) {
      GTEST_SKIP() << box.error().message;
    }
    box_.emplace(std::move(*box));
    options_.tools = {{.name = "twice", .parameters = {{"value"}, {"note", false}}, .help = "Twice the value."},
                      {.name = "broken", .parameters = {}, .help = ""}};
    options_.limits.wall = std::chrono::seconds(20);
    start();
  }
  void start() {
    auto worker = PythonWorker::open(*box_, options_);
    ASSERT_TRUE(worker) << worker.error().message << " " << worker.error().hint;
    worker_.emplace(std::move(*worker));
  }
  PythonStep run(std::string_view code, std::stop_token stop = {}) {
    const PythonToolbox answer = [this](const PythonCall& call, std::stop_token) -> PythonAnswer {
      calls_.push_back(call);
      if (call.tool == "broken") {
        return {.value = "no luck", .is_error = true};
      }
      const Json value = *call.arguments.find("value");
      return {.value = value.is_integer() ? Json(2 * value.as_integer()) : Json::array({value, value})};
    };
    auto step = worker_->run(code, answer, std::move(stop));
    EXPECT_TRUE(step) << step.error().message;
    return step ? *step : PythonStep{};
  }

  std::optional<Sandbox> box_;
  PythonOptions options_;
  std::optional<PythonWorker> worker_;
  std::vector<PythonCall> calls_;
};

}  // namespace puna::sandbox
