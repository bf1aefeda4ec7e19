// Servers of this user: a file for each in the state folder, so that another command can find and end it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "puna/base.h"

namespace puna::cli {

struct RunningServer {
  int pid = 0;
  std::uint64_t started = 0;  // in clock ticks since the machine did: tells processes of one number apart
  std::string url;
  std::string model;
};

// The start of a process; nothing: there is none with this number.
[[nodiscard]] std::optional<std::uint64_t> start_of(int pid);

// Holds this process's entry, and removes it.
class ServerEntry {
 public:
  // Errors  io  the state folder cannot be written
  [[nodiscard]] static Result<ServerEntry> write(const std::string& url, const std::string& model);
  ServerEntry(ServerEntry&& other) noexcept : file_(std::exchange(other.file_, {})) {}
  ServerEntry& operator=(ServerEntry&&) = delete;
  ~ServerEntry();

 private:
  explicit ServerEntry(std::filesystem::path file) : file_(std::move(file)) {}
  std::filesystem::path file_;
};

// Those that run; entries of processes that have gone, or whose number another process has now, are removed.
[[nodiscard]] std::vector<RunningServer> running_servers();
[[nodiscard]] std::filesystem::path servers_folder();

// Asks the server to end and waits. Only the very process of the entry is signalled.
// Errors  not_found  it has gone already;  limit  it had not ended after this time;  io
[[nodiscard]] Result<void> end_server(const RunningServer& server, std::chrono::milliseconds time_max);

}  // namespace puna::cli
