// Marks are a per-render prefix of 20 random letters and digits, then 'b' or 'e', then six digits of the string's
// number. split() accepts them only in strict pairs of one number, so nothing a template did to a string goes
// unnoticed: what it cut off, moved or changed leaves a mark without its partner, or text that differs from the plain
// render.
#include "chat/marks.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace puna {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kSpace = " \t\n\r\v\f";
constexpr std::string_view kBreak = "\u200B";
constexpr std::string_view kReplacement = "\uFFFD";
constexpr std::size_t kPrefixBytes = 20;
constexpr std::size_t kIdDigits = 6;
constexpr std::size_t kIdsMax = 1'000'000;
constexpr char kBegin = 'b';
constexpr char kEnd = 'e';

std::string random_prefix() {
  std::string prefix = "P";  // not a digit, so that the mark cannot be read as part of a number
  Random low(Random::entropy());
  Random high(Random::mix(Random::entropy(), low.next()));
  while (prefix.size() < kPrefixBytes) {
    prefix += kAlphabet[(low.next() ^ high.next()) % kAlphabet.size()];
  }
  return prefix;
}

std::size_t first_character_bytes(std::string_view text) {
  std::size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) {
    ++bytes;
  }
  return bytes;
}

}  // namespace

ControlTexts::ControlTexts(std::span<const std::string> texts) {
  for (const std::string& text : texts) {
    if (!text.empty()) {
      by_first_byte_[static_cast<unsigned char>(text.front())].push_back(text);
    }
  }
  for (auto& bucket : by_first_byte_) {
    std::ranges::sort(bucket, std::ranges::greater{}, &std::string_view::size);
  }
}

std::string_view ControlTexts::at_start_of(std::string_view text) const {
  for (const std::string_view control : by_first_byte_[static_cast<unsigned char>(text.front())]) {
    if (text.starts_with(control)) {
      return control;
    }
  }
  return {};
}

std::size_t ControlTexts::count_in(std::string_view text) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    count += at_start_of(text.substr(i)).empty() ? 0 : 1;
  }
  return count;
}

std::string ControlTexts::broken(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view control = at_start_of(text);
    const std::size_t bytes = first_character_bytes(text);
    if (control.empty()) {
      out += text.substr(0, bytes);
    } else if (control.size() > bytes) {
      out += text.substr(0, bytes);
      out += kBreak;
    } else {
      out += kReplacement;
    }
    text.remove_prefix(bytes);
  }
  return out;
}

Marks::Marks() : prefix_(random_prefix()) {}

std::string Marks::media(std::string_view hash) {
  if (media_prefix_.empty()) {
    media_prefix_ = random_prefix();
  }
  auto known = std::ranges::find(media_, hash);
  if (known == media_.end()) {
    known = media_.emplace(media_.end(), hash);
  }
  return format_text("{}{:0{}}", media_prefix_, known - media_.begin(), kIdDigits);
}

std::optional<std::vector<PromptPart>> Marks::lift_media(std::vector<PromptPart> parts) const {
  if (media_.empty()) {
    return parts;
  }
  std::vector<PromptPart> lifted;
  for (const PromptPart& part : parts) {
    std::string_view text = part.text;
    for (std::size_t mark = text.find(media_prefix_); mark != std::string_view::npos; mark = text.find(media_prefix_)) {
      append_part(lifted, text.substr(0, mark), part.trust);
      text.remove_prefix(mark + media_prefix_.size());
      const std::string_view digits = text.substr(0, kIdDigits);
      std::size_t id = kIdsMax;
      const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
      if (problem != std::errc() || digits.size() != kIdDigits || end != digits.data() + digits.size() ||
          id >= media_.size()) {
        return std::nullopt;
      }
      lifted.push_back({.text = media_[id], .trust = Trust::media});
      text.remove_prefix(kIdDigits);
    }
    append_part(lifted, text, part.trust);
  }
  return lifted;
}

std::string Marks::wrap(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return std::string(text);
  }
  const std::size_t last = text.find_last_not_of(kSpace);
  const std::string_view core = text.substr(first, last - first + 1);
  const std::size_t id = ids_.try_emplace(std::string(core), ids_.size()).first->second;
  return format_text("{}{}{}{:0{}}{}{}{}{:0{}}{}", text.substr(0, first), prefix_, kBegin, id, kIdDigits, core, prefix_,
                     kEnd, id, kIdDigits, text.substr(last + 1));
}

std::optional<std::vector<PromptPart>> Marks::split(std::string_view rendered) const {
  std::vector<PromptPart> parts;
  std::optional<std::size_t> open;
  for (std::size_t mark = rendered.find(prefix_); mark != std::string_view::npos; mark = rendered.find(prefix_)) {
    append_part(parts, rendered.substr(0, mark), open ? Trust::untrusted : Trust::trusted);
    rendered.remove_prefix(mark + prefix_.size());
    if (rendered.size() < 1 + kIdDigits) {
      return std::nullopt;
    }
    const char kind = rendered.front();
    const std::string_view digits = rendered.substr(1, kIdDigits);
    std::size_t id = kIdsMax;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    const bool is_mark = problem == std::errc() && end == digits.data() + digits.size() && id < ids_.size();
    const bool fits = kind == kBegin ? !open : kind == kEnd && open == id;
    if (!is_mark || !fits) {
      return std::nullopt;
    }
    open = kind == kBegin ? std::optional(id) : std::nullopt;
    rendered.remove_prefix(1 + kIdDigits);
  }
  if (open || ids_.size() >= kIdsMax) {
    return std::nullopt;
  }
  append_part(parts, rendered, Trust::trusted);
  return parts;
}

std::string Pen::write(std::string_view text) {
  const std::string valid = utf8::is_valid(text) ? std::string(text) : utf8::sanitize(text);
  const bool has_control_text = controls_->occur_in(valid);
  saw_control_text_ = saw_control_text_ || has_control_text;
  if (mode_ == Mode::blank) {
    std::string blank = valid;
    std::ranges::replace_if(blank, [](char c) { return !kSpace.contains(c); }, 'x');
    return blank;
  }
  const bool escapes = mode_ == Mode::escaped || mode_ == Mode::marked_escaped;
  const std::string written = escapes && has_control_text ? controls_->broken(valid) : valid;
  return mode_ == Mode::marked || mode_ == Mode::marked_escaped ? marks_->wrap(written) : written;
}

std::string Pen::write_id(std::string_view id) {
  const auto is_bare = [](char c) { return c == '_' || c == '-' || kAlphabet.contains(c); };
  return std::ranges::all_of(id, is_bare) && !controls_->occur_in(id) ? std::string(id) : write(id);
}

void append_part(std::vector<PromptPart>& parts, std::string_view text, Trust trust) {
  if (text.empty()) {
    return;
  }
  if (!parts.empty() && parts.back().trust == trust && trust != Trust::media) {
    parts.back().text += text;
  } else {
    parts.push_back({.text = std::string(text), .trust = trust});
  }
}

Json written(const Json& value, Pen& pen) {
  if (value.is_string()) {
    return pen.write(value.as_string());
  }
  if (value.is_array()) {
    Json::Array items;
    for (const Json& item : value.as_array()) {
      items.push_back(written(item, pen));
    }
    return items;
  }
  if (value.is_object()) {
    Json::Object members;
    for (const Json::Member& member : value.as_object()) {
      members.push_back({.key = pen.write(member.key), .value = written(member.value, pen)});
    }
    return members;
  }
  return value;
}

}  // namespace puna
