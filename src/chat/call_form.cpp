// Marks are what is left of a syntax's literals without white space and without JSON's or Python's own punctuation.
#include "chat/call_form.h"

#include <algorithm>
#include <array>
#include <utility>

namespace puna {
namespace {

constexpr std::string_view kJsonPunctuation = "[{\"";
constexpr std::string_view kClosers = "]}\")";

// The last piece that is more than closing brackets, without those before and behind it.
std::string last_mark(std::string_view literal) {
  std::vector<std::string> pieces = pieces_of(literal);
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    const std::size_t first = piece->find_first_not_of(kClosers);
    if (first != std::string::npos) {
      std::string mark = piece->substr(first);
      return mark.find_first_not_of(",;") == std::string::npos ? std::string() : mark;
    }
  }
  return {};
}

// The literal without the JSON punctuation that it ends with.
std::string before_json(std::string_view literal) {
  std::size_t end = literal.size();
  while (end > 0 && (is_space(literal[end - 1]) || kJsonPunctuation.contains(literal[end - 1]))) {
    --end;
  }
  return std::string(literal.substr(0, end));
}

// One piece after the other, white space between them.
Match match_pieces(std::string_view text, const std::vector<std::string>& pieces) {
  for (const std::string& piece : pieces) {
    while (!text.empty() && is_space(text.front())) {
      text.remove_prefix(1);
    }
    if (!text.starts_with(piece)) {
      return piece.starts_with(text) ? Match::partly : Match::no;
    }
    text.remove_prefix(piece.size());
  }
  return Match::yes;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::vector<std::string> pieces_of(std::string_view literal) {
  std::vector<std::string> pieces;
  for (literal = trimmed(literal); !literal.empty(); literal = trimmed(literal)) {
    const std::size_t bytes = static_cast<std::size_t>(std::ranges::find_if(literal, is_space) - literal.begin());
    pieces.emplace_back(literal.substr(0, bytes));
    literal.remove_prefix(bytes);
  }
  return pieces;
}

CallForm::CallForm(CallSyntax syntax) : syntax_(std::move(syntax)) {
  const bool has_list = !trimmed(before_json(syntax_.list_start)).empty() && !last_mark(syntax_.list_end).empty();
  const std::string list_or_all = has_list ? syntax_.list_start : syntax_.opening();
  const bool is_object = syntax_.shape == CallSyntax::Shape::json_object;
  opening_ = pieces_of(is_object || has_list ? before_json(list_or_all) : list_or_all);
  if (syntax_.is_bare()) {
    opening_.clear();
  }
  if (!opening_.empty()) {
    mark_ = opening_.front();
    is_strong_ = (mark_.front() == '<' || mark_.front() == '[') && mark_.size() > 2;
  }
  end_mark_ = last_mark(syntax_.list_end);
  if (end_mark_.empty()) {
    end_mark_ = last_mark(syntax_.call_end);
  }
}

Match CallForm::opens(std::string_view text, std::span<const ToolSpec> tools) const {
  if (mark_.empty()) {
    return opens_bare(text, tools);
  }
  const Match opening = match_pieces(text, opening_);
  if (is_strong_) {
    return text.starts_with(mark_) ? Match::yes : opening;
  }
  if (opening != Match::yes || syntax_.shape != CallSyntax::Shape::json_object) {
    return opening;
  }
  // Words that are no markup must have JSON behind them.
  std::vector<std::string> with_json = opening_;
  for (const std::string_view start : {"[", "{"}) {
    with_json.emplace_back(start);
    if (const Match match = match_pieces(text, with_json); match != Match::no) {
      return match;
    }
    with_json.pop_back();
  }
  return Match::no;
}

Match CallForm::opens_bare(std::string_view text, std::span<const ToolSpec> tools) const {
  const auto skip = [&text](std::string_view what) {
    while (!text.empty() && (is_space(text.front()) || what.contains(text.front()))) {
      text.remove_prefix(1);
    }
    return !text.empty();
  };
  if (!skip("")) {
    return Match::partly;
  }
  if (text.front() != '{' && text.front() != '[') {
    return Match::no;
  }
  const bool is_object = syntax_.shape == CallSyntax::Shape::json_object;
  if (!skip(is_object ? "[{" : "[{\"")) {
    return Match::partly;
  }
  if (is_object && text.front() != '"') {
    return Match::no;
  }
  text.remove_prefix(is_object ? 1 : 0);
  const std::string_view word = text.substr(0, text.find_first_of(is_object ? "\"\\\n" : "\"(\\ \n"));
  const bool is_whole = word.size() < text.size();
  std::vector<std::string_view> words;
  if (is_object && !syntax_.name_is_key) {
    words = {syntax_.name_key, syntax_.arguments_key, "type"};
    for (const std::string& key : {syntax_.inner_key, syntax_.id_key}) {
      if (!key.empty()) {
        words.emplace_back(key == syntax_.inner_key ? syntax_.inner_key : syntax_.id_key);
      }
    }
  } else {
    for (const ToolSpec& tool : tools) {
      words.emplace_back(tool.name);
    }
  }
  for (const std::string_view known : words) {
    if (word == known && is_whole) {
      return Match::yes;
    }
  }
  const bool may_become =
      !is_whole && std::ranges::any_of(words, [word](auto known) { return known.starts_with(word); });
  return may_become ? Match::partly : Match::no;
}

BlockScanner::BlockScanner(const CallForm& form, bool plain)
    : form_(form),
      plain_(plain),
      has_values_(!plain && form.syntax().shape == CallSyntax::Shape::parameters &&
                  (form.syntax().values == CallSyntax::Values::raw || form.syntax().quote.size() > 1)),
      is_python_(form.syntax().shape == CallSyntax::Shape::parameters &&
                 form.syntax().values == CallSyntax::Values::quoted) {
  if (has_values_ && is_python_) {  // strings between marks
    key_mark_ = value_mark_ = form.syntax().quote;
  } else if (has_values_) {
    const std::vector<std::string> key = pieces_of(form.syntax().key_start);
    const std::vector<std::string> value = pieces_of(form.syntax().value_end);
    key_mark_ = key.empty() ? "" : key.front();
    value_mark_ = value.empty() ? "" : value.front();
  }
  const std::vector<std::string> name_end = pieces_of(form.syntax().name_end);
  if (!plain && form.syntax().shape == CallSyntax::Shape::named_json && form.end_mark().empty() && !name_end.empty()) {
    gate_ = name_end.back();
  }
  skips_ = form.is_strong() ? std::vector<std::string>{form.mark()} : form.opening();
}

std::size_t BlockScanner::find_end(std::string_view text, bool is_all) {
  const std::string& mark = form_.end_mark();
  for (const std::string& piece : std::exchange(skips_, {})) {  // it is there: a block was recognised by it
    scanned_ = text.find(piece, scanned_) + piece.size();
  }
  if (!gate_.empty()) {
    const std::size_t found = text.find(gate_, scanned_);
    if (found == std::string_view::npos) {
      scanned_ = std::max(scanned_, text.size() - std::min(text.size(), gate_.size() - 1));
      return std::string_view::npos;
    }
    scanned_ = found + (gate_.back() == '{' ? 0 : gate_.size());
    gate_.clear();
  }
  while (scanned_ < text.size()) {
    bool waits = false;
    if (has_values_ && step_value(text, is_all, waits)) {
      if (waits) {
        return std::string_view::npos;
      }
      continue;
    }
    const bool is_outside = plain_ || quote_ == '\0';
    const std::string_view rest = text.substr(scanned_);
    if (is_outside && !mark.empty() && rest.front() == mark.front()) {
      if (rest.starts_with(mark)) {
        return scanned_ + mark.size();
      }
      if (!is_all && std::string_view(mark).starts_with(rest)) {
        return std::string_view::npos;
      }
    }
    step_character(rest.front());
    ++scanned_;
    if (mark.empty() && was_open_ && depth_ == 0 && quote_ == '\0') {
      return scanned_;
    }
  }
  return std::string_view::npos;
}

// True when a parameter's mark was passed, or a value's text; `waits` when a mark may be cut at the text's end.
bool BlockScanner::step_value(std::string_view text, bool is_all, bool& waits) {
  const std::string& mark = in_value_ ? value_mark_ : key_mark_;
  const std::string_view rest = text.substr(scanned_);
  if (mark.empty()) {
    return false;
  }
  if (rest.starts_with(mark)) {
    scanned_ += mark.size();
    in_value_ = !in_value_;
    return true;
  }
  if (!is_all && std::string_view(mark).starts_with(rest)) {
    waits = true;
    return true;
  }
  if (!in_value_) {
    return false;
  }
  ++scanned_;
  return true;
}

void BlockScanner::step_character(char c) {
  if (quote_ != '\0') {
    if (!is_escaped_ && c == quote_) {
      quote_ = '\0';
    }
    is_escaped_ = !is_escaped_ && c == '\\';
    return;
  }
  if (has_values_) {
    return;
  }
  if (!plain_ && (c == '"' || (is_python_ && c == '\'')) && depth_ > 0) {
    quote_ = c;
  } else if (c == '{' || c == '[' || (is_python_ && c == '(')) {
    ++depth_;
    was_open_ = true;
  } else if ((c == '}' || c == ']' || (is_python_ && c == ')')) && depth_ > 0) {
    --depth_;
  }
}

}  // namespace puna
