// Patterns of commands and of paths.
#include "tools/command_pattern.h"

#include <gtest/gtest.h>

#include "tools/path_pattern.h"

namespace puna::tools {
namespace {

bool matches(std::string_view pattern, const Words& words) {
  const auto compiled = CommandPattern::compile(pattern);
  EXPECT_TRUE(compiled) << pattern;
  return compiled && compiled->matches(words);
}

TEST(CommandPattern, IsAboutWordsNotAboutText) {
  EXPECT_TRUE(matches("git status", {"git", "status"}));
  EXPECT_TRUE(matches("  git \t status ", {"git", "status"}));
  EXPECT_FALSE(matches("git status", {"git status"}));
  EXPECT_FALSE(matches("git status", {"git"}));
  EXPECT_FALSE(matches("git status", {"git", "status", "x"}));
  EXPECT_TRUE(matches("'git status' x", {"git status", "x"}));
  EXPECT_TRUE(matches("a '' b", {"a", "", "b"}));
  EXPECT_TRUE(matches("a'b c'd", {"ab cd"}));
  EXPECT_FALSE(matches("git", {"git", ""}));
}

TEST(CommandPattern, AWildcardIsForOneWordAndForNoOption) {
  EXPECT_TRUE(matches("make test_?", {"make", "test_a"}));
  EXPECT_TRUE(matches("cat *.md", {"cat", "a/b.md"}));
  EXPECT_FALSE(matches("cat *.md", {"cat", "-x.md"}));
  EXPECT_FALSE(matches("cat ?n x", {"cat", "-n", "x"}));
  EXPECT_FALSE(matches("cat [!a]n x", {"cat", "-n", "x"}));
  EXPECT_FALSE(matches("cat {-n,b} x", {"cat", "-n", "x"}));
  EXPECT_TRUE(matches("cat {-n,b} x", {"cat", "b", "x"}));
  EXPECT_TRUE(matches("cat -* x", {"cat", "-n", "x"}));
  EXPECT_TRUE(matches("cat -n x", {"cat", "-n", "x"}));
}

TEST(CommandPattern, ALastStarIsForPlainWordsAndTwoForAny) {
  for (const char* pattern : {"ls *", "ls **"}) {
    EXPECT_TRUE(matches(pattern, {"ls"})) << pattern;
    EXPECT_TRUE(matches(pattern, {"ls", "a", "b"})) << pattern;
    EXPECT_FALSE(matches(pattern, {"la", "a"})) << pattern;
  }
  EXPECT_FALSE(matches("ls *", {"ls", "a", "-x"}));
  EXPECT_FALSE(matches("ls *", {"ls", "-x"}));
  EXPECT_TRUE(matches("ls **", {"ls", "a", "-x"}));
  EXPECT_TRUE(matches("ls -l *", {"ls", "-l", "a"}));
  EXPECT_TRUE(matches("*", {"ls"}));  // alone it is a word
  EXPECT_FALSE(matches("*", {"ls", "a"}));
  EXPECT_FALSE(matches("**", {"ls", "a"}));
  EXPECT_TRUE(matches("* **", {"ls", "a", "-x"}));
}

TEST(CommandPattern, KnowsWhetherEveryWordIsWrittenDown) {
  for (const char* pattern : {"ls", "ls -l", "ls 'a b'"}) {
    EXPECT_TRUE(CommandPattern::compile(pattern)->is_literal()) << pattern;
  }
  for (const char* pattern : {"ls *", "ls **", "l?", "ls {a,b}", "ls [a]"}) {
    EXPECT_FALSE(CommandPattern::compile(pattern)->is_literal()) << pattern;
  }
}

TEST(CommandPattern, WhatIsNoPatternIsRefused) {
  for (const char* pattern : {"", " ", "\t", "ls 'a", "ls [", "ls {a"}) {
    EXPECT_FALSE(CommandPattern::compile(pattern)) << pattern;
  }
  EXPECT_EQ(CommandPattern::compile("ls 'a").error().message, "not a pattern: an open quote");
}

TEST(HidesAnother, ProgramsThatRunWhatTheyAreGiven) {
  for (const Words& words : {Words{"sh", "-c", "x"},
                             Words{"/bin/sh", "x"},
                             Words{"sudo", "x"},
                             Words{"env", "x"},
                             Words{"xargs"},
                             Words{"eval", "x"},
                             Words{".", "x"},
                             Words{"export", "PATH=x"},
                             Words{"awk", "x"},
                             Words{"sed", "x"},
                             Words{"vim", "+!x"},
                             Words{"find", ".", "-exec", "x"},
                             Words{"find", ".", "-delete"},
                             Words{"git", "-c", "core.pager=x", "log"},
                             Words{"git", "-ccore.pager=x"},
                             Words{"git", "config", "alias.x", "!y"},
                             Words{"git", "diff", "--ext-diff"},
                             Words{"git", "grep", "-O"},
                             Words{"git", "grep", "-nOx"},
                             Words{"git", "--exec-p=x"},
                             Words{"tar", "-xI", "x"},
                             Words{"tar", "--checkpoint-action=exec=x"},
                             Words{"tar", "--checkpoint-ac=exec=x"},
                             Words{"rsync", "-ae", "x"},
                             Words{"sort", "-o", "x"},
                             Words{"rg", "--pre=x"},
                             Words{"fd", "-x", "y"},
                             Words{"zip", "-T"},
                             Words{"printf", "-v", "a[$(x)]"},
                             Words{"test", "-v", "a[$(x)]"},
                             Words{"unset", "a[$(x)]"}}) {
    EXPECT_TRUE(hides_another(words)) << words.front() << ' ' << (words.size() > 1 ? words[1] : "");
  }
  for (const Words& words :
       {Words{"ls", "-c"}, Words{"git", "status"}, Words{"git", "log", "--oneline"}, Words{"git", "-C", "x", "status"},
        Words{"find", ".", "-name", "x"}, Words{"find", ".", "exec"}, Words{"tar", "-xf", "x"}, Words{"tar", "--"},
        Words{"sort", "-n"}, Words{"printf", "%s"}, Words{"shx"}, Words{"cat", "sh"}, Words{"rsync", "x", "y"},
        Words{"sort", "--", "x"}, Words{"sh/x"}}) {
    EXPECT_FALSE(hides_another(words)) << words.front() << ' ' << (words.size() > 1 ? words[1] : "");
  }
}

PathPattern pattern_of(std::string_view text) {
  auto pattern = PathPattern::compile(text);
  EXPECT_TRUE(pattern) << text;
  return *std::move(pattern);
}

TEST(PathPattern, CoversAFolderOnlyWithAllThatIsInIt) {
  EXPECT_TRUE(pattern_of("**").covers("."));
  EXPECT_TRUE(pattern_of("**").covers("a/b"));
  EXPECT_TRUE(pattern_of("a/**").covers("a"));
  EXPECT_TRUE(pattern_of("a/**").covers("a/b/c"));
  EXPECT_TRUE(pattern_of("*/b/**").covers("x/b"));
  EXPECT_FALSE(pattern_of("a/**").covers("."));
  EXPECT_FALSE(pattern_of("a/**").covers("ab"));
  EXPECT_FALSE(pattern_of("a/*").covers("a/b"));
  EXPECT_FALSE(pattern_of("a").covers("a"));
  EXPECT_FALSE(pattern_of("**/*.c").covers("a.c"));
  EXPECT_FALSE(pattern_of("/**").covers("."));
}

TEST(PathPattern, IsAboutAFolderAndWhatIsInIt) {
  for (const char* path : {"a/b", "a/b/c", "a/b/c/d"}) {
    EXPECT_TRUE(pattern_of("a/b").is_about(path)) << path;
    EXPECT_TRUE(pattern_of("a/b/**").is_about(path)) << path;
  }
  for (const char* path : {"a", ".", "a/bc", "x/a/b", "b"}) {
    EXPECT_FALSE(pattern_of("a/b").is_about(path)) << path;
    EXPECT_FALSE(pattern_of("a/b/**").is_about(path)) << path;
  }
  EXPECT_TRUE(pattern_of("**").is_about("."));
  EXPECT_TRUE(pattern_of("**/key").is_about("a/key/b"));
}

TEST(PathPattern, MayReachIntoWhatItsFixedBeginningDoesNotRuleOut) {
  for (const char* pattern : {"a/b/*", "a/b", "a/{b,c}/d", "a/b/**", "**", "*/b", "?"}) {
    EXPECT_TRUE(pattern_of(pattern).may_reach_into(".")) << pattern;
    EXPECT_TRUE(pattern_of(pattern).may_reach_into("a")) << pattern;
  }
  EXPECT_TRUE(pattern_of("a/b/*").may_reach_into("a/b"));
  EXPECT_TRUE(pattern_of("a/x*").may_reach_into("a/b"));  // it could: the name is not compared beyond whole folders
  EXPECT_FALSE(pattern_of("a/b/*").may_reach_into("a/c"));
  EXPECT_FALSE(pattern_of("a/b/*").may_reach_into("b"));
  EXPECT_FALSE(pattern_of("a/b").may_reach_into("c"));
  EXPECT_FALSE(pattern_of("a\\*/b").may_reach_into("a/b/c") && !pattern_of("a\\*/b").may_reach_into("a"));
}

// Never "no" where something beneath does match.
TEST(PathPattern, AgreesWithTryingEveryPath) {
  const std::vector<std::string> paths{"a",     "b",     "a/a",   "a/b",   "b/a",   "b/b",
                                       "a/a/a", "a/a/b", "a/b/a", "a/b/b", "b/a/a", "b/b/b"};
  for (const char* text :
       {"a", "a/b", "a/*", "*/a", "**", "a/**", "**/b", "a/**/b", "{a,b}/a", "[ab]", "?/b/a", "a/a*/**"}) {
    const PathPattern pattern = pattern_of(text);
    for (const std::string& folder : paths) {
      bool all = true;
      bool any = false;
      for (const std::string& path : paths) {
        const bool beneath = path.starts_with(folder + "/");
        all = all && (!beneath || pattern.matches(path));
        any = any || (beneath && pattern.matches(path));
      }
      EXPECT_TRUE(!pattern.covers(folder) || all) << text << " " << folder;
      EXPECT_TRUE(pattern.may_reach_into(folder) || !any) << text << " " << folder;
    }
  }
}

}  // namespace
}  // namespace puna::tools
