// Templates for models that bring none, written here from the formats' public descriptions.
//
// Source: chatml, the message format of OpenAI's "Chat Markup Language" document; llama-2 and llama-3, the prompt
// formats in Meta's model cards. generic is plain text with speaker names, for models that were trained on no chat
// format.
#include <array>
#include <utility>

#include "puna/chat/template.h"

namespace puna {
namespace {

constexpr std::string_view kChatml = R"({%- for message in messages -%}
  {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|im_start|>assistant\n' -}}
{%- endif -%}
)";

constexpr std::string_view kLlama2 = R"({%- set state = namespace(system='') -%}
{%- for message in messages -%}
  {%- if message.role == 'system' -%}
    {%- if not loop.first -%}
      {{- raise_exception('the system message must come first') -}}
    {%- endif -%}
    {%- set state.system = '<<SYS>>\n' + message.content + '\n<</SYS>>\n\n' -%}
  {%- elif message.role == 'user' -%}
    {%- if loop.previtem and loop.previtem.role == 'user' -%}
      {{- raise_exception('two user messages in a row') -}}
    {%- endif -%}
    {{- bos_token + '[INST] ' + state.system + message.content + ' [/INST]' -}}
    {%- set state.system = '' -%}
  {%- elif message.role == 'assistant' -%}
    {{- ' ' + message.content + ' ' + eos_token -}}
  {%- else -%}
    {{- raise_exception('no form for the role ' + message.role) -}}
  {%- endif -%}
{%- endfor -%}
)";

constexpr std::string_view kLlama3 = R"({{- bos_token -}}
{%- for message in messages -%}
  {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' + message.content | trim + '<|eot_id|>' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' -}}
{%- endif -%}
)";

constexpr std::string_view kGeneric = R"({{- bos_token -}}
{%- for message in messages -%}
  {%- if message.role == 'system' -%}
    {{- message.content + '\n\n' -}}
  {%- elif message.role == 'user' -%}
    {{- 'User: ' + message.content + '\n\n' -}}
  {%- elif message.role == 'assistant' -%}
    {{- 'Assistant: ' + message.content + eos_token + '\n\n' -}}
  {%- else -%}
    {{- raise_exception('no form for the role ' + message.role) -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- 'Assistant:' -}}
{%- endif -%}
)";

constexpr std::array kTemplates = {
    std::pair{std::string_view("chatml"), kChatml}, std::pair{std::string_view("llama-2"), kLlama2},
    std::pair{std::string_view("llama-3"), kLlama3}, std::pair{std::string_view("generic"), kGeneric}};

}  // namespace

std::vector<std::string_view> built_in_template_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, text] : kTemplates) {
    names.push_back(name);
  }
  return names;
}

Result<std::string> built_in_template(std::string_view name) {
  std::string known;
  for (const auto& [candidate, text] : kTemplates) {
    if (candidate == name) {
      return std::string(text);
    }
    known += (known.empty() ? "" : ", ") + std::string(candidate);
  }
  return fail(ErrorCode::not_found, format_text("no built-in chat template is named '{}'", printable(name)),
              format_text("built in are {}", known));
}

}  // namespace puna
