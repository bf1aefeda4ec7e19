#include "sandbox/python_testing.h"

#include <chrono>
#include <thread>

namespace puna::sandbox {
namespace {

using std::chrono::milliseconds;

TEST_F(Python, NamesAndImportsLiveOnFromStepToStep) {
  EXPECT_EQ(run("import math\nx = 41\ndef more(n):\n  return n + math.floor(1.5)").end, PythonEnd::finished);
  EXPECT_EQ(run("more(x)").value, "42");
  EXPECT_EQ(run("_ + 1").value, "43");
  EXPECT_TRUE(worker_->dialect().starts_with("CPython 3.")) << worker_->dialect();
}

TEST_F(Python, TheLastExpressionIsTheValueAndNoneIsNone) {
  EXPECT_EQ(run("1\n'a' * 3").value, "'aaa'");
  EXPECT_EQ(run("x = 5").value, std::nullopt);
  EXPECT_EQ(run("None").value, std::nullopt);
  EXPECT_EQ(run("").value, std::nullopt);
  EXPECT_EQ(run("for i in range(2):\n  i").value, std::nullopt);
  const auto large = run("'x' * 100000").value;
  ASSERT_TRUE(large);
  EXPECT_LT(large->size(), 17'000U);
  EXPECT_TRUE(large->contains("[83618 characters dropped]")) << large->substr(8150, 200);
}

TEST_F(Python, OutputComesInTheOrderOfWritingAlsoFromChildren) {
  const auto step = run("import sys, os\nprint('one')\nprint('two', file=sys.stderr)\nos.write(1, b'three\\n')\n");
  EXPECT_EQ(step.end, PythonEnd::error) << "sys is not on the list";
  EXPECT_EQ(run("print('a', end='')\nprint('b')").output.text(), "ab\n");
  EXPECT_EQ(run("").output.text(), "") << "the next step has its own output";
  options_.imports = {"sys", "os", "subprocess"};
  start();
  const auto all =
      run("import sys, os, subprocess\nprint('one')\nprint('two', file=sys.stderr)\nos.write(1, b'three\\n')\n"
          "subprocess.run(['/bin/cat'])\nx = subprocess.run(['/bin/echo', 'four'])");
  EXPECT_EQ(all.output.text(), "one\ntwo\nthree\nfour\n");
}

TEST_F(Python, LongOutputIsCutInTheMiddleWithTheCount) {
  options_.limits.output_head_bytes = 10;
  options_.limits.output_tail_bytes = 5;
  start();
  const auto step = run("print('a' * 1000000)");
  EXPECT_EQ(step.output.head, "aaaaaaaaaa");
  EXPECT_EQ(step.output.tail, "aaaa\n");
  EXPECT_EQ(step.output.dropped_bytes, 1'000'001U - 15U);
  EXPECT_EQ(run("print('b')").output.text(), "b\n");
}

TEST_F(Python, AnErrorNamesTheLineAndShowsIt) {
  const auto step = run("a = 1\ndef half(x):\n  return x / 0\n\nhalf(a)");
  EXPECT_EQ(step.end, PythonEnd::error);
  ASSERT_TRUE(step.error);
  EXPECT_EQ(*step.error, (PythonError{.type = "ZeroDivisionError",
                                      .message = "division by zero",
                                      .line = 3,
                                      .source = "return x / 0",
                                      .trace = "line 5: half(a)\nline 3, in half: return x / 0"}));
  const auto later = run("\n\nhalf(2)");
  ASSERT_TRUE(later.error);
  EXPECT_EQ(later.error->line, 3) << "the line of this step, though it failed in another's";
  EXPECT_EQ(later.error->trace, "line 3: half(2)\nstep 1, line 3, in half: return x / 0");
}

TEST_F(Python, WhatIsNotPythonIsAnErrorWithItsLine) {
  const auto step = run("x = 1\nif x\n  pass");
  ASSERT_TRUE(step.error);
  EXPECT_EQ(step.error->type, "SyntaxError");
  EXPECT_EQ(step.error->line, 2);
  EXPECT_EQ(step.error->source, "if x");
  run("x = 1");
  for (const char* code : {"'\xc3\xa9", "x = (", "\x0c", "return 1", "yield", "await x", "\t x\n  y"}) {
    EXPECT_NE(run(code).end, PythonEnd::died) << code;
  }
  EXPECT_TRUE(run(std::string(2000, '(')).error);
  EXPECT_TRUE(run(std::string("x = 2\0", 6)).error);
  EXPECT_EQ(run("x").value, "1") << "nothing of it hurts what was there";
}

TEST_F(Python, CodeThatIsNotTextIsRefused) {
  EXPECT_EQ(worker_->run("\xff").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(worker_->run(std::string((1U << 20) + 1, ' ')).error().code, ErrorCode::invalid_argument);
}

TEST_F(Python, ALoopIsInterruptedAtTheLimitAndTheStateIsKept) {
  options_.limits.wall = milliseconds(400);
  start();
  run("x = 5");
  for (const char* code : {"while True: pass", "import time\ntime.sleep(60)",
                           "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
                           "import queue\nqueue.Queue().get()"}) {
    const auto step = run(code);
    EXPECT_EQ(step.end, PythonEnd::wall_time) << code << "\n" << step.text();
    EXPECT_GE(step.time, milliseconds(400));
    EXPECT_LT(step.time, milliseconds(400 + 1500)) << "250 ms on a quiet machine; sandbox-bench measures it";
    EXPECT_FALSE(step.state_lost) << code;
    EXPECT_EQ(run("x").value, "5") << code;
  }
}

TEST_F(Python, WhatCannotBeInterruptedIsReplacedAndThatIsSaid) {
  options_.limits.wall = milliseconds(300);
  options_.imports = {"signal"};
  start();
  run("x = 5");
  for (const char* code : {"import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
                           "import signal\nsignal.signal(signal.SIGIO, signal.SIG_IGN)\nwhile True: pass"}) {
    const auto step = run(code);
    EXPECT_EQ(step.end, PythonEnd::wall_time) << step.text();
    if (step.state_lost) {
      EXPECT_TRUE(step.text().contains("every variable and function is gone")) << step.text();
      EXPECT_EQ(run("x").error->type, "NameError");
    }
  }
  const auto step = run("import signal\nsignal.signal(signal.SIGIO, signal.SIG_IGN)\nwhile True: pass");
  EXPECT_TRUE(step.state_lost);
  EXPECT_LT(step.time, milliseconds(300 + 1500));
}

TEST_F(Python, TheTimeOfAToolIsNotTheCodes) {
  options_.limits.wall = milliseconds(500);
  start();
  const auto step = worker_->run("twice(1)", [](const PythonCall&, const std::stop_token&) -> PythonAnswer {
    std::this_thread::sleep_for(milliseconds(900));
    return {.value = 2};
  });
  ASSERT_TRUE(step);
  EXPECT_EQ(step->end, PythonEnd::finished) << step->text();
  EXPECT_GE(step->time_outside, milliseconds(900));
  EXPECT_LT(step->time, milliseconds(500));
}

TEST_F(Python, AStopTokenInterruptsAndKeepsTheState) {
  run("x = 5");
  std::stop_source source;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(300));
    source.request_stop();
  });
  const auto step = run("while True: pass", source.get_token());
  EXPECT_EQ(step.end, PythonEnd::cancelled);
  EXPECT_EQ(run("x").value, "5");
}

TEST_F(Python, AnInterpreterThatEndsIsReplacedByTheNextStep) {
  options_.imports = {"os"};
  options_.limits.memory_bytes = 256U << 20;
  start();
  const auto step = run("print('last words')\nimport os\nos._exit(3)");
  EXPECT_EQ(step.end, PythonEnd::died);
  EXPECT_TRUE(step.state_lost);
  EXPECT_EQ(step.output.text(), "last words\n");
  EXPECT_EQ(step.error->message, "it ended with status 3");
  EXPECT_EQ(run("1 + 1").value, "2");
  EXPECT_EQ(run("x = 'a' * (300 << 20)").error->type, "MemoryError");
  EXPECT_EQ(run("1 + 1").value, "2") << "a MemoryError is only an error";
  EXPECT_EQ(run("raise SystemExit(4)").error->type, "SystemExit");
}

TEST_F(Python, ImportsOutsideOfTheListFailAtOnceWithTheList) {
  const auto step = run("import os.path");
  ASSERT_TRUE(step.error);
  EXPECT_EQ(step.error->type, "ImportError");
  EXPECT_TRUE(step.error->message.contains("'os.path'") && step.error->message.contains("statistics, time"))
      << step.error->message;
  std::string all;
  for (const std::string_view name : python_imports()) {
    all += format_text("import {}\n", name);
  }
  EXPECT_EQ(run(all).end, PythonEnd::finished) << "what they import themselves is their business";
  EXPECT_EQ(run("from collections.abc import Mapping").end, PythonEnd::finished);
  options_.imports = {"os.path"};
  start();
  EXPECT_EQ(run("import os.path").end, PythonEnd::finished);
  EXPECT_EQ(run("import json").end, PythonEnd::error);
  options_.imports = {"*"};
  start();
  EXPECT_EQ(run("import json, os, socket").end, PythonEnd::finished);
}

TEST_F(Python, ResetForgetsEveryName) {
  run("x = 5");
  ASSERT_TRUE(worker_->reset());
  EXPECT_EQ(run("x").error->type, "NameError");
}

TEST_F(Python, TheWorkspaceIsTheWorkingFolder) {
  const OpenFolder folder;
  folder.write("data.txt", "42");
  options_.workspace = {.folder = folder.path(), .writable = true, .guarded = {}};
  start();
  EXPECT_EQ(run("int(open('data.txt').read()) + 1").value, "43");
  EXPECT_EQ(run("open('out.txt', 'w').write('made')").value, "4");
  EXPECT_EQ(folder.read("out.txt"), "made");
  EXPECT_EQ(run("open('/etc/passwd')").end, PythonEnd::error);
}

TEST_F(Python, DataclassesAndNamesOfMainWork) {
  options_.imports = {"dataclasses"};
  start();
  EXPECT_EQ(run("from dataclasses import dataclass\n@dataclass\nclass P:\n  x: int = 1\nP(2)").value, "P(x=2)");
  EXPECT_EQ(run("__name__").value, "'__main__'");
  EXPECT_EQ(run("input()").error->type, "EOFError");
}

TEST_F(Python, WhatAStepSaysToAModelIsItsOutputItsValueAndItsError) {
  EXPECT_EQ(run("print('out')\n6 * 7").text(), "out\n42");
  EXPECT_EQ(run("print('out')\nmissing").text(), "out\nNameError: name 'missing' is not defined\nline 2: missing");
  EXPECT_EQ(run("raise ValueError").text(), "ValueError\nline 1: raise ValueError");
  EXPECT_EQ(run("print('\\x1b[31m')").text(), "\\x1b[31m\n");
}

TEST_F(Python, MicroPythonDoesTheSameWithLess) {
  options_.interpreter = "/usr/bin/micropython";
  options_.limits.wall = milliseconds(400);
  auto worker = PythonWorker::open(*box_, options_);
  if (!worker) {
    GTEST_SKIP() << worker.error().message;
  }
  worker_.emplace(std::move(*worker));
  EXPECT_TRUE(worker_->is_micropython());
  EXPECT_TRUE(worker_->dialect().starts_with("MicroPython 1.")) << worker_->dialect();
  EXPECT_EQ(run("x = 20\nprint('out')\ntwice(x) + 2").text(), "out\n42");
  EXPECT_EQ(run("x").value, "20");
  EXPECT_EQ(run("y = 1\nmissing").error->line, 2);
  EXPECT_EQ(run("try:\n  broken()\nexcept ToolError as e:\n  print(e)").output.text(), "no luck\n");
  EXPECT_EQ(*run("final_answer({'a': [1, 2.5]})").final_answer, *Json::parse(R"({"a":[1,2.5]})"));
  EXPECT_EQ(run("x").value, "20");
  const auto step = run("while True: pass");
  EXPECT_EQ(step.end, PythonEnd::wall_time);
  EXPECT_TRUE(step.state_lost);
  EXPECT_EQ(run("1 + 1").value, "2");
}

TEST(PythonInTierB, WorksTheSame) {
  PUNA_SANDBOX_OR_SKIP(box, options_of(SandboxTier::b));
  auto worker = PythonWorker::open(box, {.limits = {.wall = milliseconds(400)}});
  ASSERT_TRUE(worker) << worker.error().message;
  EXPECT_EQ(worker->run("x = 2\nx + 1")->value, "3");
  EXPECT_EQ(worker->run("while True: pass")->end, PythonEnd::wall_time);
  EXPECT_EQ(worker->run("x")->value, "2");
}

}  // namespace
}  // namespace puna::sandbox
