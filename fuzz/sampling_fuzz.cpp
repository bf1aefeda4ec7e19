// Any bytes as sampling parameters, a JSON object or lines of name=value: parameters or a refusal with a text. What is
// in force can be asked for again, as it is and as JSON, and gives itself.
#include <algorithm>

#include "input.h"
#include "puna/engine/sampling.h"

namespace puna {
namespace {

Result<Sampling> read(std::string_view text) {
  if (text.starts_with('{')) {
    PUNA_TRY(const Json object, Json::parse(text));
    return sampling_from(object);
  }
  Sampling sampling;
  while (!text.empty()) {
    const std::string_view line = fuzz::take_line(text);
    const std::size_t equals = std::min(line.find('='), line.size());
    PUNA_TRY_VOID(set_parameter(sampling, line.substr(0, equals), line.substr(std::min(equals + 1, line.size()))));
  }
  return sampling;
}

}  // namespace
}  // namespace puna

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto asked = puna::read(puna::fuzz::text_of(data, size));
  if (!asked) {
    PUNA_CHECK(!asked.error().message.empty(), "a refusal says why");
    return 0;
  }
  const auto in_force = puna::effective(*asked);
  if (!in_force) {
    PUNA_CHECK(!in_force.error().message.empty(), "a refusal says why");
    return 0;
  }
  PUNA_CHECK(puna::effective(*in_force) == in_force, "what is in force is in force");
  const auto again = puna::sampling_from(puna::to_json(*in_force));
  PUNA_CHECK(again.has_value() && *again == *in_force, "the echo can be read back");
  return 0;
}
