// Appends the parts of the head to strings and joins them.
#include "engine/gguf_writer.h"

#include "puna/base/error.h"
#include "puna/base/format.h"

namespace puna::engine {
namespace {

void append_text(std::string& bytes, std::string_view text) {
  append_bytes<std::uint64_t>(bytes, text.size());
  bytes += text;
}

}  // namespace

void GgufWriter::begin(std::string_view key, GgufType type) {
  append_text(entries_, key);
  append_bytes(entries_, static_cast<std::uint32_t>(type));
  ++entry_count_;
}

void GgufWriter::begin_array(std::string_view key, GgufType type, std::uint64_t count) {
  begin(key, GgufType::array);
  append_bytes(entries_, static_cast<std::uint32_t>(type));
  append_bytes(entries_, count);
}

void GgufWriter::number(std::string_view key, std::uint32_t value) {
  begin(key, GgufType::u32);
  append_bytes(entries_, value);
}

void GgufWriter::real(std::string_view key, float value) {
  begin(key, GgufType::f32);
  append_bytes(entries_, value);
}

void GgufWriter::boolean(std::string_view key, bool value) {
  begin(key, GgufType::boolean);
  append_bytes<std::uint8_t>(entries_, value ? 1 : 0);
}

void GgufWriter::text(std::string_view key, std::string_view value) {
  begin(key, GgufType::string);
  append_text(entries_, value);
}

void GgufWriter::numbers(std::string_view key, std::span<const std::int32_t> values) {
  begin_array(key, GgufType::i32, values.size());
  for (const std::int32_t value : values) {
    append_bytes(entries_, value);
  }
}

void GgufWriter::reals(std::string_view key, std::span<const float> values) {
  begin_array(key, GgufType::f32, values.size());
  for (const float value : values) {
    append_bytes(entries_, value);
  }
}

void GgufWriter::texts(std::string_view key, std::span<const std::string> values) {
  begin_array(key, GgufType::string, values.size());
  for (const std::string& value : values) {
    append_text(entries_, value);
  }
}

std::uint64_t GgufWriter::tensor(std::string_view name, std::span<const std::uint64_t> sizes, const TensorType& type) {
  PUNA_CHECK(!sizes.empty() && sizes.front() % type.block_values == 0,
             format_text("{}: rows of {} are whole blocks", name, type.name));
  append_text(tensors_, name);
  append_bytes(tensors_, static_cast<std::uint32_t>(sizes.size()));
  std::uint64_t values = 1;
  for (const std::uint64_t size : sizes) {
    append_bytes(tensors_, size);
    values *= size;
  }
  append_bytes(tensors_, type.id);
  append_bytes(tensors_, data_bytes_);
  ++tensor_count_;
  const std::uint64_t bytes = values / type.block_values * type.block_bytes;
  data_bytes_ += bytes + gguf_padding(bytes);
  return bytes;
}

std::string GgufWriter::head() const {
  std::string bytes = "GGUF";
  append_bytes<std::uint32_t>(bytes, 3);
  append_bytes(bytes, tensor_count_);
  append_bytes(bytes, entry_count_);
  bytes += entries_;
  bytes += tensors_;
  bytes.append(gguf_padding(bytes.size()), '\0');
  return bytes;
}

}  // namespace puna::engine
