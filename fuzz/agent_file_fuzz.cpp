// Any text as an agent file or a skill: read with what they promise, or refused.
#include <cstdint>
#include <string_view>

#include "input.h"
#include "puna/chat.h"
#include "puna/tools/agent_files.h"
#include "puna/tools/skills.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = puna::fuzz::text_of(data, size);
  const auto agent = puna::parse_agent_file(text, "a.md");
  if (agent) {
    PUNA_CHECK(puna::is_tool_name(agent->name), "an agent has a tool's name");
    PUNA_CHECK(!agent->description.empty() && !agent->description.contains('\n'), "its description is one line");
    PUNA_CHECK(agent->turns_max.value_or(1) > 0 && agent->seconds_max.value_or(1) > 0, "limits are not nothing");
  } else {
    PUNA_CHECK(agent.error().code == puna::ErrorCode::corrupt, "a bad file is corrupt");
    PUNA_CHECK(agent.error().message.starts_with("a.md: "), "the message names the file");
  }
  const auto skill = puna::parse_skill(text, "SKILL.md");
  PUNA_CHECK(skill || skill.error().code == puna::ErrorCode::corrupt, "a bad skill is corrupt");
  return 0;
}
