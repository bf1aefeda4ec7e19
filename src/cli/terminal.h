// Whoever sits at the terminal: answers questions of tools and of permissions.
#pragma once

#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "cli/console.h"
#include "puna/tools/files.h"
#include "puna/tools/permission.h"

namespace puna::cli {

// Asks on stderr, reads from the terminal on stdin. What was typed before the question does not count.
// Thread  any, one question at a time.
class Terminal final : public Approver, public User {
 public:
  // Borrows the console, and a terminal as stdin (a test passes its own).
  explicit Terminal(Console& console, int input = 0) : console_(console), input_(input) {}

  // y, a, t or n; after three lines that are none of these: no.
  [[nodiscard]] Result<Approval> decide(const PermissionQuestion& question, const std::stop_token& stop) override;
  [[nodiscard]] Result<std::string> answer(std::string_view question, const std::stop_token& stop) override;

  // Whether somebody is there.
  [[nodiscard]] static bool is_there(const Console& console);

 private:
  // Nothing at the end of input.
  [[nodiscard]] Result<std::optional<std::string>> line(const std::stop_token& stop) const;
  void show(const PermissionQuestion& question);

  Console& console_;
  const int input_;
  std::mutex mutex_;  // held while a question waits
};

}  // namespace puna::cli
