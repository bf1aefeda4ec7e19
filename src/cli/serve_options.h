// What `puna serve` is told.
#pragma once

#include <string>
#include <vector>

#include "puna/server.h"

namespace CLI {
class App;
}

namespace puna::cli {

struct ServeOptions {
  std::string host = "127.0.0.1";
  int port = 8080;
  std::string api_key;       // of the command line: other users of the machine can see it there
  std::string api_key_file;  // its first line
  std::vector<std::string> hosts_allowed;
  std::vector<std::string> origins_allowed;
  std::string model_name;
  std::string pooling = "model";
  bool agents = false;
  bool detach = false;
  int drain_seconds = 30;
  ServerLimits limits;
};

// Flags of the server alone; those of models and agents are the other commands'.
void add_serve_flags(CLI::App& app, ServeOptions& options, int& sequences_max);

}  // namespace puna::cli
