// The search over a folder: what is an entry, what is found, what is refused; and the bundled facts.
#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "puna/tools/web.h"
#include "source_folder.h"
#include "tools/fact_index.h"
#include "tools/test_folder.h"

namespace puna {
namespace {

using tools::TestFolder;

std::vector<SearchHit> found(const std::filesystem::path& folder, std::string_view query) {
  auto engine = open_local_search(folder);
  EXPECT_TRUE(engine) << engine.error().message;
  auto hits = (*engine)->search(query, 5, {});
  EXPECT_TRUE(hits) << query << ": " << hits.error().message;
  return hits ? *std::move(hits) : std::vector<SearchHit>{};
}

TEST(LocalSearch, EveryTitleOfAFileIsAnEntryAndAFileWithoutIsOne) {
  const TestFolder folder;
  folder.write("animals.md", "About speeds.\n\n# Leopard\n\nRuns at 58 km/h.\n\n# Snow leopard\nRuns at 64 km/h.");
  folder.write("deep/bridge.txt", "The Pont des Arts\nis 155 m long.\n");
  folder.write("other.json", "leopard");
  folder.write(".hidden.md", "leopard");
  const auto hits = found(folder.path(), "How fast is a LEOPARD?");
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_EQ(hits[0].title, "Leopard");
  EXPECT_EQ(hits[0].address, "animals.md#leopard");
  EXPECT_EQ(hits[0].snippet, "Runs at 58 km/h.");
  EXPECT_EQ(hits[1].address, "animals.md#snow-leopard");
  const auto bridge = found(folder.path(), "pont arts");
  ASSERT_EQ(bridge.size(), 1U);
  EXPECT_EQ(bridge[0].title, "bridge.txt");
  EXPECT_EQ(bridge[0].address, "deep/bridge.txt");
  EXPECT_EQ(bridge[0].snippet, "The Pont des Arts is 155 m long.");
}

TEST(LocalSearch, QueriesAreWordsAndNeverALanguage) {
  const TestFolder folder;
  folder.write("a.md", "# Iéna\nA bridge: 155 m. O'Brien \"said\" NEAR it.");
  for (const std::string_view query :
       {"iena", "IÉNA", "\"iéna", "iéna\"", "iéna AND", "NOT iéna", "NEAR(iéna, 2)", "iéna*", "title:iéna", "^iéna",
        "iéna' OR 1=1 --", "{iéna}", "-iéna", "iéna—bridge—155", "(iéna", "iéna — ."}) {
    EXPECT_EQ(found(folder.path(), query).size(), 1U) << query;
  }
  auto engine = open_local_search(folder.path());
  ASSERT_TRUE(engine);
  for (const std::string_view query : {"", "  ", "\"\"", "?!.", "()", "*", "—", "«»"}) {
    const auto hits = (*engine)->search(query, 5, {});
    ASSERT_FALSE(hits) << query;
    EXPECT_EQ(hits.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_TRUE((*engine)->search("zebra", 5, {})->empty());
  std::mt19937 random(3);
  for (int round = 0; round < 2'000; ++round) {
    std::string query;
    for (auto i = random() % 12; i-- > 0;) {
      query +=
          "\"'()*^:+-{}~ \xc3\xa9\xff"
          "aN\0R"[random() % 21];
    }
    const auto hits = (*engine)->search(query, 5, {});
    EXPECT_TRUE(hits || hits.error().code == ErrorCode::invalid_argument) << query;
  }
}

TEST(LocalSearch, TextsThatAreTooLargeOrNoTextAreLeftOutAndLinksOutAreNotFollowed) {
  const TestFolder outside;
  outside.write("secret.md", "leopard of another folder");
  const TestFolder folder;
  folder.write("large.md", "leopard " + std::string(1'100'000, 'x'));
  folder.write("binary.md", std::string("leopard\0", 8));
  folder.write("broken.md", "leopard \xff");
  folder.write("good.md", "leopard");
  folder.link("link.md", outside.path() / "secret.md");
  folder.link("folder", outside.path());
  folder.link("loop", folder.path());
  const auto hits = found(folder.path(), "leopard");
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits[0].address, "good.md");
  const auto absent = open_local_search(folder.path() / "absent");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::not_found);
}

TEST(LocalSearch, TextsOfTheUserArePrivateAndBundledOnesAreNot) {
  const TestFolder folder;
  folder.write("a.md", "x");
  const auto own = open_local_search(folder.path());
  const auto bundled = open_local_search(folder.path(), SearchedTexts::bundled);
  ASSERT_TRUE(own && bundled);
  EXPECT_TRUE((*own)->traits().reads_private);
  EXPECT_EQ((*bundled)->traits().reads_private || (*bundled)->traits().acts(), false);
}

TEST(LocalSearch, ALongTextIsShownWhereItFits) {
  const TestFolder folder;
  std::string text;
  for (int i = 0; i < 500; ++i) {
    text += format_text("sentence {} about nothing. ", i);
  }
  folder.write("long.txt", text + "The leopard is here. " + text);
  const auto hits = found(folder.path(), "leopard");
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_NE(hits[0].snippet.find("The leopard is here."), std::string::npos);
  EXPECT_LT(hits[0].snippet.size(), 600U);
}

std::filesystem::path facts() { return std::filesystem::path(PUNA_SOURCE_DIR) / "data" / "facts"; }
constexpr const char* kFact = R"(^The (top speed|length|height) of (.+) is ([\d.]+) (km/h|m)\. )";

struct Fact {
  std::string what;
  std::string of;
  std::string number;
};
std::vector<Fact> all_facts() {
  std::vector<Fact> all;
  const std::regex form(kFact);
  for (const auto& file : std::filesystem::directory_iterator(facts())) {
    std::ifstream in(file.path());
    for (std::string line; std::getline(in, line);) {
      std::smatch match;
      if (std::regex_search(line, match, form)) {
        all.push_back({match[1], match[2], match[3]});
      }
    }
  }
  return all;
}

TEST(Facts, AnswerTheQuestionOfTheReadme) {
  for (const std::string_view query : {"how fast is a leopard", "leopard top speed", "leopard at full speed"}) {
    const auto hits = found(facts(), query);
    ASSERT_FALSE(hits.empty()) << query;
    EXPECT_TRUE(hits[0].snippet.starts_with("The top speed of a leopard is 58 km/h. ")) << query << hits[0].snippet;
  }
  for (const std::string_view query :
       {"how long is the Pont des Arts", "Pont des Arts length", "pont des arts bridge"}) {
    const auto hits = found(facts(), query);
    ASSERT_FALSE(hits.empty()) << query;
    EXPECT_TRUE(hits[0].snippet.starts_with("The length of the Pont des Arts is 155 m. ")) << query << hits[0].snippet;
  }
  EXPECT_NEAR(155 / (58 / 3.6), 9.6, 0.05);
}

TEST(Facts, EveryOneIsTheFirstHitOfItsQuestionsAndHasOneNumber) {
  const std::vector<Fact> all = all_facts();
  std::size_t animals = 0;
  auto engine = open_local_search(facts());
  ASSERT_TRUE(engine);
  for (const Fact& fact : all) {
    const bool is_animal = fact.what == "top speed";
    animals += is_animal ? 1 : 0;
    const std::string wanted = format_text("The {} of {} is {} ", fact.what, fact.of, fact.number);
    for (const std::string& query : {format_text("{} {}", fact.of, fact.what),
                                     format_text("how {} is {}", is_animal ? "fast" : "long", fact.of)}) {
      const auto hits = (*engine)->search(query, 3, {});
      ASSERT_TRUE(hits && !hits->empty()) << query;
      EXPECT_TRUE((*hits)[0].snippet.starts_with(wanted)) << query << ": " << (*hits)[0].snippet;
      EXPECT_LT((*hits)[0].snippet.size(), 200U) << query;
    }
  }
  EXPECT_GE(animals, 60U);
  EXPECT_GE(all.size() - animals, 60U);
}

TEST(Facts, OtherNumbersGiveOtherAnswers) {
  const TestFolder folder;
  std::mt19937 random(11);
  std::vector<std::string> wanted;
  std::string text = "Invented.\n";
  for (const Fact& fact : all_facts()) {
    const std::string sentence = format_text("The {} of {} is {} {}.", fact.what, fact.of, 1 + random() % 100'000,
                                             fact.what == "top speed" ? "km/h" : "m");
    text += format_text("\n# {}\n\n{} Some words.\n", fact.of, sentence);
    wanted.push_back(sentence);
  }
  folder.write("facts.md", text);
  auto engine = open_local_search(folder.path());
  ASSERT_TRUE(engine);
  std::size_t i = 0;
  for (const Fact& fact : all_facts()) {
    const auto hits = (*engine)->search(fact.of + " " + fact.what, 1, {});
    ASSERT_TRUE(hits && !hits->empty()) << fact.of;
    EXPECT_TRUE((*hits)[0].snippet.starts_with(wanted[i++])) << (*hits)[0].snippet;
  }
}

}  // namespace
}  // namespace puna
