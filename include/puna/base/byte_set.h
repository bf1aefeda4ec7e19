// A set of bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace puna {

class ByteSet {
 public:
  constexpr ByteSet() = default;
  // All bytes from `first` to `last`, both included.
  [[nodiscard]] static constexpr ByteSet range(std::uint8_t first, std::uint8_t last) {
    ByteSet set;
    for (unsigned byte = first; byte <= last; ++byte) {
      set.add(static_cast<std::uint8_t>(byte));
    }
    return set;
  }
  [[nodiscard]] static constexpr ByteSet all() { return range(0, 255); }
  [[nodiscard]] static constexpr ByteSet one(std::uint8_t byte) { return range(byte, byte); }

  constexpr void add(std::uint8_t byte) { words_[byte / 64] |= std::uint64_t{1} << (byte % 64); }
  [[nodiscard]] constexpr bool has(std::uint8_t byte) const { return (words_[byte / 64] >> (byte % 64) & 1) != 0; }
  [[nodiscard]] constexpr bool is_empty() const { return (words_[0] | words_[1] | words_[2] | words_[3]) == 0; }
  [[nodiscard]] constexpr int count() const {
    int sum = 0;
    for (const std::uint64_t word : words_) {
      sum += __builtin_popcountll(word);
    }
    return sum;
  }
  // The lowest byte. Requires not is_empty().
  [[nodiscard]] constexpr std::uint8_t first() const {
    unsigned word = 0;
    while (words_[word] == 0) {
      ++word;
    }
    return static_cast<std::uint8_t>(word * 64 + static_cast<unsigned>(__builtin_ctzll(words_[word])));
  }

  constexpr void remove(std::uint8_t byte) { words_[byte / 64] &= ~(std::uint64_t{1} << (byte % 64)); }
  // The bytes that are in it where the byte before is not, or the other way round. Nothing is before byte 0.
  [[nodiscard]] constexpr ByteSet borders() const {
    ByteSet found;
    std::uint64_t carried = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      found.words_[i] = words_[i] ^ ((words_[i] << 1U) | carried);
      carried = words_[i] >> 63U;
    }
    return found;
  }

  constexpr ByteSet& operator|=(const ByteSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      words_[i] |= other.words_[i];
    }
    return *this;
  }
  [[nodiscard]] friend constexpr ByteSet operator|(ByteSet a, const ByteSet& b) { return a |= b; }
  [[nodiscard]] friend constexpr ByteSet operator&(ByteSet a, const ByteSet& b) {
    for (std::size_t i = 0; i < a.words_.size(); ++i) {
      a.words_[i] &= b.words_[i];
    }
    return a;
  }
  [[nodiscard]] friend constexpr ByteSet operator~(ByteSet a) {
    for (std::uint64_t& word : a.words_) {
      word = ~word;
    }
    return a;
  }
  bool operator==(const ByteSet&) const = default;

  [[nodiscard]] constexpr std::uint64_t hash() const {
    std::uint64_t mixed = 0;
    for (const std::uint64_t word : words_) {
      mixed = (mixed ^ word) * 0x9E3779B97F4A7C15U;
      mixed ^= mixed >> 29U;
    }
    return mixed;
  }

 private:
  std::array<std::uint64_t, 4> words_{};
};

}  // namespace puna
