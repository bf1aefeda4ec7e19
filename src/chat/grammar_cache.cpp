#include "chat/grammar_cache.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace puna {
namespace {

// Each text with its size before it, so that no two lists give one key.
void put(std::string& key, std::string_view text) { key += std::to_string(text.size()) + ":" + std::string(text); }

void put(std::string& key, const OutputFormat& format) {
  key += static_cast<char>('0' + format.index());
  if (const auto* schema = std::get_if<format::Schema>(&format)) {
    put(key, schema->schema.dump());
  } else if (const auto* gbnf = std::get_if<format::Gbnf>(&format)) {
    put(key, gbnf->root);
    put(key, gbnf->text);
  } else if (const auto* pattern = std::get_if<format::Pattern>(&format)) {
    put(key, pattern->pattern);
  } else if (const auto* choice = std::get_if<format::Choice>(&format)) {
    for (const std::string& text : choice->texts) {
      put(key, text);
    }
  }
}

std::string key_of(const ReplyShape& shape, char markup_name) {
  std::string key{markup_name};
  for (const bool flag : {shape.parallel_calls, shape.reasoning_open, shape.reasoning, shape.format != nullptr}) {
    key += flag ? '1' : '0';
  }
  key += static_cast<char>('0' + static_cast<int>(shape.tool_choice.kind()));
  put(key, shape.tool_choice.tool());
  key += shape.control_texts.empty() ? '?' : '=';
  for (const std::string& text : control_texts_in(shape)) {
    put(key, text);
  }
  key += '\n';
  for (const ToolSpec& tool : shape.tools) {
    put(key, tool.name);
    put(key, tool.parameters.dump());
  }
  key += '\n';
  if (shape.format != nullptr) {
    put(key, *shape.format);
  }
  return key;
}

}  // namespace

Result<std::shared_ptr<const Grammar>> GrammarCache::get(const ReplyShape& shape, char markup_name) {
  if (shape.format == nullptr && (shape.tools.empty() || shape.tool_choice == ToolChoice::none)) {
    return nullptr;
  }
  std::string key = key_of(shape, markup_name);
  {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find(entries_, key, &Entry::key);
    if (found != entries_.end()) {
      entries_.splice(entries_.begin(), entries_, found);
      return found->grammar;
    }
  }
  PUNA_TRY(std::shared_ptr<const Grammar> grammar, reply_grammar(shape));
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  if (found != entries_.end()) {  // another thread was faster
    return found->grammar;
  }
  entries_.push_front({.key = std::move(key), .grammar = grammar});
  if (entries_.size() > kGrammarsMax) {
    entries_.pop_back();
  }
  return grammar;
}

}  // namespace puna
