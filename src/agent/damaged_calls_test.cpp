// Ten thousand valid calls, damaged, through the parser and the loop. Nothing throws, every run goes on to its answer,
// a call that a tool gets fits its schema, and damage of the kinds that leave one reading is undone exactly.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <ranges>

#include "agent/test_kit.h"
#include "base/test_rounds.h"

namespace puna::agent {
namespace {

constexpr int kCalls = test::rounds(10'000);

// Takes one argument of each kind and keeps what it was given.
class KeepTool final : public Tool {
 public:
  explicit KeepTool(std::vector<Json>& kept) : kept_(kept) {}
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token /*stop*/) override {
    kept_.push_back(arguments);
    return {.content = "kept"};
  }

 private:
  std::vector<Json>& kept_;
  const ToolSpec spec_{.name = "keep",
                       .description = "Keep a note.",
                       .parameters = *Json::parse(R"({"type": "object", "required": ["text", "count"],
                           "additionalProperties": false, "properties": {
                           "text": {"type": "string"}, "count": {"type": "integer"}, "sure": {"type": "boolean"},
                           "tags": {"type": "array", "items": {"type": "string"}},
                           "place": {"type": "object", "properties": {"x": {"type": "number"}}}}})")};
};

enum class Damage : std::uint8_t {
  // One reading is left.
  brackets_lost,
  bracket_too_many,
  comma_too_many,
  single_quotes,
  bare_keys,
  python_words,
  control_characters,
  fence,
  arguments_as_text,
  other_keys,
  types_as_text,
  one_tag,
  // The meaning may be gone.
  cut,
  cut_before_the_end_mark,
  byte_lost,
  byte_added,
  byte_changed,
  backslash_lost,
  count
};
constexpr std::array<const char*, static_cast<std::size_t>(Damage::count)> kNames = {
    "brackets lost",  "a bracket too many",  "commas too many", "single quotes",      "bare keys",
    "Python's words", "control characters",  "a code fence",    "arguments as text",  "other keys",
    "types as text",  "one item for a list", "cut anywhere",    "cut, end mark kept", "a byte lost",
    "a byte added",   "a byte changed",      "a backslash lost"};

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  Json arguments() {
    Json made = Json::object({{"text", text()}, {"count", static_cast<std::int64_t>(random_.next() % 2'000) - 1'000}});
    if (coin()) {
      made.set("sure", coin());
    }
    if (coin()) {
      Json tags = Json::array();
      for (std::uint64_t i = random_.next() % 3; i > 0; --i) {
        tags.push(text());
      }
      made.set("tags", std::move(tags));
    }
    if (coin()) {
      made.set("place", Json::object({{"x", static_cast<double>(random_.next() % 1'000) / 8}}));
    }
    return made;
  }

  // The call as text, damaged; `arguments` is changed where the kind needs it.
  std::string damaged(Damage damage, Json& arguments) {
    if (damage == Damage::one_tag) {
      arguments.set("tags", Json::array({text()}));
    }
    std::string body = Json::object({{"name", "keep"}, {"arguments", arguments}}).dump();
    switch (damage) {
      case Damage::brackets_lost:
        return tagged(body.substr(0, body.size() - 1 - random_.next() % 2));
      case Damage::bracket_too_many:
        return tagged(body + (coin() ? "}" : "]"));
      case Damage::comma_too_many:
        return tagged(body.substr(0, body.size() - 2) + ",}}");
      case Damage::single_quotes:
      case Damage::bare_keys:
      case Damage::python_words:
      case Damage::control_characters:
        return tagged(rewritten(Json::object({{"name", "keep"}, {"arguments", arguments}}), damage));
      case Damage::fence:
        return tagged("\n```json\n" + body + "\n```\n");
      case Damage::arguments_as_text:
        return tagged(Json::object({{"name", "keep"}, {"arguments", arguments.dump()}}).dump());
      case Damage::other_keys:
        return tagged(
            Json::object({{coin() ? "tool" : "function", "keep"}, {coin() ? "args" : "input", arguments}}).dump());
      case Damage::types_as_text:
      case Damage::one_tag:
        return tagged(Json::object({{"name", "keep"}, {"arguments", retyped(arguments)}}).dump());
      default:
        return broken(body, damage);
    }
  }

  Damage damage() { return static_cast<Damage>(random_.next() % static_cast<std::uint64_t>(Damage::count)); }

 private:
  bool coin() { return random_.next() % 2 == 0; }
  std::size_t below(std::size_t count) { return random_.next() % count; }

  std::string text() {
    constexpr std::array<std::string_view, 16> kPieces = {"a",  "it's", "\"", "\\", "\n", "\t", " ",    "ü",
                                                          "😀", "{",    "}",  "]",  ",",  ":",  "True", "5"};
    std::string made;
    for (std::size_t i = below(8); i > 0; --i) {
      made += kPieces[below(kPieces.size())];
    }
    return made;
  }
  static std::string tagged(std::string_view body) { return "<tool_call>" + std::string(body) + "</tool_call>"; }

  std::string broken(std::string body, Damage damage) {
    const std::size_t at = below(body.size());
    switch (damage) {
      case Damage::cut:
        return "<tool_call>" + body.substr(0, at);
      case Damage::cut_before_the_end_mark:
        return tagged(body.substr(0, at));
      case Damage::byte_lost:
        return tagged(body.erase(at, 1));
      case Damage::byte_added:
        return tagged(body.insert(at, 1, "\"'{}[],:\\a0 "[below(12)]));
      case Damage::byte_changed:
        body[at] = "\"'{}[],:\\a0 "[below(12)];
        return tagged(body);
      default:
        if (const std::size_t backslash = body.find('\\'); backslash != std::string::npos) {
          body.erase(backslash, 1);
        }
        return tagged(body);
    }
  }

  // The value in the spelling of a careless writer.
  std::string rewritten(const Json& value, Damage damage) {
    const auto all = [&](const auto& items, char open, char close, const auto& one) {
      std::string made(1, open);
      for (const auto& item : items) {
        made += (made.size() > 1 ? ", " : "") + one(item);
      }
      return made + close;
    };
    if (value.is_object()) {
      return all(value.as_object(), '{', '}', [&](const Json::Member& member) {
        const std::string key = damage == Damage::bare_keys ? member.key : rewritten(member.key, damage);
        return key + ": " + rewritten(member.value, damage);
      });
    }
    if (value.is_array()) {
      return all(value.as_array(), '[', ']', [&](const Json& item) { return rewritten(item, damage); });
    }
    if (value.is_bool() && damage == Damage::python_words) {
      return value.as_bool() ? "True" : "False";
    }
    if (!value.is_string() || (damage != Damage::single_quotes && damage != Damage::control_characters)) {
      return value.dump();
    }
    const std::string plain = value.dump();
    std::string made;
    for (std::size_t i = 1; i + 1 < plain.size(); ++i) {
      const std::string_view rest = std::string_view(plain).substr(i);
      if (damage == Damage::control_characters && (rest.starts_with("\\n") || rest.starts_with("\\t"))) {
        made += plain[++i] == 'n' ? '\n' : '\t';
      } else if (rest.front() == '\\') {  // any other escape stays whole
        made += plain.substr(i++, 2);
      } else {
        made += damage == Damage::single_quotes && rest.front() == '\'' ? "\\'" : std::string(1, rest.front());
      }
    }
    const char quote = damage == Damage::single_quotes ? '\'' : '"';
    return quote + made + quote;
  }

  static Json retyped(const Json& arguments) {
    Json made = arguments;
    for (Json::Member& member : made.as_object()) {
      const Json& value = member.value;
      if (value.is_array() && value.as_array().size() == 1) {
        member.value = Json(value.as_array().front());
      } else if (!value.is_string() && !value.is_array()) {
        member.value = value.dump();
      }
    }
    return made;
  }

  Random random_;
};

struct Tally {
  int same = 0;      // the tool got what was meant
  int part = 0;      // ... some of it, and nothing else
  int other = 0;     // ... something else
  int observed = 0;  // no call, or one that was refused: the model was told
  int repaired = 0;
  int repaired_to_other = 0;
};

// All of `some` is in `all`, at its place; with `any_number`, a number counts as any other.
bool is_part(const Json& some, const Json& all, bool any_number) {
  if (some.is_object() && all.is_object()) {
    return std::ranges::all_of(some.as_object(), [&](const Json::Member& member) {
      const Json* whole = all.find(member.key);
      return whole != nullptr && is_part(member.value, *whole, any_number);
    });
  }
  if (some.is_array() && all.is_array()) {
    const auto count = std::min(some.as_array().size(), all.as_array().size());
    const auto first = all.as_array() | std::views::take(static_cast<std::ptrdiff_t>(count));
    return some.as_array().size() == count && std::ranges::equal(some.as_array(), first);
  }
  return some == all || (any_number && some.is_number() && all.is_number());
}

// One damaged call, read and run; the model answers then.
void run_one(const std::string& text, const Json& meant, std::vector<Json>& kept, Toolbox& tools, Tally& tally) {
  ReplyParser parser(generic_reply_format(), {.tools = tools.specs()});
  static_cast<void>(parser.feed(text));
  ParsedReply read = parser.finish();
  const ScriptedReply reply{.message = {.content = read.content, .calls = read.calls},
                            .malformed_calls = read.malformed_calls,
                            .repairs = read.repairs};
  const auto model = ScriptedModel::create({reply, says("Done."), says("Done.")}, 100'000);
  Transcript transcript = task("Keep it.");
  EventLines events;
  HandClock clock;
  AgentOptions options;
  options.clock = &clock;
  kept.clear();
  const auto end = resume(*model, tools, transcript, options, events);
  ASSERT_TRUE(end) << text << ": " << end.error().message;
  ASSERT_EQ(end->reason, StopReason::answered) << text;
  ASSERT_TRUE(is_whole(transcript)) << text;
  ASSERT_LE(kept.size(), 1U) << text;
  for (const Json& arguments : kept) {
    ASSERT_EQ(schema_violations(tools.specs().front().parameters, arguments), std::vector<std::string>()) << text;
  }
  const bool was_repaired =
      std::ranges::any_of(events.lines, [](const auto& line) { return line.starts_with("notice: repaired "); });
  tally.repaired += was_repaired && !kept.empty() ? 1 : 0;
  if (kept.empty()) {
    // The model is told, or what it wrote was no call at all and went out as its answer.
    ++tally.observed;
  } else if (kept.front() == meant) {
    ++tally.same;
  } else {
    ++(is_part(kept.front(), meant, false) ? tally.part : tally.other);
    tally.repaired_to_other += was_repaired ? 1 : 0;
  }
}

TEST(DamagedCalls, TenThousandEndInTheirMeaningOrInAnObservation) {
  std::vector<Json> kept;
  Toolbox tools;
  ASSERT_TRUE(tools.add(std::make_unique<KeepTool>(kept)));
  std::map<Damage, Tally> tallies;
  Maker maker(4);
  for (int i = 0; i < kCalls; ++i) {
    const Damage damage = maker.damage();
    Json arguments = maker.arguments();
    const std::string text = maker.damaged(damage, arguments);
    Tally& tally = tallies[damage];
    const Tally before = tally;
    run_one(text, arguments, kept, tools, tally);
    if (HasFatalFailure()) {
      return;
    }
    if (damage < Damage::cut) {
      EXPECT_EQ(tally.same, before.same + 1) << text << "\nmeant: " << arguments.dump();
    }
    if (damage == Damage::cut) {
      EXPECT_EQ(tally.other, 0) << text;
    }
    if (damage == Damage::cut_before_the_end_mark && !kept.empty()) {
      EXPECT_TRUE(is_part(kept.front(), arguments, true)) << text;  // a number may have lost digits
    }
    if (damage > Damage::cut_before_the_end_mark) {
      EXPECT_EQ(tally.repaired_to_other, before.repaired_to_other) << text;
    }
  }
  for (const auto& [damage, tally] : tallies) {
    std::printf("%-20s same %4d, part %3d, other %3d, observed %4d; repaired %4d, of them not the same %3d\n",
                kNames[static_cast<std::size_t>(damage)], tally.same, tally.part, tally.other, tally.observed,
                tally.repaired, tally.repaired_to_other);
  }
}

TEST(DamagedCalls, WhatWasRepairedIsSaidAndShownToTheModelRepaired) {
  std::vector<Json> kept;
  Toolbox tools;
  ASSERT_TRUE(tools.add(std::make_unique<KeepTool>(kept)));
  ReplyParser parser(generic_reply_format(), {.tools = tools.specs()});
  static_cast<void>(parser.feed("<tool_call>{'name': 'keep', 'arguments': {'text': 'a', 'count': '5'}}</tool_call>"));
  const ParsedReply read = parser.finish();
  const auto model =
      ScriptedModel::create({{.message = {.calls = read.calls}, .repairs = read.repairs}, says("Done.")});
  Transcript transcript = task("Keep it.");
  EventLines events;
  ASSERT_TRUE(resume(*model, tools, transcript, {}, events));
  EXPECT_EQ(kept, std::vector{*Json::parse(R"({"text": "a", "count": 5})")});
  EXPECT_EQ(transcript[2].calls.at(0).arguments, kept.at(0));
  EXPECT_EQ(std::ranges::count(events.lines, "notice: repaired a call of keep: single quotes"), 1);
  EXPECT_EQ(std::ranges::count(events.lines, "notice: repaired a call of keep: the types of its arguments"), 1);
}

TEST(DamagedCalls, WhatCannotBeRepairedIsToldToTheModelAndNotShownAsItsOwnWords) {
  std::vector<Json> kept;
  Toolbox tools;
  ASSERT_TRUE(tools.add(std::make_unique<KeepTool>(kept)));
  const std::string call =
      "<tool_call>{\"name\": \"keep\", \"arguments\": {\"text\": \"it\"s\", \"count\": 1}}</tool_call>";
  ReplyParser parser(generic_reply_format(), {.tools = tools.specs()});
  static_cast<void>(parser.feed("So: " + call));
  const ParsedReply read = parser.finish();
  const auto model = ScriptedModel::create(
      {{.message = {.content = read.content}, .malformed_calls = read.malformed_calls}, says("Done.")});
  Transcript transcript = task("Keep it.");
  EventLines events;
  ASSERT_TRUE(resume(*model, tools, transcript, {}, events));
  EXPECT_TRUE(kept.empty());
  const auto second = model->requests().at(1).messages;
  EXPECT_EQ(second.at(2).content, "So: (a tool call that was not valid)");
  EXPECT_EQ(second.at(3).role, Role::user);
  EXPECT_TRUE(second.at(3).content.starts_with("error: this is not a valid tool call: " + call));
}

}  // namespace
}  // namespace puna::agent
