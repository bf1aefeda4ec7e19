// Any text as a shell line: understood as commands, or refused with a reason. What is understood, written with quotes,
// is understood as the same.
#include <string>

#include "input.h"
#include "tools/shell_words.h"

namespace {

std::string quoted(const std::vector<puna::tools::Words>& commands) {
  std::string line;
  for (const puna::tools::Words& words : commands) {
    line += line.empty() ? "" : ";";
    for (const std::string& word : words) {
      line += " '";
      for (const char c : word) {
        line += c == '\'' ? std::string("'\\''") : std::string(1, c);
      }
      line += '\'';
    }
  }
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto commands = puna::tools::shell_commands(puna::fuzz::text_of(data, size));
  if (!commands) {
    PUNA_CHECK(commands.error().message.starts_with("not understood"), "a refusal says so");
    return 0;
  }
  PUNA_CHECK(!commands->empty(), "a line that is understood has a command");
  for (const puna::tools::Words& words : *commands) {
    PUNA_CHECK(!words.empty() && !words.front().empty(), "a command has a program");
    for (const char c : words.front()) {
      PUNA_CHECK(static_cast<unsigned char>(c) < 0x80 && c != '\0', "a program is named in ASCII");
    }
  }
  const auto again = puna::tools::shell_commands(quoted(*commands));
  PUNA_CHECK(again && *again == *commands, "quoted words are read back");
  return 0;
}
