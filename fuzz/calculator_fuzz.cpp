// Any text as an expression: a number or a refusal, the same each time.
#include "input.h"
#include "puna/tools.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto calculator = puna::make_calculator();
  const auto arguments = puna::Json::object({{"expression", puna::utf8::sanitize(puna::fuzz::text_of(data, size))}});
  const puna::ToolResult result = calculator->run(arguments, {});
  PUNA_CHECK(!result.content.empty(), "there is always something to read");
  PUNA_CHECK(result.is_error == result.content.starts_with("error: "), "a failure says so");
  PUNA_CHECK(puna::utf8::is_valid(result.content), "the observation is valid UTF-8");
  PUNA_CHECK(calculator->run(arguments, {}) == result, "the same expression gives the same answer");
  return 0;
}
