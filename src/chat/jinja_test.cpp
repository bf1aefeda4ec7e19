// The Jinja engine behind its bounds: it renders, it fails with words and a place, and no template ends the process.
#include "chat/jinja.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/test_rounds.h"
#include "chat/jinja_guard.h"

namespace puna {
namespace {

const Json kVariables = Json::object({{"name", "Ada"}, {"list", Json::array({1, 2, 3})}});

std::string rendered(std::string_view source, std::optional<std::chrono::year_month_day> today = {}) {
  const Result<Jinja> jinja = Jinja::parse(source);
  EXPECT_TRUE(jinja) << (jinja ? "" : jinja.error().message);
  const Result<std::string> text = jinja ? jinja->render(kVariables, today) : Result<std::string>("");
  EXPECT_TRUE(text) << (text ? "" : text.error().message);
  return text.value_or("");
}

// The error of parsing or of rendering, whichever comes.
Error failure(std::string_view source, const RenderBounds& bounds = {}) {
  const Result<Jinja> jinja = Jinja::parse(source);
  if (!jinja) {
    return jinja.error();
  }
  const Result<std::string> text = jinja->render(kVariables, {}, bounds);
  EXPECT_FALSE(text) << source;
  return text ? Error{} : text.error();
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += text;
  }
  return out;
}

TEST(Jinja, RendersVariablesLoopsAndFilters) {
  EXPECT_EQ(rendered("Hi {{ name | upper }}{% for i in list %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}"),
            "Hi ADA1,2,3");
  EXPECT_EQ(rendered("a {#- note\n two -#} b"), "ab");
  EXPECT_EQ(rendered("a {# - #} b"), "a  b");
  EXPECT_EQ(rendered("{{ 7 % 2 }}{{ 8 // 2 }}{{ range(3) | join('') }}"), "14012");
}

TEST(Jinja, WhiteSpaceIsReadAsJinjaReadsIt) {
  EXPECT_EQ(rendered("a:\n    {{ name }}\n"), "a:\n    Ada") << "an expression keeps its indent";
  EXPECT_EQ(rendered("a:\n    {% if name %}\n\t{{ name }}\n    {% endif %}b"), "a:\n\tAda\nb") << "a block does not";
  EXPECT_EQ(rendered("a {%- if name -%}\n    {{ name }}{% endif %}"), "aAda") << "what a dash removes is removed";
  EXPECT_EQ(rendered("a\n    {{- name }}"), "aAda");
  EXPECT_EQ(rendered("a\r\n{% if name %}\r\nb\r{% endif %}c"), "a\nb\nc") << "every line end is a newline";
}

TEST(Jinja, JsonMayBeToldToKeepItsCharacters) {
  EXPECT_EQ(rendered("{{ list | tojson(ensure_ascii=False) }}{{ list | tojson(indent=None, ensure_ascii=false) }}"),
            "[1, 2, 3][1, 2, 3]");
  EXPECT_FALSE(failure("{{ list | tojson(wrong=1) }}").message.empty());
}

TEST(Jinja, TheDateIsGivenAndNeverTheClocks) {
  const std::chrono::year_month_day day = std::chrono::year(2024) / 2 / 29;
  EXPECT_EQ(rendered("{{ strftime_now('%d %B %Y, %A, day %j, %H:%M') }}", day),
            "29 February 2024, Thursday, day 060, 00:00");
  EXPECT_EQ(rendered("{{ 'yes' if strftime_now is defined else 'no' }}"), "no");
}

TEST(Jinja, FailureNamesTheCauseAndThePlace) {
  const Error refused = failure("ok\n{{ raise_exception('only two roles') }}");
  EXPECT_EQ(refused.code, ErrorCode::invalid_argument);
  EXPECT_TRUE(refused.message.contains("only two roles")) << refused.message;
  EXPECT_TRUE(refused.message.contains("row 2")) << refused.message;
  EXPECT_TRUE(failure("{# a\n\n #}\n{% if %}").message.contains("row 4"));
  for (const std::string_view source : {"{{", "{% if name %}", "{% endfor %}", "{{ name.x.y }}", "{# never closed",
                                        "{{ 'no end }}", "{{ nobody() }}", "{{ name | nofilter }}", "\xff"}) {
    EXPECT_EQ(failure(source).code, ErrorCode::invalid_argument) << source;
    EXPECT_FALSE(failure(source).message.empty()) << source;
  }
}

TEST(Jinja, RefusesWhatTheEngineDoesNotSurvive) {
  for (const std::string_view source :
       {"{{ 1 % 0 }}", "{{ 1 // list[5] }}", "{{ 1 / 0 }}", "{{ 1 % 0.5 }}", "{{ name.split('') }}",
        "{{ name.split( \"\" ) }}", "{{ name[0:100:2] }}", "{{ name[ : 9 : 2] }}",
        "{% for x in list %}{{ loop.cycle(1, 2) }}{{ loop.cycle(1) }}{% endfor %}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set l = [1, 2] %}{% for x in l if l.append(x) is none %}{% endfor %}",
        "{% set d = {'a': 1, 'b': 2} %}{% for k in d if d . pop(k) %}{% endfor %}"}) {
    EXPECT_EQ(failure(source).code, ErrorCode::invalid_argument) << source;
  }
}

TEST(Jinja, WhatOnlyARenderCanTellIsRefusedThen) {
  for (const std::string_view source :
       {"{% set e = '' %}{{ 'ab'.split(e) }}", "{{ 'ab'.split('' ~ '') }}", "{{ 'ab'.replace('', 'x', -1) }}",
        "{{ 'ab'.split(                                                                               '' ~ '') }}",
        "{% macro f(g, caller) %}{{ g(g, 1) }}{% endmacro %}{{ f(f, 1) }}",
        "{% macro f(g) -%} {% set caller = 1 %}{{ g(g) }}{% endmacro %}{{ f(f) }}"}) {
    EXPECT_FALSE(failure(source).message.empty()) << source;
  }
  EXPECT_EQ(rendered("{{ 'a,b;c'.split(',')[1].split( ';' )[0] }}{{ 'aba'.replace('a', ('x', 'y')[1]) }}"), "byby");
  EXPECT_EQ(rendered("{{ 'a,b'.split([',', ';'][0])[1] }}{{ name.replace('A', name.replace('A', '')) }}"), "bdada");
  EXPECT_EQ(rendered("a\n{% macro f(x) %}\n{{ x }}\n{%- endmacro %}{% macro g(x) -%}\n {{ x }}{% endmacro %}\n"
                     "{{ f(1) }}{{ g(2) }}"),
            "a\n12");
}

TEST(Jinja, SlicesThatAreSafeStayAllowed) {
  EXPECT_EQ(rendered("{{ name[::-1] }}{{ name[1:] }}{{ list[1:3] | join(',') }}{{ {'a': name[::2]}['a'] }}"),
            "adAda2,3Aa");
}

TEST(Jinja, SizeAndNestingOfTheSourceAreBounded) {
  const std::vector<std::string> sources = {
      std::string(kTemplateBytesMax + 1, 'x'),
      "{{" + std::string(20'000, '(') + "1",
      "{{ " + repeated("not ", 5000) + "name }}",
      "{{ name" + repeated(" + name", 5000) + " }}",
      "{{ name" + repeated(" | trim", 5000) + " }}",
      "{{ " + std::string(10'000, 'a') + " }}",
      "{{" + std::string(10'000, ' ') + "name }}",
      std::string(10'000, ' ') + "{{- name }}",
      repeated("{% if name %}", 1000) + repeated("{% endif %}", 1000),
  };
  for (const std::string& source : sources) {
    EXPECT_EQ(failure(source).code, ErrorCode::limit) << source.substr(0, 60);
  }
  EXPECT_EQ(rendered("{#" + std::string(60'000, 'x') + "#}{{ name }}"), "Ada");
}

TEST(Jinja, TheLargestAllowedShapesParse) {
  EXPECT_EQ(rendered(std::string(static_cast<std::size_t>(kTemplateSpaceRunMax), ' ') + "{{- name }}"), "Ada");
  EXPECT_EQ(rendered("{{" + std::string(kTemplateTagBytesMax - 10, ' ') + "name }}"), "Ada");
  EXPECT_EQ(rendered("{{ name" + repeated(" | trim", kTemplateOperatorsMax) + " }}"), "Ada");
  EXPECT_EQ(rendered("{{ " + repeated("(", kTemplateBracketsDeepMax) + "name" +
                     repeated(")", kTemplateBracketsDeepMax) + " }}"),
            "Ada");
  const auto deep = static_cast<std::size_t>(kTemplateBlocksDeepMax);
  EXPECT_EQ(rendered(repeated("{% if name %}", deep) + "{{ name }}" + repeated("{% endif %}", deep)), "Ada");
}

TEST(Jinja, WorkAndOutputOfARenderAreBounded) {
  const RenderBounds small{.lookups_max = 10'000, .bytes_max = 10'000};
  for (const std::string_view source :
       {"{{ range(1000000000) }}", "{{ range(1, 0, 0) }}", "{{ range(0, 9223372036854775807) }}",
        "{% for i in range(1000) %}{% for j in range(1000) %}{% set x = name %}{% endfor %}{% endfor %}",
        "{% for i in range(1000) %}0123456789012345678901234567890{% endfor %}",
        "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}"}) {
    EXPECT_EQ(failure(source, small).code, ErrorCode::limit) << source;
  }
  EXPECT_EQ(failure("{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}").code, ErrorCode::limit);
}

TEST(Jinja, RandomDamageToATemplateNeverEndsTheProcess) {
  const std::string source =
      "{%- set ns = namespace(x=1) %}{% for m in list %}{% if m % 2 == 0 and name[0] != 'x' %}{{ m | string + "
      "name[1:2] }}"
      "{% elif not m is defined %}{% else %}{{- {'a': [m, name]} | tojson(indent=2) }}{% endif %}{% endfor %}{# c #}"
      "{% macro f(a, b='q') %}{{ a ~ b }}{% endmacro %}{{ f(name) }}";
  Random random(3);
  int parsed = 0;
  for (int round = 0; round < test::rounds(2000); ++round) {
    std::string damaged = source;
    for (std::uint64_t i = 1 + random.next() % 3; i > 0; --i) {
      const std::size_t at = random.next() % damaged.size();
      const std::size_t length = random.next() % 6;
      const std::size_t from = random.next() % damaged.size();
      random.next() % 2 == 0 ? damaged.erase(at, length) : damaged.insert(at, damaged.substr(from, length));
    }
    const Result<Jinja> jinja = Jinja::parse(damaged);
    parsed += jinja ? 1 : 0;
    if (jinja) {
      static_cast<void>(jinja->render(kVariables, {}, {.lookups_max = 10'000, .bytes_max = 10'000}));
    }
  }
  EXPECT_GT(parsed, test::rounds(100));
}

}  // namespace
}  // namespace puna
