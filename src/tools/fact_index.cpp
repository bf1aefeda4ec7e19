// FTS5. A query is built from quoted words only, so that nothing in it is FTS5's own language.
#include "tools/fact_index.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>

#include "tools/html_document.h"

namespace puna::tools {
namespace {

constexpr std::size_t kWordsMax = 32;
constexpr std::size_t kWordBytesMax = 64;
constexpr std::size_t kWholeBytesMax = 400;  // a text this short is its own snippet

constexpr std::array<std::string_view, 64> kCommonWords{
    "a",     "about", "above", "all",   "an",    "and",  "any",  "are",  "as",    "at",   "be",    "by",   "can",
    "could", "did",   "do",    "does",  "find",  "for",  "from", "full", "get",   "give", "has",   "have", "how",
    "i",     "if",    "in",    "into",  "is",    "it",   "its",  "long", "many",  "me",   "much",  "my",   "of",
    "on",    "one",   "or",    "s",     "show",  "take", "tell", "that", "the",   "their", "then", "there", "this",
    "to",    "was",   "we",    "were",  "what",  "when", "where", "which", "who", "will", "with",  "would"};

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

std::unexpected<Error> failure(sqlite3* database) {
  return fail(ErrorCode::internal, format_text("the search index: {}",
                                               database == nullptr ? "no memory" : sqlite3_errmsg(database)));
}

Result<Statement> prepare(const Database& database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr) != SQLITE_OK) {
    return failure(database.get());
  }
  return Statement(statement);
}

// Borrowed until the statement is reset.
bool bind(const Statement& statement, int at, std::string_view text) {
  return sqlite3_bind_text(statement.get(), at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC) == SQLITE_OK;
}

std::string column(const Statement& statement, int at) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), at));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), at));
  return text == nullptr ? std::string() : utf8::sanitize({text, size});
}

class Index final : public FactIndex {
 public:
  Index(Database database, Statement insertion, Statement selection)
      : database_(std::move(database)), insertion_(std::move(insertion)), selection_(std::move(selection)) {}

  [[nodiscard]] Result<void> add(const SearchHit& entry) override {
    const bool good = bind(insertion_, 1, entry.title) && bind(insertion_, 2, entry.snippet) &&
                      bind(insertion_, 3, entry.address) && sqlite3_step(insertion_.get()) == SQLITE_DONE;
    sqlite3_reset(insertion_.get());
    return good ? Result<void>() : failure(database_.get());
  }

  [[nodiscard]] Result<std::vector<SearchHit>> search(std::string_view query, std::size_t hits_max,
                                                      const std::stop_token& stop) override {
    std::string match;
    for (const std::string& word : search_words(query)) {
      match += format_text("{}\"{}\"", match.empty() ? "" : " OR ", word);
    }
    std::vector<SearchHit> hits;
    if (match.empty()) {
      return hits;
    }
    const std::stop_callback interrupt(stop, [this] { sqlite3_interrupt(database_.get()); });
    bool good = bind(selection_, 1, match) &&
                sqlite3_bind_int64(selection_.get(), 2, static_cast<sqlite3_int64>(hits_max)) == SQLITE_OK;
    int status = good ? sqlite3_step(selection_.get()) : SQLITE_ERROR;
    for (; status == SQLITE_ROW; status = sqlite3_step(selection_.get())) {
      std::string whole = column(selection_, 3);
      hits.push_back({.title = column(selection_, 0),
                      .address = column(selection_, 1),
                      .snippet = collapsed(whole.size() <= kWholeBytesMax ? whole : column(selection_, 2))});
    }
    good = status == SQLITE_DONE;
    sqlite3_reset(selection_.get());
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "stopped while the search ran");
    }
    if (!good) {
      return failure(database_.get());
    }
    return hits;
  }

 private:
  Database database_;  // outlives its statements
  Statement insertion_;
  Statement selection_;
};

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

Result<std::unique_ptr<FactIndex>> FactIndex::open() {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database database(opened);
  if (status != SQLITE_OK ||
      sqlite3_exec(database.get(),
                   "CREATE VIRTUAL TABLE entries USING fts5(title, body, address UNINDEXED, "
                   "tokenize = 'porter unicode61 remove_diacritics 2')",
                   nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(database.get());
  }
  PUNA_TRY(Statement insertion, prepare(database, "INSERT INTO entries (title, body, address) VALUES (?, ?, ?)"));
  PUNA_TRY(Statement selection,
           prepare(database,
                   "SELECT title, address, snippet(entries, 1, '', '', '...', 48), body FROM entries "
                   "WHERE entries MATCH ? ORDER BY bm25(entries, 4.0, 1.0), address LIMIT ?"));
  return std::make_unique<Index>(std::move(database), std::move(insertion), std::move(selection));
}

std::vector<std::string> search_words(std::string_view query) {
  std::vector<std::string> all;
  std::string word;
  const auto end_word = [&] {
    word = utf8::sanitize(utf8::truncate(word, kWordBytesMax));
    if (!word.empty() && all.size() < kWordsMax && std::ranges::find(all, word) == all.end()) {
      all.push_back(word);
    }
    word.clear();
  };
  for (const char c : query) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (is_word_byte(lower)) {
      word += lower;
    } else {
      end_word();
    }
  }
  end_word();
  std::vector<std::string> rare;
  std::ranges::copy_if(all, std::back_inserter(rare), [](const std::string& one) {
    return std::ranges::find(kCommonWords, one) == kCommonWords.end();
  });
  return rare.empty() ? all : rare;
}

}  // namespace puna::tools
