// Starting the server, asking it.
#include "bench/server_peer.h"

#include <chrono>
#include <thread>
#include <utility>

#include "bench/server_http.h"
#include "bench/server_reply.h"

namespace puna::bench {
namespace {

constexpr int kStartsMax = 3;  // another program may take the port between the probe and the start
constexpr auto kHealthyMax = std::chrono::minutes(3);
constexpr int kHealthy = 200;

Result<void> wait_until_healthy(ChildProcess& process, int port, const std::stop_token& stop) {
  const auto deadline = std::chrono::steady_clock::now() + kHealthyMax;
  while (http_status(port, "/health") != kHealthy) {
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "the benchmark was stopped");
    }
    if (!process.running()) {
      return fail(ErrorCode::unavailable, "the server ended while it started");
    }
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(ErrorCode::unavailable, "the server did not become healthy within three minutes");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {};
}

}  // namespace

std::vector<std::string> server_arguments(const std::string& program, const std::filesystem::path& model,
                                          const ServerShape& shape, int port) {
  const std::string threads = std::to_string(shape.threads);
  return {program,
          "--model",
          model.string(),
          "--host",
          "127.0.0.1",
          "--port",
          std::to_string(port),
          "--parallel",
          std::to_string(shape.agents),
          "--ctx-size",
          std::to_string(std::int64_t{shape.agents} * shape.window_tokens),
          shape.one_pool ? "--kv-unified" : "--no-kv-unified",
          "--threads",
          threads,
          "--threads-batch",
          threads,
          "--cache-ram",
          std::to_string(shape.saved_prompts_mib),
          "--no-webui",
          "--no-slots",
          "--log-disable",
          "--offline"};
}

Result<std::unique_ptr<ServerPeer>> ServerPeer::open(const std::string& program, const std::filesystem::path& model,
                                                     const ServerShape& shape, const std::stop_token& stop) {
  for (int start = 1;; ++start) {
    PUNA_TRY(const int port, free_port());
    PUNA_TRY(ChildProcess process,
             ChildProcess::start(server_arguments(program, model, shape, port), ChildProcess::Output::dropped));
    auto healthy = wait_until_healthy(process, port, stop);
    if (healthy) {
      return std::make_unique<ServerPeer>(std::move(process), port, shape);
    }
    if (start == kStartsMax || healthy.error().code == ErrorCode::cancelled) {
      return std::unexpected(std::move(healthy).error());
    }
  }
}

Result<PeerReply> ServerPeer::run(const PeerRequest& request, const TokenHook& on_token, const std::stop_token& stop) {
  const std::string body = completion_body(request.prompt, request.output_tokens, shape_.never);
  ServerReply stream;
  PeerReply reply{.submitted = std::chrono::steady_clock::now()};
  const auto on_bytes = [&](std::string_view bytes) -> Result<void> {
    PUNA_TRY(const std::vector<Token> tokens, stream.feed(bytes));
    const auto now = std::chrono::steady_clock::now();
    for (const Token token : tokens) {
      reply.output.push_back(token);
      reply.arrivals.push_back(now);
      on_token();
    }
    return {};
  };
  PUNA_TRY_VOID(http_stream(port_, "/completion", body, on_bytes, stop));
  if (!stream.finished() || std::cmp_not_equal(reply.output.size(), request.output_tokens)) {
    return fail(ErrorCode::unavailable,
                format_text("the server gave {} of {} tokens", reply.output.size(), request.output_tokens));
  }
  tokens_prefilled_ += stream.prompt_tokens_computed();
  return reply;
}

}  // namespace puna::bench
