// Any bytes: JSON or a refusal; what was read prints to text that reads back as the same value and the same bytes.
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = puna::Json::parse(puna::fuzz::text_of(data, size));
  if (!value) {
    PUNA_CHECK(puna::utf8::is_valid(value.error().message), "the refusal is valid UTF-8");
    return 0;
  }
  const std::string printed = value->dump();
  const auto again = puna::Json::parse(printed);
  PUNA_CHECK(again.has_value(), "printed JSON is JSON");
  PUNA_CHECK(*again == *value, "printed JSON is the same value");
  PUNA_CHECK(again->dump() == printed, "equal values print equal bytes");
  const auto indented = puna::Json::parse(value->dump(2));
  PUNA_CHECK(indented.has_value() && *indented == *value, "indented JSON is the same value");
  return 0;
}
