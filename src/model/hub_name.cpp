// See hub_name.h.
#include "model/hub_name.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <ranges>
#include <utility>

namespace puna {
namespace model {
namespace {

constexpr std::size_t kPathBytesMax = 1'024;
constexpr std::size_t kPartsMax = 9'999;
constexpr std::size_t kPartDigits = 5;
constexpr std::size_t kShownMax = 24;  // of the models in a message
constexpr std::string_view kGguf = ".gguf";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

// Q4_K_M, IQ2_XXS, TQ1_0, F16, BF16, FP8, MXFP4, NVFP4
bool is_quant(std::string_view word) {
  constexpr std::array<std::string_view, 8> kKinds{"Q", "IQ", "TQ", "F", "BF", "FP", "MXFP", "NVFP"};
  const std::string_view kind = word.substr(0, std::min(word.find_first_of("0123456789"), word.size()));
  return kind.size() < word.size() && std::ranges::contains(kKinds, kind) &&
         std::ranges::all_of(word, [](char c) { return is_digit(c) || is_letter(c) || c == '_'; });
}

// The last word of the name that is a quant, with the "UD-" before it that some have.
std::string quant_in(std::string_view name) {
  const std::string whole = upper(name.substr(name.rfind('/') + 1));
  std::string_view rest = whole;
  while (!rest.empty()) {
    const std::size_t mark = rest.find_last_of("-.");
    const std::string_view word = mark == std::string_view::npos ? rest : rest.substr(mark + 1);
    rest = mark == std::string_view::npos ? std::string_view() : rest.substr(0, mark);
    if (is_quant(word)) {
      const bool is_dynamic = rest == "UD" || rest.ends_with("-UD") || rest.ends_with(".UD");
      return (is_dynamic ? "UD-" : "") + std::string(word);
    }
  }
  return {};
}

struct PartOf {
  std::string name;
  std::size_t part = 1;
  std::size_t parts = 1;
};

std::optional<std::size_t> part_number(std::string_view digits) {
  if (digits.size() != kPartDigits || !std::ranges::all_of(digits, is_digit)) {
    return std::nullopt;
  }
  std::size_t value = 0;
  for (const char c : digits) {
    value = 10 * value + static_cast<std::size_t>(c - '0');
  }
  return value;
}

// Nothing: no model's file.
std::optional<PartOf> part_of(std::string_view path) {
  constexpr std::array<std::string_view, 6> kOthers{"mmproj", "imatrix", "mtp-", "eagle3-", "dflash-", "dspark-"};
  const std::string_view file = path.substr(path.rfind('/') + 1);
  if (!path.ends_with(kGguf) || file.size() <= kGguf.size() ||
      std::ranges::any_of(kOthers, [file](std::string_view other) { return file.contains(other); })) {
    return std::nullopt;
  }
  path.remove_suffix(kGguf.size());
  constexpr std::string_view kOf = "-of-";
  constexpr std::size_t kEnd = 1 + kPartDigits + kOf.size() + kPartDigits;  // -00001-of-00003
  if (path.size() > kEnd && path[path.size() - kEnd] == '-' &&
      path.substr(path.size() - kPartDigits - kOf.size(), kOf.size()) == kOf) {
    const auto part = part_number(path.substr(path.size() - kEnd + 1, kPartDigits));
    const auto parts = part_number(path.substr(path.size() - kPartDigits));
    if (part && parts && *part >= 1 && *part <= *parts && *parts <= kPartsMax) {
      return PartOf{.name = std::string(path.substr(0, path.size() - kEnd)), .part = *part, .parts = *parts};
    }
  }
  return PartOf{.name = std::string(path)};
}

bool has_between_marks(std::string_view name, std::string_view wanted) {
  const auto is_word = [](char c) { return is_digit(c) || is_letter(c) || c == '_'; };
  for (std::size_t at = name.find(wanted); at != std::string_view::npos; at = name.find(wanted, at + 1)) {
    const std::size_t end = at + wanted.size();
    if ((at == 0 || !is_word(name[at - 1])) && (end == name.size() || !is_word(name[end]))) {
      return true;
    }
  }
  return false;
}

std::string labels_of(const std::vector<ModelGroup>& models) {
  std::string text;
  for (const ModelGroup& model : models | std::views::take(kShownMax)) {
    text += (text.empty() ? "" : ", ") + printable(model.label());
  }
  return models.size() > kShownMax ? format_text("{} and {} more", text, models.size() - kShownMax) : text;
}

std::string names_of(const std::vector<ModelGroup>& models) {
  std::string text;
  for (const ModelGroup& model : models | std::views::take(kShownMax)) {
    text += (text.empty() ? "" : ", ") + printable(model.name);
  }
  return text;
}

// A part of a repository's name.
bool is_name_word(std::string_view word) {
  const auto good = [](char c) { return is_digit(c) || is_letter(c) || c == '.' || c == '-' || c == '_'; };
  return !word.empty() && word.size() <= 96 && std::ranges::all_of(word, good) && !word.contains("..") &&
         !word.contains("--") && word.front() != '.' && word.front() != '-' && word.back() != '.' && word.back() != '-';
}

}  // namespace

bool is_plain_path(std::string_view path) {
  if (path.empty() || path.size() > kPathBytesMax || !utf8::is_valid(path) || path.contains('\\') ||
      std::ranges::any_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; })) {
    return false;
  }
  return std::ranges::none_of(path | std::views::split('/'), [](const auto& range) {
    const std::string_view word(range.begin(), range.end());
    return word.empty() || word == "." || word == "..";
  });
}

std::vector<ModelGroup> models_among(const std::vector<std::string>& paths) {
  std::map<std::pair<std::string, std::size_t>, std::map<std::size_t, std::size_t>> groups;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (const auto part = part_of(paths[i])) {
      groups[{part->name, part->parts}][part->part] = i;
    }
  }
  std::vector<ModelGroup> models;
  for (const auto& [key, parts] : groups) {
    models.push_back({.name = key.first,
                      .quant = quant_in(key.first),
                      .parts = parts | std::views::values | std::ranges::to<std::vector>(),
                      .is_whole = parts.size() == key.second});
  }
  return models;
}

std::vector<ModelGroup> models_named(const std::vector<ModelGroup>& models, std::string_view quant) {
  const std::string wanted = upper(quant);
  const auto that = [&models](const auto& fits) {
    std::vector<ModelGroup> found;
    std::ranges::copy_if(models, std::back_inserter(found), fits);
    return found;
  };
  auto found = that([&](const ModelGroup& model) { return model.quant == wanted; });
  if (found.empty()) {
    found = that([&](const ModelGroup& model) {
      const std::string name = upper(model.name);
      return name.substr(name.rfind('/') + 1) == wanted;
    });
  }
  if (found.empty() && !wanted.empty()) {
    found = that([&](const ModelGroup& model) { return has_between_marks(upper(model.name), wanted); });
  }
  return found;
}

Result<ModelGroup> chosen_model(const std::vector<ModelGroup>& models, const HubName& name) {
  if (models.empty()) {
    return fail(ErrorCode::not_found, format_text("{} has no GGUF model", name.repo),
                "a repository with GGUF files is needed; their names mostly end in -GGUF");
  }
  std::vector<ModelGroup> meant;
  if (name.quant.empty()) {
    for (const std::string_view quant : {"Q4_K_M", "Q4_0", "Q8_0"}) {
      meant = meant.empty() ? models_named(models, quant) : meant;
    }
    meant = meant.empty() ? std::vector{models.front()} : meant;
  } else {
    meant = models_named(models, name.quant);
  }
  if (meant.empty()) {
    return fail(ErrorCode::not_found, format_text("{} has no {}", name.repo, name.quant),
                "it has: " + labels_of(models));
  }
  if (meant.size() > 1) {
    return fail(ErrorCode::invalid_argument,
                format_text("{} has several models that '{}' may mean", name.repo,
                            name.quant.empty() ? meant.front().quant : name.quant),
                format_text("write what only one of them has in its name, as {}:WORD; they are {}", name.repo,
                            names_of(meant)));
  }
  if (!meant.front().is_whole) {
    return fail(ErrorCode::not_found, format_text("{}: parts of {} are missing", name.repo, meant.front().name),
                "take another: " + labels_of(models));
  }
  return meant.front();
}

}  // namespace model

Result<HubName> HubName::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view repo = text.substr(0, colon);
  const std::string_view quant = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  const std::size_t slash = repo.find('/');
  const bool has_user = slash != std::string_view::npos && repo.find('/', slash + 1) == std::string_view::npos;
  const bool is_good = has_user && model::is_name_word(repo.substr(0, slash)) &&
                       model::is_name_word(repo.substr(slash + 1)) &&
                       (colon == std::string_view::npos || model::is_name_word(quant));
  if (!is_good) {
    return fail(ErrorCode::invalid_argument,
                format_text("'{}' is no model's name", printable(utf8::sanitize(utf8::truncate(text, 120)))),
                "write USER/REPO or USER/REPO:QUANT, as Qwen/Qwen3-4B-GGUF:Q4_K_M; a file is named with -m");
  }
  return HubName{.repo = std::string(repo), .quant = std::string(quant)};
}

}  // namespace puna
