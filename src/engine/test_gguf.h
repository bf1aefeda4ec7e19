// Test support: builds GGUF files in memory, right ones and every wrong one.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/gguf_header.h"

namespace puna::engine::test {

class GgufBytes {
 public:
  template <class T>
  GgufBytes& number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    return *this;
  }
  GgufBytes& string(std::string_view text) {
    number<std::uint64_t>(text.size());
    bytes_ += text;
    return *this;
  }
  GgufBytes& head(std::uint64_t tensors, std::uint64_t entries, std::uint32_t version = 3) {
    bytes_ += "GGUF";
    return number(version).number(tensors).number(entries);
  }
  template <class T>
  GgufBytes& entry(std::string_view key, GgufType type, T value) {
    string(key).number(static_cast<std::uint32_t>(type));
    return number(value);
  }
  GgufBytes& entry(std::string_view key, std::string_view text) {
    return string(key).number(static_cast<std::uint32_t>(GgufType::string)).string(text);
  }
  GgufBytes& strings(std::string_view key, const std::vector<std::string>& items) {
    string(key).number(static_cast<std::uint32_t>(GgufType::array));
    number(static_cast<std::uint32_t>(GgufType::string)).number<std::uint64_t>(items.size());
    for (const std::string& item : items) {
      string(item);
    }
    return *this;
  }
  template <class T>
  GgufBytes& numbers(std::string_view key, GgufType type, const std::vector<T>& items) {
    string(key).number(static_cast<std::uint32_t>(GgufType::array));
    number(static_cast<std::uint32_t>(type)).template number<std::uint64_t>(items.size());
    for (const T& item : items) {
      number(item);
    }
    return *this;
  }
  GgufBytes& tensor(std::string_view name, const std::vector<std::uint64_t>& sizes, std::uint32_t type,
                    std::uint64_t offset) {
    string(name).number(static_cast<std::uint32_t>(sizes.size()));
    for (const std::uint64_t size : sizes) {
      number(size);
    }
    return number(type).number(offset);
  }
  GgufBytes& data(std::size_t bytes, std::size_t alignment = 32) {
    bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment + bytes, '\0');
    return *this;
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

inline constexpr std::uint64_t kEntriesOfSmallModel = 13;

// A whole small model's header, with two tensors (256 F32 values, 64 Q8_0 values).
inline std::string small_model() {
  return GgufBytes()
      .head(2, kEntriesOfSmallModel)
      .entry("general.architecture", "llama")
      .entry("general.name", "small")
      .entry("general.file_type", GgufType::u32, std::uint32_t{7})
      .entry("llama.context_length", GgufType::u32, std::uint32_t{128})
      .entry("llama.block_count", GgufType::u32, std::uint32_t{2})
      .entry("llama.embedding_length", GgufType::u32, std::uint32_t{64})
      .entry("llama.attention.head_count", GgufType::u32, std::uint32_t{4})
      .numbers<std::int32_t>("llama.attention.head_count_kv", GgufType::i32, {2, 1})
      .entry("tokenizer.ggml.model", "gpt2")
      .strings("tokenizer.ggml.tokens", {"<s>", "</s>", "a"})
      .entry("tokenizer.ggml.bos_token_id", GgufType::u32, std::uint32_t{0})
      .entry("tokenizer.ggml.eos_token_id", GgufType::u32, std::uint32_t{1})
      .entry("tokenizer.chat_template", "{{ messages }}")
      .tensor("a", {16, 16}, 0, 0)
      .tensor("b", {64}, 8, 1024)
      .data(1024 + 68)
      .bytes();
}

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// A file that is removed again.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view bytes, std::string_view name = "model.gguf") {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-engine-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ / name;
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::filesystem::path path_;
};

}  // namespace puna::engine::test
