// A run that is recorded, made again from its recording and compared: every run of the loop's tests is. Tests only.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "puna/agent/recording.h"

namespace puna::agent {

// As resume(); without a recording where one cannot be made: agents among the tools, a window or a record of the
// test's own.
inline Result<RunEnd> recorded_run(Model& model, Toolbox& tools, Transcript& transcript, const AgentOptions& options,
                                   EventSink& events, std::stop_token stop) {
  std::string pattern = (std::filesystem::temp_directory_path() / "puna-run-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data()) == nullptr ? "" : pattern;
  const auto recorder = Recorder::create(folder / "run.rec").value();
  auto box = recorder->watch(tools);
  if (!box || options.window != nullptr || options.record != nullptr || transcript.empty()) {
    std::filesystem::remove_all(folder);
    return resume(model, tools, transcript, options, events, std::move(stop));
  }
  const auto watched = recorder->watch(model);
  const auto sink = recorder->watch(events);
  const std::unique_ptr<Gate> gate = options.gate == nullptr ? nullptr : recorder->watch(*options.gate);
  AgentOptions recorded = options;
  recorded.gate = gate.get();
  recorded.record = &recorder->record();
  EXPECT_TRUE(recorder->begin({.agent = recorded, .transcript = transcript}));
  auto end = resume(*watched, *box, transcript, recorded, *sink, std::move(stop));
  EXPECT_TRUE(recorder->finish(end ? std::nullopt : std::optional(end.error())));

  std::ifstream in(folder / "run.rec", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto recording = read_recording(text);
  EXPECT_TRUE(recording) << (recording ? "" : recording.error().message);
  if (recording) {
    const auto again = replay(*recording);
    EXPECT_TRUE(again) << (again ? "" : again.error().message);
    EXPECT_EQ(again ? again->difference : std::nullopt, std::nullopt);
  }
  std::filesystem::remove_all(folder);
  return end;
}

}  // namespace puna::agent
