// Rules of a trace: every request can be rebuilt from it, it does not repeat itself, and its file is whole.
#include "puna/agent/trace.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "agent/test_kit.h"

namespace puna::agent {
namespace {

namespace fs = std::filesystem;

std::int64_t integer(const Json& json, std::string_view key) { return json.find(key)->as_integer(); }

class TraceTest : public LoopTest {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "puna-trace-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    file = folder / "run.trace";
    trace = Trace::create(file, Json::object({{"command", "test"}}), clock).value();
  }
  void TearDown() override { fs::remove_all(folder); }

  [[nodiscard]] std::string content() const {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  [[nodiscard]] std::vector<TraceRecord> records() const {
    auto read = read_trace(content());
    EXPECT_TRUE(read) << (read ? "" : read.error().message);
    EXPECT_TRUE(read->problems.empty()) << read->problems.front();
    return read->records;
  }
  [[nodiscard]] std::vector<TraceRecord> records(std::string_view type) const {
    std::vector<TraceRecord> all = records();
    std::erase_if(all, [&](const TraceRecord& record) { return record.type != type; });
    return all;
  }
  Result<RunEnd> traced_run(std::vector<ScriptedReply> script) {
    model = ScriptedModel::create(std::move(script), 100'000);
    const auto watched = trace->watch(*model);
    const auto sink = trace->watch(events);
    return resume(*watched, tools, transcript, options, *sink, stop.get_token());
  }

  fs::path folder;
  fs::path file;
  std::unique_ptr<Trace> trace;
};

// The messages of every request, from what the records say is the same.
std::vector<std::vector<Json>> rebuilt_messages(const std::vector<TraceRecord>& asked) {
  std::map<std::string, std::vector<Json>> last;
  std::vector<std::vector<Json>> all;
  for (const TraceRecord& record : asked) {
    std::vector<Json>& known = last[record.json.find("agent_id")->dump()];
    known.resize(static_cast<std::size_t>(integer(record.json, "messages_same")));
    const Json::Array& rest = record.json.find("messages")->as_array();
    known.insert(known.end(), rest.begin(), rest.end());
    all.push_back(known);
  }
  return all;
}

TEST_F(TraceTest, EveryRequestOfRandomConversationsCanBeRebuilt) {
  Random random(7);
  std::vector<ScriptedReply> script(300, says("An answer."));
  model = ScriptedModel::create(std::move(script), 1'000'000);
  const auto watched = trace->watch(*model);
  const auto sink = trace->watch(events);
  std::map<std::uint64_t, Transcript> transcripts;
  for (int i = 0; i < 300; ++i) {  // a few agents in turns, which go on, go back, or begin anew
    const std::uint64_t id = 1 + random.next() % 4;
    Transcript& messages = transcripts[id];
    messages.resize(random.next() % 4 == 0 ? random.next() % (messages.size() + 1) : messages.size());
    messages.push_back({.role = Role::user, .content = std::to_string(random.next() % 3)});
    ASSERT_TRUE(watched->ask({.messages = messages,
                              .tools = random.next() % 2 == 0 ? tools.specs() : std::vector<ToolSpec>(),
                              .agent = AgentId{id}},
                             *sink));
  }
  const std::vector<Request> requests = model->requests();
  const std::vector<TraceRecord> asked = records("model.asked");
  ASSERT_EQ(asked.size(), requests.size());
  const auto rebuilt = rebuilt_messages(asked);
  std::map<AgentId, Json> shown;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    std::vector<Json> expected;
    std::ranges::transform(requests[i].messages, std::back_inserter(expected),
                           [](const Message& message) { return to_json(message); });
    EXPECT_EQ(rebuilt[i], expected) << i;
    Json& known = shown[requests[i].agent];
    known = asked[i].json.find("tools_same")->as_bool() ? known : *asked[i].json.find("tools");
    EXPECT_EQ(known.as_array().size(), requests[i].tools.size()) << i;
  }
}

TEST_F(TraceTest, NoMessageIsWrittenTwiceInARun) {
  std::vector<ScriptedReply> script;
  for (int i = 0; i < 19; ++i) {
    script.push_back(calls({call("echo", std::string(2'000, 'x') + std::to_string(i))}));
  }
  script.push_back(says("Done."));
  ASSERT_TRUE(traced_run(script));
  std::size_t written = 0;
  for (const TraceRecord& record : records("model.asked")) {
    written += record.json.find("messages")->as_array().size();
  }
  EXPECT_EQ(written, transcript.size() - 1);  // the answer was in no request
  EXPECT_LT(content().size(), 7 * to_jsonl(transcript).size()) << "call, result and messages of 2 kB each, 19 times";
}

// Says a prompt of its own for every request.
class PromptingModel final : public Model {
 public:
  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token /*stop*/) override {
    const std::string& prompt = request.messages.front().content;
    std::string ids;
    for (const char c : prompt) {
      ids += (ids.empty() ? "" : " ") + std::to_string(static_cast<unsigned char>(c));
    }
    events.on(event::PromptReady{.prompt = prompt, .token_ids = ids});
    events.on(event::TextDelta{.text = "half of an "});
    return fail(ErrorCode::cancelled, "stopped");
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& /*request*/) override { return 1; }
  [[nodiscard]] std::string name() const override { return "prompting"; }
  [[nodiscard]] int window_tokens() const override { return 1; }
};

TEST_F(TraceTest, EveryPromptAndItsTokensCanBeRebuilt) {
  Random random(11);
  PromptingModel prompting;
  const auto watched = trace->watch(prompting);
  const auto sink = trace->watch(EventSink::none());
  const std::vector<std::string> letters{"a", "é", "漢", "b"};
  std::vector<std::string> prompts;
  for (int i = 0; i < 300; ++i) {
    std::string prompt = prompts.empty() ? "" : prompts.back();
    prompt = std::string(utf8::truncate(prompt, random.next() % (prompt.size() + 1)));
    for (std::uint64_t more = random.next() % 4; more > 0; --more) {
      prompt += letters[random.next() % letters.size()];
    }
    prompts.push_back(prompt);
    EXPECT_FALSE(watched->ask({.messages = {{.role = Role::user, .content = prompt}}, .agent = AgentId{1}}, *sink));
  }
  std::string text;
  std::vector<std::string> ids;
  const std::vector<TraceRecord> prompted = records("model.prompted");
  ASSERT_EQ(prompted.size(), prompts.size());
  for (std::size_t i = 0; i < prompted.size(); ++i) {
    const Json& record = prompted[i].json;
    text.resize(static_cast<std::size_t>(integer(record, "bytes_same")));
    text += record.text_or("prompt");
    EXPECT_EQ(text, prompts[i]);
    ids.resize(static_cast<std::size_t>(integer(record, "tokens_same")));
    std::istringstream more{std::string(record.text_or("token_ids"))};
    ids.insert(ids.end(), std::istream_iterator<std::string>(more), std::istream_iterator<std::string>());
    ASSERT_EQ(static_cast<std::int64_t>(ids.size()), integer(record, "tokens"));
    ASSERT_EQ(ids.size(), prompts[i].size());
    for (std::size_t k = 0; k < ids.size(); ++k) {
      EXPECT_EQ(ids[k], std::to_string(static_cast<unsigned char>(prompts[i][k])));
    }
  }
  const Json failed = records("model.answered").front().json;
  EXPECT_EQ(failed.find("message")->text_or("content"), "half of an ") << "what had come is kept";
  EXPECT_EQ(failed.find("error")->text_or("code"), "cancelled");
}

TEST_F(TraceTest, TheViewSeesTheSameEventsAsWithoutATrace) {
  const std::vector<ScriptedReply> script{calls({call("echo", "a", "c1")}), says("Done.")};
  ASSERT_TRUE(traced_run(script));
  const std::vector<std::string> with = std::exchange(events.lines, {});
  transcript = task("Do it.");
  ASSERT_TRUE(run(script));
  EXPECT_EQ(with, events.lines);
}

TEST_F(TraceTest, AnyCutLeavesAllWholeLines) {
  ASSERT_TRUE(traced_run({calls({call("echo", "caf\u00e9", "c1")}), says("Done.")}));
  const std::string whole = content();
  const std::size_t first_line = whole.find('\n');
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    const std::string_view part = std::string_view(whole).substr(0, bytes);
    const auto read = read_trace(part);
    ASSERT_EQ(read.has_value(), bytes >= first_line) << bytes;
    if (read) {
      const auto lines = static_cast<std::size_t>(std::ranges::count(part, '\n'));
      const bool at_end_of_line = whole[bytes] == '\n' && bytes < whole.size();
      EXPECT_EQ(read->records.size(), lines + (at_end_of_line ? 1 : 0)) << bytes;
      EXPECT_EQ(read->is_cut, !part.ends_with('\n')) << bytes;
      EXPECT_EQ(read->problems.size(), read->is_cut && !at_end_of_line ? 1U : 0U) << bytes;
    }
  }
}

TEST_F(TraceTest, DamagedLinesAreNamedAndTheOthersKept) {
  ASSERT_TRUE(traced_run({says("Done.")}));
  std::string text = content();
  const std::size_t all = records().size();
  text.insert(text.find('\n') + 1, "{\"type\": \"x\"}\nnot JSON\n");
  const auto read = read_trace(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->records.size(), all);
  ASSERT_EQ(read->problems.size(), 2U);
  EXPECT_EQ(read->problems[0], "line 2: not a record: it has no 'type' and 'at_us'");
  EXPECT_TRUE(read->problems[1].starts_with("line 3: ")) << read->problems[1];
}

TEST_F(TraceTest, AgentsBelowOneAnotherAreBounded) {
  ASSERT_TRUE(traced_run({says("Done.")}));
  const std::string text = content();
  const auto problems_with = [&text](int agents) {
    std::string path;
    for (int i = 0; i < agents; ++i) {
      path += std::string(i == 0 ? "" : ",") + R"({"agent":"a","call_id":"b"})";
    }
    return read_trace(text + R"({"type":"notice","at_us":1,"path":[)" + path + "]}\n").value().problems.size();
  };
  EXPECT_EQ(problems_with(64), 0U);
  EXPECT_EQ(problems_with(65), 1U);
}

TEST_F(TraceTest, AnotherFileOrALaterVersionIsRefused) {
  EXPECT_EQ(read_trace("").error().code, ErrorCode::corrupt);
  EXPECT_EQ(read_trace("hello\n").error().code, ErrorCode::corrupt);
  EXPECT_EQ(read_trace(to_jsonl(task("x"))).error().code, ErrorCode::corrupt);
  EXPECT_EQ(read_trace("{\"type\":\"notice\",\"at_us\":1}\n").error().code, ErrorCode::corrupt);
  const auto later = read_trace("{\"type\":\"trace\",\"version\":2,\"at_us\":0}\n");
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, ErrorCode::unavailable);
}

TEST_F(TraceTest, DeepArgumentsAndBytesThatAreNoTextCanBeReadBack) {
  Json deep = "core";
  for (int i = 0; i < kJsonDepthMax - 2; ++i) {
    deep = Json::array({std::move(deep)});
  }
  ToolCall made = call("echo", "x", "c1");
  made.arguments.set("deep", std::move(deep));
  add_tool(tools, "bytes", [](std::string_view, const std::stop_token&) { return ToolResult{.content = "\xff\xfe"}; });
  ASSERT_TRUE(traced_run({calls({made, call("bytes", "x", "c2")}), says("Done.")}));
  EXPECT_NE(content().find("core"), std::string::npos);
  EXPECT_EQ(records("tool.started").size(), 2U);
}

TEST_F(TraceTest, TheFileIsNobodyElsesBusinessAndBadPlacesAreRefused) {
  struct stat facts{};
  ASSERT_EQ(::stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  EXPECT_EQ(Trace::create(folder / "none" / "x", {}).error().code, ErrorCode::not_found);
  EXPECT_EQ(Trace::create(folder, {}).error().code, ErrorCode::io);
  EXPECT_EQ(Trace::create("/dev/full", {}).error().code, ErrorCode::io) << "the first record is written at once";
}

TEST_F(TraceTest, WhenTheDiskIsFullTheRunGoesOnAndSaysSoOnce) {
  ASSERT_TRUE(traced_run({says("Before.")}));
  const std::string before = content();
  transcript.push_back({.role = Role::user, .content = std::string(20'000, 'x')});
  events.lines.clear();
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{.rlim_cur = before.size() + 300, .rlim_max = old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const auto end = traced_run({calls({call("echo", "a")}), says("After.")});
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(end->answer, "After.");
  EXPECT_EQ(
      std::ranges::count_if(
          events.lines, [](const auto& line) { return line.starts_with("notice: the trace ends here: cannot write"); }),
      1);
  const std::string after = content();
  EXPECT_TRUE(after.starts_with(before));
  EXPECT_TRUE(after.ends_with('\n'));
  EXPECT_TRUE(read_trace(after)->problems.empty());
}

}  // namespace
}  // namespace puna::agent
