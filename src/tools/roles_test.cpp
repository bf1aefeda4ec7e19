#include "puna/tools/roles.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace puna {
namespace {

TEST(Roles, TheFiveThatComeWithPunaAreFoundUnderEitherSpelling) {
  for (const char* name : {"big_bear", "cargo_connect", "trucker_tales", "legal_logger", "memory_mark", "big-bear"}) {
    const auto role = built_in_role(name);
    ASSERT_TRUE(role) << role.error().message;
    EXPECT_TRUE(role->system_prompt.starts_with("You are ")) << role->system_prompt;
    EXPECT_FALSE(role->description.empty());
  }
}

TEST(Roles, AreSortedAndEachIsNamedAsItsFile) {
  const std::vector<RolePrompt> roles = built_in_roles();
  ASSERT_GE(roles.size(), 5U);
  EXPECT_TRUE(std::ranges::is_sorted(roles, {}, &RolePrompt::name));
}

TEST(Roles, AnUnknownNameIsRefusedWithTheListOfThoseThatAreThere) {
  const auto role = built_in_role("small-bear");
  ASSERT_FALSE(role);
  EXPECT_EQ(role.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(role.error().hint.find("memory-mark"), std::string::npos) << role.error().hint;
}

TEST(Roles, AFileOfOnesOwnIsRead) {
  const auto role = parse_role("---\nname: poet\ndescription: Verse.\n---\nYou rhyme.\n", "poet.md");
  ASSERT_TRUE(role) << role.error().message;
  EXPECT_EQ(role->name, "poet");
  EXPECT_EQ(role->system_prompt, "You rhyme.");
}

TEST(Roles, WhatARoleCannotSayIsRefusedByName) {
  const auto role = parse_role("---\nname: poet\ndescription: Verse.\nturns_max: 3\n---\nYou rhyme.\n", "poet.md");
  ASSERT_FALSE(role);
  EXPECT_NE(role.error().message.find("'turns_max'"), std::string::npos) << role.error().message;
  EXPECT_NE(role.error().message.find("poet.md"), std::string::npos) << role.error().message;
}

TEST(Roles, AFileWithoutTextIsRefused) {
  EXPECT_FALSE(parse_role("---\nname: poet\ndescription: Verse.\n---\n\n", "poet.md"));
  EXPECT_FALSE(parse_role("You rhyme.\n", "poet.md"));
}

}  // namespace
}  // namespace puna
