// The packaged llama-server as a child of a test program. Tests only.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "puna/model/remote_model.h"

namespace puna::model {

// Ends with its handle, and with the thread that started it.
class LlamaServer {
 public:
  // Waits until it answers. nullptr: there is no such program, or it does not start; why says which.
  static std::unique_ptr<LlamaServer> start(const std::filesystem::path& model, const std::vector<std::string>& flags,
                                            std::string& why) {
    constexpr int kTries = 3;  // another program may take the port in between
    for (int i = 0; i < kTries; ++i) {
      auto server = std::unique_ptr<LlamaServer>(new LlamaServer(model, flags));
      if (server->is_healthy(why)) {
        return server;
      }
    }
    return nullptr;
  }
  LlamaServer(const LlamaServer&) = delete;
  LlamaServer& operator=(const LlamaServer&) = delete;
  ~LlamaServer() { end(SIGKILL); }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void end(int signal) {
    if (pid_ > 0) {
      ::kill(pid_, signal);
      ::waitpid(pid_, nullptr, 0);
      pid_ = -1;
    }
  }

 private:
  LlamaServer(const std::filesystem::path& model, const std::vector<std::string>& flags) : port_(free_port()) {
    std::vector<std::string> words = {
        "llama-server",        "-m",        model.string(), "--host", "127.0.0.1", "--port",
        std::to_string(port_), "--offline", "--no-webui",   "-t",     "1"};
    words.insert(words.end(), flags.begin(), flags.end());
    std::vector<char*> argv;
    for (std::string& word : words) {
      argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) {
        ::_exit(1);
      }
      const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        ::dup2(nothing, stream);
      }
      ::execvp(argv[0], argv.data());
      ::_exit(kNoProgram);
    }
  }
  static constexpr int kNoProgram = 127;

  static std::uint16_t free_port() {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    const bool bound = ::bind(probe, any, size) == 0 && ::getsockname(probe, any, &size) == 0;
    ::close(probe);
    return bound ? ntohs(address.sin_port) : 0;
  }
  bool is_healthy(std::string& why) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(3);
    while (std::chrono::steady_clock::now() < deadline) {
      if (RemoteModel::open({.urls = {url()}})) {
        return true;
      }
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        why = WIFEXITED(status) && WEXITSTATUS(status) == kNoProgram ? "no llama-server on this machine"
                                                                     : "llama-server ended while it started";
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    why = "llama-server did not become healthy";
    return false;
  }

  std::uint16_t port_;
  pid_t pid_ = -1;
};

}  // namespace puna::model
