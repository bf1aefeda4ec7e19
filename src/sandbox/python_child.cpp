#include "sandbox/python_child.h"

#include <fcntl.h>
#include <poll.h>
#include <python_worker_texts.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "sandbox/poll_time.h"

namespace puna::sandbox {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMessageBytesMax = 4U << 20;  // of one line, either way
constexpr std::chrono::seconds kStartTime(10);
constexpr std::chrono::seconds kEndTime(5);

struct Pair {
  Descriptor ours;
  Descriptor theirs;
};

Result<Pair> socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(ErrorCode::io, format_text("no socket pair: {}", std::strerror(errno)));
  }
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pair{.ours = Descriptor(ends[0]), .theirs = Descriptor(ends[1])};
}

Result<Pair> output_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(ErrorCode::io, format_text("no pipe: {}", std::strerror(errno)));
  }
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pair{.ours = Descriptor(ends[0]), .theirs = Descriptor(ends[1])};
}

SandboxCommand command_of(const PythonOptions& options, const Interpreter& interpreter) {
  SandboxCommand command{.workspace = options.workspace, .limits = options.limits};
  if (interpreter.is_micro) {
    command.arguments = {interpreter.path, "-c", kMicroPythonWorker};
    return command;
  }
  command.arguments = {interpreter.path, "-I"};
  if (options.imports.empty()) {
    command.arguments.emplace_back("-S");  // without site-packages it starts in two thirds of the time
  }
  command.arguments.emplace_back("-c");
  command.arguments.emplace_back(kPythonWorker);
  return command;
}

}  // namespace

Json setup_message(const PythonOptions& options, const std::string& token) {
  Json tools = Json::array();
  for (const PythonTool& tool : options.tools) {
    Json parameters = Json::array();
    for (const PythonParameter& parameter : tool.parameters) {
      parameters.push(Json::array({parameter.name, parameter.is_required}));
    }
    tools.push(Json::object({{"name", tool.name}, {"parameters", std::move(parameters)}, {"help", tool.help}}));
  }
  Json imports = Json::array();
  for (const std::string_view name : python_imports()) {
    imports.push(name);
  }
  for (const std::string& name : options.imports) {
    imports.push(name);
  }
  return Json::object(
      {{"op", "setup"}, {"token", token}, {"tools", std::move(tools)}, {"imports", std::move(imports)}});
}

Result<std::unique_ptr<PythonChild>> PythonChild::start(const Setup& setup, const PythonOptions& options,
                                                        const Interpreter& interpreter) {
  PUNA_TRY(Pair channel, socket_pair());
  PUNA_TRY(Pair output, output_pipe());
  const SandboxCommand command = command_of(options, interpreter);
  PUNA_TRY(Supervised run,
           Supervised::start(setup, command,
                             {.in = channel.theirs.get(), .out = output.theirs.get(), .err = output.theirs.get()}));
  std::unique_ptr<PythonChild> child(new PythonChild(std::move(run), options.limits));
  child->channel_ = std::move(channel.ours);
  child->output_ = std::move(output.ours);
  channel.theirs.reset();
  output.theirs.reset();
  PUNA_TRY_VOID(child->greet(options, interpreter, command));
  return child;
}

Result<void> PythonChild::greet(const PythonOptions& options, const Interpreter& interpreter,
                                const SandboxCommand& command) {
  const std::string token = format_text("{:016x}", Random::entropy());
  send(setup_message(options, token));
  const Clock::time_point until = Clock::now() + kStartTime;
  while (!is_lost() && Clock::now() < until) {
    wait(until, -1);
    while (auto message = next_message()) {
      if (message->text_or("op") == "ready" && message->text_or("token") == token) {
        dialect_ = std::string(message->text_or("dialect").substr(0, 64));
        return {};
      }
    }
  }
  const std::string how = end();
  const std::string said = take_output().text();
  if (run_.is_over()) {
    if (auto problem = run_.problem(command, said)) {
      return std::unexpected(*std::move(problem));
    }
  }
  return fail(
      ErrorCode::unavailable,
      format_text("{} does not work in the sandbox: {}{}{}", interpreter.path, how, said.empty() ? "" : ": ", said),
      "its limits may be too tight, or its library may lie outside of /usr");
}

void PythonChild::send(const Json& message) {
  outgoing_ += message.dump();
  outgoing_ += '\n';
  is_broken_ = is_broken_ || outgoing_.size() > 2 * kMessageBytesMax;  // it asks and does not listen
}

void PythonChild::wait(Clock::time_point until, int stop) {
  write_messages();
  std::array<pollfd, 4> wanted{{{.fd = channel_.get(),
                                 .events = static_cast<short>(outgoing_.empty() ? POLLIN : POLLIN | POLLOUT),
                                 .revents = 0},
                                {.fd = output_.get(), .events = POLLIN, .revents = 0},
                                {.fd = run_.control(), .events = POLLIN, .revents = 0},
                                {.fd = stop, .events = POLLIN, .revents = 0}}};
  ::poll(wanted.data(), wanted.size(), milliseconds_to(until));
  write_messages();
  read_messages();
  read_output();
  if (wanted[2].revents != 0) {
    run_.take_reports();
  }
}

void PythonChild::write_messages() {
  while (!outgoing_.empty() && !is_closed_) {
    const ssize_t sent = ::send(channel_.get(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      outgoing_.erase(0, static_cast<std::size_t>(sent));
    } else if (errno != EINTR) {
      is_closed_ = errno != EAGAIN;
      return;
    }
  }
}

void PythonChild::read_messages() {
  std::array<char, 65536> block;  // filled by recv()
  while (!is_closed_ && incoming_.size() <= kMessageBytesMax) {
    const ssize_t got = ::recv(channel_.get(), block.data(), block.size(), 0);
    if (got > 0) {
      incoming_.append(block.data(), static_cast<std::size_t>(got));
    } else if (got == 0) {
      is_closed_ = true;
    } else if (errno != EINTR) {
      is_closed_ = errno != EAGAIN;
      return;
    }
  }
}

void PythonChild::read_output() {
  constexpr int kBlocks = 64;     // a writer may be as fast as the reader
  std::array<char, 65536> block;  // filled by read()
  for (int i = 0; i < kBlocks && output_; ++i) {
    const ssize_t got = ::read(output_.get(), block.data(), block.size());
    if (got > 0) {
      kept_.add({block.data(), static_cast<std::size_t>(got)});
    } else if (got == 0) {
      output_.reset();
    } else if (errno != EINTR) {
      return;
    }
  }
}

std::optional<Json> PythonChild::next_message() {
  const std::size_t end = incoming_.find('\n');
  if (end == std::string::npos) {
    is_broken_ = is_broken_ || incoming_.size() > kMessageBytesMax;
    return std::nullopt;
  }
  auto message = Json::parse(std::string_view(incoming_).substr(0, end));
  incoming_.erase(0, end + 1);
  if (!message || !message->is_object()) {
    is_broken_ = true;
    return std::nullopt;
  }
  return *std::move(message);
}

SandboxOutput PythonChild::take_output() {
  read_output();
  return kept_.take();
}

std::string PythonChild::end() {
  // One that closed its end is about to report how it ended; one that is killed is not asked.
  const Clock::time_point patience =
      Clock::now() + (is_closed_ && !is_broken_ ? std::chrono::milliseconds(50) : std::chrono::milliseconds(0));
  const Clock::time_point until = Clock::now() + kEndTime;
  bool is_killed = false;
  while (!run_.is_over() && Clock::now() < until) {
    if (!is_killed && Clock::now() >= patience) {
      run_.kill();
      is_killed = true;
    }
    pollfd control{.fd = run_.control(), .events = POLLIN, .revents = 0};
    ::poll(&control, 1, milliseconds_to(is_killed ? until : patience));
    run_.take_reports();
  }
  read_output();
  if (is_broken_) {
    return "it wrote messages of its own";
  }
  if (run_.ran_out_of_memory()) {
    return "it ran out of memory";
  }
  if (is_killed || !run_.ended()) {
    return "it was stopped";
  }
  const int status = run_.ended()->status;
  if (WIFEXITED(status)) {
    return format_text("it ended with status {}", WEXITSTATUS(status));
  }
  return WTERMSIG(status) == SIGXCPU ? std::string("it used up its CPU time")
                                     : format_text("it was ended by signal {}", WTERMSIG(status));
}

}  // namespace puna::sandbox
