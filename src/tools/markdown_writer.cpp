#include "tools/markdown_writer.h"

#include <algorithm>
#include <utility>

#include "tools/plain_text.h"

namespace puna::tools {
namespace {

bool is_dropped(char c) { return (static_cast<unsigned char>(c) < 0x20 && !is_space(c)) || c == '\x7f'; }

}  // namespace

// An empty line between two parts of a quotation belongs to it.
void MarkdownWriter::end_lines() {
  if (!text_.empty()) {
    text_ += '\n';
    if (line_ends_ > 1) {
      for (const Level& level : levels_) {
        text_ += level.is_used ? level.rest : "";
      }
      text_.erase(text_.find_last_not_of(' ') + 1);
      text_ += '\n';
    }
  }
  line_ends_ = 0;
  at_line_begin_ = true;
}

void MarkdownWriter::begin() {
  if (line_ends_ > 0) {
    end_lines();
  }
  if (at_line_begin_) {
    for (Level& level : levels_) {
      text_ += level.is_used ? level.rest : level.first;
      level.is_used = true;
    }
    at_line_begin_ = false;
  } else if (space_) {
    text_ += ' ';
  }
  space_ = false;
  text_ += signs_;
  signs_.clear();
}

void MarkdownWriter::put(std::string_view text) {
  for (std::size_t at = 0; at < text.size() && !is_full();) {
    if (is_space(text[at])) {
      space_ = true;
      ++at;
    } else if (is_dropped(text[at])) {
      ++at;
    } else {
      const auto end = std::ranges::find_if(text.substr(at), [](char c) { return is_space(c) || is_dropped(c); });
      const auto size = static_cast<std::size_t>(end - text.substr(at).begin());
      begin();
      text_ += text.substr(at, size);
      at += size;
    }
  }
}

void MarkdownWriter::close(std::size_t opened, std::string_view sign) {
  if (signs_.size() > opened) {
    signs_.resize(opened);
  } else {
    text_ += sign;
  }
}

void MarkdownWriter::put_lines(std::string_view lines) {
  end_line(1);
  while (!lines.empty() && !is_full()) {
    const std::size_t end = lines.find('\n');
    begin();
    std::ranges::copy_if(lines.substr(0, end), std::back_inserter(text_),
                         [](char c) { return c == '\t' || c == ' ' || !(is_space(c) || is_dropped(c)); });
    line_ends_ = 1;
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
}

void MarkdownWriter::end_line(int line_ends) {
  if (is_flat()) {
    space_ = true;
  } else {
    const bool has_text = levels_.empty() || levels_.back().is_used;  // "- " is followed by its text
    line_ends_ = std::max(line_ends_, has_text ? line_ends : 1);
  }
}

void MarkdownWriter::enter(std::string first, std::string rest) {
  levels_.push_back({.first = std::move(first), .rest = std::move(rest)});
}

std::string MarkdownWriter::take() { return std::move(text_); }

}  // namespace puna::tools
