// docs/schema-support.md is what this code does with examples of every keyword. PUNA_UPDATE_DOCS=1 writes it anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "chat/match_testing.h"
#include "chat/oracles_testing.h"
#include "chat/schema_support_testing.h"
#include "puna/chat/schema.h"
#include "source_folder.h"

namespace puna {
namespace {

using testing::SupportExample;
using testing::SupportRow;

enum class Verdict : std::uint8_t { enforced, checked, refused, note };

std::string_view name_of(Verdict verdict) {
  static constexpr std::array<std::string_view, 4> kNames = {"enforced", "checked", "refused", "a note"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

// What happens to the example, with a failure for every way in which grammar and check go wrong or keep silent.
Verdict verdict_of(std::string_view keyword, const SupportExample& example) {
  const Json schema = Json::parse(example.schema).value();
  const auto made = grammar_from_schema(schema);
  if (!made) {
    EXPECT_EQ(made.error().code, ErrorCode::invalid_argument) << example.schema << ": " << made.error().message;
    EXPECT_TRUE(made.error().message.contains(format_text("'{}'", keyword))) << made.error().message;
    EXPECT_TRUE(example.fit.empty() && example.unfit.empty()) << example.schema << ": " << made.error().message;
    return Verdict::refused;
  }
  EXPECT_FALSE(example.fit.empty()) << example.schema << " is not refused, and has no value that fits";
  testing::TextMatcher matcher(made->grammar);
  for (const std::string_view value : example.fit) {
    EXPECT_TRUE(matcher.matches(value)) << example.schema << ": the grammar refuses " << value;
    EXPECT_EQ(schema_violations(schema, Json::parse(value).value()), std::vector<std::string>{})
        << example.schema << " " << value;
  }
  Verdict verdict = example.unfit.empty() ? Verdict::note : Verdict::enforced;
  for (const std::string_view value : example.unfit) {
    const bool is_found = !schema_violations(schema, Json::parse(value).value()).empty();
    if (matcher.matches(value)) {
      EXPECT_FALSE(made->unenforced.empty()) << example.schema << ": " << value << " is accepted, and nothing says so";
      verdict = is_found && verdict != Verdict::note ? Verdict::checked : Verdict::note;
    } else {
      EXPECT_TRUE(is_found) << example.schema << ": the check accepts " << value;
    }
  }
  if (verdict == Verdict::enforced) {
    EXPECT_TRUE(made->unenforced.empty()) << example.schema << " is left to the check in part; no example shows it";
  }
  return verdict;
}

std::string in_cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    cell += c == '|' ? "\\|" : std::string(1, c);
  }
  return cell;
}

std::string line_of(const SupportRow& row, std::string_view prefix) {
  std::vector<Verdict> verdicts;
  std::string exceptions;
  for (const SupportExample& example : row.examples) {
    const Verdict verdict = verdict_of(row.keyword, example);
    if (!verdicts.empty() && verdict != verdicts.front()) {
      exceptions +=
          format_text("{}{}: `{}`", exceptions.empty() ? "" : "<br>", name_of(verdict), in_cell(example.schema));
    }
    if (std::ranges::find(verdicts, verdict) == verdicts.end()) {
      verdicts.push_back(verdict);
    }
  }
  std::string words;
  for (const Verdict verdict : verdicts) {
    words += (words.empty() ? "" : ", ") + std::string(name_of(verdict));
  }
  const auto cell = [](std::string_view text) { return text.empty() ? std::string() : format_text(" {}", text); };
  return format_text("| {}`{}` | {} |{} |{} |\n", prefix, row.keyword, words, cell(exceptions),
                     cell(in_cell(row.remark)));
}

std::string table_of(std::string_view title, const std::vector<SupportRow>& rows, std::string_view prefix = "") {
  std::string text = format_text("\n## {}\n\n| keyword | verdict | but | remarks |\n|---|---|---|---|\n", title);
  for (const SupportRow& row : rows) {
    text += line_of(row, prefix);
  }
  return text;
}

constexpr std::string_view kHead = R"(# JSON Schema: what is enforced

Draft 2020-12, and the older spellings of drafts 4 to 2019-09 where they differ. The tables are written by
`src/chat/schema_support_test.cpp`: it gives every example to the grammar and to the check, and fails where this file says
otherwise (`PUNA_UPDATE_DOCS=1 ./dev test -R SchemaSupport` writes it anew).

- *enforced*: the model cannot write a value that breaks it.
- *checked*: the grammar lets it through, `SchemaGrammar::unenforced` names it, and the complete value is checked.
- *refused*: the schema is turned down at once, with the keyword's JSON pointer.
- *a note*: it decides nothing. A format that is a note is named in `unenforced`.

Under *but* are examples whose verdict is not the first one.
)";

constexpr std::string_view kTail = R"(
Keywords that are not listed here are notes.

A reply to a schema or a tool call is narrower than that: an object whose members are listed takes no others unless the schema
speaks about others, white space between tokens is a space or a new line with at most 16 blanks, numbers have at most 25
digits on each side of the point.
)";

std::string document() {
  return std::string(kHead) + table_of("Schemas made of schemas, and references", testing::logic_rows()) +
         table_of("Any value, numbers, strings", testing::scalar_rows()) +
         table_of("Formats", testing::format_rows(), "`format`: ") +
         table_of("Objects and arrays", testing::container_rows()) +
         table_of("Keywords that say nothing about values", testing::note_rows()) + std::string(kTail);
}

TEST(SchemaSupport, TheDocumentSaysWhatTheCodeDoes) {
  const std::filesystem::path file = std::filesystem::path(PUNA_SOURCE_DIR) / "docs/schema-support.md";
  const std::string found = document();
  if (std::getenv("PUNA_UPDATE_DOCS") != nullptr) {
    std::ofstream(file, std::ios::binary) << found;
  }
  EXPECT_EQ(testing::read_text(file), found) << "PUNA_UPDATE_DOCS=1 ./dev test -R SchemaSupport writes it anew";
}

TEST(SchemaSupport, EveryKeywordOfTheDraftHasExamplesThatUseIt) {
  // Source: json-schema.org/draft/2020-12, the meta-schemas of the eight vocabularies.
  std::istringstream keywords(
      "$id $schema $ref $anchor $dynamicRef $dynamicAnchor $vocabulary $comment $defs prefixItems items "
      "contains additionalProperties properties patternProperties dependentSchemas propertyNames if then "
      "else allOf anyOf oneOf not unevaluatedItems unevaluatedProperties type const enum multipleOf maximum "
      "exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems "
      "maxContains minContains maxProperties minProperties required dependentRequired format "
      "contentEncoding contentMediaType contentSchema title description default deprecated readOnly "
      "writeOnly examples definitions dependencies");
  std::vector<SupportRow> rows = testing::logic_rows();
  for (const auto& more : {testing::scalar_rows(), testing::container_rows(), testing::note_rows()}) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  for (SupportRow row : testing::format_rows()) {
    row.keyword = "format";
    rows.push_back(std::move(row));
  }
  for (std::string keyword; keywords >> keyword;) {
    EXPECT_TRUE(std::ranges::contains(rows, keyword, &SupportRow::keyword)) << keyword;
  }
  for (const SupportRow& row : rows) {
    for (const SupportExample& example : row.examples) {
      EXPECT_TRUE(example.schema.contains(format_text("\"{}\":", row.keyword))) << row.keyword << example.schema;
    }
  }
}

}  // namespace
}  // namespace puna
