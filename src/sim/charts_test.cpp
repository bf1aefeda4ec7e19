// Scales, markup, and the drawings one by one.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include "puna/base.h"
#include "puna/sim/world.h"
#include "sim/charts.h"
#include "sim/markup.h"
#include "sim/scale.h"
#include "sim/test_page.h"

namespace puna::sim {
namespace {

TEST(Scale, TicksAreRoundAndEvenAndReachBeyondTheValues) {
  Random random(7);
  for (int round = 0; round < 2'000; ++round) {
    const double size = std::pow(10.0, random.uniform() * 24 - 12);
    const double low = (random.uniform() - 0.5) * size;
    const double high = low + random.uniform() * size;
    const int wish = 3 + static_cast<int>(random.uniform() * 18);
    const Ticks ticks = round_ticks(low, high, wish);
    ASSERT_GE(ticks.at.size(), 2U);
    ASSERT_LE(ticks.at.size(), static_cast<std::size_t>(wish) + 3) << low << " " << high << " " << wish;
    const double step = ticks.at[1] - ticks.at[0];
    ASSERT_GT(step, 0);
    ASSERT_LE(ticks.low(), low + step * 1e-6);
    ASSERT_GE(ticks.high(), high - step * 1e-6);
    for (std::size_t i = 1; i < ticks.at.size(); ++i) {
      ASSERT_NEAR(ticks.at[i] - ticks.at[i - 1], step, step * 1e-6);
    }
    const double digit = step / std::pow(10.0, std::floor(std::log10(step * (1 + 1e-9))));
    ASSERT_LT(std::min({std::abs(digit - 1), std::abs(digit - 2), std::abs(digit - 5)}), 1e-6) << step;
  }
}

TEST(Scale, TicksOfNothingOfOneValueAndOfTheLargestNumbersEnd) {
  const double infinite = std::numeric_limits<double>::infinity();
  const double largest = std::numeric_limits<double>::max();
  const std::vector<std::pair<double, double>> cases{
      {0, 0},          {3, 3}, {-2, -2}, {kNoValue, 1}, {0, infinite}, {-largest, largest}, {1e15, 1e15 + 1e-3},
      {5e-324, 5e-324}};
  for (const auto& [low, high] : cases) {
    const Ticks ticks = round_ticks(low, high, 5);
    EXPECT_GE(ticks.at.size(), 2U) << low;
    EXPECT_LE(ticks.at.size(), 8U) << low;
    EXPECT_LT(ticks.low(), ticks.high()) << low;
  }
}

TEST(Scale, WholeTicksKeepBothEnds) {
  for (const int last : {1, 2, 7, 10, 11, 40, 99, 100, 1'000, 123'456}) {
    const std::vector<int> ticks = whole_ticks(1, last, 8);
    EXPECT_EQ(ticks.front(), 1);
    EXPECT_EQ(ticks.back(), last);
    EXPECT_LE(ticks.size(), 8U) << last;
    EXPECT_TRUE(std::ranges::is_sorted(ticks)) << last;
  }
}

TEST(Scale, NumbersAreWrittenForPeople) {
  EXPECT_EQ(number_text(0.34719), "0.347");
  EXPECT_EQ(number_text(12.345), "12.35");
  EXPECT_EQ(number_text(-1'234'567.8), "−1,234,568");
  EXPECT_EQ(number_text(-0.0001), "0.000");
  EXPECT_EQ(number_text(kNoValue), "–");
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity()), "–");
  EXPECT_EQ(count_text(1'000), "1,000");
  EXPECT_EQ(place_text(-0.001), "0");
  EXPECT_EQ(place_text(12.50), "12.5");
}

TEST(Markup, NothingThatIsWrittenBecomesMarkup) {
  EXPECT_EQ(escaped("<script>&\"'"), "&lt;script&gt;&amp;&quot;&#39;");
  EXPECT_EQ(escaped("]]>"), "]]&gt;");
  EXPECT_EQ(escaped("a\x1b[31m\x7f"), "a\\x1b[31m\\x7f");
  EXPECT_EQ(escaped(std::string_view("\0x", 2)), "\\x00x");
  EXPECT_EQ(escaped("\xff\xfe"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(escaped("\xE2\x80\xAE"
                    "evil"),
            "\\u202eevil");
  EXPECT_EQ(escaped("\xE2\x81\xA9"), "\\u2069") << "it would end the isolation";
  EXPECT_EQ(escaped("\xEF\xBF\xBF"), "\\uffff");
  EXPECT_EQ(escaped("\xD7\xA9 日本 \xF0\x9F\x98\x80"), "\xD7\xA9 日本 \xF0\x9F\x98\x80");
  Markup out;
  out.open("a", {{"title", "\"onload=\"x"}}).text("</a>").close();
  EXPECT_EQ(std::move(out).take(), "<a title=\"&quot;onload=&quot;x\">&lt;/a&gt;</a>");
}

std::vector<PageElement> drawing(Markup out) { return PageReader::read("<!DOCTYPE html>\n" + std::move(out).take()); }

std::size_t number_of(const std::vector<PageElement>& page, std::string_view name, std::string_view style = {}) {
  return static_cast<std::size_t>(std::ranges::count_if(page, [&](const PageElement& element) {
    const auto found = element.attributes.find("class");
    return element.name == name && (style.empty() || (found != element.attributes.end() && found->second == style));
  }));
}

TEST(LineChart, AValueThatIsMissingIsAGapAndNeverZero) {
  LineChart chart{.runs = 2,
                  .mean = {0.5, 0.6, kNoValue, 0.4, kNoValue, 0.2, 0.3, 0.1},
                  .low = {0.4, 0.5, kNoValue, 0.4, kNoValue, 0.1, 0.2, 0.1},
                  .high = {0.6, 0.7, kNoValue, 0.4, kNoValue, 0.3, 0.4, 0.1}};
  Markup out;
  draw_lines(out, chart);
  const auto page = drawing(std::move(out));
  EXPECT_EQ(number_of(page, "polyline", "mean"), 2U);
  EXPECT_EQ(number_of(page, "polygon", "band"), 2U);
  EXPECT_EQ(number_of(page, "line", "whisker"), 1U);
  EXPECT_EQ(number_of(page, "circle", "dot"), 6U);
  std::vector<std::string> cells;
  for (const PageElement& element : page) {
    if (element.name == "td") {
      cells.push_back(element.text);
    }
  }
  ASSERT_EQ(cells.size(), 24U);
  EXPECT_EQ(cells[6], "–");
  EXPECT_EQ(cells[3], "0.600");
}

TEST(LineChart, OfVeryManyEpochsTheTableHasTheFirstAndTheLast) {
  for (const std::size_t epochs : {1'000U, 1'001U, 50'000U}) {
    LineChart chart{.runs = 1};
    chart.mean = chart.low = chart.high = std::vector<double>(epochs, 0.5);
    Markup out;
    draw_lines(out, chart);
    const std::string text = std::move(out).take();
    const auto has = [&text](std::size_t epoch) { return text.contains(format_text(">{}<", epoch)); };
    EXPECT_TRUE(has(500) && has(epochs));
    EXPECT_EQ(has(501), epochs == 1'000) << epochs;
    EXPECT_EQ(text.contains("The first and last 500"), epochs > 1'000);
  }
}

TEST(LineChart, OneEpochOfOneRunIsADot) {
  Markup out;
  draw_lines(out, {.mean = {0.5}, .low = {0.5}, .high = {0.5}});
  const auto page = drawing(std::move(out));
  EXPECT_EQ(number_of(page, "circle", "dot"), 1U);
  EXPECT_EQ(number_of(page, "polyline"), 0U);
  EXPECT_EQ(number_of(page, "polygon"), 0U);
}

TEST(Histogram, EveryValueIsCountedOnce) {
  Random random(3);
  Histogram histogram{.value_name = "p", .counted = "things", .low = 0, .high = 1};
  histogram.strips = {{.name = "a", .style = "yes", .values = {}},
                      {.name = "b", .style = "no", .values = {kNoValue, 0, 1, 0.05}}};
  for (int i = 0; i < 500; ++i) {
    histogram.strips[0].values.push_back(random.uniform());
  }
  Markup out;
  draw_histogram(out, histogram);
  const auto page = drawing(std::move(out));
  double a = 0;
  double b = 0;
  std::size_t cell = 0;
  for (const PageElement& element : page) {
    if (element.name == "td") {  // to, a, b
      a += cell % 3 == 1 ? std::stod(element.text) : 0;
      b += cell % 3 == 2 ? std::stod(element.text) : 0;
      ++cell;
    }
  }
  EXPECT_EQ(cell, 60U);
  EXPECT_EQ(a, 500);
  EXPECT_EQ(b, 3) << "what has no value is in no bin";
}

TEST(Histogram, EqualValuesAndNoValuesAreDrawn) {
  for (const std::vector<double>& values : {std::vector<double>{}, {kNoValue}, {2, 2, 2}, {1e300, -1e300}}) {
    Markup out;
    draw_histogram(out, {.strips = {{.name = "x", .style = "yes", .values = values}}});
    EXPECT_EQ(number_of(drawing(std::move(out)), "svg"), 1U);
  }
}

TEST(HeatMap, ACellWithoutAValueIsNotDrawn) {
  HeatMap map{.column_name = "step", .axis_name = "step"};
  for (int i = 0; i < 60; ++i) {
    map.rows.push_back(
        {.name = format_text("a{}", i), .group = i < 30 ? "honest" : "llm", .values = std::vector<double>(40, i - 30)});
  }
  map.rows[5].values[7] = kNoValue;
  Markup out;
  draw_heat_map(out, map);
  const auto page = drawing(std::move(out));
  EXPECT_EQ(number_of(page, "rect"), 60U * 40 - 1 + 9) << "nine are the key";
  EXPECT_EQ(number_of(page, "rect", "s4"), 7U * 40 + 1) << "seven rows are nearly nothing";
}

TEST(DealGraph, EveryPairIsALineAndEveryAgentANamedDot) {
  for (const int agents : {1, 2, 5, 60}) {
    DealGraph graph{.styles = {{"honest", 0}, {"llm", 7}}};
    for (int i = 0; i < agents; ++i) {
      graph.nodes.push_back({.name = format_text("<agent {}>", i), .style = i % 2 == 0 ? 0 : 7});
      graph.edges.push_back(
          {.a = i, .b = i + 1 < agents ? i + 1 : kEverybody, .count = 1.0 + i, .p = i == 0 ? 1e300 : 0.5});
    }
    graph.edges.back().p = kNoValue;
    Markup out;
    draw_graph(out, graph);
    const auto page = drawing(std::move(out));
    EXPECT_EQ(number_of(page, "path"), static_cast<std::size_t>(agents) + 5 + 3) << "with the legends";
    EXPECT_EQ(number_of(page, "circle"), static_cast<std::size_t>(agents) + 2 + 1) << "with the legend and all";
    for (const PageElement& element : page) {
      for (const auto& [name, value] : element.attributes) {
        EXPECT_FALSE(value.contains("nan") || value.contains("inf")) << name << "=" << value;
      }
    }
  }
}

TEST(ShortName, CutsBetweenCharacters) {
  EXPECT_EQ(short_name("honest_1", 18), "honest_1");
  EXPECT_EQ(short_name("日本日本日本日本", 12), "日本日…");
  EXPECT_EQ(agent_style("llm"), 7);
  EXPECT_EQ(agent_style("martian"), 8);
  EXPECT_EQ(known_type("martian"), "other");
}

}  // namespace
}  // namespace puna::sim
