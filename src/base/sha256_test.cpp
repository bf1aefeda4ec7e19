#include "puna/base/sha256.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "puna/base/seam.h"

namespace puna {
namespace {

TEST(Sha256, GivesWhatTheStandardSays) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  std::set<std::string> seen;  // around the ends of blocks
  for (std::size_t size = 50; size < 140; ++size) {
    EXPECT_TRUE(seen.insert(sha256_hex(std::string(size, 'x'))).second) << size;
  }
}

TEST(Sha256, IsTheSameHoweverTheBytesArrive) {
  Random random(7);
  std::string text(5'000, '\0');
  std::ranges::generate(text, [&random] { return static_cast<char>(random.next()); });
  for (int round = 0; round < 50; ++round) {
    Sha256 hash;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t piece = std::min<std::size_t>(random.next() % 200, text.size() - at);
      hash.add(std::string_view(text).substr(at, piece));
      at += piece;
      EXPECT_EQ(hash.hex().size(), 64U);  // asking changes nothing
    }
    EXPECT_EQ(hash.hex(), sha256_hex(text));
  }
}

TEST(Sha256, OfAFile) {
  std::string pattern = (std::filesystem::temp_directory_path() / "puna-hash-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path folder = pattern;
  const std::string text(std::size_t{3} << 20U | 5U, 'x');  // more than it reads at once
  std::ofstream(folder / "file", std::ios::binary) << text;
  std::ofstream(folder / "empty");
  EXPECT_EQ(sha256_of_file(folder / "file").value(), sha256_hex(text));
  EXPECT_EQ(sha256_of_file(folder / "empty").value(), sha256_hex(""));
  for (const char* name : {"missing", "."}) {
    const auto hash = sha256_of_file(folder / name);
    ASSERT_FALSE(hash.has_value()) << name;
    EXPECT_EQ(hash.error().code, ErrorCode::io);
    EXPECT_TRUE(hash.error().message.contains(name)) << hash.error().message;
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace puna
