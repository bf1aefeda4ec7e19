// A shell line is understood exactly or not at all. The oracles are the shells of this machine.
#include "tools/shell_words.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tools/test_folder.h"
#include "tools/test_random.h"

namespace puna::tools {
namespace {

using Commands = std::vector<Words>;

TEST(ShellWords, CommandsAreSplitWhereAShellSplitsThem) {
  EXPECT_EQ(shell_commands("git status").value(), (Commands{{"git", "status"}}));
  EXPECT_EQ(shell_commands("a; b && c || d | e\nf").value(), (Commands{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}}));
  EXPECT_EQ(shell_commands("a;b&&c||d|e").value(), (Commands{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}}));
  EXPECT_EQ(shell_commands("\n\n a \t b \n\n c;\n").value(), (Commands{{"a", "b"}, {"c"}}));
  EXPECT_EQ(shell_commands("a &&\n\nb").value(), (Commands{{"a"}, {"b"}}));
}

TEST(ShellWords, QuotesMakeWordsAndLeave) {
  EXPECT_EQ(shell_commands("a 'b c' \"d e\" f\\ g").value(), (Commands{{"a", "b c", "d e", "f g"}}));
  EXPECT_EQ(shell_commands("a ''").value(), (Commands{{"a", ""}}));
  EXPECT_EQ(shell_commands("a b'c'\"d\"\\e").value(), (Commands{{"a", "bcde"}}));
  EXPECT_EQ(shell_commands(R"(a "\$x \" \\ \n")").value(), (Commands{{"a", R"($x " \ \n)"}}));
  EXPECT_EQ(shell_commands("a '; rm -rf $HOME `x` > y'").value(), (Commands{{"a", "; rm -rf $HOME `x` > y"}}));
  EXPECT_EQ(shell_commands("a \\; b").value(), (Commands{{"a", ";", "b"}}));
  EXPECT_EQ(shell_commands("a 'two\nlines'").value(), (Commands{{"a", "two\nlines"}}));
  EXPECT_EQ(shell_commands("a '\xc3\xbc'").value(), (Commands{{"a", "\xc3\xbc"}}));
  EXPECT_EQ(shell_commands("a x#y b=c --d=~").error().message, "not understood at byte 15: ~ stands for a folder");
  for (const char* word : {"1=2", "=x", ",=x", "@=x", "-x=y"}) {  // not the name of a variable
    EXPECT_EQ(shell_commands(std::string(word) + " a").value(), (Commands{{word, "a"}})) << word;
  }
  EXPECT_EQ(shell_commands("a x#y b=c d~").value(), (Commands{{"a", "x#y", "b=c", "d~"}}));
}

TEST(ShellWords, WhatDoesMoreThanStartProgramsIsRefused) {
  for (const char* line : {"",
                           " ",
                           "\n",
                           ";",
                           "a ;; b",
                           "; a",
                           "&& a",
                           "a &&",
                           "a ||",
                           "a |",
                           "a | ; b",
                           "a &",
                           "a & b",
                           "a &&& b",
                           "a ||| b",
                           "a |& b",
                           "$x",
                           "a $x",
                           "a \"$x\"",
                           "a $(b)",
                           "a \"$(b)\"",
                           "a `b`",
                           "a \"`b`\"",
                           "a $'b'",
                           "a $\"b\"",
                           "a > b",
                           "a < b",
                           "a >> b",
                           "a 2>&1",
                           "a &> b",
                           "a << b",
                           "a <<< b",
                           "a <(b)",
                           "(a)",
                           "{ a; }",
                           "a {b,c}",
                           "a *",
                           "a ?",
                           "a [b]",
                           "~",
                           "a ~",
                           "a b:~",
                           "a b=~/c",
                           "# a",
                           "a # b",
                           "X=1",
                           "X=1 a",
                           "x=1 a",
                           "z9=1 a",
                           "a=1",
                           "Z=1 a",
                           "A=1 a",
                           "X+=1 a",
                           "_x= a",
                           "! a",
                           "if a; then b; fi",
                           "while a; do b; done",
                           "for a in b; do c; done",
                           "case a in esac",
                           "function a",
                           "time a",
                           "coproc a",
                           "[[ a ]]",
                           "a 'b",
                           "a \"b",
                           "a \"b\\",
                           "a b\\",
                           "a \\\nb",
                           "a \"b\\\nc\"",
                           "a\rb",
                           "a\x01",
                           "a '\x1b[0m'",
                           "a \"!x\"",
                           "!!",
                           "^a^b",
                           "a !x",
                           "'' a",
                           "\"\"",
                           "\xc3\xbc",
                           "a \xc2\xa0 b",
                           "'p\xd0\xb0the' x",
                           "a \\\xc3\xbc"}) {
    EXPECT_FALSE(shell_commands(line)) << line;
  }
  using namespace std::string_view_literals;
  EXPECT_FALSE(shell_commands("a\0b"sv));
  EXPECT_FALSE(shell_commands("a '\0'"sv));
  EXPECT_EQ(shell_commands("a; b $x").error().message, "not understood at byte 6: an unquoted $");
  EXPECT_EQ(shell_commands("a 'b").error().message, "not understood at byte 3: an open quote");
}

TEST(ShellWords, ALineOfTheLimitIsReadAndOneByteMoreIsNot) {
  EXPECT_TRUE(shell_commands(std::string(kShellBytesMax, 'a')));
  EXPECT_FALSE(shell_commands(std::string(kShellBytesMax + 1, 'a')));
}

TEST(ShellWords, WordsThatAreQuotedAreReadBack) {
  constexpr std::string_view kSigns = "ab $`\"\\;&|<>()*?[]{}~#!=\n\t-";
  Random random(11);
  for (int round = 0; round < 2'000; ++round) {
    Commands wanted;
    std::string line;
    for (std::uint64_t c = 1 + below(random, 3); c > 0; --c) {
      Words words{"p" + std::to_string(below(random, 9))};
      line += (line.empty() ? "" : "; ") + words.front();
      for (std::uint64_t w = below(random, 4); w > 0; --w) {
        std::string word;
        for (std::uint64_t i = below(random, 6); i > 0; --i) {
          word += kSigns[below(random, kSigns.size())];
        }
        line += " '" + word + "'";
        words.push_back(std::move(word));
      }
      wanted.push_back(std::move(words));
    }
    ASSERT_EQ(shell_commands(line).value(), wanted) << line;
  }
}

// Runs lines in a shell in which "a" (succeeds) and "f" (fails) write down the words that they get.
std::vector<Commands> as_run_by(const std::string& shell, const std::vector<std::string>& lines) {
  const TestFolder folder;
  std::string script =
      "a() { printf 'a\\037' >> out; for w in \"$@\"; do printf '%s\\037' \"$w\" >> out; done; printf '\\036' >> out; "
      "}\n"
      "f() { printf 'f\\037' >> out; for w in \"$@\"; do printf '%s\\037' \"$w\" >> out; done; printf '\\036' >> out; "
      "false; }\n";
  for (const std::string& line : lines) {
    script += line + "\nprintf '\\035' >> out\n";
  }
  folder.write("script", script);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::chdir(folder.path().c_str()) == 0) {
      ::execl(shell.c_str(), shell.c_str(), "script", nullptr);
    }
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::ifstream file(folder.path() / "out", std::ios::binary);
  std::vector<Commands> all;
  Commands commands;
  Words words;
  std::string word;
  for (char c = 0; file.get(c);) {
    if (c == '\037') {
      words.push_back(std::exchange(word, {}));
    } else if (c == '\036') {
      commands.push_back(std::exchange(words, {}));
    } else if (c == '\035') {
      all.push_back(std::exchange(commands, {}));
    } else {
      word += c;
    }
  }
  return all;
}

TEST(ShellWords, WhatIsUnderstoodIsWhatTheShellsRun) {
  const auto pieces = std::to_array<std::string_view>(
      {"a",     "a ", "a x", " x",  "'",   "\"",       "\\", "\\\\", "'y z'", "\"y z\"", "\\ ", ";", "; a",
       " && a", "\n", "\na", "\t",  "x#",  " #",       "=",  "b=c",  "-",     ",",       "%",   "@", "+",
       ":",     ".",  "/",   "\\;", "\\'", "\"\\\"\"", "''", "'$x'", "\\$x",  "$x",      "*",   "~", "x~"});
  constexpr std::size_t kLines = 500;
  Random random(5);
  std::vector<std::string> lines{"f x || a y"};
  while (lines.size() < kLines) {  // about one of twelve is understood
    std::string line = "a";
    for (std::size_t i = below(random, 9); i > 0; --i) {
      line += pieces[below(random, pieces.size())];
    }
    const auto commands = shell_commands(line);
    if (commands && std::ranges::all_of(*commands, [](const Words& words) { return words.front() == "a"; })) {
      lines.push_back(std::move(line));
    }
  }
  for (const char* shell : {"/bin/sh", "/bin/bash"}) {
    if (::access(shell, X_OK) != 0) {
      continue;
    }
    const std::vector<Commands> run = as_run_by(shell, lines);
    ASSERT_EQ(run.size(), lines.size()) << shell;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      EXPECT_EQ(run[i], shell_commands(lines[i]).value()) << shell << ": " << lines[i];
    }
  }
}

}  // namespace
}  // namespace puna::tools
