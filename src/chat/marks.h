// Keeps untrusted text apart while a template handles it. Each untrusted string gets a begin and an end mark for one
// render; the output is cut at the marks. The template sees ordinary letters and digits; nobody can guess them.
//
// Invariants: white space at the ends of a string stays outside its marks, so that a template's trimming does what it
// does without marks; equal strings get equal marks, so that a template's comparisons of two strings still hold.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "puna/base.h"

namespace puna {

// The texts of a model's control tokens, ready to be looked for.
class ControlTexts {
 public:
  // The texts are borrowed and must outlive this.
  explicit ControlTexts(std::span<const std::string> texts);

  [[nodiscard]] bool occur_in(std::string_view text) const { return count_in(text) > 0; }
  // At how many places of the text a control text starts.
  [[nodiscard]] std::size_t count_in(std::string_view text) const;
  // The longest control text that starts the text, which is not empty; or empty.
  [[nodiscard]] std::string_view at_start_of(std::string_view text) const;
  // The text with each control text broken by U+200B after its first character. One of a single character, which cannot
  // be broken, becomes U+FFFD.
  [[nodiscard]] std::string broken(std::string_view text) const;

 private:
  std::array<std::vector<std::string_view>, 256> by_first_byte_;
};

class Marks {
 public:
  Marks();

  // The text between its marks. Text of white space alone, or none, is returned as it is.
  [[nodiscard]] std::string wrap(std::string_view text);

  // What stands in a rendering for a picture or sound with this content hash. Unlike the marks around texts it belongs
  // to the rendering with and without those, and stays in the parts until lift_media().
  [[nodiscard]] std::string media(std::string_view hash);
  // The parts with a part of its own for each such mark. Nothing: a mark is broken.
  [[nodiscard]] std::optional<std::vector<PromptPart>> lift_media(std::vector<PromptPart> parts) const;

  // The rendered text without marks, cut into parts; neighbours of one kind are joined. Empty when the marks came out
  // broken, out of order, or crossed: then they prove nothing.
  [[nodiscard]] std::optional<std::vector<PromptPart>> split(std::string_view rendered) const;

 private:
  std::string prefix_;                                // of every mark in this render
  std::string media_prefix_;                          // of those that stand for media
  std::vector<std::string> media_;                    // hashes, by number
  std::unordered_map<std::string, std::size_t> ids_;  // by text
};

// Writes untrusted strings for one render, in one of five ways; blank writes an x for each character but white space.
class Pen {
 public:
  enum class Mode : unsigned char { plain, marked, escaped, marked_escaped, blank };

  // `marks` and `controls` are borrowed.
  Pen(Mode mode, Marks& marks, const ControlTexts& controls) : mode_(mode), marks_(&marks), controls_(&controls) {}

  [[nodiscard]] std::string write(std::string_view text);
  // What stands for a picture or sound, in every mode.
  [[nodiscard]] std::string media(std::string_view hash) { return marks_->media(hash); }
  // For ids, which templates measure and compare: left bare when they are letters, digits, '_' and '-' and no control
  // text.
  [[nodiscard]] std::string write_id(std::string_view id);

  // A control text was in something that was written.
  [[nodiscard]] bool saw_control_text() const { return saw_control_text_; }

 private:
  Mode mode_;
  Marks* marks_;
  const ControlTexts* controls_;
  bool saw_control_text_ = false;
};

// Joins parts of one kind and drops empty ones.
void append_part(std::vector<PromptPart>& parts, std::string_view text, Trust trust);

// The value with each key and each string in it written by the pen.
[[nodiscard]] Json written(const Json& value, Pen& pen);

}  // namespace puna
