// Tests only: one small template for each way in which published models write calls, and what a test needs to put
// calls through them. The markup is the models'; the templates are ours.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "puna/chat.h"

namespace puna::testing {

struct Family {
  std::string_view name;
  std::string_view macros;
  std::string_view call;  // Jinja; `f` is the function, `c` the call
  std::string_view list_start;
  std::string_view separator;
  std::string_view list_end;
  std::string_view think_start = "<think>\n";
  std::string_view think_end = "\n</think>\n\n";
  bool is_invented = false;
};

#define PUNA_ARGS "{{ f['arguments'] | tojson }}"
#define PUNA_EACH "{% for k, v in f['arguments'].items() %}"
#define PUNA_RAW "{{ v if v is string else v | tojson }}"
inline std::vector<Family> families_a_to_g() {
  return {
      {.name = "DeepSeek V3",
       .call = "<｜tool▁call▁begin｜>{{ f['name'] }}<｜tool▁sep｜>" PUNA_ARGS "<｜tool▁call▁end｜>",
       .list_start = "<｜tool▁calls▁begin｜>",
       .list_end = "<｜tool▁calls▁end｜>"},
      {.name = "DeepSeek R1",
       .call =
           "<｜tool▁call▁begin｜>function<｜tool▁sep｜>{{ f['name'] }}\n```json\n" PUNA_ARGS "\n```<｜tool▁call▁end｜>",
       .list_start = "<｜tool▁calls▁begin｜>",
       .separator = "\n",
       .list_end = "<｜tool▁calls▁end｜>"},
      {.name = "GLM",
       .call = "<tool_call>{{ f['name'] }}\n" PUNA_EACH "<arg_key>{{ k }}</arg_key>\n<arg_value>" PUNA_RAW
               "</arg_value>\n{% endfor %}</tool_call>",
       .separator = "\n"},
      {.name = "Granite",
       .call = "{\"name\": \"{{ f['name'] }}\", \"arguments\": " PUNA_ARGS "}",
       .list_start = "<|tool_call|>[",
       .separator = ", ",
       .list_end = "]"},
      {.name = "Command-R",
       .call = "    {\n        \"tool_name\": \"{{ f['name'] }}\",\n        \"parameters\": " PUNA_ARGS "\n    }",
       .list_start = "\nAction:\n```json\n[\n",
       .separator = ",\n",
       .list_end = "\n]```\n"},
      {.name = "Command-A",
       .call =
           "    {\"tool_call_id\": \"{{ c['id'] }}\", \"tool_name\": \"{{ f['name'] }}\", \"parameters\": " PUNA_ARGS
           "}",
       .list_start = "<|START_ACTION|>[\n",
       .separator = ",\n",
       .list_end = "\n]<|END_ACTION|>",
       .think_start = "<|START_THINKING|>",
       .think_end = "<|END_THINKING|>"},
      {.name = "Functionary", .call = "<function={{ f['name'] }}>" PUNA_ARGS "</function>"},
      {.name = "Firefunction",
       .call = "{\"name\": \"{{ f['name'] }}\", \"arguments\": " PUNA_ARGS "}",
       .list_start = " functools[",
       .separator = ", ",
       .list_end = "]"},
      {.name = "Apertus",
       .call = "{\"{{ f['name'] }}\": " PUNA_ARGS "}",
       .list_start = "<|tools_prefix|>[",
       .separator = ", ",
       .list_end = "]<|tools_suffix|>",
       .think_start = "<|inner_prefix|>",
       .think_end = "<|inner_suffix|>"},
      {.name = "DeepSeek V3.2",
       .call = "<｜DSML｜invoke name=\"{{ f['name'] }}\">\n" PUNA_EACH
               "<｜DSML｜parameter name=\"{{ k }}\" string=\"{{ 'true' if v is string else 'false' }}\">" PUNA_RAW
               "</｜DSML｜parameter>\n{% endfor %}</｜DSML｜invoke>\n",
       .list_start = "\n\n<｜DSML｜function_calls>\n",
       .list_end = "</｜DSML｜function_calls>"},
  };
}

inline std::vector<Family> families_h_to_m() {
  return {
      {.name = "Hermes, Qwen",
       .call = "<tool_call>\n{\"name\": \"{{ f['name'] }}\", \"arguments\": " PUNA_ARGS "}\n</tool_call>",
       .separator = "\n"},
      {.name = "Llama 3", .call = "{\"name\": \"{{ f['name'] }}\", \"parameters\": " PUNA_ARGS "}"},
      {.name = "Mistral, list",
       .call = "{\"name\": \"{{ f['name'] }}\", \"arguments\": " PUNA_ARGS ", \"id\": \"{{ c['id'] }}\"}",
       .list_start = "[TOOL_CALLS][",
       .separator = ", ",
       .list_end = "]",
       .think_start = "[THINK]",
       .think_end = "[/THINK]"},
      {.name = "Mistral, names", .call = "[TOOL_CALLS]{{ f['name'] }}[ARGS]" PUNA_ARGS},
      {.name = "Mistral, names and ids", .call = "[TOOL_CALLS]{{ f['name'] }}[CALL_ID]{{ c['id'] }}[ARGS]" PUNA_ARGS},
      {.name = "Kimi",
       .call = "<|tool_call_begin|>functions.{{ f['name'] }}:{{ loop.index0 }}<|tool_call_argument_begin|>" PUNA_ARGS
               "<|tool_call_end|>",
       .list_start = "<|tool_calls_section_begin|>",
       .list_end = "<|tool_calls_section_end|>"},
      {.name = "MiniMax",
       .call = "<invoke name=\"{{ f['name'] }}\">\n" PUNA_EACH "<parameter name=\"{{ k }}\">" PUNA_RAW
               "</parameter>\n{% endfor %}</invoke>\n",
       .list_start = "\n<minimax:tool_call>\n",
       .list_end = "</minimax:tool_call>"},
      {.name = "LFM2",
       .call = "{{ f['name'] }}(" PUNA_EACH "{{ k }}={{ v | tojson }}{% if not loop.last %}, {% endif %}{% endfor %})",
       .list_start = "<|tool_call_start|>[",
       .separator = ", ",
       .list_end = "]<|tool_call_end|>"},
      {.name = "Llama 4",
       .call = "{{ f['name'] }}(" PUNA_EACH "{{ k }}={{ v | tojson }}{% if not loop.last %}, {% endif %}{% endfor %})",
       .list_start = "[",
       .separator = ", ",
       .list_end = "]"},
  };
}

inline std::vector<Family> families_n_to_z() {
  return {
      {.name = "Gemma 4",
       .macros =
           "{% macro value(v) %}{% if v is string %}<|\"|>{{ v }}<|\"|>{% elif v is mapping %}{{ '{' }}"
           "{% for n, w in v.items() %}{{ n }}:{{ value(w) }}{% if not loop.last %},{% endif %}{% endfor %}}"
           "{% elif v is iterable %}[{% for w in v %}{{ value(w) }}{% if not loop.last %},{% endif %}{% endfor %}]"
           "{% else %}{{ v | tojson }}{% endif %}{% endmacro %}",
       .call = "<|tool_call>call:{{ f['name'] ~ '{' }}" PUNA_EACH
               "{{ k }}:{{ value(v) }}{% if not loop.last %},{% endif %}{% endfor %}}<tool_call|>",
       .think_start = "<|channel>thought\n",
       .think_end = "<channel|>"},
      {.name = "Qwen-Coder",
       .call = "<tool_call>\n<function={{ f['name'] }}>\n" PUNA_EACH "<parameter={{ k }}>\n" PUNA_RAW
               "\n</parameter>\n{% endfor %}</function>\n</tool_call>",
       .separator = "\n"},
      {.name = "Phi",
       .call = "{\"name\": \"{{ f['name'] }}\", \"arguments\": " PUNA_ARGS "}",
       .list_start = "<|tool_call|>[",
       .separator = ", ",
       .list_end = "]<|/tool_call|>"},
      {.name = "Nemotron",
       .call = "{\"name\": \"{{ f['name'] }}\", \"arguments\": " PUNA_ARGS "}",
       .list_start = "<TOOLCALL>[",
       .separator = ", ",
       .list_end = "]</TOOLCALL>"},
      {.name = "Python tag",
       .call = "<|python_tag|>{{ f['name'] }}.call(" PUNA_EACH
               "{{ k }}={{ v | tojson }}{% if not loop.last %}, {% endif %}{% endfor %})"},
      {.name = "Seed-OSS",
       .call = "\n<seed:tool_call>\n<function={{ f['name'] }}>\n" PUNA_EACH "<parameter={{ k }}>" PUNA_RAW
               "</parameter>\n{% endfor %}</function>\n</seed:tool_call>",
       .think_start = "<seed:think>",
       .think_end = "</seed:think>"},
  };
}

inline std::vector<Family> invented_families() {
  return {
      {.name = "objects as OpenAI has them",
       .call =
           "<call>{\"id\": \"{{ c['id'] }}\", \"type\": \"function\", \"function\": {\"name\": \"{{ f['name'] }}\", "
           "\"arguments\": " PUNA_ARGS "}}</call>",
       .is_invented = true},
      {.name = "arguments as text",
       .call = "<call>{\"name\": \"{{ f['name'] }}\", \"arguments\": {{ f['arguments'] | tojson | tojson }}}</call>",
       .is_invented = true},
      {.name = "words for marks",
       .call = "@@call {{ f['name'] }} with " PUNA_ARGS " done@@",
       .separator = "\n",
       .is_invented = true},
      {.name = "keys in attributes",
       .call = "<do what=\"{{ f['name'] }}\">" PUNA_EACH "<with key=\"{{ k }}\">" PUNA_RAW "</with>{% endfor %}</do>",
       .list_start = "<plan>",
       .list_end = "</plan>",
       .think_start = "<hmm>",
       .think_end = "</hmm>",
       .is_invented = true},
  };
}
#undef PUNA_ARGS
#undef PUNA_EACH
#undef PUNA_RAW

inline const std::vector<Family>& families() {
  static const std::vector<Family> all = [] {
    std::vector<Family> joined = families_a_to_g();
    joined.append_range(families_h_to_m());
    joined.append_range(families_n_to_z());
    joined.append_range(invented_families());
    return joined;
  }();
  return all;
}

// A whole template in which calls look as the family's do.
inline std::string template_of(const Family& family) {
  std::string jinja(family.macros);
  jinja +=
      "{% if tools %}{{ tools | tojson }}\n{% endif %}{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
      "{% if m['reasoning_content'] %}";
  jinja += std::string(family.think_start) + "{{ m['reasoning_content'] }}" + std::string(family.think_end);
  jinja += "{% endif %}{{ m['content'] or '' }}{% if m['tool_calls'] %}" + std::string(family.list_start);
  jinja += "{% for c in m['tool_calls'] %}{% set f = c['function'] %}" + std::string(family.call);
  jinja += "{% if not loop.last %}{{ '" + std::string(family.separator == "\n"    ? "\\n"
                                                      : family.separator == ",\n" ? ",\\n"
                                                                                  : family.separator);
  jinja += "' }}{% endif %}{% endfor %}" + std::string(family.list_end);
  return jinja + "{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
}

inline std::unique_ptr<const ChatTemplate> chat_of(std::string jinja) {
  auto made = ChatTemplate::create({.jinja = std::move(jinja), .bos_text = "<s>", .eos_text = "</s>"});
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made ? *std::move(made) : nullptr;
}

inline const std::vector<ToolSpec>& offered() {
  static const std::vector<ToolSpec> specs = {
      {.name = "write_note",
       .description = "Writes a note.",
       .parameters = Json::parse(R"({"type": "object", "properties": {"text": {"type": "string"},
           "times": {"type": "integer"}, "pinned": {"type": "boolean"},
           "tags": {"type": "array", "items": {"type": "string"}}}, "required": ["text"]})")
                         .value()},
      {.name = "look",
       .description = "Looks at a place.",
       .parameters = Json::parse(R"({"type": "object",
           "properties": {"place": {"type": "string"}}})")
                         .value()}};
  return specs;
}

// Calls that are hard to write: quotes, lines, signs, text that looks like a number.
inline std::vector<ToolCall> hard_calls() {
  return {
      {.id = "call00001",
       .name = "write_note",
       .arguments =
           Json::parse(
               R"({"text": "Zwei \"Zeilen\"\n– ü, 東京 {[(<b>\\", "times": 3, "pinned": true, "tags": ["a b", "42"]})")
               .value()},
      {.id = "call00002", .name = "look", .arguments = Json::parse(R"({"place": "42"})").value()}};
}

// Channels, as OpenAI's harmony has them.
inline constexpr std::string_view kHarmony =
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}{% if m.role == 'assistant' %}"
    "{% if m.thinking %}<|start|>assistant<|channel|>analysis<|message|>{{ m.thinking }}<|end|>{% endif %}"
    "{% if m.tool_calls %}{% set f = m.tool_calls[0].function %}<|start|>assistant to=functions.{{ f.name }}<|channel|>"
    "commentary json<|message|>{{ f.arguments | tojson }}<|call|>{% else "
    "%}<|start|>assistant<|channel|>final<|message|>"
    "{{ m.content }}<|return|>{% endif %}{% else %}<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<|start|>assistant{% endif %}";

// What the template makes of the message as a reply: what stands behind the opened prompt, without the turn's end.
inline std::string reply_text(const ChatTemplate& chat, const Message& message, std::string_view turn_end) {
  const std::vector<Message> before = {{.role = Role::user, .content = "Go on."}};
  std::vector<Message> all = before;
  all.push_back(message);
  const std::chrono::year_month_day today = std::chrono::year(2025) / 1 / 2;
  const auto opened = chat.render_own({.messages = before, .tools = offered(), .today = today});
  const auto whole = chat.render_own({.messages = all, .tools = offered(), .today = today});
  if (!opened || !whole || !whole->text().starts_with(opened->text())) {
    return {};
  }
  const std::string rest = whole->text().substr(opened->text().size());
  return rest.substr(0, rest.find(turn_end));
}

}  // namespace puna::testing
