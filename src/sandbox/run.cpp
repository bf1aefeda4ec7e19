// Sandbox::run: starts the helper, keeps what the program writes, ends it in time.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "sandbox/kept_output.h"
#include "sandbox/memory_file.h"
#include "sandbox/poll_time.h"
#include "sandbox/supervised.h"

namespace puna {
namespace sandbox {
namespace {

using Clock = std::chrono::steady_clock;

struct OutputPipe {
  Descriptor read;
  Descriptor write;
  KeptOutput kept;

  [[nodiscard]] static Result<OutputPipe> open(const SandboxLimits& limits) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      return fail(ErrorCode::io, format_text("no pipe: {}", std::strerror(errno)));
    }
    OutputPipe pipe{.read = Descriptor(ends[0]),
                    .write = Descriptor(ends[1]),
                    .kept = KeptOutput(limits.output_head_bytes, limits.output_tail_bytes)};
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return pipe;
  }
  // What is there, but not for ever: a writer may be as fast as the reader.
  void drain() {
    constexpr int kBlocks = 64;
    std::array<char, 65536> block;  // filled by read()
    for (int i = 0; i < kBlocks && read; ++i) {
      const ssize_t got = ::read(read.get(), block.data(), block.size());
      if (got > 0) {
        kept.add({block.data(), static_cast<std::size_t>(got)});
      } else if (got == 0) {
        read.reset();
      } else if (errno != EINTR) {
        return;
      }
    }
  }
};

Result<void> check(const SandboxCommand& command) {
  if (command.arguments.empty() || !command.arguments.front().contains('/')) {
    return fail(ErrorCode::invalid_argument, "a sandboxed command begins with the path of a program",
                "for example /usr/bin/python3; names are not searched for");
  }
  for (const std::string& argument : command.arguments) {
    if (argument.contains('\0')) {
      return fail(ErrorCode::invalid_argument, "an argument of a sandboxed command holds a NUL");
    }
  }
  for (const auto& [name, value] : command.environment) {
    if (name.empty() || name.contains('=') || name.contains('\0') || value.contains('\0')) {
      return fail(ErrorCode::invalid_argument,
                  format_text("'{}' cannot be an environment variable", printable(utf8::sanitize(name))));
    }
  }
  return {};
}

Result<Descriptor> input_of(const SandboxCommand& command) {
  if (!command.input.empty()) {
    return memory_file("stdin", command.input);
  }
  Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing) {
    return fail(ErrorCode::io, format_text("/dev/null: {}", std::strerror(errno)));
  }
  return nothing;
}

// Why the library ended it; exited when it did not.
SandboxEnd wait_for_end(Supervised& run, OutputPipe& out, OutputPipe& err, const SandboxLimits& limits, int stop) {
  const Clock::time_point deadline = Clock::now() + limits.wall;
  SandboxEnd end = SandboxEnd::exited;
  while (!run.is_over()) {
    std::array<pollfd, 4> wanted{{{.fd = run.control(), .events = POLLIN, .revents = 0},
                                  {.fd = out.read.get(), .events = POLLIN, .revents = 0},
                                  {.fd = err.read.get(), .events = POLLIN, .revents = 0},
                                  {.fd = end == SandboxEnd::exited ? stop : -1, .events = POLLIN, .revents = 0}}};
    const bool is_killed = end != SandboxEnd::exited;
    ::poll(wanted.data(), wanted.size(), is_killed ? -1 : milliseconds_to(deadline));
    out.drain();
    err.drain();
    run.take_reports();
    if (is_killed || run.is_over()) {
      continue;
    }
    if (wanted[3].revents != 0) {
      end = SandboxEnd::cancelled;
      run.kill();
    } else if (Clock::now() >= deadline) {
      end = SandboxEnd::wall_time;
      run.kill();
    }
  }
  return end;
}

void set_end(SandboxOutcome& outcome, const Supervised& run, SandboxEnd end, const SandboxLimits& limits) {
  const int status = run.ended()->status;
  outcome.end = end;
  if (WIFEXITED(status)) {
    outcome.exit_status = WEXITSTATUS(status);
  } else if (WIFSIGNALED(status)) {
    outcome.signal = WTERMSIG(status);
  }
  if (end != SandboxEnd::exited) {
    return;
  }
  if (run.ran_out_of_memory()) {
    outcome.end = SandboxEnd::memory;
  } else if (outcome.signal == SIGXCPU || (outcome.signal == SIGKILL && outcome.cpu_time >= limits.cpu)) {
    outcome.end = SandboxEnd::cpu_time;
  } else if (outcome.signal != 0) {
    outcome.end = SandboxEnd::signalled;
  }
}

}  // namespace
}  // namespace sandbox

Result<SandboxOutcome> Sandbox::run(const SandboxCommand& command, std::stop_token stop) const {
  using namespace sandbox;
  PUNA_TRY_VOID(check(command));
  PUNA_TRY(const Descriptor input, input_of(command));
  PUNA_TRY(OutputPipe out, OutputPipe::open(command.limits));
  PUNA_TRY(OutputPipe err, OutputPipe::open(command.limits));
  const Descriptor stopped(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stopped) {
    return fail(ErrorCode::io, format_text("no event descriptor: {}", std::strerror(errno)));
  }
  const auto begin = std::chrono::steady_clock::now();
  PUNA_TRY(Supervised run,
           Supervised::start(*setup_, command, {.in = input.get(), .out = out.write.get(), .err = err.write.get()}));
  out.write.reset();
  err.write.reset();
  SandboxEnd end = SandboxEnd::exited;
  {
    const std::stop_callback on_stop(stop, [&stopped] { (void)::eventfd_write(stopped.get(), 1); });
    end = wait_for_end(run, out, err, command.limits, stopped.get());
  }
  out.drain();  // every writer is dead: what a pipe can hold is less than one drain
  err.drain();
  SandboxOutcome outcome{.out = out.kept.take(), .err = err.kept.take(), .tier = setup_->probe.tier};
  outcome.wall_time = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  if (end == SandboxEnd::cancelled && !run.has_started()) {
    outcome.end = end;  // stopped on the way in
    return outcome;
  }
  if (end != SandboxEnd::wall_time || run.has_started()) {
    if (auto problem = run.problem(command, outcome.err.head)) {
      return std::unexpected(*std::move(problem));
    }
    outcome.cpu_time = std::chrono::microseconds(run.ended()->cpu_microseconds);
    outcome.workspace_writable = run.started() && (run.started()->flags & kWorkspaceWritable) != 0;
    set_end(outcome, run, end, command.limits);
    return outcome;
  }
  outcome.end = end;
  return outcome;
}

}  // namespace puna
