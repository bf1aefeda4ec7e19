// Rules of large results: the model sees a part and a path, file tools read the rest in pieces, and nothing else
// changes.
#include "puna/tools/results.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "puna/tools/files.h"
#include "tools/test_folder.h"

namespace puna {
namespace {

// Answers with the same text always.
class Speaker final : public Tool {
 public:
  explicit Speaker(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] ToolResult run(const Json& /*arguments*/, std::stop_token /*stop*/) override {
    return {.content = text_};
  }

 private:
  const std::string text_;
  const ToolSpec spec_{.name = "speak", .description = "Speaks.", .parameters = {}};
};

std::string numbered_lines(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) {
    text += format_text("line {} of the report\n", i);
  }
  return text;
}

class ResultsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("root/notes.txt", "hello\n");
    workspace_ = *Workspace::open(folder_.path() / "root");
    results_ = *ResultFolder::temporary();
  }
  void equip(const std::string& text) {
    const auto both = results_->beside(workspace_);
    ASSERT_TRUE(tools_.add(std::make_unique<Speaker>(text)));
    ASSERT_TRUE(tools_.add(make_read(both)));
    ASSERT_TRUE(tools_.add(make_grep(both)));
    ASSERT_TRUE(tools_.add(make_write(both)));
    tools_.keep_large_results(results_, kShown);
  }
  std::string ask(const std::string& tool, Json arguments = Json::object({})) {
    return tools_.run({.id = "1", .name = tool, .arguments = std::move(arguments)}).content;
  }
  // What a text is when it is kept.
  [[nodiscard]] std::string file_of(const std::string& text) const {
    const auto path = results_->keep(text);
    return path ? *results_->beside(workspace_)->read(*path, 1'000'000) : path.error().message;
  }
  // The path in the last line of a result.
  static std::string path_in(const std::string& result) {
    const std::size_t begin = result.find(kResultFolderName);
    EXPECT_NE(begin, std::string::npos) << result;
    return begin == std::string::npos ? "" : result.substr(begin, result.find(':', begin) - begin);
  }

  static constexpr std::size_t kShown = 1'024;
  tools::TestFolder folder_;
  std::shared_ptr<const Workspace> workspace_;
  std::shared_ptr<const ResultFolder> results_;
  Toolbox tools_;
};

TEST_F(ResultsTest, ASmallResultIsShownWhole) {
  equip("short");
  EXPECT_EQ(ask("speak"), "short");
}

TEST_F(ResultsTest, ALargeResultIsReadInPiecesUntilNothingIsMissing) {
  const std::string whole = numbered_lines(500);
  equip(whole);
  const std::string shown = ask("speak");
  EXPECT_LE(shown.size(), kShown);
  EXPECT_TRUE(shown.starts_with("line 1 of the report\n")) << shown;
  EXPECT_TRUE(shown.contains(format_text("the whole result, {} bytes,", whole.size()))) << shown;
  std::string read;
  const std::string path = path_in(shown);
  for (std::int64_t line = 1; line <= 500;) {
    const std::string piece = ask("read", Json::object({{"path", path}, {"start_line", line}}));
    ASSERT_LE(piece.size(), kShown);
    ASSERT_FALSE(piece.starts_with("error")) << piece;
    std::int64_t lines = 0;
    for (std::size_t at = piece.find('\t'); at != std::string::npos; at = piece.find('\t', at + 1)) {
      read += piece.substr(at + 1, piece.find('\n', at) - at);
      ++lines;
    }
    ASSERT_GT(lines, 0);
    line += lines;
  }
  EXPECT_EQ(read, whole);
}

TEST_F(ResultsTest, TheSameTextIsOneFileOfTheSameName) {
  equip(numbered_lines(500));
  EXPECT_EQ(ask("speak"), ask("speak"));
}

TEST_F(ResultsTest, AResultIsSearchedAndNotWritten) {
  equip(numbered_lines(500));
  const std::string path = path_in(ask("speak"));
  EXPECT_EQ(ask("grep", Json::object({{"pattern", "line 77 "}, {"path", path}})), path + ":77:line 77 of the report\n");
  EXPECT_EQ(ask("grep", Json::object({{"pattern", "line 77 "}, {"path", std::string(kResultFolderName)}})),
            path + ":77:line 77 of the report\n");
  EXPECT_TRUE(ask("write", Json::object({{"path", path}, {"content", "x"}})).starts_with("error: results of tools"));
  EXPECT_TRUE(
      ask("read", Json::object({{"path", std::string(kResultFolderName) + "/../notes.txt"}})).starts_with("error: "));
}

TEST_F(ResultsTest, TheWorkspaceStaysAsItWas) {
  equip(numbered_lines(500));
  ask("speak");
  EXPECT_EQ(ask("read", Json::object({{"path", "notes.txt"}})), "    1\thello\n");
  EXPECT_EQ(ask("grep", Json::object({{"pattern", "line 77 "}})), "(no match in 1 files)\n");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "root" / kResultFolderName));
}

TEST_F(ResultsTest, LinesTooLongToReadAreBrokenAndJsonIsIndented) {
  Json::Array rows;
  for (std::int64_t i = 0; i < 200; ++i) {
    rows.push_back(Json::object({{"row", i}, {"name", "somebody"}}));
  }
  const Json json(rows);
  EXPECT_EQ(file_of(json.dump()), json.dump(2) + "\n");
  const std::string broken = file_of(std::string(1'000, 'x') + "\nshort\n");
  EXPECT_EQ(broken, std::string(400, 'x') + "\n" + std::string(400, 'x') + "\n" + std::string(200, 'x') + "\nshort\n");
}

TEST_F(ResultsTest, BytesThatAreNoTextBecomeText) {
  const auto path = results_->keep("caf\xE9 " + std::string(2'000, '\xFF'));
  ASSERT_TRUE(path) << path.error().message;
  const auto text = results_->beside(workspace_)->read(*path, 1'000'000);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_TRUE(text->starts_with("caf\xEF\xBF\xBD "));
}

TEST_F(ResultsTest, WhatCannotBeKeptIsSaid) {
  const auto gone = *ResultFolder::open(folder_.path() / "results");
  ASSERT_TRUE(tools_.add(std::make_unique<Speaker>(numbered_lines(500))));
  tools_.keep_large_results(gone, kShown);
  std::filesystem::remove_all(folder_.path() / "results");
  const std::string shown = ask("speak");
  EXPECT_TRUE(shown.contains("[the rest is lost: ")) << shown;
  EXPECT_LE(shown.size(), kShown);
}

TEST_F(ResultsTest, AFolderThatStaysForgetsWhatIsOld) {
  const std::filesystem::path place = folder_.path() / "results";
  const std::string name = *(*ResultFolder::open(place))->keep("something");
  const std::filesystem::path file = place / std::filesystem::path(name).filename();
  EXPECT_EQ(std::filesystem::status(place).permissions(), std::filesystem::perms::owner_all);
  ASSERT_TRUE(ResultFolder::open(place));
  EXPECT_TRUE(std::filesystem::exists(file));
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(file, now - std::chrono::days(kResultDaysMax + 1));
  ASSERT_TRUE(ResultFolder::open(place));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(ResultBytes, FollowTheWindow) {
  EXPECT_EQ(result_bytes_for(0), 1'024U);
  EXPECT_EQ(result_bytes_for(4'096), 4'096U);
  EXPECT_EQ(result_bytes_for(1'000'000), kObservationBytesMax);
}

}  // namespace
}  // namespace puna
