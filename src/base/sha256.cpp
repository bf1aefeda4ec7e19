// See sha256.h.
#include "puna/base/sha256.h"

#include <algorithm>
#include <bit>
#include <fstream>
#include <span>

#include "puna/base/format.h"

namespace puna {
namespace {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::array<std::uint32_t, 64> kRound{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

using State = std::array<std::uint32_t, 8>;

using Block = std::span<const char, 64>;

std::uint32_t word_at(Block block, std::size_t at) {
  const auto byte = [block, at](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(block[at + i])}; };
  return byte(0) << 24U | byte(1) << 16U | byte(2) << 8U | byte(3);
}

void mix_block(State& state, Block block) {
  std::array<std::uint32_t, 64> w;
  for (std::size_t i = 0; i < 16; ++i) {
    w[i] = word_at(block, 4 * i);
  }
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t a = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3U);
    const std::uint32_t b = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10U);
    w[i] = w[i - 16] + a + w[i - 7] + b;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  // Eight rounds change roles in place: moving every word along in each round takes a quarter longer.
  const auto round = [&w](std::size_t i, const std::uint32_t& a0, const std::uint32_t& b0, const std::uint32_t& c0,
                          std::uint32_t& d0, const std::uint32_t& e0, const std::uint32_t& f0, const std::uint32_t& g0,
                          std::uint32_t& h0) {
    const std::uint32_t one =
        h0 + (std::rotr(e0, 6) ^ std::rotr(e0, 11) ^ std::rotr(e0, 25)) + ((e0 & f0) ^ (~e0 & g0)) + kRound[i] + w[i];
    d0 += one;
    h0 = one + (std::rotr(a0, 2) ^ std::rotr(a0, 13) ^ std::rotr(a0, 22)) + ((a0 & b0) ^ (a0 & c0) ^ (b0 & c0));
  };
  for (std::size_t i = 0; i < 64; i += 8) {
    round(i, a, b, c, d, e, f, g, h);
    round(i + 1, h, a, b, c, d, e, f, g);
    round(i + 2, g, h, a, b, c, d, e, f);
    round(i + 3, f, g, h, a, b, c, d, e);
    round(i + 4, e, f, g, h, a, b, c, d);
    round(i + 5, d, e, f, g, h, a, b, c);
    round(i + 6, c, d, e, f, g, h, a, b);
    round(i + 7, b, c, d, e, f, g, h, a);
  }
  const State added{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) {
    state[i] += added[i];
  }
}

}  // namespace

void Sha256::add(std::string_view bytes) {
  bytes_ += bytes.size();
  if (rest_bytes_ > 0) {
    const std::size_t taken = std::min(kBlockBytes - rest_bytes_, bytes.size());
    std::ranges::copy(bytes.substr(0, taken), rest_.begin() + static_cast<std::ptrdiff_t>(rest_bytes_));
    rest_bytes_ += taken;
    bytes.remove_prefix(taken);
    if (rest_bytes_ < kBlockBytes) {
      return;
    }
    mix_block(state_, rest_);
    rest_bytes_ = 0;
  }
  while (bytes.size() >= kBlockBytes) {
    mix_block(state_, std::span(bytes).first<kBlockBytes>());
    bytes.remove_prefix(kBlockBytes);
  }
  std::ranges::copy(bytes, rest_.begin());
  rest_bytes_ = bytes.size();
}

void Sha256::finish() {
  const std::uint64_t bits = bytes_ * 8;
  constexpr std::size_t kBeforeLength = kBlockBytes - 8;
  std::string end(1, '\x80');
  end.resize(1 + (kBlockBytes + kBeforeLength - 1 - rest_bytes_) % kBlockBytes, '\0');
  for (int shift = 56; shift >= 0; shift -= 8) {
    end += static_cast<char>(bits >> static_cast<unsigned>(shift));
  }
  add(end);
}

std::string Sha256::hex() const {
  Sha256 whole = *this;
  whole.finish();
  std::string text;
  for (const std::uint32_t word : whole.state_) {
    text += format_text("{:08x}", word);
  }
  return text;
}

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.add(text);
  return hash.hex();
}

Result<std::string> sha256_of_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  Sha256 hash;
  std::string block(std::size_t{1} << 20U, '\0');
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    hash.add(std::string_view(block).substr(0, static_cast<std::size_t>(in.gcount())));
  }
  if (!in.eof() || in.bad()) {
    return fail(ErrorCode::io, format_text("'{}' cannot be read", file.string()), "check its permissions");
  }
  return hash.hex();
}

}  // namespace puna
