// FTS5. A query is built from quoted words only, so that nothing in it is FTS5's own language.
#include "tools/fact_index.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>

#include "tools/plain_text.h"

namespace puna::tools {
namespace {

constexpr std::size_t kWordsMax = 32;
constexpr std::size_t kWordBytesMax = 64;
constexpr double kScoreKept = 0.5;           // of the best hit's; the rest shares a common word with the query
constexpr std::size_t kWholeBytesMax = 400;  // a text this short is its own snippet

constexpr std::array<std::string_view, 64> kCommonWords{
    "a",     "about", "above", "all",  "an",   "and",  "any",   "are",   "as",   "at",    "be",   "by",    "can",
    "could", "did",   "do",    "does", "find", "for",  "from",  "full",  "get",  "give",  "has",  "have",  "how",
    "i",     "if",    "in",    "into", "is",   "it",   "its",   "long",  "many", "me",    "much", "my",    "of",
    "on",    "one",   "or",    "s",    "show", "take", "tell",  "that",  "the",  "their", "then", "there", "this",
    "to",    "was",   "we",    "were", "what", "when", "where", "which", "who",  "will",  "with", "would"};

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

std::unexpected<Error> failure(sqlite3* database) {
  return fail(ErrorCode::internal,
              format_text("the search index: {}", database == nullptr ? "no memory" : sqlite3_errmsg(database)));
}

Result<Statement> prepare(const Database& database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr) != SQLITE_OK) {
    return failure(database.get());
  }
  return Statement(statement);
}

// Borrowed until the statement is reset.
bool bind_text(const Statement& statement, int at, std::string_view text) {
  return sqlite3_bind_text(statement.get(), at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC) == SQLITE_OK;
}

std::string column(const Statement& statement, int at) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), at));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), at));
  return text == nullptr ? std::string() : utf8::sanitize({text, size});
}

bool is_same_word(std::string_view a, std::string_view b) {
  return (a.starts_with(b) || b.starts_with(a)) && std::max(a.size(), b.size()) - std::min(a.size(), b.size()) <= 2;
}

// How much of a title was asked for: of "leopard seal", a question about a leopard asks for a half.
double share_asked_for(std::string_view title, const std::vector<std::string>& words) {
  const std::vector<std::string> wanted = search_words(title);
  const auto count = std::ranges::count_if(wanted, [&](const std::string& one) {
    return std::ranges::any_of(words, [&](const std::string& word) { return is_same_word(one, word); });
  });
  return wanted.empty() ? 0 : static_cast<double>(count) / static_cast<double>(wanted.size());
}

struct Scored {
  double score = 0;
  SearchHit hit;
};

std::vector<SearchHit> best(std::vector<Scored> scored, std::size_t hits_max) {
  std::ranges::stable_sort(scored, std::greater{}, &Scored::score);
  std::vector<SearchHit> hits;
  for (Scored& one : scored) {
    if (hits.size() == hits_max || one.score < scored.front().score * kScoreKept) {
      break;
    }
    hits.push_back(std::move(one.hit));
  }
  return hits;
}

class Index final : public FactIndex {
 public:
  Index(Database database, Statement insertion, Statement selection)
      : database_(std::move(database)), insertion_(std::move(insertion)), selection_(std::move(selection)) {}

  [[nodiscard]] Result<void> add(const SearchHit& entry) override {
    const bool good = bind_text(insertion_, 1, entry.title) && bind_text(insertion_, 2, entry.snippet) &&
                      bind_text(insertion_, 3, entry.address) && sqlite3_step(insertion_.get()) == SQLITE_DONE;
    sqlite3_reset(insertion_.get());
    return good ? Result<void>() : failure(database_.get());
  }

  [[nodiscard]] Result<std::vector<SearchHit>> search(std::string_view query, std::size_t hits_max,
                                                      const std::stop_token& stop) override {
    std::string match;
    const std::vector<std::string> words = search_words(query);
    for (const std::string& word : words) {
      match += format_text("{}\"{}\"", match.empty() ? "" : " OR ", word);
    }
    if (match.empty()) {
      return std::vector<SearchHit>{};
    }
    const std::stop_callback interrupt(stop, [this] { sqlite3_interrupt(database_.get()); });
    std::vector<Scored> scored;
    int status = bind_text(selection_, 1, match) ? sqlite3_step(selection_.get()) : SQLITE_ERROR;
    for (; status == SQLITE_ROW; status = sqlite3_step(selection_.get())) {
      std::string whole = column(selection_, 3);
      std::string title = column(selection_, 0);
      const double score = -sqlite3_column_double(selection_.get(), 4) * (1 + share_asked_for(title, words));
      scored.push_back({.score = score,
                        .hit = {.title = std::move(title),
                                .address = column(selection_, 1),
                                .snippet = collapsed(whole.size() <= kWholeBytesMax ? whole : column(selection_, 2))}});
    }
    sqlite3_reset(selection_.get());
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "stopped while the search ran");
    }
    if (status != SQLITE_DONE) {
      return failure(database_.get());
    }
    return best(std::move(scored), hits_max);
  }

 private:
  Database database_;  // outlives its statements
  Statement insertion_;
  Statement selection_;
};

// The size of the punctuation at the front that is not ASCII: of Latin-1, general, and Chinese and Japanese.
std::size_t sign_bytes(std::string_view text) {
  if (text.starts_with("\xc2")) {
    return std::min<std::size_t>(2, text.size());
  }
  return text.starts_with("\xe2\x80") || text.starts_with("\xe3\x80") ? std::min<std::size_t>(3, text.size()) : 0;
}

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

Result<std::unique_ptr<FactIndex>> FactIndex::open() {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database database(opened);
  if (status != SQLITE_OK || sqlite3_exec(database.get(),
                                          "CREATE VIRTUAL TABLE entries USING fts5(title, body, address UNINDEXED, "
                                          "tokenize = 'porter unicode61 remove_diacritics 2')",
                                          nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(database.get());
  }
  PUNA_TRY(Statement insertion, prepare(database, "INSERT INTO entries (title, body, address) VALUES (?, ?, ?)"));
  PUNA_TRY(Statement selection, prepare(database,
                                        "SELECT title, address, snippet(entries, 1, '', '', '...', 48), body, "
                                        "bm25(entries, 4.0, 1.0) FROM entries "
                                        "WHERE entries MATCH ? ORDER BY bm25(entries, 4.0, 1.0), address LIMIT 64"));
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
  for (std::size_t i = 0; i < query.size(); ++i) {
    const char c = query[i];
    if (const std::size_t size = sign_bytes(query.substr(i)); size > 0) {
      end_word();
      i += size - 1;
      continue;
    }
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
