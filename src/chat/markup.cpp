#include "chat/markup.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "chat/call_form.h"
#include "chat/code_points.h"
#include "chat/lexemes.h"
#include "puna/base/grammar.h"

namespace puna {
namespace {

Regex any_space(RegexPool& pool) {
  ByteSet blanks = ByteSet::one(' ');
  for (const char c : {'\t', '\n', '\r'}) {
    blanks.add(static_cast<std::uint8_t>(c));
  }
  return pool.repeat(pool.bytes(blanks), 0);
}

Regex any_byte(RegexPool& pool) { return pool.bytes(ByteSet::all()); }

}  // namespace

Markup::Markup(RegexPool& pool, Regex space, Controls controls)
    : pool_(pool),
      space_(space),
      blanks_(any_space(pool)),
      anything_(pool.repeat(Spelling(pool, Spelling::Kind::utf8).any(), 0)),
      controls_(std::move(controls)) {
  std::ranges::sort(controls_.texts, std::ranges::greater{}, &std::string::size);
}

Regex Markup::written(std::string_view text) {
  std::vector<Regex> parts;
  const auto either = [this](std::string_view tag) {
    return pool_.either({pool_.literal(tag), pool_.literal(control_token(tag))});
  };
  const auto add_plain = [&](std::string_view plain) {
    for (const std::string_view unit : lexemes(plain)) {
      parts.push_back(is_tag(unit) && !controls_.are_known ? either(unit) : pool_.literal(unit));
    }
  };
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const auto control =
        std::ranges::find_if(controls_.texts, [rest](const std::string& known) { return rest.starts_with(known); });
    if (control == controls_.texts.end()) {
      ++at;
      continue;
    }
    add_plain(text.substr(done, at - done));
    parts.push_back(either(*control));
    at += control->size();
    done = at;
  }
  add_plain(text.substr(done));
  return pool_.sequence(parts);
}

Regex Markup::gap(std::string_view space) {
  return space.empty() ? Regex::empty : pool_.either({space_, pool_.literal(space)});
}

Regex Markup::loose(std::string_view text, Exact exact) {
  std::vector<Regex> parts;
  char before = '\0';
  while (!text.empty()) {
    const auto spaces = static_cast<std::size_t>(std::ranges::find_if_not(text, is_space) - text.begin());
    const std::string_view space = text.substr(0, spaces);
    text.remove_prefix(spaces);
    const bool is_start = before == '\0';
    const bool is_exact = (is_start && exact.start) || (text.empty() && exact.end) ||
                          (!is_start && !text.empty() && !space.contains('\n') && before != ',');
    parts.push_back(is_exact ? pool_.literal(space) : gap(space));
    const auto bytes = static_cast<std::size_t>(std::ranges::find_if(text, is_space) - text.begin());
    if (bytes > 0) {
      parts.push_back(written(text.substr(0, bytes)));
      before = text[bytes - 1];
      text.remove_prefix(bytes);
    }
  }
  return pool_.sequence(parts);
}

Regex Markup::pieces(const std::vector<std::string>& pieces) {
  std::vector<Regex> parts;
  for (const std::string& piece : pieces) {
    if (!parts.empty()) {
      parts.push_back(blanks_);
    }
    parts.push_back(written(piece));
  }
  return pool_.sequence(parts);
}

Regex Markup::holding(Regex what) {
  return pool_.sequence(anything_, pool_.sequence(what, pool_.repeat(any_byte(pool_), 0)));
}

Regex Markup::up_to(Regex what, Regex other) {
  const Regex more = pool_.repeat(any_byte(pool_), 1);
  return pool_.without(pool_.sequence(anything_, what), pool_.sequence(anything_, pool_.sequence(other, more)));
}

Regex Markup::starting(Regex what) {
  return pool_.sequence(blanks_, pool_.sequence(what, pool_.repeat(any_byte(pool_), 0)));
}

}  // namespace puna
