// JSON as models without constraints damage it, read where one reading is left: brackets that are missing at the end, a
// comma before a closing bracket, single quotes, keys without quotes, Python's True, False and None, control characters
// in strings. Whatever else is wrong, or could be read in two ways, is not repaired.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna {

// What was repaired, each kind once, in words.
class Repairs {
 public:
  void note(std::string_view kind);
  void note_all(const Repairs& other);
  [[nodiscard]] bool empty() const { return kinds_.empty(); }
  [[nodiscard]] bool has(std::string_view kind) const;
  [[nodiscard]] std::string text() const;  // "single quotes, a missing bracket"

 private:
  std::vector<std::string_view> kinds_;
};

inline constexpr std::string_view kMissingBracket = "a missing bracket";

struct Mended {
  Json value;
  std::size_t bytes = 0;  // of the text that was read
  Repairs repairs;        // empty: nothing was wrong
};
// The object or list at the start of the text. It may end without its closing brackets where the text does, or where
// one of `stops` begins; but not behind a number at the text's end, of which more digits may be missing.
[[nodiscard]] std::optional<Mended> mend_json(std::string_view text, std::span<const std::string> stops = {});

// The same for a whole text: a code fence around it and closing brackets too many behind it are taken away.
[[nodiscard]] std::optional<Mended> mend_whole_json(std::string_view text);

// The bytes of a line that opens or closes a code fence at the start of the text: "```json". 0: there is none.
[[nodiscard]] std::size_t fence_bytes(std::string_view text);

}  // namespace puna
