// Rules of the Toolbox: nothing that a model or a tool does wrong is more than an observation.
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "puna/tools.h"

namespace puna {
namespace {

class LambdaTool final : public Tool {
 public:
  using Body = std::function<ToolResult(const Json&, const std::stop_token&)>;
  LambdaTool(ToolSpec spec, Body body) : spec_(std::move(spec)), body_(std::move(body)) {}
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override { return body_(arguments, stop); }

 private:
  ToolSpec spec_;
  Body body_;
};

Json text_schema() {
  return Json::object({{"type", "object"},
                       {"properties", Json::object({{"text", Json::object({{"type", "string"}})}})},
                       {"required", Json::array({"text"})}});
}

std::unique_ptr<Tool> tool(std::string name, LambdaTool::Body body, Json schema = text_schema()) {
  return std::make_unique<LambdaTool>(
      ToolSpec{.name = std::move(name), .description = "A tool.", .parameters = std::move(schema)}, std::move(body));
}

std::unique_ptr<Tool> echo(std::string name = "echo") {
  return tool(std::move(name), [](const Json& arguments, const std::stop_token&) {
    return ToolResult{.content = std::string(arguments.text_or("text"))};
  });
}

// A box with `echo` and one tool whose body is given.
Toolbox box_with(LambdaTool::Body body) {
  Toolbox box;
  EXPECT_TRUE(box.add(echo()));
  EXPECT_TRUE(box.add(tool("subject", std::move(body))));
  return box;
}

ToolResult run_subject(LambdaTool::Body body) {
  Toolbox box = box_with(std::move(body));
  return box.run({.id = "1", .name = "subject", .arguments = Json::object({{"text", "x"}})});
}

TEST(Toolbox, RunsTheToolThatTheCallNames) {
  Toolbox box;
  ASSERT_TRUE(box.add(echo("first")));
  ASSERT_TRUE(box.add(echo("second")));
  EXPECT_EQ(box.run({.name = "second", .arguments = Json::object({{"text", "hello"}})}),
            (ToolResult{.content = "hello"}));
}

TEST(Toolbox, ListsSpecsInTheOrderOfAdding) {
  Toolbox box;
  ASSERT_TRUE(box.add(echo("zebra")));
  ASSERT_TRUE(box.add(echo("ant")));
  const auto specs = box.specs();
  ASSERT_EQ(specs.size(), 2U);
  EXPECT_EQ(specs[0].name, "zebra");
  EXPECT_EQ(specs[1].name, "ant");
}

TEST(Toolbox, AnUnknownToolIsAnObservationThatNamesTheTools) {
  Toolbox box;
  EXPECT_EQ(box.run({.name = "foo"}).content, "error: unknown tool 'foo'. There are no tools.");
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(box.add(echo(name)));
  }
  EXPECT_EQ(box.run({.name = "foo", .arguments = Json::object()}),
            (ToolResult{.content = "error: unknown tool 'foo'. Tools: a, b, c.", .is_error = true}));
  EXPECT_EQ(box.run({.name = "A\n\xff"}).content, "error: unknown tool 'A?\uFFFD'. Tools: a, b, c.");
  EXPECT_LT(box.run({.name = std::string(1'000'000, 'n')}).content.size(), 300U);
}

TEST(Toolbox, BadArgumentsAreAnObservationAndTheToolDoesNotRun) {
  bool ran = false;
  Toolbox box = box_with([&ran](const Json&, const std::stop_token&) {
    ran = true;
    return ToolResult{};
  });
  const ToolResult missing = box.run({.name = "subject", .arguments = Json::object()});
  EXPECT_TRUE(missing.is_error);
  EXPECT_TRUE(missing.content.starts_with("error: ")) << missing.content;
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "'text' is missing", missing.content);
  for (const Json& wrong : {Json(), Json("text"), Json(1), Json::array({"x"}), Json::object({{"text", 7}})}) {
    const ToolResult result = box.run({.name = "subject", .arguments = wrong});
    EXPECT_TRUE(result.is_error) << wrong.dump();
    EXPECT_TRUE(result.content.starts_with("error: ")) << result.content;
  }
  EXPECT_FALSE(ran);
}

TEST(Toolbox, SeveralViolationsAreJoinedOnOneLine) {
  Json properties = Json::object();
  Json required = Json::array();
  for (int i = 0; i < 12; ++i) {
    const std::string name = "a" + std::to_string(i);
    properties.set(name, Json::object({{"type", "string"}}));
    required.push(name);
  }
  Toolbox box;
  ASSERT_TRUE(box.add(tool(
      "many", [](const Json&, const std::stop_token&) { return ToolResult{}; },
      Json::object({{"type", "object"}, {"properties", properties}, {"required", required}}))));
  const std::string text = box.run({.name = "many", .arguments = Json::object()}).content;
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "'a0' is missing; ", text);
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "'a7' is missing; and 4 more", text);
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(Toolbox, AToolThatThrowsIsAnObservation) {
  EXPECT_EQ(
      run_subject([](const Json&, const std::stop_token&) -> ToolResult { throw std::runtime_error("disk on fire"); }),
      (ToolResult{.content = "error: the tool failed: disk on fire", .is_error = true}));
  EXPECT_EQ(run_subject([](const Json&, const std::stop_token&) -> ToolResult { throw 7; }),
            (ToolResult{.content = "error: the tool failed", .is_error = true}));
  EXPECT_TRUE(run_subject([](const Json&, const std::stop_token&) -> ToolResult { throw std::bad_alloc(); }).is_error);
}

TEST(Toolbox, AResultThatIsTooLongIsCutInTheMiddle) {
  const ToolResult result = run_subject([](const Json&, const std::stop_token&) {
    return ToolResult{.content = "head" + std::string(10 * kObservationBytesMax, '.') + "tail"};
  });
  EXPECT_LE(result.content.size(), kObservationBytesMax);
  EXPECT_TRUE(result.content.starts_with("head"));
  EXPECT_TRUE(result.content.ends_with("tail"));
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "bytes left out", result.content);
  EXPECT_FALSE(result.is_error);
}

TEST(Toolbox, AResultThatIsNotUtf8IsMadeValid) {
  const ToolResult result =
      run_subject([](const Json&, const std::stop_token&) { return ToolResult{.content = "caf\xe9"}; });
  EXPECT_EQ(result, (ToolResult{.content = "caf\uFFFD"}));
}

TEST(Toolbox, EveryFailureStartsWithError) {
  const auto failing = [](const std::string& text) {
    return run_subject(
               [text](const Json&, const std::stop_token&) { return ToolResult{.content = text, .is_error = true}; })
        .content;
  };
  EXPECT_EQ(failing("no luck"), "error: no luck");
  EXPECT_EQ(failing("error: no luck"), "error: no luck");
}

TEST(Toolbox, TheToolGetsTheCallersStopToken) {
  std::stop_source stop;
  stop.request_stop();
  Toolbox box = box_with([](const Json&, const std::stop_token& token) {
    return ToolResult{.content = token.stop_requested() ? "stopped" : "running"};
  });
  const ToolCall call{.name = "subject", .arguments = Json::object({{"text", "x"}})};
  EXPECT_EQ(box.run(call, stop.get_token()).content, "stopped");
  EXPECT_EQ(box.run(call).content, "running");
}

TEST(Toolbox, AToolWithoutASchemaTakesAnObject) {
  Toolbox box;
  ASSERT_TRUE(
      box.add(tool("plain", [](const Json&, const std::stop_token&) { return ToolResult{.content = "ran"}; }, Json())));
  EXPECT_EQ(box.run({.name = "plain", .arguments = Json::object()}).content, "ran");
  EXPECT_TRUE(box.run({.name = "plain", .arguments = Json("x")}).is_error);
}

TEST(Toolbox, RefusesNamesThatExistOrAreNotAllowed) {
  Toolbox box;
  ASSERT_TRUE(box.add(echo()));
  for (const std::string& name : {std::string("echo"), std::string(), std::string("two words"), std::string("a\nb"),
                                  std::string("\u00e9"), std::string(65, 'a')}) {
    const auto added = box.add(echo(name));
    ASSERT_FALSE(added) << name;
    EXPECT_EQ(added.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_TRUE(box.add(echo(std::string(64, 'a'))));
  EXPECT_EQ(box.specs().size(), 2U);
  EXPECT_FALSE(box.add(nullptr));
}

TEST(Toolbox, RefusesASchemaThatCannotBecomeAGrammar) {
  Toolbox box;
  const auto added = box.add(tool(
      "odd", [](const Json&, const std::stop_token&) { return ToolResult{}; },
      Json::object({{"type", "object"}, {"$ref", "#/elsewhere"}})));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::invalid_argument);
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "tool 'odd'", added.error().message);
  EXPECT_TRUE(box.specs().empty());
}

TEST(Toolbox, AMovedBoxKeepsItsTools) {
  Toolbox first;
  ASSERT_TRUE(first.add(echo()));
  Toolbox second = std::move(first);
  EXPECT_EQ(second.run({.name = "echo", .arguments = Json::object({{"text", "x"}})}).content, "x");
}

}  // namespace
}  // namespace puna
