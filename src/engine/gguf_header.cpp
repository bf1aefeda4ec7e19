// The reader: fixed part, key-value entries, tensor descriptions, then one check that the file holds every tensor.
#include "engine/gguf_header.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <unordered_set>

#include "engine/gguf_cursor.h"
#include "engine/gguf_types.h"

namespace puna::engine {
namespace {

constexpr std::uint64_t kEntryBytesMin = 8 + 4 + 1;           // key length, type, one byte of value
constexpr std::uint64_t kTensorBytesMin = 8 + 4 + 8 + 4 + 8;  // name length, dimensions, one size, type, offset
constexpr std::uint64_t kEntriesMax = 65'536;
constexpr std::uint64_t kTensorsMax = 1'048'576;
constexpr std::uint64_t kGgufKeyBytesMax = 65'535;
constexpr std::uint64_t kAlignmentMax = 1'048'576;
constexpr std::uint32_t kDimensionsMax = 4;
constexpr std::uint64_t kValuesMax = std::uint64_t{1} << 48;  // in one tensor: far beyond any model, far below overflow
constexpr std::array<std::uint8_t, 13> kTypeBytes = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

Result<GgufType> read_type(GgufCursor& cursor, std::string_view what) {
  PUNA_TRY(const auto type, cursor.number<std::uint32_t>(what));
  if (type >= kTypeBytes.size()) {
    return corrupt_gguf(format_text("{} has the unknown type {}", what, type));
  }
  return static_cast<GgufType>(type);
}

Result<GgufValue> read_scalar(GgufCursor& cursor, GgufType type, std::string_view what) {
  const auto wrap = [](auto result, auto convert) -> Result<GgufValue> {
    if (!result) {
      return std::unexpected(std::move(result).error());
    }
    return GgufValue(convert(*result));
  };
  const auto as_unsigned = [](auto value) { return std::uint64_t{value}; };
  const auto as_signed = [](auto value) { return std::int64_t{value}; };
  switch (type) {
    case GgufType::u8:
      return wrap(cursor.number<std::uint8_t>(what), as_unsigned);
    case GgufType::u16:
      return wrap(cursor.number<std::uint16_t>(what), as_unsigned);
    case GgufType::u32:
      return wrap(cursor.number<std::uint32_t>(what), as_unsigned);
    case GgufType::u64:
      return wrap(cursor.number<std::uint64_t>(what), as_unsigned);
    case GgufType::i8:
      return wrap(cursor.number<std::int8_t>(what), as_signed);
    case GgufType::i16:
      return wrap(cursor.number<std::int16_t>(what), as_signed);
    case GgufType::i32:
      return wrap(cursor.number<std::int32_t>(what), as_signed);
    case GgufType::i64:
      return wrap(cursor.number<std::int64_t>(what), as_signed);
    case GgufType::f32:
      return wrap(cursor.number<float>(what), [](float value) { return double{value}; });
    case GgufType::f64:
      return wrap(cursor.number<double>(what), [](double value) { return value; });
    case GgufType::boolean:
      return wrap(cursor.number<std::uint8_t>(what), [](std::uint8_t value) { return value != 0; });
    case GgufType::string:
      return wrap(cursor.string(what), [](std::string_view value) { return std::string(value); });
    case GgufType::array:
      break;
  }
  return corrupt_gguf(format_text("{} is an array inside an array", what));
}

bool is_integer(GgufType type) {
  return type != GgufType::f32 && type != GgufType::f64 && type != GgufType::boolean && type != GgufType::string &&
         type != GgufType::array;
}

Result<GgufValue> read_array(GgufCursor& cursor, std::string_view what) {
  GgufArray array;
  PUNA_TRY(array.type, read_type(cursor, what));
  PUNA_TRY(array.count, cursor.number<std::uint64_t>(what));
  if (array.type == GgufType::array) {
    return corrupt_gguf(format_text("{} is an array inside an array", what));
  }
  const std::uint64_t item_bytes =
      array.type == GgufType::string ? 8 : kTypeBytes[static_cast<std::size_t>(array.type)];
  if (array.count > cursor.left_in_file() / item_bytes) {
    return corrupt_gguf(format_text("{} claims {} items and the file has only {} more bytes", what, array.count,
                                    cursor.left_in_file()));
  }
  array.offset = cursor.position();
  if (array.type == GgufType::string) {
    for (std::uint64_t i = 0; i < array.count; ++i) {
      PUNA_TRY(const std::string_view item, cursor.string(what));
      static_cast<void>(item);
    }
    return array;
  }
  if (!is_integer(array.type) || array.count > kGgufArrayNumbersKept) {
    PUNA_TRY(const auto items, cursor.take(array.count * item_bytes, what));
    static_cast<void>(items);
    return array;
  }
  array.numbers.reserve(array.count);
  for (std::uint64_t i = 0; i < array.count; ++i) {
    PUNA_TRY(const GgufValue value, read_scalar(cursor, array.type, what));
    const auto* positive = std::get_if<std::uint64_t>(&value);
    array.numbers.push_back(positive != nullptr ? static_cast<std::int64_t>(*positive) : std::get<std::int64_t>(value));
  }
  return array;
}

// The counts of tensors and entries.
struct Counts {
  std::uint64_t tensors = 0;
  std::uint64_t entries = 0;
};

Result<Counts> read_fixed_part(GgufCursor& cursor, GgufHeader& header) {
  PUNA_TRY(const auto magic, cursor.take(4, "the GGUF mark"));
  if (std::memcmp(magic.data(), "GGUF", 4) != 0) {
    return fail(ErrorCode::corrupt, "the file does not begin with \"GGUF\"", "give a model in GGUF format");
  }
  PUNA_TRY(header.version, cursor.number<std::uint32_t>("the version"));
  if ((header.version & 0xFFFFU) == 0 && header.version != 0) {
    return fail(ErrorCode::corrupt, "the file was written for a big-endian machine", "convert it to little-endian");
  }
  if (header.version < 2 || header.version > 3) {
    return fail(ErrorCode::corrupt, format_text("GGUF version {} is not known (2 and 3 are)", header.version),
                "convert the model again with a current converter");
  }
  Counts counts;
  PUNA_TRY(counts.tensors, cursor.number<std::uint64_t>("the tensor count"));
  PUNA_TRY(counts.entries, cursor.number<std::uint64_t>("the entry count"));
  if (counts.tensors > kTensorsMax || counts.tensors > cursor.left_in_file() / kTensorBytesMin) {
    return corrupt_gguf(format_text("{} tensors cannot be in a file of this size", counts.tensors));
  }
  if (counts.entries > kEntriesMax || counts.entries > cursor.left_in_file() / kEntryBytesMin) {
    return corrupt_gguf(format_text("{} metadata entries cannot be in a file of this size", counts.entries));
  }
  return counts;
}

Result<void> read_entries(GgufCursor& cursor, std::uint64_t count, GgufHeader& header) {
  std::unordered_set<std::string_view> keys;
  for (std::uint64_t i = 0; i < count; ++i) {
    PUNA_TRY(const std::string_view key, cursor.string("a metadata key"));
    if (key.empty() || key.size() > kGgufKeyBytesMax || key.contains('\0')) {
      return corrupt_gguf(format_text("metadata key number {} is empty, too long or holds a zero byte", i + 1));
    }
    const std::string what = format_text("\"{}\"", key.substr(0, 80));
    if (!keys.insert(key).second) {
      return corrupt_gguf(format_text("the metadata key {} occurs twice", what));
    }
    PUNA_TRY(const GgufType type, read_type(cursor, what));
    PUNA_TRY(GgufValue value, type == GgufType::array ? read_array(cursor, what) : read_scalar(cursor, type, what));
    header.entries.emplace_back(std::string(key), std::move(value));
  }
  const GgufValue* alignment = header.find("general.alignment");
  if (alignment != nullptr) {
    const auto* value = std::get_if<std::uint64_t>(alignment);
    if (value == nullptr || !std::has_single_bit(*value) || *value > kAlignmentMax) {
      return corrupt_gguf("\"general.alignment\" is not a power of two up to 1,048,576");
    }
    header.alignment = *value;
  }
  return {};
}

// One tensor's description. Returns its bytes; `end` is the end of the tensors before it, from the data's start.
Result<std::uint64_t> read_tensor(GgufCursor& cursor, GgufHeader& header, std::uint64_t& end,
                                  std::unordered_set<std::string_view>& names, const TensorType** type_out) {
  PUNA_TRY(const std::string_view name, cursor.string("a tensor name"));
  const std::string what = format_text("tensor \"{}\"", name.substr(0, 80));
  if (name.empty() || name.size() > 63 || name.contains('\0') || !names.insert(name).second) {
    return corrupt_gguf(format_text("{}: the name is empty, too long or used twice", what));
  }
  PUNA_TRY(const auto dimensions, cursor.number<std::uint32_t>(what));
  if (dimensions < 1 || dimensions > kDimensionsMax) {
    return corrupt_gguf(format_text("{} has {} dimensions (1 to 4 are allowed)", what, dimensions));
  }
  std::uint64_t values = 1;
  std::uint64_t row = 0;
  for (std::uint32_t d = 0; d < dimensions; ++d) {
    PUNA_TRY(const auto size, cursor.number<std::uint64_t>(what));
    if (size == 0 || size > kValuesMax / values) {
      return corrupt_gguf(format_text("{} has an impossible size {} in dimension {}", what, size, d));
    }
    values *= size;
    row = d == 0 ? size : row;
  }
  PUNA_TRY(const auto type_id, cursor.number<std::uint32_t>(what));
  const TensorType* type = tensor_type(type_id);
  if (type == nullptr) {
    return fail(ErrorCode::corrupt, format_text("{} has the unknown type {}", what, type_id),
                "the file is damaged, or needs a newer version of this program");
  }
  if (row % type->block_values != 0) {
    return corrupt_gguf(format_text("{}: rows of {} values are not whole blocks of {}", what, row, type->name));
  }
  PUNA_TRY(const auto offset, cursor.number<std::uint64_t>(what));
  if (offset % header.alignment != 0 || offset < end) {
    return corrupt_gguf(format_text("{} begins at {}, which is unaligned or inside another tensor", what, offset));
  }
  const std::uint64_t bytes = values / type->block_values * type->block_bytes;
  if (offset > kValuesMax * 16 || bytes > kValuesMax * 16) {
    return corrupt_gguf(format_text("{} has an impossible place {}", what, offset));
  }
  end = offset + bytes;
  header.parameters += values;
  *type_out = type;
  return bytes;
}

Result<GgufHeader> read_header(GgufCursor& cursor, std::uint64_t file_bytes) {
  GgufHeader header;
  PUNA_TRY(const Counts counts, read_fixed_part(cursor, header));
  PUNA_TRY_VOID(read_entries(cursor, counts.entries, header));

  std::unordered_set<std::string_view> names;
  std::map<std::string_view, std::uint64_t> bytes_by_type;
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < counts.tensors; ++i) {
    const TensorType* type = nullptr;
    PUNA_TRY(const std::uint64_t bytes, read_tensor(cursor, header, end, names, &type));
    bytes_by_type[type->name] += bytes;
    header.weights_bytes += bytes;
  }
  header.tensors = counts.tensors;
  header.data_offset = (cursor.position() + header.alignment - 1) / header.alignment * header.alignment;
  if (counts.tensors > 0 && (header.data_offset > file_bytes || end > file_bytes - header.data_offset)) {
    return fail(ErrorCode::corrupt,
                format_text("the tensors end at byte {} and the file has only {} bytes: it was cut short",
                            header.data_offset + end, file_bytes),
                "download or copy the file again");
  }
  const auto largest = std::ranges::max_element(bytes_by_type, {}, [](const auto& entry) { return entry.second; });
  header.largest_type = largest == bytes_by_type.end() ? std::string_view{} : largest->first;
  return header;
}

}  // namespace

const GgufValue* GgufHeader::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, [](const auto& entry) -> std::string_view { return entry.first; });
  return found == entries.end() ? nullptr : &found->second;
}

Result<std::optional<GgufHeader>> parse_gguf_header(std::span<const std::byte> head, std::uint64_t file_bytes) {
  if (file_bytes == 0) {
    return fail(ErrorCode::corrupt, "the file is empty", "download or copy the file again");
  }
  head = head.first(std::min<std::uint64_t>(head.size(), file_bytes));
  GgufCursor cursor(head, file_bytes);
  Result<GgufHeader> header = read_header(cursor, file_bytes);
  if (header) {
    return *std::move(header);
  }
  if (!cursor.needs_more()) {
    return std::unexpected(std::move(header).error());
  }
  if (head.size() >= kGgufHeaderBytesMax) {
    return fail(ErrorCode::limit, format_text("the header is larger than {} bytes", kGgufHeaderBytesMax),
                "this is no model that Puna can load");
  }
  return std::optional<GgufHeader>{};
}

std::string_view gguf_array_string(std::span<const std::byte> head, const GgufArray& array, std::uint64_t index) {
  if (array.type != GgufType::string || index >= array.count || array.offset > head.size()) {
    return {};
  }
  GgufCursor cursor(head.subspan(array.offset), head.size() - array.offset);
  for (std::uint64_t i = 0; i < index; ++i) {
    if (!cursor.string("an item")) {
      return {};
    }
  }
  return cursor.string("an item").value_or(std::string_view{});
}

}  // namespace puna::engine
