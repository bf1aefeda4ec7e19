// Rules of the file tools, as a model meets them.
#include "puna/tools/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>

#include "tools/test_folder.h"

namespace puna {
namespace {

using tools::TestFolder;

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    auto workspace = Workspace::open(folder_.path());
    if (!workspace && workspace.error().code == ErrorCode::unavailable) {
      GTEST_SKIP() << workspace.error().message;
    }
    ASSERT_TRUE(workspace);
    workspace_ = *workspace;
    for (auto make : {make_read, make_write, make_edit, make_glob, make_grep, make_list}) {
      ASSERT_TRUE(box_.add(make(workspace_)));
    }
  }

  std::string call(std::string tool, std::initializer_list<Json::Member> arguments) {
    const ToolResult result = box_.run({.id = "1", .name = std::move(tool), .arguments = Json::object(arguments)});
    EXPECT_EQ(result.is_error, result.content.starts_with("error: ")) << result.content;
    return result.content;
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ifstream file(folder_.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TestFolder folder_;
  std::shared_ptr<const Workspace> workspace_;
  Toolbox box_;
};

TEST_F(FilesTest, ArgumentsThatNoToolHasAreRefused) {
  for (const ToolSpec& spec : box_.specs()) {
    const std::string said = call(spec.name, {{"path", "x"}, {"sandbox", "off"}});
    EXPECT_TRUE(said.contains("sandbox")) << spec.name << ": " << said;
    EXPECT_TRUE(box_.find(spec.name)->traits()) << spec.name;
  }
}

// ---- read ---------------------------------------------------------------------------------------------------------

TEST_F(FilesTest, ReadNumbersLines) {
  folder_.write("a.txt", "one\ntwo\n\nfour");
  EXPECT_EQ(call("read", {{"path", "a.txt"}}), "    1\tone\n    2\ttwo\n    3\t\n    4\tfour\n");
  EXPECT_EQ(call("read", {{"path", "a.txt"}, {"start_line", 2}, {"end_line", 2}}),
            "    2\ttwo\n[lines 2 to 2 of 4; go on with start_line 3]\n");
  EXPECT_EQ(call("read", {{"path", "a.txt"}, {"start_line", 4}, {"end_line", 99}}), "    4\tfour\n");
  EXPECT_EQ(call("read", {{"path", "a.txt"}, {"start_line", 5}}), "error: a.txt has 4 lines; there is no line 5");
  EXPECT_EQ(call("read", {{"path", "a.txt"}, {"start_line", 3}, {"end_line", 2}}),
            "error: end_line 2 is before start_line 3");
  EXPECT_TRUE(call("read", {{"path", "a.txt"}, {"start_line", 0}}).starts_with("error: "));
  folder_.write("empty", "");
  folder_.write("one_end", "\n");
  folder_.write("windows", "a\r\nb\r\n");
  EXPECT_EQ(call("read", {{"path", "empty"}}), "(empty)");
  EXPECT_EQ(call("read", {{"path", "one_end"}}), "    1\t\n");
  EXPECT_EQ(call("read", {{"path", "windows"}}), "    1\ta\n    2\tb\n[the line ends are CRLF]\n");
}

TEST_F(FilesTest, ReadSaysWhereToGoOnUntilAllWasRead) {
  std::string content;
  for (int i = 1; i <= 5'003; ++i) {
    content += "line " + std::to_string(i) + "\n";
  }
  folder_.write("long.txt", content);
  std::string joined;
  std::int64_t next = 1;
  int calls = 0;
  for (; next != 0 && calls < 10; ++calls) {
    const std::string shown = call("read", {{"path", "long.txt"}, {"start_line", next}});
    next = 0;
    for (std::size_t at = 0; at < shown.size();) {
      const std::string line = shown.substr(at, shown.find('\n', at) - at);
      at += line.size() + 1;
      if (const std::size_t go_on = line.find("start_line "); line.starts_with("[")) {
        next = std::stoll(line.substr(go_on + 11));
      } else {
        joined += line.substr(line.find('\t') + 1) + "\n";
      }
    }
  }
  EXPECT_EQ(joined, content);
  EXPECT_EQ(calls, 3);
}

TEST_F(FilesTest, ReadCutsLongLinesAndStopsAtItsBytes) {
  folder_.write("wide.txt", std::string(10'000, 'w') + "\n" + std::string(10, 'x'));
  const std::string shown = call("read", {{"path", "wide.txt"}});
  EXPECT_TRUE(shown.contains("[... 8000 bytes left out ...]\n    2\txxxxxxxxxx\n")) << shown;
  std::string many;
  for (int i = 0; i < 100; ++i) {
    many += std::string(1'900, 'y') + "\n";
  }
  folder_.write("many.txt", many);
  const std::string part = call("read", {{"path", "many.txt"}});
  EXPECT_LE(part.size(), kReadShownBytesMax + kReadLineBytesMax + 200);
  EXPECT_TRUE(part.contains("go on with start_line")) << part.size();
}

TEST_F(FilesTest, ReadRefusesWhatIsNoText) {
  folder_.write("nul", std::string_view("a\0b", 3));
  folder_.write("latin1", "caf\xe9");
  ASSERT_EQ(::mkfifo((folder_.path() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(call("read", {{"path", "nul"}}), "error: not text: nul");
  EXPECT_EQ(call("read", {{"path", "latin1"}}), "error: not text: latin1");
  EXPECT_EQ(call("read", {{"path", "pipe"}}), "error: not a regular file: pipe");
  EXPECT_EQ(call("read", {{"path", "none"}}), "error: no such file: none");
  EXPECT_EQ(call("read", {{"path", "../x"}}), "error: the path leaves the folder: ../x");
}

// ---- write --------------------------------------------------------------------------------------------------------

TEST_F(FilesTest, WriteSaysWhatItDid) {
  EXPECT_EQ(call("write", {{"path", "a/b.txt"}, {"content", "text\n"}}),
            "error: no such folder: a (make_folders: true makes it)");
  EXPECT_EQ(call("write", {{"path", "a/b.txt"}, {"content", "text\n"}, {"make_folders", true}}),
            "created a/b.txt (5 bytes)");
  EXPECT_EQ(call("write", {{"path", "a/b.txt"}, {"content", ""}}), "replaced a/b.txt (0 bytes)");
  EXPECT_EQ(call("write", {{"path", "big"}, {"content", std::string(kWriteBytesMax + 1, 'x')}}),
            "error: the content is too large (4194305 bytes; at most 4194304)");
  EXPECT_EQ(call("write", {{"path", ".git/hooks/pre-commit"}, {"content", "x"}, {"make_folders", true}}),
            "error: protected, tools may not write it: .git");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / ".git"));
}

// ---- edit ---------------------------------------------------------------------------------------------------------

TEST_F(FilesTest, EditReplacesOnePlaceAndShowsTheDifference) {
  folder_.write("a.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  EXPECT_EQ(call("edit", {{"path", "a.txt"}, {"old_text", "5\n"}, {"new_text", "five\nand a half\n"}}),
            "--- a.txt\n+++ a.txt\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+and a half\n 6\n 7\n 8\n");
  EXPECT_EQ(text("a.txt"), "1\n2\n3\n4\nfive\nand a half\n6\n7\n8\n9\n");
}

TEST_F(FilesTest, EditRefusesWhatIsNotClear) {
  folder_.write("a.txt", "x = 1\ny = 1\nx = 1\n");
  EXPECT_EQ(
      call("edit", {{"path", "a.txt"}, {"old_text", "x = 1"}, {"new_text", "x = 2"}}),
      "error: old_text is in the file 2 times (lines 1, 3). Give more of the text around it, or set replace_all.");
  EXPECT_EQ(call("edit", {{"path", "a.txt"}, {"old_text", "z"}, {"new_text", "x"}}),
            "error: old_text is not in the file");
  EXPECT_EQ(call("edit", {{"path", "a.txt"}, {"old_text", "y = 1\nz"}, {"new_text", "x"}}),
            "error: old_text is not in the file; its first line is line 2, so what follows differs");
  EXPECT_EQ(call("edit", {{"path", "a.txt"}, {"old_text", ""}, {"new_text", "x"}}), "error: old_text is empty");
  EXPECT_EQ(call("edit", {{"path", "a.txt"}, {"old_text", "y"}, {"new_text", "y"}}),
            "error: old_text and new_text are the same");
  folder_.write("aaa", "aaa");  // two places that overlap are two places
  EXPECT_TRUE(call("edit", {{"path", "aaa"}, {"old_text", "aa"}, {"new_text", "b"}}).contains("2 times"));
  EXPECT_EQ(text("a.txt"), "x = 1\ny = 1\nx = 1\n");
}

TEST_F(FilesTest, EditReplacesEveryPlaceWhenAskedTo) {
  folder_.write("a.txt", "x = 1\ny = 1\nx = 1\n");
  EXPECT_EQ(call("edit", {{"path", "a.txt"}, {"old_text", "x = 1"}, {"new_text", "x = 2"}, {"replace_all", true}}),
            "--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n-x = 1\n+x = 2\n y = 1\n-x = 1\n+x = 2\n");
  folder_.write("aaa", "aaaaa");
  EXPECT_TRUE(call("edit", {{"path", "aaa"}, {"old_text", "aa"}, {"new_text", "b"}, {"replace_all", true}})
                  .contains("-aaaaa\n\\ No newline at end of file\n+bba\n"));
}

TEST_F(FilesTest, EditKeepsLineEnds) {
  folder_.write("windows.txt", "one\r\ntwo\r\nthree\r\n");
  EXPECT_FALSE(call("edit", {{"path", "windows.txt"}, {"old_text", "one\ntwo"}, {"new_text", "1\n2\n2.5"}})
                   .starts_with("error"));
  EXPECT_EQ(text("windows.txt"), "1\r\n2\r\n2.5\r\nthree\r\n");
  folder_.write("mixed.txt", "one\r\ntwo\nthree\r\n");
  EXPECT_EQ(call("edit", {{"path", "mixed.txt"}, {"old_text", "one\ntwo"}, {"new_text", "x"}}),
            "error: old_text is not in the file; its first line is line 1, so what follows differs");
  EXPECT_FALSE(
      call("edit", {{"path", "mixed.txt"}, {"old_text", "two\nthree"}, {"new_text", "2\n3"}}).starts_with("error"));
  EXPECT_EQ(text("mixed.txt"), "one\r\n2\n3\r\n");
}

// ---- glob, grep, list ---------------------------------------------------------------------------------------------

TEST_F(FilesTest, GlobFindsByPathSortedWithHiddenNames) {
  for (const char* name :
       {"src/a.h", "src/b.cpp", "src/deep/c.h", "src/deep/.d.h", "top.h", ".git/x.h", "docs/[x].h"}) {
    folder_.write(name, "");
  }
  folder_.link("link.h", "top.h");
  EXPECT_EQ(call("glob", {{"pattern", "**/*.h"}}),
            "docs/[x].h\nlink.h\nsrc/a.h\nsrc/deep/.d.h\nsrc/deep/c.h\ntop.h\n[not entered: 1 .git folder, 1 link]\n");
  EXPECT_EQ(call("glob", {{"pattern", "*.h"}, {"path", "src"}}), "src/a.h\n");
  EXPECT_EQ(call("glob", {{"pattern", "src/*.{h,cpp}"}}), "src/a.h\nsrc/b.cpp\n[not entered: 1 .git folder, 1 link]\n");
  EXPECT_EQ(call("glob", {{"pattern", "docs/\\[x].h"}}), "docs/[x].h\n[not entered: 1 .git folder, 1 link]\n");
  EXPECT_EQ(call("glob", {{"pattern", "s?c"}}), "src/\n[not entered: 1 .git folder, 1 link]\n");
  EXPECT_EQ(call("glob", {{"pattern", "none*"}, {"path", "docs"}}), "(no match)\n");
  EXPECT_EQ(call("glob", {{"pattern", "a["}}), "error: not a pattern: a [ is not closed");
  EXPECT_EQ(call("glob", {{"pattern", "*"}, {"path", ".."}}), "error: the path leaves the folder: ..");
  EXPECT_EQ(call("glob", {{"pattern", "*"}, {"path", "top.h"}}), "error: not a folder: top.h");
}

TEST_F(FilesTest, GlobShowsAtMostItsLimitAndCountsTheRest) {
  for (int i = 0; i < 1'005; ++i) {
    folder_.write(format_text("f{:04}", i), "");
  }
  const std::string shown = call("glob", {{"pattern", "f*"}});
  EXPECT_EQ(std::ranges::count(shown, '\n'), 1'001);
  EXPECT_TRUE(shown.ends_with("f0999\n[5 more]\n"));
}

TEST_F(FilesTest, GrepShowsPathLineAndText) {
  folder_.write("src/a.cpp", "int x;\nint main() {}\nint y;\n");
  folder_.write("src/b.h", "int X;\r\n");
  folder_.write("bin", std::string_view("int x\0", 6));
  folder_.write("latin1", "int x \xe9\n");
  EXPECT_EQ(call("grep", {{"pattern", "int x"}}),
            "latin1:1:int x \uFFFD\nsrc/a.cpp:1:int x;\n[files skipped: 1 binary]\n");
  EXPECT_EQ(call("grep", {{"pattern", "int x"}, {"ignore_case", true}, {"glob", "*.{h,cpp}"}}),
            "src/a.cpp:1:int x;\nsrc/b.h:1:int X;\n");
  EXPECT_EQ(call("grep", {{"pattern", "main"}, {"path", "src"}, {"context", 1}}),
            "src/a.cpp-1-int x;\nsrc/a.cpp:2:int main() {}\nsrc/a.cpp-3-int y;\n");
  EXPECT_EQ(call("grep", {{"pattern", "^int y;$"}, {"path", "src/a.cpp"}}), "src/a.cpp:3:int y;\n");
  EXPECT_EQ(call("grep", {{"pattern", "nothing"}, {"path", "src"}}), "(no match in 2 files)\n");
  EXPECT_TRUE(call("grep", {{"pattern", "("}}).starts_with("error: not a regular expression: "));
  EXPECT_EQ(call("grep", {{"pattern", ""}}), "error: the pattern has 0 bytes; 1 to 1000 are allowed");
  EXPECT_EQ(call("grep", {{"pattern", "x"}, {"path", "none"}}), "error: no such folder: none");
  EXPECT_EQ(call("grep", {{"pattern", "x"}, {"path", "../x"}}), "error: the path leaves the folder: ../x");
}

TEST_F(FilesTest, GrepJoinsContextsThatMeet) {
  folder_.write("a", "1\nx\n3\nx\n5\n6\n7\n8\nx\n10\n");
  EXPECT_EQ(call("grep", {{"pattern", "x"}, {"context", 1}}),
            "a-1-1\na:2:x\na-3-3\na:4:x\na-5-5\n--\na-8-8\na:9:x\na-10-10\n");
}

TEST_F(FilesTest, GrepIsBounded) {
  std::string many;
  for (int i = 0; i < 500; ++i) {
    many += "x " + std::string(400, '.') + "\n";
  }
  folder_.write("many", many);
  folder_.write("huge", std::string(kGrepFileBytesMax + 1, 'x'));
  const std::string shown = call("grep", {{"pattern", "x"}});
  EXPECT_TRUE(shown.contains(" more matching lines]\n[files skipped: 1 over 4 MiB]\n"))
      << shown.substr(shown.size() - 99);
  EXPECT_LE(std::ranges::count(shown, '\n'), 203);
  EXPECT_TRUE(shown.contains(" [...]\n"));
  // A pattern on which a backtracking matcher would take for ever.
  folder_.write("evil", std::string(50'000, 'a') + "\n");
  EXPECT_EQ(call("grep", {{"pattern", "^(a+)+$b"}, {"path", "evil"}}), "(no match in 1 files)\n");
}

TEST_F(FilesTest, ListNeedsNoPath) {
  folder_.write("a/b", "");
  folder_.write("c", "");
  EXPECT_EQ(call("list", {}), "a/\nc");
  EXPECT_EQ(call("list", {{"path", "a"}}), "b");
  EXPECT_EQ(call("list", {{"path", "c"}}), "error: not a folder: c");
}

// ---- user_input ---------------------------------------------------------------------------------------------------

class Says final : public User {
 public:
  explicit Says(Result<std::string> answer) : answer_(std::move(answer)) {}
  [[nodiscard]] Result<std::string> answer(std::string_view question, const std::stop_token& /*stop*/) override {
    asked = question;
    return answer_;
  }
  std::string asked;

 private:
  Result<std::string> answer_;
};

TEST(UserInput, AsksAndCutsWhatIsTooLong) {
  const Json question = Json::object({{"question", "Which?"}});
  Says user("the second");
  EXPECT_EQ(make_user_input(&user)->run(question, {}), (ToolResult{.content = "the second"}));
  EXPECT_EQ(user.asked, "Which?");
  Says silent("");
  EXPECT_EQ(make_user_input(&silent)->run(question, {}).content, "(no answer)");
  Says talker(std::string(100'000, 'x'));
  EXPECT_LE(make_user_input(&talker)->run(question, {}).content.size(), 16'384U);
  Says gone(fail(ErrorCode::cancelled, "cancelled"));
  EXPECT_TRUE(make_user_input(&gone)->run(question, {}).is_error);
  EXPECT_EQ(make_user_input(nullptr)->run(question, {}).content,
            "error: nobody is there to answer. Go on without an answer.");
}

}  // namespace
}  // namespace puna
