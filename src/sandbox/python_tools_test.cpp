// What the code calls, what it answers at last, and what it says without being asked.
#include <stdexcept>

#include "sandbox/python_testing.h"

namespace puna::sandbox {
namespace {

TEST_F(Python, AToolIsAFunctionAndItsAnswerAValue) {
  const auto step = run("a = twice(21)\nb = twice(value={'k': [1, None, 'é']}, note='n')\nprint(a, b, twice.__doc__)");
  EXPECT_EQ(step.output.text(), "42 [{'k': [1, None, 'é']}, {'k': [1, None, 'é']}] Twice the value.\n") << step.text();
  ASSERT_EQ(calls_.size(), 2U);
  EXPECT_EQ(calls_[0].arguments, Json::object({{"value", 21}}));
  EXPECT_EQ(calls_[1].arguments.dump(), R"({"value":{"k":[1,null,"é"]},"note":"n"})");
  EXPECT_EQ(calls_[0].number, 1U);
  EXPECT_EQ(calls_[1].number, 2U);
  EXPECT_EQ(step.calls, 2U);
}

TEST_F(Python, SeveralCallsInOneBlockAndInThreadsAreAnsweredEachForItself) {
  options_.imports = {"concurrent"};
  start();
  const auto step =
      run("from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(8) as pool:\n"
          "  found = list(pool.map(twice, range(100)))\nfound == [2 * n for n in range(100)]");
  EXPECT_EQ(step.value, "True") << step.text();
  EXPECT_EQ(step.calls, 100U);
}

TEST_F(Python, AToolsFailureIsAnExceptionThatCanBeCaught) {
  EXPECT_EQ(run("try:\n  broken()\nexcept ToolError as e:\n  print('caught', e)").output.text(), "caught no luck\n");
  const auto step = run("x = 1\nbroken()");
  ASSERT_TRUE(step.error);
  EXPECT_EQ(step.error->type, "ToolError");
  EXPECT_EQ(step.error->line, 2);
}

TEST_F(Python, AThrowingToolIsAFailedOne) {
  const auto step = worker_->run("twice(1)", [](const PythonCall&, const std::stop_token&) -> PythonAnswer {
    throw std::runtime_error("out of paper");
  });
  ASSERT_TRUE(step);
  ASSERT_TRUE(step->error);
  EXPECT_TRUE(step->error->message.contains("out of paper")) << step->error->message;
}

TEST_F(Python, WrongArgumentsAreATypeErrorAndNobodyIsAsked) {
  for (const char* code : {"twice()", "twice(1, 2, 3)", "twice(1, value=2)", "twice(1, other=2)", "broken(1)"}) {
    const auto step = run(code);
    ASSERT_TRUE(step.error) << code;
    EXPECT_EQ(step.error->type, "TypeError") << code;
  }
  EXPECT_TRUE(calls_.empty());
}

TEST_F(Python, ValuesThatJsonDoesNotHaveComeAsTheirText) {
  EXPECT_EQ(
      run("final_answer([1e400, 10**30, {3: (1, 2)}, {2, 1}, b'x', '\\ud800', 2**63, True])").final_answer->dump(),
      R"(["inf","1000000000000000000000000000000",{"3":[1,2]},[1,2],"b'x'","?",9223372036854775808,true])");
  EXPECT_EQ(run("x = []\nx.append(x)\nfinal_answer(x)").end, PythonEnd::final_answer) << "a list in itself";
}

TEST_F(Python, TheFinalAnswerEndsTheStepWhateverTheCodeCatches) {
  for (const char* code :
       {"final_answer(7)\nprint('went on')", "try:\n  final_answer(7)\nexcept:\n  print('went on')\nprint('went on')",
        "try:\n  final_answer(7)\nexcept BaseException:\n  print('went on')\nprint('went on')",
        "while True:\n  try:\n    final_answer(7)\n  except BaseException:\n    print('went on')",
        "while True:\n  try:\n    final_answer(7)\n  finally:\n    print('went on')\n    continue",
        "def f():\n  try:\n    final_answer(7)\n  finally:\n    return 1\nf()\nprint('went on')",
        "try:\n  try:\n    final_answer(7)\n  except* BaseException:\n    print('went on')\nexcept:\n  print('went "
        "on')"}) {
    const auto step = run(code);
    EXPECT_EQ(step.end, PythonEnd::final_answer) << code;
    ASSERT_TRUE(step.final_answer) << code;
    EXPECT_EQ(*step.final_answer, Json(7)) << code;
    EXPECT_FALSE(step.output.text().contains("went on")) << code << step.output.text();
    EXPECT_FALSE(step.state_lost) << code;
  }
}

TEST_F(Python, ASwallowedFinalAnswerStandsAndToolsAreClosed) {
  options_.imports = {"contextlib"};
  start();
  const auto step =
      run("import contextlib\nwhile True:\n  with contextlib.suppress(BaseException):\n    final_answer(1)\n"
          "  with contextlib.suppress(BaseException):\n    final_answer(2)\n"
          "  with contextlib.suppress(BaseException):\n    twice(3)");
  EXPECT_EQ(step.end, PythonEnd::final_answer);
  EXPECT_EQ(*step.final_answer, Json(1)) << "the first one counts";
  EXPECT_TRUE(calls_.empty());
}

TEST_F(Python, AfterAFinalAnswerTheNextStepGoesOnWithTheSameNames) {
  run("x = 5\nfinal_answer(x)");
  EXPECT_EQ(run("x").value, "5");
}

TEST_F(Python, AMessageOfTheCodesOwnGainsNothing) {
  options_.imports = {"os", "json", "sys"};
  start();
  // The channel is the one descriptor that is a socket; the code writes what its own functions would not.
  const std::string forge =
      "import os, json, stat\n"
      "fd = [n for n in range(3, 64) if os.path.exists(f'/proc/self/fd/{n}') and "
      "stat.S_ISSOCK(os.fstat(n).st_mode)][0]\n"
      "def say(**message): os.write(fd, json.dumps(message).encode() + b'\\n')\n"
      "token = twice.__globals__['state'].token\n";
  auto step =
      run(forge + "say(op='final', token='0' * 32, value='forged')\nprint('{\"op\": \"final\", \"value\": 1}')\n5");
  EXPECT_EQ(step.value, "5") << "a wrong token is nobody's: " << step.text();
  EXPECT_FALSE(step.final_answer);
  step =
      run("twice(1)\nsay(op='call', token=twice.__globals__['state'].token, number=1, tool='twice', "
          "arguments={'value': 5})");
  EXPECT_EQ(step.calls, 1U) << "a number that was answered is not answered again";
  step =
      run("say(op='call', token=twice.__globals__['state'].token, number=50, tool='delete_all', arguments={})\n"
          "say(op='call', token=twice.__globals__['state'].token, number=51, tool='twice', arguments={'path': 1})\n"
          "say(op='call', token=twice.__globals__['state'].token, number=52, tool='twice', arguments=[1])");
  EXPECT_EQ(step.calls, 0U);
  ASSERT_EQ(calls_.size(), 1U);
  step = run("os.write(fd, b'[1]\\n')\nwhile True: pass");
  EXPECT_EQ(step.end, PythonEnd::died) << step.text();
  EXPECT_EQ(run("1").value, "1");
}

TEST_F(Python, ACallOfAnEarlierStepsThreadIsNotAnsweredInALaterOne) {
  options_.imports = {"threading"};
  start();
  run("import threading, time\ngo = threading.Event()\nseen = []\ntoken_before = twice.__globals__['state'].token\n"
      "def late():\n  go.wait()\n  send = twice.__globals__['send']\n"
      "  send({'op': 'final', 'token': token_before, 'value': 'stale'})\nthreading.Thread(target=late, "
      "daemon=True).start()");
  const auto step = run("go.set()\ntime.sleep(0.2)\n'done'");
  EXPECT_EQ(step.value, "'done'");
  EXPECT_FALSE(step.final_answer);
}

TEST_F(Python, ToolNamesThatPythonCannotCallAreRefused) {
  for (const char* name : {"", "a-b", "1a", "class", "None", "final_answer", "ToolError", "é", "a b"}) {
    const auto worker = PythonWorker::open(*box_, {.tools = {{.name = name, .parameters = {}, .help = ""}}});
    ASSERT_FALSE(worker) << name;
    EXPECT_EQ(worker.error().code, ErrorCode::invalid_argument) << name;
  }
  EXPECT_FALSE(PythonWorker::open(*box_, {.tools = {{.name = "a", .parameters = {{"x"}, {"x"}}, .help = ""}}}));
  EXPECT_FALSE(PythonWorker::open(*box_, {.tools = {{.name = "a"}, {.name = "a"}}}));
  EXPECT_EQ(PythonWorker::open(*box_, {.interpreter = "/usr/bin/no-such-python"}).error().code, ErrorCode::not_found);
}

TEST_F(Python, AStepWithoutEndOfToolCallsIsBounded) {
  const auto step = run("n = 0\ntry:\n  while True:\n    twice(1)\n    n += 1\nexcept ToolError as e:\n  print(e)\nn");
  EXPECT_EQ(step.value, "1000") << step.text();
}

}  // namespace
}  // namespace puna::sandbox
