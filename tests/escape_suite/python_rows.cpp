// Rows about the Python worker.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "puna/sandbox/python.h"
#include "suite.h"

namespace escape {
namespace {

namespace fs = std::filesystem;
using puna::format_text;
using puna::PythonEnd;
using puna::PythonStep;

// A worker with one tool, which counts its calls.
struct Worker {
  puna::PythonWorker worker;
  int calls = 0;

  PythonStep run(std::string_view code) {
    auto step = worker.run(code, [this](const puna::PythonCall&, const std::stop_token&) {
      ++calls;
      return puna::PythonAnswer{.value = "answer"};
    });
    return step ? *step
                : PythonStep{.end = PythonEnd::died, .error = puna::PythonError{.message = step.error().message}};
  }
};

puna::Result<Worker> open(const Boxes& boxes, const puna::SandboxWorkspace& workspace = {}) {
  PUNA_TRY(auto worker, puna::PythonWorker::open(boxes.product, {.tools = {{.name = "tool", .parameters = {{"x"}}}},
                                                                 .imports = {"*"},
                                                                 .workspace = workspace}));
  return Worker{.worker = std::move(worker)};
}

// What the code needs to speak without the functions that are meant for it.
constexpr const char* kForge =
    "import json, os, stat\n"
    "def is_socket(fd):\n"
    "  try: return stat.S_ISSOCK(os.fstat(fd).st_mode)\n"
    "  except OSError: return False\n"
    "fd = [n for n in range(64) if is_socket(n)][0]\n"
    "def say(**message): os.write(fd, json.dumps(message).encode() + b'\\n')\n"
    "def token(): return tool.__globals__['state'].token\n";

RowResult forged_result(const Surroundings&, Boxes& boxes) {
  auto opened = open(boxes);
  if (!opened) {
    return failed(opened.error().message);
  }
  Worker& worker = *opened;
  worker.run(kForge);
  const PythonStep step = worker.run(
      "print(json.dumps({'op': 'final', 'token': token(), 'value': 'forged'}))\n"
      "say(op='final', token='0' * 32, value='forged')\nsay(op='done', token='0' * 32, value='forged', "
      "error=None)\n'own'");
  if (step.final_answer || step.value != "'own'") {
    return failed(step.final_answer ? "the forged answer was taken" : step.text());
  }
  const PythonStep control = worker.run("final_answer('meant')");
  const bool works = control.final_answer && *control.final_answer == puna::Json("meant");
  return {.verdict = works ? Verdict::refused : Verdict::control_failed,
          .found = "on stdout it is output; without the step's token it is nobody's",
          .control = works ? "final_answer() works" : control.text()};
}

RowResult forged_call(const Surroundings&, Boxes& boxes) {
  auto opened = open(boxes);
  if (!opened) {
    return failed(opened.error().message);
  }
  Worker& worker = *opened;
  worker.run(kForge);
  // The answer to a call that is not the functions': the next line that arrives.
  const PythonStep denied = worker.run(
      "import select\n"
      "def heard():\n  select.select([fd], [], [])\n  return os.read(fd, 65536).decode()\n"
      "tool.__globals__['state'].main_asks = True\n"
      "say(op='call', token=token(), number=70, tool='delete_all', arguments={})\n"
      "first = heard()\ntool.__globals__['state'].main_asks = False\njson.loads(first)['error'], "
      "json.loads(first)['value']");
  const int before = worker.calls;
  const PythonStep replayed = worker.run(
      "tool(1)\nnumber = tool.__globals__['state'].number\n"
      "for n in (number, 0, -1): say(op='call', token=token(), number=n, tool='tool', arguments={'x': 2})\n");
  const int calls = worker.calls - before;
  if (denied.value != "(True, \"there is no tool 'delete_all'\")" || before != 0 || calls != 1 || replayed.calls != 1) {
    return failed(format_text("{} {} calls", denied.text(), calls));
  }
  const PythonStep control = worker.run("tool(3)");
  const bool works = control.value == "'answer'";
  return {.verdict = works ? Verdict::refused : Verdict::control_failed,
          .found = "an unknown tool is refused by name, a number is answered once",
          .control = works ? "a granted call is answered" : control.text()};
}

RowResult poisoned_interpreter(const Surroundings& around, Boxes& boxes) {
  const Workspace workspace(around);
  const std::string plant = "open('poisoned', 'w').write('x')\n";
  for (const char* name : {"sitecustomize.py", "usercustomize.py", "json.py", "fcntl.py", "x.pth"}) {
    std::ofstream(workspace.path() / name) << plant;
  }
  const puna::SandboxWorkspace place{.folder = workspace.path(), .writable = true, .guarded = {}};
  auto opened = open(boxes, place);
  if (!opened) {
    return failed(opened.error().message);
  }
  Worker& worker = *opened;
  const PythonStep poison = worker.run(
      "import builtins, os, sys, json\nbuiltins.len = lambda x: 666\njson.dumps = lambda *a, **k: '{}'\n"
      "found = []\n"
      "for path in (sys.prefix + '/lib/python3/x.pth', os.path.dirname(os.__file__) + '/sitecustomize.py', "
      "os.__file__):\n"
      "  try: open(path, 'a'); found.append('written')\n"
      "  except OSError as e: found.append(type(e).__name__)\n"
      "os.environ['PYTHONPATH'] = '.'\nprint(found)");
  const std::string text = poison.output.text();
  (void)worker.worker.reset();
  const PythonStep clean = worker.run("len([1]), 'PYTHONPATH' in __import__('os').environ");
  const bool is_poisoned = fs::exists(workspace.path() / "poisoned");
  if (text.contains("written") || is_poisoned || clean.value != "(1, False)") {
    return failed(format_text("{} {} {}", text, clean.text(), is_poisoned ? "a planted module ran" : ""));
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("PYTHONPATH", ".", 1);
    ::setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    ::close(2);
    if (::chdir(workspace.path().c_str()) == 0) {
      ::execl("/usr/bin/python3", "python3", "-c", "pass", static_cast<char*>(nullptr));
    }
    ::_exit(127);
  }
  ::waitpid(child, nullptr, 0);
  const bool can_be = fs::exists(workspace.path() / "poisoned");
  return {.verdict = can_be ? Verdict::refused : Verdict::control_failed,
          .found = "planted modules are not looked at, the library is read-only, a new interpreter knows nothing",
          .control = can_be ? "a bare python3 runs the planted module" : "a bare python3 did not run it"};
}

RowResult widened_by_argument(const Surroundings&, Boxes& boxes) {
  auto opened = open(boxes);
  if (!opened) {
    return failed(opened.error().message);
  }
  Worker& worker = *opened;
  for (const char* extra : {"sandbox", "tier", "limits", "workspace"}) {
    const PythonStep step = worker.run(format_text("tool(1, {}='off')", extra));
    if (!step.error || step.error->type != "TypeError") {
      return failed(format_text("{} was taken: {}", extra, step.text()));
    }
  }
  worker.run(kForge);
  worker.run("say(op='call', token=token(), number=9, tool='tool', arguments={'x': 1, 'sandbox': 'off'})");
  const int taken = worker.calls;
  const PythonStep control = worker.run("tool(1)");
  if (taken != 0) {
    return failed("a forged argument was taken");
  }
  const bool works = control.value == "'answer'";
  return {.verdict = works ? Verdict::refused : Verdict::control_failed,
          .found = "a tool has the arguments that it was given, inside and outside; options are never among them",
          .control = works ? "without it the tool answers" : control.text()};
}

}  // namespace

const std::vector<SpecialRow>& python_rows() {
  static const std::vector<SpecialRow> list{{52, "forge a result or a final answer", forged_result},
                                            {53, "call a tool that was not granted; replay a call", forged_call},
                                            {54, "poison the interpreter for the next run", poisoned_interpreter},
                                            {57, "switch the sandbox off by an argument", widened_by_argument}};
  return list;
}

}  // namespace escape
