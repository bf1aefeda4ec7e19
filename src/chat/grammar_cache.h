// The grammars of the last few kinds of replies. The turns of a conversation mostly ask for the same one, and whoever
// walks a grammar keeps what it has learned about it.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "chat/reply_grammar.h"

namespace puna {

class GrammarCache {
 public:
  static constexpr std::size_t kGrammarsMax = 16;

  // As reply_grammar(); equal shapes give the same Grammar while it is kept.
  // Requires  shape.markup is the same object, or an equal one, in every call with the same `markup_name`.
  // Thread  any.
  [[nodiscard]] Result<std::shared_ptr<const Grammar>> get(const ReplyShape& shape, char markup_name);

 private:
  struct Entry {
    std::string key;  // all that a grammar depends on
    std::shared_ptr<const Grammar> grammar;
  };
  std::mutex mutex_;
  std::list<Entry> entries_;  // used last first
};

}  // namespace puna
