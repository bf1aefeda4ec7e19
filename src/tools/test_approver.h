// Somebody who always answers the same. Tests only.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "puna/tools/permission.h"

namespace puna::tools {

class OneAnswer final : public Approver {
 public:
  explicit OneAnswer(Approval::Answer answer) : answer_(answer) {}
  [[nodiscard]] Result<Approval> decide(const PermissionQuestion& question, const std::stop_token& /*stop*/) override {
    asked.push_back(question);
    return Approval{.answer = answer_, .call_hash = hash.value_or(question.call_hash)};
  }
  std::vector<PermissionQuestion> asked;
  std::optional<std::string> hash;  // another call's

 private:
  const Approval::Answer answer_;
};

}  // namespace puna::tools
