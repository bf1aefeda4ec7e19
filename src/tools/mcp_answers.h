// What this client answers to a server's requests: that it is there, its user's words, its folders, and nothing else.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "puna/tools/files.h"
#include "tools/json_rpc.h"

namespace puna::tools {

class McpAnswers {
 public:
  // The user is borrowed; nullptr: questions are declined.
  McpAnswers(std::string server, User* user, std::vector<std::filesystem::path> roots)
      : server_(std::move(server)), user_(user), roots_(std::move(roots)) {}

  // What a server is told of: forms with a user, roots with folders.
  [[nodiscard]] Json capabilities() const;
  // A new call of the agent's may ask the user anew; one alone may not ask for ever.
  void begin_call() { asked_ = 0; }

  // The result of a request, for which the user may need long.
  // Errors  not_found         what is not offered here, sampling above all: a server's prompts reach no model
  //         invalid_argument  the params are none of this request's
  [[nodiscard]] Result<Json> answer(std::string_view method, const Json& params, const std::stop_token& stop);
  // The same as a message, without its end.
  [[nodiscard]] std::string reply_to(const RpcMessage& request, const std::stop_token& stop);

 private:
  [[nodiscard]] Json roots() const;

  std::string server_;
  User* user_;
  std::vector<std::filesystem::path> roots_;
  int asked_ = 0;
};

}  // namespace puna::tools
