#include "agent/code_reply.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace puna::agent {
namespace {

constexpr std::string_view kFence = "```";

// Without empty lines around it; the first line keeps its indentation.
std::string_view trimmed(std::string_view code) {
  code = code.substr(0, code.find_last_not_of(" \t\r\n") + 1);
  const std::size_t text = code.find_first_not_of(" \t\r\n");
  const std::size_t line = text == std::string_view::npos ? text : code.find_last_of('\n', text);
  code.remove_prefix(line == std::string_view::npos ? 0 : line + 1);
  return code;
}

bool is_python_fence(std::string_view line) {
  if (!line.starts_with(kFence)) {
    return false;
  }
  line.remove_prefix(kFence.size());
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
  return line == "python" || line == "py" || line == "python3";
}

std::vector<std::string_view> fenced(std::string_view text) {
  std::vector<std::string_view> blocks;
  const char* begin = nullptr;  // of the block that is open
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (begin == nullptr) {
      begin = is_python_fence(line) ? text.data() : nullptr;
    } else if (line.starts_with(kFence)) {
      blocks.emplace_back(begin, static_cast<std::size_t>(line.data() - begin));
      begin = nullptr;
    }
  }
  if (begin != nullptr) {
    blocks.emplace_back(begin, static_cast<std::size_t>(text.data() - begin));
  }
  return blocks;
}

std::vector<std::string_view> tagged(std::string_view text) {
  std::vector<std::string_view> blocks;
  for (std::size_t at = text.find(kCodeStart); at != std::string_view::npos; at = text.find(kCodeStart)) {
    text.remove_prefix(at + kCodeStart.size());
    const std::size_t end = std::min(text.find(kCodeEnd), text.size());
    const std::string_view block = text.substr(0, end);
    const std::vector<std::string_view> inner = fenced(block);  // some models write a fence into the tags
    blocks.insert(blocks.end(), inner.begin(), inner.end());
    if (inner.empty()) {
      blocks.push_back(block);
    }
    text.remove_prefix(end);
  }
  return blocks;
}

std::string joined(const std::vector<std::string_view>& blocks) {
  std::string code;
  for (const std::string_view block : blocks) {
    if (const std::string_view text = trimmed(block); !text.empty()) {
      code += (code.empty() ? "" : "\n\n") + std::string(text);
    }
  }
  return code;
}

// Text that does not contain `tag`, whose '<' is its first character only. After each '<' comes a beginning of the rest
// of the tag, and then another '<', a character that leads away, or the end.
std::string without(std::string_view tag) {
  std::string begun;  // what may follow a '<' and not complete the tag
  std::string left;   // the same with a character behind it that leads away
  for (std::size_t n = 1; n < tag.size(); ++n) {
    const std::string part = (n == 1 ? "" : "|") + std::string(tag.substr(1, n - 1));
    begun += part;
    left += part + "[^<" + tag[n] + "]";
  }
  return "(?:[^<]|<(?:(?:" + begun + ")<)*(?:" + left + "))*(?:<(?:" + begun + "))*";
}

}  // namespace

std::string code_of(std::string_view reply) {
  std::string code = joined(tagged(reply));
  return code.empty() ? joined(fenced(reply)) : code;
}

std::string code_reply_pattern(Block block) {
  return without(kCodeStart) + "(?:" + std::string(kCodeStart) + without(kCodeEnd) + std::string(kCodeEnd) + ")" +
         (block == Block::optional ? "?" : "");
}

}  // namespace puna::agent
