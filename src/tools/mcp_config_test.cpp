// Configuration files, framing, and a server's tools among an agent's.
#include <gtest/gtest.h>

#include "puna/tools/mcp.h"
#include "tools/json_rpc.h"

namespace puna {
namespace {

using tools::LineReader;
using tools::read_rpc;

std::optional<std::string> variable(const std::string& name) {
  const std::map<std::string, std::string> all{{"TOKEN", "t0k"}, {"NESTED", "${TOKEN}"}, {"EMPTY", ""}};
  const auto found = all.find(name);
  return found == all.end() ? std::nullopt : std::optional(found->second);
}
Result<std::vector<McpServerConfig>> read(std::string_view json) { return read_mcp_config(json, variable); }

TEST(McpConfig, FilesOfOtherProgramsAreRead) {
  const auto read_ones = read(R"({"other": 1, "mcpServers": {
      "files": {"command": "npx", "args": ["-y", "@scope/server", "/tmp", 3], "env": {"KEY": "${TOKEN}", "PORT": 80}, "cwd": "/srv"},
      "My Docs": {"type": "http", "url": "https://example.org/mcp", "headers": {"Authorization": "Bearer ${env:TOKEN}"}},
      "windsurf": {"serverUrl": "https://example.org/${MISSING:-default}/"},
      "gemini": {"httpUrl": "http://localhost:3000/mcp", "timeout": 5, "trust": true},
      "off": {"command": "x", "disabled": true}, "off too": {"enabled": false}}})");
  ASSERT_TRUE(read_ones) << read_ones.error().message;
  ASSERT_EQ(read_ones->size(), 4U);
  const auto& program = std::get<McpProgram>((*read_ones)[0].place);
  EXPECT_EQ(program.command, "npx");
  EXPECT_EQ(program.arguments, (std::vector<std::string>{"-y", "@scope/server", "/tmp", "3"}));
  EXPECT_EQ(program.environment.at("KEY").reveal(), "t0k");
  EXPECT_EQ(program.environment.at("PORT").reveal(), "80");
  EXPECT_EQ(program.folder, "/srv");
  const auto& address = std::get<McpAddress>((*read_ones)[1].place);
  EXPECT_EQ((*read_ones)[1].name, "My Docs");
  EXPECT_EQ(std::get<Secret>(address.headers.at(0).value).reveal(), "Bearer t0k");
  EXPECT_EQ(std::get<McpAddress>((*read_ones)[2].place).url, "https://example.org/default/");
  EXPECT_EQ(read(R"({"servers": {"vs": {"type": "stdio", "command": "x"}}})")->size(), 1U);
}

TEST(McpConfig, ValuesAreExpandedOnce) {
  const auto one =
      read(R"({"mcpServers": {"a": {"command": "${NESTED}${EMPTY}${MISSING:-}$HOME${", "args": ["${EMPTY:-x}"]}}})");
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(std::get<McpProgram>((*one)[0].place).command, "${TOKEN}$HOME${");
  EXPECT_EQ(std::get<McpProgram>((*one)[0].place).arguments.at(0), "");
}

TEST(McpConfig, MistakesNameTheServerAndTheMember) {
  for (const auto& [json, says] : std::vector<std::pair<std::string, std::string>>{
           {"{", "is no JSON"},
           {"[]", "has no \"mcpServers\""},
           {R"({"mcpServers": []})", "has no \"mcpServers\""},
           {R"({"mcpServers": {"a": 1}})", "'a': it must be an object"},
           {R"({"mcpServers": {"a": {}}})", "no \"command\" and no \"url\""},
           {R"({"mcpServers": {"a": {"command": "x", "url": "https://x.org"}}})", "both \"command\" and \"url\""},
           {R"({"mcpServers": {"a": {"command": ""}}})", "\"command\" is empty"},
           {R"({"mcpServers": {"a": {"command": ["x"]}}})", "\"command\" must be a text"},
           {R"({"mcpServers": {"a": {"command": "x", "args": "y"}}})", "\"args\" must be a list"},
           {R"({"mcpServers": {"a": {"command": "x\u0000y"}}})", "has a NUL"},
           {R"({"mcpServers": {"a": {"command": "x", "env": {"A=B": "c"}}}})", "no name of an environment variable"},
           {R"({"mcpServers": {"a": {"command": "x", "env": {"A": "${MISSING}"}}}})", "variable MISSING is not set"},
           {R"({"mcpServers": {"a": {"url": "file:///etc/passwd"}}})", "\"url\": "},
           {R"({"mcpServers": {"a": {"type": "sse", "url": "https://x.org"}}})", "(sse) is not supported"},
           {R"({"mcpServers": {"": {"command": "x"}}})", "a name has 1 to"},
           {R"({"mcpServers": {"a\nb": {"command": "x"}}})", "a name has 1 to"}}) {
    const auto failed = read(json);
    ASSERT_FALSE(failed) << json;
    EXPECT_EQ(failed.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(failed.error().message.find(says), std::string::npos) << json << ": " << failed.error().message;
    EXPECT_EQ(failed.error().message.find("t0k"), std::string::npos);
  }
}

TEST(JsonRpc, OnlyMessagesOfVersionTwoAreRead) {
  EXPECT_EQ(read_rpc(R"({"jsonrpc":"2.0","id":1,"result":null})")->kind, tools::RpcMessage::Kind::response);
  EXPECT_EQ(read_rpc(R"({"jsonrpc":"2.0","id":"a","method":"m"})")->kind, tools::RpcMessage::Kind::request);
  EXPECT_EQ(read_rpc(R"({"jsonrpc":"2.0","method":"m","params":[1]})")->kind, tools::RpcMessage::Kind::notification);
  const auto error = read_rpc(R"({"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"a\u001b[31m\nb"}})");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->error->message, "a\\x1b[31m b");
  for (const char* bad :
       {"", "1", "[]", "{}", R"({"jsonrpc":"1.0","id":1,"result":1})", R"({"jsonrpc":"2.0","id":1})",
        R"({"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1}})", R"({"jsonrpc":"2.0","result":1})",
        R"({"jsonrpc":"2.0","id":{},"result":1})", R"({"jsonrpc":"2.0","id":null,"method":"m"})",
        R"({"jsonrpc":"2.0","id":1.5,"method":"m"})", R"({"jsonrpc":"2.0","method":7})",
        R"({"jsonrpc":"2.0","id":1,"error":"no"})", R"([{"jsonrpc":"2.0","id":1,"result":1}])"}) {
    const auto read_one = read_rpc(bad);
    ASSERT_FALSE(read_one) << bad;
    EXPECT_EQ(read_one.error().code, ErrorCode::corrupt);
  }
}

template <class Reader>
std::vector<std::string> fed(std::string_view stream, std::size_t cut) {
  Reader reader(1'000);
  std::vector<std::string> all;
  EXPECT_TRUE(reader.feed(stream.substr(0, cut), all));
  EXPECT_TRUE(reader.feed(stream.substr(cut), all));
  return all;
}

TEST(JsonRpc, FramesAreTheSameWhereverTheyAreCut) {
  const std::string_view lines = "{\"a\":1}\n\n  \r\n{\"b\":\"é\"}\r\nhalf";
  for (std::size_t cut = 0; cut <= lines.size(); ++cut) {
    EXPECT_EQ(fed<LineReader>(lines, cut), (std::vector<std::string>{"{\"a\":1}", "{\"b\":\"é\"}\r"})) << cut;
  }
}

TEST(JsonRpc, FramesOverTheLimitAreRefused) {
  LineReader lines(10);
  std::vector<std::string> got;
  EXPECT_TRUE(lines.feed("0123456789\n01234", got));
  EXPECT_FALSE(lines.feed("567890", got));
}

TEST(McpTools, ResultsBecomeTextWhateverIsInThem) {
  const auto shown = [](std::string_view json, const Json& schema = Json()) {
    return mcp_observation(*Json::parse(json), schema);
  };
  EXPECT_EQ(shown(R"({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]})").content, "a\nb");
  EXPECT_EQ(shown(R"({"content": [{"type": "image", "mimeType": "image/png", "data": "AAAA"}]})").content,
            "[image image/png, 4 bytes in base64]");
  EXPECT_EQ(shown(R"({"content": [{"type": "resource", "resource": {"uri": "x:y", "text": "inner"}}]})").content,
            "inner");
  EXPECT_EQ(shown(R"({"content": [{"type": "resource_link", "uri": "x:y", "name": "n"}, 7, {"type": "\n"}]})").content,
            "[resource x:y: n]\n[ , 0 bytes in base64]\n[? , 0 bytes in base64]");
  EXPECT_EQ(shown(R"({"content": 3, "structuredContent": {"a": [1]}})").content, "{\"a\":[1]}");
  EXPECT_EQ(shown("{}").content, "(no content)");
  EXPECT_EQ(shown(R"({"isError": true})").content, "error: the tool failed");
  const Json schema =
      *Json::parse(R"({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})");
  EXPECT_EQ(shown(R"({"structuredContent": {"a": 1}})", schema).content, "{\"a\":1}");
  EXPECT_TRUE(shown(R"({"content": [], "structuredContent": {"a": "1"}})", schema).is_error);
  EXPECT_TRUE(shown(R"({"content": [{"type": "text", "text": "t"}]})", schema).is_error);
  EXPECT_EQ(shown(R"({"isError": true, "content": [{"type": "text", "text": "t"}]})", schema).content, "error: t");
}

class NamedServer final : public McpServer {
 public:
  explicit NamedServer(std::string name, std::vector<McpToolFacts> tools)
      : name_(std::move(name)), tools_(std::move(tools)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const McpServerFacts& facts() const override { return facts_; }
  [[nodiscard]] const std::vector<McpToolFacts>& tools() const override { return tools_; }
  [[nodiscard]] const std::vector<std::string>& problems() const override { return problems_; }
  [[nodiscard]] Result<Json> call(const std::string& tool, const Json& /*arguments*/,
                                  std::stop_token /*stop*/) override {
    return Json::object({{"content", Json::array({Json::object({{"type", "text"}, {"text", "called " + tool}})})}});
  }
  void close() override {}

 private:
  std::string name_;
  std::vector<McpToolFacts> tools_;
  McpServerFacts facts_;
  std::vector<std::string> problems_;
};

TEST(McpTools, NamesAreAllowedStableAndDistinct) {
  Toolbox box;
  std::vector<std::string> names;
  for (const std::string server : {"files", "my docs", "my_docs"}) {
    std::vector<McpToolFacts> facts;
    for (const std::string tool : {"read", "a b", "a.b", "größe"}) {
      facts.push_back({.name = tool, .input_schema = Json::object({{"type", "object"}})});
    }
    facts.push_back({.name = std::string(200, 'x'), .input_schema = Json::object({{"type", "object"}})});
    for (auto& tool : make_mcp_tools(std::make_shared<NamedServer>(server, facts))) {
      names.push_back(tool->spec().name);
      const auto added = box.add(std::move(tool));
      EXPECT_TRUE(added) << added.error().message;
    }
  }
  ASSERT_EQ(names.size(), 15U);
  EXPECT_EQ(names[0], "files__read");
  EXPECT_TRUE(names[1].starts_with("files__a_b_"));
  EXPECT_EQ(names[4].size(), 64U);
  EXPECT_EQ(box.run({.id = "1", .name = names[2], .arguments = Json::object()}).content, "called a.b");
}

TEST(McpTools, ABudgetShortensDescriptionsFirstAndDropsToolsLast) {
  const auto made = [] {
    std::vector<McpToolFacts> facts;
    for (int i = 0; i < 10; ++i) {
      facts.push_back({.name = format_text("tool{}", i),
                       .description = "Does one thing. " + std::string(400, 'x'),
                       .input_schema = *Json::parse(
                           R"({"type": "object", "properties": {"description": {"type": "string", "description": ")" +
                           std::string(200, 'y') + R"("}}, "required": ["description"]})")});
    }
    return make_mcp_tools(std::make_shared<NamedServer>("s", facts));
  };
  const auto cost = [](const McpCut& cut) {
    std::size_t bytes = 0;
    for (const auto& tool : cut.tools) {
      bytes += (to_json(tool->spec()).dump().size() + 3) / 4;
    }
    return bytes;
  };
  std::size_t count_before = 11;
  for (const std::size_t budget : {100'000, 2'000, 1'300, 700, 300, 100, 0}) {
    const McpCut cut = fit_mcp_tools(made(), budget);
    EXPECT_LE(cost(cut), budget);
    EXPECT_EQ(cut.tools.size() + cut.left_out.size(), 10U);
    EXPECT_LE(cut.tools.size(), count_before);
    count_before = cut.tools.size();
    for (std::size_t i = 0; i < cut.tools.size(); ++i) {
      EXPECT_EQ(cut.tools[i]->spec().name, format_text("s__tool{}", i));
      EXPECT_NE(cut.tools[i]->spec().parameters.find("properties")->find("description"), nullptr);
      EXPECT_EQ(cut.tools[i]->run(Json::object(), {}).content, format_text("called tool{}", i));
    }
    EXPECT_EQ(cut.has_short_descriptions, budget < 100'000);
    if (budget == 1'300) {
      EXPECT_EQ(cut.tools.size(), 10U);
      EXPECT_EQ(cut.tools[0]->spec().description, "Does one thing.");
    }
  }
}

}  // namespace
}  // namespace puna
