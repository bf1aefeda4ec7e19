// A server that is a program: one line for each message on its standard streams.
#include <poll.h>

#include <array>
#include <optional>
#include <utility>

#include "tools/child_program.h"
#include "tools/mcp_transport.h"
#include "tools/observation.h"
#include "tools/plain_text.h"

namespace puna::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kErrorBytesMax = 2'000;    // of stderr that are kept
constexpr std::size_t kForeignLinesMax = 1'000;  // lines that are no message, likewise
constexpr milliseconds kPollMax{20};
constexpr milliseconds kGoodbye{100};  // for telling a server that nobody waits any more
constexpr milliseconds kHurry{100};

class StdioTransport final : public McpTransport {
 public:
  StdioTransport(std::string name, McpProgram program, const McpOptions& options)
      : name_(std::move(name)), program_(std::move(program)), options_(options), lines_(options.message_bytes_max) {}

  [[nodiscard]] Result<void> start() override {
    child_.reset();
    lines_ = LineReader(options_.message_bytes_max);
    to_write_.clear();
    errors_.clear();
    auto child = ChildProgram::start(program_, options_.environment, options_.grace);
    if (!child) {
      child.error().message = format_text("MCP server '{}': {}", name_, child.error().message);
      return std::unexpected(std::move(child).error());
    }
    child_.emplace(*std::move(child));
    return {};
  }
  [[nodiscard]] bool is_alive() const override {
    std::string how;
    return child_ && !child_->has_ended(how);
  }
  [[nodiscard]] bool may_stay_silent() const override { return true; }

  [[nodiscard]] Result<RpcMessage> request(const RpcCall& call, const McpHandlers& handlers,
                                           const std::stop_token& stop) override;
  [[nodiscard]] Result<void> notify(std::string_view method, const Json& params) override {
    to_write_ += rpc_notification(method, params) + "\n";
    return flush(kGoodbye);
  }
  void set_revision(std::string /*revision*/) override {}
  void close() override { child_.reset(); }
  void hurry() override {
    if (child_) {
      child_->set_grace(kHurry);
    }
  }

 private:
  // One wait for anything, and what it brought.
  Result<void> pump(std::vector<std::string>& lines);
  Result<void> flush(milliseconds time);
  [[nodiscard]] std::unexpected<Error> failed(ErrorCode code, std::string_view why) const;
  [[nodiscard]] std::unexpected<Error> ended() const;
  void keep_errors(std::string_view text);

  std::string name_;
  McpProgram program_;
  const McpOptions& options_;
  std::optional<ChildProgram> child_;
  LineReader lines_;
  std::string to_write_;
  std::string errors_;
};

void StdioTransport::keep_errors(std::string_view text) {
  errors_ += text;
  if (errors_.size() > kErrorBytesMax) {
    errors_.erase(0, errors_.size() - kErrorBytesMax);
  }
}

std::unexpected<Error> StdioTransport::failed(ErrorCode code, std::string_view why) const {
  const std::string said = collapsed(printable(utf8::sanitize(errors_)));
  return fail(code, format_text("MCP server '{}': {}{}{}", name_, why, said.empty() ? "" : "; it wrote: ", said));
}

std::unexpected<Error> StdioTransport::ended() const {
  std::string how = "it closed its output";
  if (child_) {
    for (int i = 0; i < 20 && !child_->has_ended(how); ++i) {
      ::poll(nullptr, 0, 5);
    }
  }
  return failed(ErrorCode::unavailable, "the program ended: " + how);
}

Result<void> StdioTransport::pump(std::vector<std::string>& lines) {
  if (!child_) {
    return failed(ErrorCode::unavailable, "it is not running");
  }
  std::array<pollfd, 3> waiting{{{.fd = child_->output(), .events = POLLIN, .revents = 0},
                                 {.fd = child_->errors(), .events = POLLIN, .revents = 0},
                                 {.fd = to_write_.empty() ? -1 : child_->input(), .events = POLLOUT, .revents = 0}}};
  ::poll(waiting.data(), waiting.size(), static_cast<int>(kPollMax.count()));
  std::string bytes;
  if (waiting[1].revents != 0) {
    (void)ChildProgram::read(child_->errors(), bytes);
    keep_errors(bytes);
    bytes.clear();
  }
  const bool is_open = waiting[0].revents == 0 || ChildProgram::read(child_->output(), bytes);
  if (auto fed = lines_.feed(bytes, lines); !fed) {
    child_.reset();
    return failed(ErrorCode::limit, fed.error().message);
  }
  if (!is_open && lines.empty()) {
    auto error = ended();
    child_.reset();
    return error;
  }
  if (waiting[2].revents != 0) {
    const auto written = child_->write(to_write_);
    if (!written && lines.empty()) {
      auto error = ended();
      child_.reset();
      return error;
    }
    to_write_.erase(0, written.value_or(to_write_.size()));
  }
  return {};
}

// What arrives meanwhile is of no interest: nobody waits for it.
Result<void> StdioTransport::flush(milliseconds time) {
  const auto end = steady_clock::now() + time;
  std::vector<std::string> ignored;
  while (!to_write_.empty() && steady_clock::now() < end) {
    PUNA_TRY_VOID(pump(ignored));
    ignored.clear();
  }
  return to_write_.empty() ? Result<void>() : failed(ErrorCode::unavailable, "it does not read its input");
}

Result<RpcMessage> StdioTransport::request(const RpcCall& call, const McpHandlers& handlers,
                                           const std::stop_token& stop) {
  to_write_ += rpc_request(call.id, call.method, call.params) + "\n";
  auto end = steady_clock::now() + call.time;
  std::size_t answers = 0;
  std::size_t foreign = 0;
  while (true) {
    const bool is_late = steady_clock::now() >= end;
    if (stop.stop_requested() || is_late) {
      (void)notify("notifications/cancelled", cancelled_params(call.id));
      return is_late ? failed(ErrorCode::unavailable,
                              format_text("no answer to {} within {} ms", call.method, call.time.count()))
                     : failed(ErrorCode::cancelled, "stopped");
    }
    std::vector<std::string> lines;
    PUNA_TRY_VOID(pump(lines));
    for (const std::string& line : lines) {
      auto message = read_rpc(line);
      if (!message) {  // programs print to stdout what belongs on stderr
        keep_errors(line.substr(0, kErrorBytesMax) + "\n");
        if (++foreign > kForeignLinesMax) {
          return failed(ErrorCode::corrupt, "it writes what is no MCP");
        }
      } else if (message->kind == RpcMessage::Kind::notification) {
        handlers.on_notification(*message);
      } else if (message->kind == RpcMessage::Kind::request) {
        if (++answers > kAnswersMax) {
          return failed(ErrorCode::corrupt, format_text("more than {} requests instead of an answer", kAnswersMax));
        }
        const auto asked = steady_clock::now();
        to_write_ += handlers.answer(*message, stop) + "\n";
        end += steady_clock::now() - asked;
      } else if (message->id == Json(call.id)) {
        return *std::move(message);
      }
    }
  }
}

}  // namespace

std::unique_ptr<McpTransport> make_stdio_transport(std::string name, McpProgram program, const McpOptions& options) {
  return std::make_unique<StdioTransport>(std::move(name), std::move(program), options);
}

}  // namespace puna::tools
