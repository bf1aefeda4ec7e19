// The store of sessions: what goes in comes out, under every name and after every end.
#include "puna/agent/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "agent/store_database.h"
#include "agent/store_file.h"
#include "agent/store_replay.h"
#include "agent/test_kit.h"
#include "tools/test_folder.h"

namespace puna {
namespace {

using agent::call;
using agent::calls;
using agent::says;

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    agent::add_tool(box_, "echo", [this](std::string_view text, const std::stop_token&) {
      ran_.emplace_back(text);
      return ToolResult{.content = std::string(text)};
    });
  }

  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "store" / "sessions.db"; }
  std::unique_ptr<SessionStore> open(SessionStore::Access access = SessionStore::Access::write) const {
    auto opened = SessionStore::open(file(), access);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return opened ? *std::move(opened) : nullptr;
  }
  // A run in a session, to its end.
  Result<RunEnd> run(StoredSession& session, Transcript transcript, std::vector<ScriptedReply> script) {
    const auto model = ScriptedModel::create(std::move(script), 100'000);
    const auto view = session.watch(lines_);
    AgentOptions options;
    options.record = &session;
    return resume(*model, box_, transcript, options, *view);
  }
  // A session with one task of two turns.
  void fill(SessionStore& store, std::string_view name, const std::string& task = "Say hello.") {
    auto session = store.begin(name);
    ASSERT_TRUE(session) << session.error().message;
    Transcript transcript;
    ASSERT_TRUE((*session)->add(transcript, {.role = Role::system, .content = "Be brief."}));
    ASSERT_TRUE((*session)->add(transcript, {.role = Role::user, .content = task}));
    const auto end = run(**session, transcript, {calls({call("echo", "penguins")}), says("Hello, world.")});
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(end->answer, "Hello, world.");
  }

  static std::vector<std::string> types(const std::vector<StoredEvent>& events) {
    std::vector<std::string> found;
    for (const StoredEvent& event : events) {
      found.emplace_back(event.json.text_or("type"));
    }
    return found;
  }

  tools::TestFolder folder_;
  Toolbox box_;
  agent::EventLines lines_;
  std::vector<std::string> ran_;
};

TEST_F(StoreTest, ARunIsReadBackAsItWas) {
  fill(*open(), "first");
  const auto store = open(SessionStore::Access::read);
  const Transcript transcript = store->transcript("first").value();
  ASSERT_EQ(transcript.size(), 5U);
  EXPECT_TRUE(agent::is_whole(transcript));
  EXPECT_EQ(transcript[3].content, "penguins");
  EXPECT_EQ(transcript[4].content, "Hello, world.");
  EXPECT_EQ(types(store->events("first").value()),
            (std::vector<std::string>{"message", "message", "run.started", "turn.started", "reply.ready", "message",
                                      "tool.started", "tool.running", "tool.ended", "message", "turn.started",
                                      "text.delta", "reply.ready", "message", "run.ended"}));
  const std::vector<SessionInfo> all = store->list().value();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].title, "Say hello.");
  EXPECT_EQ(all[0].messages, 5);
}

TEST_F(StoreTest, TheFileIsItsOwnersAlone) {
  fill(*open(), "first");
  for (const char* name : {"", "sessions.db", "sessions.db.lock"}) {
    struct stat facts{};
    ASSERT_EQ(::stat((file().parent_path() / name).c_str(), &facts), 0) << name;
    EXPECT_EQ(facts.st_mode & 077U, 0U) << name;
  }
}

TEST_F(StoreTest, AnEventIsStoredBeforeAnybodySeesIt) {
  const auto store = open();
  const auto reader = open(SessionStore::Access::read);
  auto session = store->begin("first").value();
  class Looking final : public EventSink {
   public:
    explicit Looking(SessionStore& store) : store_(store) {}
    void on(const Event& event) override {
      std::string type(to_json(event).text_or("type"));
      if (type != "prompt.ready" && type != "prefill") {
        seen.push_back(type);
        EXPECT_EQ(store_.events("first").value().back().json.text_or("type"), type);
      }
    }
    SessionStore& store_;
    std::vector<std::string> seen;
  } looking(*reader);
  const auto view = session->watch(looking);
  Transcript transcript;
  ASSERT_TRUE(session->add(transcript, {.role = Role::user, .content = "x"}));
  const auto model = ScriptedModel::create({says("one two three")}, 10'000);
  AgentOptions options;
  options.record = session.get();
  ASSERT_TRUE(resume(*model, box_, transcript, options, *view));
  EXPECT_EQ(looking.seen.back(), "run.ended");
  EXPECT_TRUE(std::ranges::contains(looking.seen, "text.delta"));
}

TEST_F(StoreTest, PiecesOfAReplyBecomeOneEventWhenItIsWhole) {
  const auto store = open();
  auto session = store->begin("first").value();
  const auto view = session->watch(EventSink::none());
  for (const char* piece : {"a", "b", "c"}) {
    view->on(event::TextDelta{.text = piece});
  }
  EXPECT_EQ(store->events("first")->size(), 3U);
  view->on(event::ReasoningDelta{.text = "d"});
  view->on(event::TextDelta{.text = "e"});
  view->on(event::TextDelta{.text = "f"});
  ASSERT_TRUE(session->append({.role = Role::assistant, .content = "abcef"}));
  const auto events = store->events("first").value();
  ASSERT_EQ(types(events), (std::vector<std::string>{"text.delta", "reasoning.delta", "text.delta", "message"}));
  EXPECT_EQ(events[0].json.text_or("text"), "abc");
  EXPECT_EQ(events[2].json.text_or("text"), "ef");
  EXPECT_EQ(events[3].number, 7);
}

TEST_F(StoreTest, ACallThatBeganAndHasNoResultIsNotMadeAgain) {
  {
    const auto store = open();
    auto session = store->begin("first").value();
    ASSERT_TRUE(session->append({.role = Role::user, .content = "x"}));
    ASSERT_TRUE(
        session->append({.role = Role::assistant,
                         .calls = {call("echo", "one", "a"), call("echo", "two", "b"), call("echo", "three", "c")}}));
    const auto view = session->watch(EventSink::none());
    view->on(event::ToolEnded{.call_id = "a", .tool = "echo", .observation = "one"});
    ASSERT_TRUE(session->starting({}, call("echo", "two", "b")));
  }
  const auto store = open();
  auto session = store->resume("first").value();
  const Transcript transcript = session->transcript();
  ASSERT_EQ(transcript.size(), 4U);
  EXPECT_EQ(transcript[2].content, "one");
  EXPECT_EQ(transcript[3].call_id, "b");
  EXPECT_TRUE(transcript[3].content.starts_with("error: outcome unknown")) << transcript[3].content;
  EXPECT_TRUE(transcript[3].is_error);
  const auto resumed = store->events("first").value();
  EXPECT_EQ(resumed[4].json.find("unknown")->dump(), R"(["b"])");
  ASSERT_TRUE(run(*session, transcript, {says("done")}));
  EXPECT_EQ(ran_, std::vector<std::string>{"three"}) << "only what had not begun";
  EXPECT_TRUE(agent::is_whole(store->transcript("first").value()));
}

TEST_F(StoreTest, WhatWasNotBegunIsClosedForANewTask) {
  const auto store = open();
  {
    auto session = store->begin("first").value();
    ASSERT_TRUE(session->append({.role = Role::user, .content = "x"}));
    ASSERT_TRUE(
        session->append({.role = Role::assistant, .calls = {call("echo", "one", "a"), call("echo", "two", "b")}}));
  }
  const Transcript transcript = store->resume("first", Unfinished::close).value()->transcript();
  ASSERT_EQ(transcript.size(), 5U);
  EXPECT_TRUE(transcript[2].content.starts_with("error: not run")) << transcript[2].content;
  EXPECT_EQ(transcript[4].role, Role::assistant);
  EXPECT_TRUE(agent::is_whole(transcript));
  EXPECT_EQ(store->resume("first", Unfinished::close).value()->transcript(), transcript) << "once";
}

TEST_F(StoreTest, ATaskWithoutAReplyIsGoneOnWith) {
  const auto store = open();
  {
    auto session = store->begin("first").value();
    ASSERT_TRUE(session->append({.role = Role::user, .content = "x"}));
    session->watch(EventSink::none())->on(event::TextDelta{.text = "Hel"});
  }
  auto session = store->resume("first").value();
  EXPECT_EQ(session->transcript().size(), 1U);
  EXPECT_TRUE(store->events("first")->back().json.find("is_partial")->as_bool());
  ASSERT_TRUE(run(*session, session->transcript(), {says("Hello")}));
  EXPECT_EQ(store->transcript("first")->size(), 2U);
}

TEST_F(StoreTest, ACutIsReadBack) {
  const auto store = open();
  auto session = store->begin("first").value();
  for (const char* text : {"a", "b", "c"}) {
    ASSERT_TRUE(session->append({.role = Role::user, .content = text}));
  }
  ASSERT_TRUE(session->cut(1));
  ASSERT_TRUE(session->append({.role = Role::user, .content = "d"}));
  const Transcript transcript = store->transcript("first").value();
  ASSERT_EQ(transcript.size(), 2U);
  EXPECT_EQ(transcript[1].content, "d");
}

TEST_F(StoreTest, AConversationIsReplacedAsOneStep) {
  const auto store = open();
  auto session = store->begin("first").value();
  for (const char* text : {"a", "b"}) {
    ASSERT_TRUE(session->append({.role = Role::user, .content = text}));
  }
  const Transcript other{{.role = Role::system, .content = "s"}, {.role = Role::user, .content = "b"}};
  ASSERT_TRUE(session->replace(other));
  EXPECT_EQ(store->transcript("first").value(), other);
  EXPECT_EQ(types(store->events("first").value()),
            (std::vector<std::string>{"message", "message", "transcript.cut", "message", "message"}));
  ASSERT_TRUE(session->append({.role = Role::user, .content = "c"}));
  EXPECT_EQ(store->transcript("first")->size(), 3U);
  ASSERT_TRUE(session->replace({}));
  EXPECT_TRUE(store->transcript("first")->empty());
}

TEST_F(StoreTest, ASessionHasOneWriter) {
  const auto store = open();
  const auto other = open();
  {
    const auto session = store->begin("first").value();
    for (const auto& writer : {store.get(), other.get()}) {
      const auto second = writer->resume("first");
      ASSERT_FALSE(second);
      EXPECT_EQ(second.error().code, ErrorCode::unavailable);
      EXPECT_TRUE(second.error().message.contains("'first' is in use")) << second.error().message;
      EXPECT_FALSE(writer->rename("first", "second"));
      EXPECT_FALSE(writer->remove("first"));
    }
    auto beside = other->begin("second");
    ASSERT_TRUE(beside) << "another session of the same file";
    ASSERT_TRUE((*beside)->append({.role = Role::user, .content = "x"}));
    ASSERT_TRUE(session->append({.role = Role::user, .content = "y"}));
  }
  EXPECT_TRUE(other->resume("first"));
}

TEST_F(StoreTest, ForkCopiesWholeTurnsOnly) {
  const auto store = open();
  fill(*store, "first");
  ASSERT_TRUE(store->fork("first", "one", 1));
  EXPECT_EQ(store->transcript("one")->size(), 4U);
  ASSERT_TRUE(store->fork("first", "all"));
  EXPECT_EQ(store->transcript("all").value(), store->transcript("first").value());
  {
    auto session = store->resume("all").value();
    ASSERT_TRUE(session->append({.role = Role::user, .content = "x"}));
    ASSERT_TRUE(session->append({.role = Role::assistant, .calls = {call("echo", "one", "z")}}));
  }
  ASSERT_TRUE(store->fork("all", "half"));
  EXPECT_EQ(store->transcript("half")->size(), 6U) << "a call that may still be made is made by one session only";
  const auto missing = store->fork("first", "three", 3);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(store->fork("first", "one").error().code, ErrorCode::invalid_argument) << "the name is taken";
}

TEST_F(StoreTest, NamesAreCheckedAndTheNearestIsNamed) {
  const auto store = open();
  fill(*store, "first");
  for (const std::string& name :
       {std::string(), std::string("a\nb"), std::string("\xff"), std::string(201, 'a'), std::string("\x1b[1m")}) {
    const auto begun = store->begin(name);
    ASSERT_FALSE(begun) << name;
    EXPECT_EQ(begun.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_EQ(store->begin("first").error().code, ErrorCode::invalid_argument);
  const auto unknown = store->find("fist");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
  EXPECT_EQ(unknown.error().hint, "did you mean 'first'?");
  ASSERT_TRUE(store->rename("first", "Straße 'quoted' \"x\""));
  EXPECT_TRUE(store->find("Straße 'quoted' \"x\""));
  EXPECT_FALSE(store->find("first"));
}

TEST_F(StoreTest, SearchFindsWordsOfMessagesAndNothingElse) {
  const auto store = open();
  fill(*store, "first", "Tell me about emperor penguins; they are cold.");
  fill(*store, "second", "Something else.");
  auto hits = store->search("EMPEROR cold", 10).value();
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits[0].session, "first");
  EXPECT_EQ(hits[0].role, Role::user);
  EXPECT_EQ(store->events("first").value()[static_cast<std::size_t>(hits[0].number) - 1].json.text_or("type"),
            "message");
  EXPECT_EQ(store->search("penguins", 10)->size(), 3U) << "a tool's result, too";
  EXPECT_EQ(store->search("penguins", 1)->size(), 1U);
  EXPECT_TRUE(store->search("brief", 10)->empty()) << "system prompts are not searched";
  for (const char* odd : {"", " ", "\"", "penguins AND", "a* OR (", "NEAR(", "text:x", "-", "!!!", "\x01\xff"}) {
    EXPECT_TRUE(store->search(odd, 10)) << odd;
  }
}

TEST_F(StoreTest, ARemovedSessionLeavesNoWordInTheFile) {
  const auto store = open();
  fill(*store, "kept");
  fill(*store, "first", "The canary is kryptonite7351.");
  ASSERT_TRUE(store->remove("first"));
  EXPECT_FALSE(store->find("first"));
  EXPECT_TRUE(store->search("kryptonite7351", 10)->empty());
  EXPECT_TRUE(store->find("kept"));
  EXPECT_TRUE(store->check());
  for (const auto& entry : std::filesystem::directory_iterator(file().parent_path())) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    EXPECT_FALSE(bytes.contains("kryptonite7351")) << entry.path();
  }
}

TEST_F(StoreTest, WhatIsExportedIsImportedAsTheSameBytes) {
  const auto store = open();
  fill(*store, "first", "Grüße \x01 \"quoted\" \\ \n second line");
  const std::string lines = store->export_lines("first").value();
  const auto other = SessionStore::open(folder_.path() / "other.db").value();
  const auto info = other->import_lines(lines);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->messages, 5);
  EXPECT_EQ(other->export_lines("first").value(), lines);
  EXPECT_EQ(other->transcript("first").value(), store->transcript("first").value());
  EXPECT_EQ(other->import_lines(lines).error().code, ErrorCode::invalid_argument) << "the name is taken";
  EXPECT_EQ(other->import_lines(lines, "again")->name, "again");
  EXPECT_FALSE(other->search("quoted", 5)->empty());
}

TEST_F(StoreTest, EveryDamageOfAnExportIsNoticed) {
  const auto store = open();
  fill(*store, "first");
  const std::string lines = store->export_lines("first").value();
  EXPECT_FALSE(store->import_lines("", "a"));
  for (std::size_t at = 0; at < lines.size(); at += 7) {
    std::string damaged = lines;
    damaged[at] = damaged[at] == 'x' ? 'y' : 'x';
    const auto taken = store->import_lines(damaged, "a");
    ASSERT_FALSE(taken) << at;
    EXPECT_TRUE(taken.error().message.starts_with("line ")) << taken.error().message;
    const std::string cut = lines.substr(0, at);
    const bool is_whole = cut.empty() || cut.ends_with('\n');
    if (!is_whole) {
      EXPECT_FALSE(store->import_lines(cut, "a")) << at;
    }
  }
  const std::string cut = lines.substr(0, lines.size() - 10);
  EXPECT_FALSE(store->find("a")) << "nothing of it was taken";
  const auto repaired = store->import_lines(cut, "a", true);
  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_EQ(store->events("a")->size() + 1, store->events("first")->size());
}

TEST_F(StoreTest, LinesWithARightSumAreStillChecked) {
  const auto store = open();
  const std::string head = agent::with_check_sum(R"({"type":"session","version":1,"name":"a","created_us":1})");
  for (const char* line :
       {R"({"number":1,"at_us":1,"event":{}})", R"({"number":1,"at_us":1})",
        R"({"number":0,"at_us":1,"event":{"type":"x"}})", R"({"number":1,"at_us":-1,"event":{"type":"x"}})",
        R"({"number":1,"at_us":9223372036854775807,"event":{"type":"x"}})",
        R"({"number":1,"at_us":1,"event":{"type":"message","message":{"role":"king"}}})",
        R"({"number":1,"at_us":1,"event":{"type":"transcript.cut","messages":1}})"}) {
    const auto taken = store->import_lines(head + agent::with_check_sum(line));
    ASSERT_FALSE(taken) << line;
    EXPECT_EQ(taken.error().code, ErrorCode::corrupt) << line;
  }
  const std::string event = agent::with_check_sum(R"({"number":1,"at_us":1,"event":{"type":"x"}})");
  EXPECT_FALSE(store->import_lines(head + event + event)) << "numbers rise";
  EXPECT_EQ(store->import_lines(agent::with_check_sum(R"({"type":"session","version":2,"name":"a","created_us":1})"))
                .error()
                .code,
            ErrorCode::unavailable);
  EXPECT_TRUE(store->import_lines(head + event)) << "a later version's event is kept";
}

TEST_F(StoreTest, ACallThatIsTooDeepIsStoredAsText) {
  const auto store = open();
  Json deep = Json::object();
  for (int i = 0; i < kJsonDepthMax - 2; ++i) {
    Json outer = Json::object();
    outer.set("a", std::move(deep));
    deep = std::move(outer);
  }
  auto session = store->begin("first").value();
  ASSERT_TRUE(session->append({.role = Role::assistant, .calls = {{.id = "a", .name = "echo", .arguments = deep}}}));
  EXPECT_TRUE(store->transcript("first"));
  const std::string lines = store->export_lines("first").value();
  EXPECT_TRUE(store->import_lines(lines, "again"));
}

TEST_F(StoreTest, CallsOfAgentsBelowAreStoredWithTheirPathAndChangeNothingAbove) {
  const auto store = open();
  auto session = store->begin("first").value();
  ASSERT_TRUE(session->append({.role = Role::assistant, .calls = {call("reader", "x", "a")}}));
  const std::vector<AgentCall> path{{.agent = "reader", .call_id = "a"}};
  ASSERT_TRUE(session->starting(path, call("echo", "y", "a")));
  const auto events = store->events("first").value();
  EXPECT_EQ(events.back().json.dump(),
            R"({"type":"tool.running","call_id":"a","tool":"echo","path":[{"agent":"reader","call_id":"a"}]})");
  const auto read = agent::replay(events).value();
  EXPECT_TRUE(read.unknown.empty());
}

TEST_F(StoreTest, ANewerStoreAndForeignFilesAreRefusedAndLeftAlone) {
  fill(*open(), "first");
  const auto bytes = [this] {
    std::ifstream in(file(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  {
    const auto database = agent::Database::open(file(), agent::Database::Access::write).value();
    ASSERT_TRUE(database->run("PRAGMA user_version = 99"));
  }
  const std::string before = bytes();
  for (const auto access : {SessionStore::Access::write, SessionStore::Access::read}) {
    const auto opened = SessionStore::open(file(), access);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(opened.error().message.contains("is of version 99; this program knows up to 1"))
        << opened.error().message;
  }
  EXPECT_EQ(bytes(), before);

  const auto foreign = folder_.path() / "foreign.db";
  {
    const auto database = agent::Database::open(foreign, agent::Database::Access::write).value();
    ASSERT_TRUE(database->run("CREATE TABLE notes(text)"));
  }
  EXPECT_EQ(SessionStore::open(foreign).error().code, ErrorCode::corrupt);
  EXPECT_EQ(agent::Database::open(foreign, agent::Database::Access::read).value()->text("PRAGMA journal_mode").value(),
            "delete");
  folder_.write("text.db", std::string(8'192, 'x'));
  const auto text = SessionStore::open(folder_.path() / "text.db");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::corrupt) << text.error().message;
  EXPECT_EQ(SessionStore::open(folder_.path() / "none.db", SessionStore::Access::read).error().code,
            ErrorCode::not_found);
}

TEST_F(StoreTest, WhatIsNoFileIsRefusedAndKeepsItsMode) {
  const auto place = folder_.path() / "folder.db";
  std::filesystem::create_directory(place);
  ASSERT_EQ(::chmod(place.c_str(), 0755), 0);
  const auto pipe = folder_.path() / "pipe.db";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0644), 0);
  for (const auto& path : {place, pipe}) {
    for (const auto access : {SessionStore::Access::write, SessionStore::Access::read}) {
      const auto opened = SessionStore::open(path, access);
      ASSERT_FALSE(opened) << path;
      EXPECT_EQ(opened.error().code, ErrorCode::io) << opened.error().message;
    }
  }
  struct stat facts{};
  ASSERT_EQ(::stat(place.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0755U);
  EXPECT_EQ(SessionStore::open("/dev/null").error().code, ErrorCode::io);
}

TEST_F(StoreTest, AnOlderStoreIsBroughtToThisVersionWhole) {
  const auto steps = agent::store_steps();
  std::vector<const char*> more(steps.begin(), steps.end());
  fill(*open(), "first");
  const auto database = agent::Database::open(file(), agent::Database::Access::write).value();
  more.push_back("ALTER TABLE sessions ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'; CREATE TABLE broken(");
  EXPECT_FALSE(agent::migrate(*database, more)) << "half a step is none";
  EXPECT_EQ(database->integer("PRAGMA user_version").value(), 1);
  EXPECT_FALSE(database->prepare("SELECT colour FROM sessions"));
  more.back() = "ALTER TABLE sessions ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'";
  ASSERT_TRUE(agent::migrate(*database, more));
  EXPECT_EQ(database->integer("PRAGMA user_version").value(), 2);
  EXPECT_EQ(database->text("SELECT colour || messages FROM sessions").value(), "red5");
  ASSERT_TRUE(agent::migrate(*database, more)) << "once";
}

}  // namespace
}  // namespace puna
