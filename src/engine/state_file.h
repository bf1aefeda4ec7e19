// A saved state as a file: the tokens, the library's bytes, what they belong to, and a hash over all of it. Written
// under a temporary name and renamed; a damaged file or one of another model, cache or library is refused.
//
// Layout, little-endian: "PUNAKV01", u64 key bytes, u64 tokens, u64 state bytes, key, tokens (i32 each), state, u64
// XXH3 of everything in front of it. With a note: "PUNAKV02", u64 note bytes behind those of the state, and the note
// behind the state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file_calls.h"
#include "puna/engine/weights.h"

namespace puna::engine {

struct SavedState {
  std::vector<Token> tokens;
  std::vector<std::byte> bytes;
  std::string note;  // of whoever had it written; only in files
};

// key: says for which model, cache and library the bytes are; at most 4,096 bytes.
// Errors  io, not_found  the file cannot be written; nothing is left behind
[[nodiscard]] Result<void> write_state(const std::filesystem::path& file, std::string_view key, const SavedState& state,
                                       const FileCalls& calls = FileCalls::system());
// Errors  not_found, io     no such file, or it cannot be read
//         corrupt           not such a file, cut short, or its bytes changed
//         invalid_argument  of another model, cache or library; the message says both
//         limit             more than bytes_max bytes of tokens, state and note
//         those of admit, which is asked with that number before there is memory for them
[[nodiscard]] Result<SavedState> read_state(const std::filesystem::path& file, std::string_view key,
                                            std::uint64_t bytes_max,
                                            const std::function<Result<void>(std::uint64_t)>& admit = {});

// A number that differs for different models: of each of their files the size, and all bytes up to 64 MiB, or 1,024
// pieces of 64 KiB from the beginning to the end. Two files are taken for one only if they differ in small parts alone.
// Errors  not_found, io
[[nodiscard]] Result<std::uint64_t> fingerprint(std::span<const std::filesystem::path> files);

}  // namespace puna::engine
