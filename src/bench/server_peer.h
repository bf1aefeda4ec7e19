// S: the packaged llama-server, a child process on loopback.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/child_process.h"
#include "bench/peer.h"

namespace puna::bench {

// What cases ask of a server at most.
inline constexpr int kServerAgentsMax = 32;
inline constexpr int kSavedPromptsMib = 4096;  // enough for every agent of a round

struct ServerShape {
  int agents = 1;         // that it serves at once
  int window_tokens = 0;  // of each
  // One cache for all agents, else a part of it for each.
  bool one_pool = false;
  int threads = 1;
  int saved_prompts_mib = 0;  // its cache of prompts in main memory
  // Tokens that are no whole characters: the server would keep them back from its stream, and their ids would be lost.
  std::vector<Token> never;
};

// The packaged server's flags for this shape. Pure.
[[nodiscard]] std::vector<std::string> server_arguments(const std::string& program, const std::filesystem::path& model,
                                                        const ServerShape& shape, int port);

class ServerPeer final : public Peer {
 public:
  // Starts it and waits until it answers /health with 200.
  // Errors  not_found  no such program;  unavailable  it ended, or did not become healthy;  cancelled
  [[nodiscard]] static Result<std::unique_ptr<ServerPeer>> open(const std::string& program,
                                                                const std::filesystem::path& model,
                                                                const ServerShape& shape, const std::stop_token& stop);
  ServerPeer(ChildProcess process, int port, ServerShape shape)
      : process_(std::move(process)), port_(port), shape_(std::move(shape)) {}

  [[nodiscard]] std::string name() const override { return shape_.one_pool ? "S unified" : "S split"; }
  [[nodiscard]] Result<PeerReply> run(const PeerRequest& request, const TokenHook& on_token,
                                      const std::stop_token& stop) override;
  [[nodiscard]] Result<double> cpu_seconds() const override { return process_.cpu_seconds(); }
  [[nodiscard]] std::int64_t tokens_prefilled() const override { return tokens_prefilled_; }

 private:
  ChildProcess process_;
  int port_;
  ServerShape shape_;
  std::atomic<std::int64_t> tokens_prefilled_ = 0;
};

}  // namespace puna::bench
