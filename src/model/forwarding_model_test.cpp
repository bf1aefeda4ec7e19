// Every ability of the model below is reached, and a class above may change one of them.
#include "puna/model/forwarding_model.h"

#include <gtest/gtest.h>

#include <vector>

namespace puna {
namespace {

// Says of each member that it was asked, with what it was asked.
class TellingModel final : public Model {
 public:
  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    events.on(event::TextDelta{.text = "a"});
    return note(format_text("ask {} {}", request.messages.size(), stop.stop_requested()), Reply{});
  }
  void waits_for_tool(AgentId agent, std::string_view tool) override {
    told.push_back(format_text("waits {} {}", static_cast<int>(agent), tool));
  }
  [[nodiscard]] Result<std::optional<Pin>> prewarm(const Request& role, std::stop_token /*stop*/) override {
    told.push_back(format_text("prewarm {}", role.messages.size()));
    return std::nullopt;
  }
  [[nodiscard]] Result<std::int64_t> save(AgentId /*agent*/, const std::filesystem::path& file) override {
    return note("save " + file.string(), std::int64_t{3});
  }
  [[nodiscard]] Result<std::int64_t> restore(AgentId /*agent*/, const std::filesystem::path& file) override {
    return note("restore " + file.string(), std::int64_t{4});
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override {
    return note(format_text("count {}", request.messages.size()), std::int64_t{5});
  }
  [[nodiscard]] bool counts_exactly() const override { return false; }
  [[nodiscard]] bool embeds() const override { return true; }
  [[nodiscard]] Result<Embeddings> embed(const EmbeddingRequest& request, std::stop_token /*stop*/) override {
    return note(format_text("embed {}", request.inputs.size()), Embeddings{.prompt_tokens = 6});
  }
  [[nodiscard]] std::string name() const override { return "telling"; }
  [[nodiscard]] int window_tokens() const override { return 7; }

  std::vector<std::string> told;

 private:
  template <class T>
  T note(std::string what, T answer) {
    told.push_back(std::move(what));
    return answer;
  }
};

TEST(ForwardingModel, HandsEverythingOn) {
  TellingModel below;
  ForwardingModel above(below);
  const Request request{.messages = {{.content = "a"}, {.content = "b"}}};
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(above.ask(request, EventSink::none(), stop.get_token()));
  above.waits_for_tool(AgentId{9}, "bash");
  EXPECT_TRUE(above.prewarm(request));
  EXPECT_EQ(above.save(AgentId{1}, "x"), 3);
  EXPECT_EQ(above.restore(AgentId{1}, "y"), 4);
  EXPECT_EQ(above.count_tokens(request), 5);
  EXPECT_FALSE(above.counts_exactly());
  EXPECT_TRUE(above.embeds());
  EXPECT_EQ(above.embed({.inputs = {"a", "b", "c"}})->prompt_tokens, 6);
  EXPECT_EQ(above.name(), "telling");
  EXPECT_EQ(above.window_tokens(), 7);
  EXPECT_EQ(below.told, (std::vector<std::string>{"ask 2 true", "waits 9 bash", "prewarm 2", "save x", "restore y",
                                                  "count 2", "embed 3"}));
}

TEST(ForwardingModel, OfOneThatCannotDoAThingSaysSo) {
  const auto below = ScriptedModel::create({});
  ForwardingModel above(*below);
  EXPECT_FALSE(above.embeds());
  EXPECT_EQ(above.embed({.inputs = {"a"}}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(above.save(AgentId{1}, "x"), 0);
}

}  // namespace
}  // namespace puna
