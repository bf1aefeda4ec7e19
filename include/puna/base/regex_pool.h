// Regular languages over bytes, as expressions that are taken apart byte by byte (Brzozowski derivatives).
//
// Equal expressions are the same Regex, so an expression is also a state of its own automaton: next() leads from state
// to state, and states are made only when somebody walks there. Intersection and complement cost nothing to write down.
//
// Invariant: an expression never refers to a younger one. `nothing` is the only expression that matches no text, as far
// as is_dead() has been asked; without both() and complement() in it every other expression matches some text.
// Bounds  a pool that holds kCellsMax cells is full: every new expression is then `nothing`, and is_full() says so.
// Source: Brzozowski, "Derivatives of Regular Expressions", JACM 11 (1964); similarity rules as in Owens, Reppy and
//         Turon, "Regular-expression derivatives re-examined", JFP 19 (2009).
// Thread  one owner.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "puna/base/byte_set.h"

namespace puna {

enum class Regex : std::uint32_t { nothing = 0, empty = 1 };  // no text at all; the text of no bytes

class RegexPool {
 public:
  static constexpr std::uint32_t kEndless = 0xFFFFFFFF;
  static constexpr std::size_t kCellsMax = 2'000'000;
  using Row = std::array<Regex, 256>;  // where each byte leads; dead ends are Regex::nothing

  RegexPool();

  [[nodiscard]] Regex bytes(const ByteSet& set);
  [[nodiscard]] Regex literal(std::string_view text, Regex tail = Regex::empty);  // the text, then `tail`
  [[nodiscard]] Regex sequence(Regex head, Regex tail);
  [[nodiscard]] Regex sequence(std::span<const Regex> parts);
  [[nodiscard]] Regex either(const std::vector<Regex>& options);
  [[nodiscard]] Regex both(const std::vector<Regex>& all);
  [[nodiscard]] Regex complement(Regex regex);
  [[nodiscard]] Regex without(Regex regex, Regex excluded) { return both({regex, complement(excluded)}); }
  // At least `min` and at most `max` times in a row. Requires min <= max.
  [[nodiscard]] Regex repeat(Regex regex, std::uint32_t min, std::uint32_t max = kEndless);
  [[nodiscard]] Regex optional(Regex regex) { return either({Regex::empty, regex}); }
  // Expressions of another pool, in their order.
  [[nodiscard]] std::vector<Regex> copy(const RegexPool& from, std::span<const Regex> regexes);

  [[nodiscard]] bool matches_empty(Regex regex) const { return node(regex).is_nullable; }
  // What must follow `byte`. Most states are seen once: a row is made for those that are asked for several bytes.
  [[nodiscard]] Regex next(Regex regex, std::uint8_t byte);
  // Whether its row is not there and would cost a search for each of its dead ends: an intersection, a complement.
  [[nodiscard]] bool has_costly_row(Regex regex) const {
    return node(regex).has_boolean && rows_[static_cast<std::size_t>(regex)] == nullptr;
  }
  // next() of every byte. The reference stays valid while the pool lives.
  [[nodiscard]] const Row& row(Regex regex);
  // True when no text matches. Exact where kSearchMax states are enough to tell; beyond that, false.
  [[nodiscard]] bool is_dead(Regex regex);
  [[nodiscard]] bool matches(Regex regex, std::string_view text);
  // An expression that cannot be told apart by texts of at most `bytes` bytes and everything that may follow them, with
  // counters beyond that length evened out: many states, one answer. Itself where that cannot be promised.
  [[nodiscard]] Regex within(Regex regex, std::uint32_t bytes);

  [[nodiscard]] std::size_t cells() const { return cells_; }
  [[nodiscard]] bool is_full() const { return cells_ >= kCellsMax; }

 private:
  static constexpr std::size_t kSearchMax = 5'000;
  enum class Kind : std::uint8_t { nothing, empty, bytes, sequence, either, both, complement, repeat };
  struct Node {
    Kind kind = Kind::nothing;
    bool is_nullable = false;
    bool has_counter = false;  // a repeat with a bound other than 0, 1 and endless
    bool has_boolean = false;  // both() or complement() inside: may match nothing
    std::uint32_t a = 0;       // bytes: index into sets_; sequence: head; complement, repeat: inner; else first child
    std::uint32_t b = 0;       // sequence: tail; repeat: min; either, both: end of children
    std::uint32_t c = 0;       // repeat: max
    std::uint32_t way = 0;     // about how many bytes to the end of a text that matches: a search goes downhill
  };
  enum class Life : std::uint8_t { unknown, alive, dead };

  [[nodiscard]] const Node& node(Regex regex) const { return nodes_[static_cast<std::size_t>(regex)]; }
  [[nodiscard]] std::span<const Regex> children(const Node& node) const;
  [[nodiscard]] Regex intern(Node node, std::span<const Regex> children = {});
  [[nodiscard]] bool is_same(const Node& old, const Node& node, std::span<const Regex> children) const;
  [[nodiscard]] Regex not_empty(const Node& options);
  [[nodiscard]] Regex factor_out(std::span<const Regex> options, int depth);
  [[nodiscard]] Regex factored(const std::vector<Regex>& options, int depth);
  // True: a text that another expression was found to match is matched by this intersection too.
  [[nodiscard]] bool fits_a_witness(Regex regex);
  void keep_witness(std::string text, Regex rest);
  [[nodiscard]] Regex derive(Regex regex, std::uint8_t byte);
  [[nodiscard]] Regex derive_sequence(Regex regex, std::uint8_t byte);
  [[nodiscard]] Regex derive_set(const Node& node, std::uint8_t byte);
  // Bytes at which the derivative may change, against the byte before.
  [[nodiscard]] ByteSet borders(Regex regex) const;

  std::vector<Node> nodes_;
  std::vector<Regex> children_;
  std::vector<ByteSet> sets_;
  std::vector<std::unique_ptr<Row>> rows_;  // by node
  std::vector<Life> life_;                  // by node
  std::vector<std::uint8_t> asked_;         // by node: bytes in steps_
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_hash_;
  std::unordered_map<std::uint64_t, Regex> within_;
  std::unordered_map<std::uint64_t, Regex> steps_;  // next(), where there is no row
  std::array<std::string, 8> witnesses_;            // texts that were found to match something; the oldest goes
  std::size_t witnesses_kept_ = 0;
  std::size_t cells_ = 0;
};

}  // namespace puna
