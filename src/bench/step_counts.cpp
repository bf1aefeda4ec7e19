#include "bench/step_counts.h"

namespace puna::bench {

Result<StepCounts> parse_step_counts(std::string_view line) {
  PUNA_TRY(const Json json, Json::parse(line));
  StepCounts counts;
  const auto read = [&json](const char* key, std::int64_t& value) {
    const Json* found = json.find(key);
    const bool good = found != nullptr && found->is_integer() && found->as_integer() >= 0;
    value = good ? found->as_integer() : 0;
    return good;
  };
  if (!read("steps", counts.steps) || !read("allocations", counts.allocations) || !read("locks", counts.locks)) {
    return fail(ErrorCode::corrupt, format_text("the step counter said: {}", utf8::truncate(line, 200)));
  }
  return counts;
}

}  // namespace puna::bench
