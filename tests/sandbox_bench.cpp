// sandbox_bench [--rounds N]: what the sandbox costs, each number beside its bar.
//
//   cold   `python3 -I -c 'print(1)'` in the sandbox minus the same without it, in pairs that take turns: 15 ms
//   warm   one step of a Python worker: 1 ms
//   late   from the deadline until every process of the tree is dead, of which some try to survive: 250 ms
//
// As root it takes real-time priority (said in the last line), so that other programs count little. Nothing is held to
// a bar twice: what was missed is. Exit status  0 met, 1 missed, 75 inconclusive: no sandbox here, or missed while the
// machine was not calm (more than one program for each core wants to run, or half of the bare runs took over twice the
// best time).
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "puna/sandbox/python.h"

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using puna::format_text;

constexpr int kInconclusive = 75;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double quantile(std::vector<double> values, double part) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

void stop_because(const std::string& why, int status) {
  std::cout << "sandbox bench: " << why << "\n";
  std::exit(status);
}

// The same program without a sandbox: started, its output read, waited for.
double bare_python() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    stop_because("no pipe", kInconclusive);
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  const char* words[] = {"/usr/bin/python3", "-I", "-c", "print(1)", nullptr};
  char* environment[] = {nullptr};
  const auto begin = Clock::now();
  pid_t child = -1;
  const int error = ::posix_spawn(&child, words[0], &actions, nullptr, const_cast<char**>(words), environment);
  ::close(ends[1]);
  char text[16];
  const bool printed = error == 0 && ::read(ends[0], text, sizeof text) == 2;
  if (child > 0) {
    ::waitpid(child, nullptr, 0);
  }
  const double took = milliseconds_since(begin);
  ::close(ends[0]);
  ::posix_spawn_file_actions_destroy(&actions);
  if (!printed) {
    stop_because("there is no /usr/bin/python3", kInconclusive);
  }
  return took;
}

double sandboxed_python(const puna::Sandbox& box) {
  const auto begin = Clock::now();
  const auto outcome = box.run({.arguments = {"/usr/bin/python3", "-I", "-c", "print(1)"}});
  const double took = milliseconds_since(begin);
  if (!outcome || outcome->out.head != "1\n") {
    stop_because(outcome ? outcome->err.text() : outcome.error().message, 1);
  }
  return took;
}

void print(std::string_view name, std::string_view what, double value, double bar, std::string_view rest) {
  std::cout << format_text("{:<6}{:<44}{:>8.2f} ms   bar {:>6.1f} ms   {:<7} {}\n", name, what, value, bar,
                           value <= bar ? "met" : "MISSED", rest);
}

struct Verdict {
  bool is_met = true;
  bool is_calm = true;
  bool is_real_time = false;
};

void measure_cold(const puna::Sandbox& box, int rounds, Verdict& verdict) {
  std::vector<double> bare;
  std::vector<double> added;
  std::vector<double> whole;
  for (int i = 0; i < rounds + 2; ++i) {
    const double without = bare_python();
    const double with = sandboxed_python(box);
    if (i >= 2) {  // the first ones read files
      bare.push_back(without);
      whole.push_back(with);
      added.push_back(with - without);
    }
  }
  const double median = quantile(added, 0.5);
  print("cold", "print(1) beside bare python3 -I, median", median, 15,
        format_text("bare {:.1f}, sandboxed {:.1f}, p95 {:.1f}", quantile(bare, 0.5), quantile(whole, 0.5),
                    quantile(whole, 0.95)));
  verdict.is_met = verdict.is_met && median <= 15;
  double load = 0;
  ::getloadavg(&load, 1);
  const bool is_busy = !verdict.is_real_time && load > std::max(1U, std::thread::hardware_concurrency());
  verdict.is_calm = !is_busy && quantile(bare, 0.5) <= 2 * quantile(bare, 0);
}

void measure_warm(const puna::Sandbox& box, int rounds, Verdict& verdict) {
  auto worker = puna::PythonWorker::open(box, {.tools = {{.name = "echo", .parameters = {{"x"}}}}});
  if (!worker) {
    stop_because(worker.error().message, 1);
  }
  const puna::PythonToolbox answer = [](const puna::PythonCall& call, const std::stop_token&) {
    return puna::PythonAnswer{.value = *call.arguments.find("x")};
  };
  for (const auto& [what, code] : {std::pair{"a step of a warm worker, median", "print(1)"},
                                   std::pair{"with a call of a tool, median", "echo(1)"}}) {
    std::vector<double> times;
    for (int i = 0; i < 10 * rounds; ++i) {
      const auto begin = Clock::now();
      const auto step = worker->run(code, answer);
      times.push_back(milliseconds_since(begin));
      if (!step || step->end != puna::PythonEnd::finished) {
        stop_because(step ? step->text() : step.error().message, 1);
      }
    }
    const double median = quantile(times, 0.5);
    print("warm", what, median, 1, format_text("p95 {:.2f}", quantile(times, 0.95)));
    verdict.is_met = verdict.is_met && median <= 1;
  }
}

// Beats in a file for ever: a daemon by the book, deaf to every signal that can be ignored.
constexpr const char* kTree =
    "trap '' TERM HUP INT; (setsid sh -c 'while :; do echo x >> beat; sleep 0.005; done' >/dev/null 2>&1 &); "
    "while :; do sleep 0.01 & sleep 1; done";

bool is_growing(const fs::path& file) {
  std::error_code error;
  const auto before = fs::file_size(file, error);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return fs::file_size(file, error) != before;
}

void measure_late(const puna::Sandbox& box, int rounds, Verdict& verdict) {
  std::vector<double> late;
  int survivors = 0;
  for (int i = 0; i < rounds; ++i) {
    std::string folder = "/tmp/puna-bench-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) {
      stop_because("no temporary folder", kInconclusive);
    }
    fs::permissions(folder, fs::perms::all);
    puna::SandboxCommand command{.arguments = {"/bin/sh", "-c", kTree},
                                 .workspace = {.folder = folder, .writable = true, .guarded = {}}};
    command.limits.wall = std::chrono::milliseconds(300);
    const auto outcome = box.run(command);
    if (!outcome || outcome->end != puna::SandboxEnd::wall_time) {
      stop_because(outcome ? outcome->err.text() : outcome.error().message, 1);
    }
    late.push_back(static_cast<double>(outcome->wall_time.count()) / 1000 - 300);
    survivors += is_growing(fs::path(folder) / "beat") ? 1 : 0;
    fs::remove_all(folder);
  }
  print("late", "every process of a tree is dead, worst", quantile(late, 1), 250,
        format_text("median {:.1f}, {} survivors in {} runs", quantile(late, 0.5), survivors, rounds));
  verdict.is_met = verdict.is_met && quantile(late, 1) <= 250 && survivors == 0;
}

constexpr const char* kDeaf = "import signal\nsignal.signal(signal.SIGIO, signal.SIG_IGN)\nwhile True: pass";

void measure_interrupt(const puna::Sandbox& box, int rounds, Verdict& verdict) {
  puna::PythonOptions options{.imports = {"signal"}};
  options.limits.wall = std::chrono::milliseconds(300);
  auto worker = puna::PythonWorker::open(box, options);
  if (!worker) {
    stop_because(worker.error().message, 1);
  }
  for (const auto& [what, code] : {std::pair{"`while True: pass` is interrupted, worst", "while True: pass"},
                                   std::pair{"what cannot be is replaced, worst", kDeaf}}) {
    std::vector<double> late;
    int lost = 0;
    for (int i = 0; i < rounds; ++i) {
      const auto step = worker->run(code);
      if (!step || step->end != puna::PythonEnd::wall_time) {
        stop_because(step ? step->text() : step.error().message, 1);
      }
      late.push_back(static_cast<double>(step->time.count()) / 1000 - 300);
      lost += step->state_lost ? 1 : 0;
    }
    print("late", what, quantile(late, 1), 250,
          format_text("median {:.1f}, state lost {} of {}", quantile(late, 0.5), lost, rounds));
    verdict.is_met = verdict.is_met && quantile(late, 1) <= 250;
  }
}

}  // namespace

int main(int count, char** words) {
  int rounds = 40;
  const std::string_view number = count == 3 ? words[2] : "";
  if (count != 1 &&
      (count != 3 || std::strcmp(words[1], "--rounds") != 0 ||
       std::from_chars(number.data(), number.data() + number.size(), rounds).ec != std::errc() || rounds < 5)) {
    std::cerr << "sandbox_bench [--rounds N]: N is at least 5\n";
    return 2;
  }
  const auto box = puna::Sandbox::open();
  if (!box) {
    stop_because("inconclusive, " + box.error().message, kInconclusive);
  }
  Verdict verdict;
  const sched_param lowest{.sched_priority = 1};
  verdict.is_real_time = ::sched_setscheduler(0, SCHED_RR, &lowest) == 0;
  measure_cold(*box, rounds, verdict);
  measure_warm(*box, rounds, verdict);
  measure_late(*box, std::max(5, rounds / 4), verdict);
  measure_interrupt(*box, std::max(5, rounds / 4), verdict);
  std::cout << format_text("sandbox bench, tier {}{}: {}{}\n", name_of(box->probe().tier),
                           verdict.is_real_time ? ", at real-time priority" : "",
                           verdict.is_met    ? "met"
                           : verdict.is_calm ? "missed"
                                             : "inconclusive",
                           verdict.is_calm ? "" : ", the machine is not calm");
  return verdict.is_met ? 0 : verdict.is_calm ? 1 : kInconclusive;
}
