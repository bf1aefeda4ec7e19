// docs/trace.md has every kind of record and every member, and no other.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "agent/test_kit.h"
#include "puna/agent/trace.h"
#include "source_folder.h"

namespace puna::agent {
namespace {

using Members = std::map<std::string, std::set<std::string>>;

void add(Members& members, const Json& record) {
  std::set<std::string>& known = members[std::string(record.text_or("type"))];
  for (const Json::Member& member : record.as_object()) {
    if (member.key != "type" && member.key != "at_us" && member.key != "path") {
      known.insert(member.key);
    }
  }
}

template <std::size_t... kKinds>
void play_all_events(EventSink& sink, std::index_sequence<kKinds...> /*kinds*/) {
  (sink.on(std::variant_alternative_t<kKinds, Event>{}), ...);
}

// Answers with all that a reply can have, after a prompt; then fails.
class FullModel final : public Model {
 public:
  [[nodiscard]] Result<Reply> ask(const Request& /*request*/, EventSink& events, std::stop_token /*stop*/) override {
    events.on(event::PromptReady{.prompt = "p", .token_ids = "1"});
    events.on(event::ReplyReady{.raw = "r", .usage = {}, .sampling = {}, .probabilities = Json::array()});
    if (has_answered_) {
      return fail(ErrorCode::io, "gone");
    }
    has_answered_ = true;
    return Reply{.malformed_calls = {"m"}, .repairs = {"r"}, .violations = {"v"}};
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& /*request*/) override { return 1; }
  [[nodiscard]] std::string name() const override { return "full"; }
  [[nodiscard]] int window_tokens() const override { return 1; }

 private:
  bool has_answered_ = false;
};

// Every event that there is and a model's replies, with all that they can have, as the file has them.
Members written() {
  std::string pattern = (std::filesystem::temp_directory_path() / "puna-trace-XXXXXX").string();
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path file = std::filesystem::path(pattern) / "t";
  {
    const auto trace = Trace::create(file, Json::object({{"program", "p"}, {"command", "c"}})).value();
    const auto sink = trace->watch(EventSink::none());
    FullModel full;
    const auto model = trace->watch(full);
    play_all_events(*sink, std::make_index_sequence<std::variant_size_v<Event>>());
    sink->on(event::RunStarted{.task = "t", .model = "m", .budget = to_json(Budget())});
    sink->on(event::PermissionDecided{.agent = "reader"});
    const Request request{.messages = task("t"), .format = format::Pattern{"a"}, .reasoning_tokens_max = 1};
    EXPECT_TRUE(model->ask(request, *sink));
    EXPECT_FALSE(model->ask(request, *sink));
    trace->failed({.code = ErrorCode::io, .message = "m", .hint = "h"});
  }
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  Members members;
  const ReadTrace read = read_trace(text).value();
  EXPECT_EQ(read.problems.size(), 1U) << "event::Traced without a type";
  for (const TraceRecord& record : read.records) {
    add(members, record.json);
  }
  std::filesystem::remove_all(pattern);
  return members;
}

// The rows of the table whose first cell is a type.
Members documented() {
  std::ifstream in(std::filesystem::path(PUNA_SOURCE_DIR) / "docs" / "trace.md");
  Members members;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) {
      continue;
    }
    const std::size_t end = line.find('`', 3);
    std::set<std::string>& known = members[line.substr(3, end - 3)];
    const std::size_t cell = line.rfind('|', line.size() - 2);
    for (std::size_t at = line.find('`', cell); at != std::string::npos; at = line.find('`', at)) {
      const std::size_t close = line.find('`', at + 1);
      known.insert(line.substr(at + 1, close - at - 1));
      at = close + 1;
    }
  }
  return members;
}

TEST(TraceDocument, HasEveryRecordAndEveryMemberAndNoOther) { EXPECT_EQ(documented(), written()); }

}  // namespace
}  // namespace puna::agent
