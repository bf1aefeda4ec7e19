// model.json, read strictly and compared with the file that it names.
#include "puna/model/model_card.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

namespace puna {
namespace {

constexpr std::uintmax_t kCardBytesMax = 1U << 20U;
constexpr auto kTexts =
    std::to_array<std::pair<std::string_view, std::string ModelCard::*>>({{"name", &ModelCard::name},
                                                                          {"architecture", &ModelCard::architecture},
                                                                          {"parameters", &ModelCard::parameters},
                                                                          {"quantization", &ModelCard::quantization},
                                                                          {"description", &ModelCard::description}});
constexpr auto kRequired =
    std::to_array<std::string_view>({"name", "path", "architecture", "parameters", "quantization"});
constexpr auto kKnown = std::to_array<std::string_view>(
    {"name", "path", "architecture", "parameters", "quantization", "context_length", "description"});

std::unexpected<Error> bad_card(const std::filesystem::path& file, std::string_view what, std::string hint = {}) {
  return fail(ErrorCode::corrupt, format_text("the model card '{}': {}", file.string(), what), std::move(hint));
}

Result<std::string> text_of(const std::filesystem::path& file) {
  std::error_code code;
  if (!std::filesystem::exists(file, code)) {
    return fail(ErrorCode::not_found, format_text("no such file: '{}'", file.string()), "check the path");
  }
  if (const std::uintmax_t bytes = std::filesystem::file_size(file, code); !code && bytes > kCardBytesMax) {
    return fail(ErrorCode::limit,
                format_text("the model card '{}' has {} bytes; {} is the limit", file.string(), bytes, kCardBytesMax));
  }
  std::ifstream in(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in) {
    return fail(ErrorCode::io, format_text("'{}' cannot be read", file.string()), "check its permissions");
  }
  return text;
}

Result<void> read_member(const std::filesystem::path& file, const Json::Member& member, ModelCard& card) {
  const auto& [key, value] = member;
  if (key == "context_length") {
    if (!value.is_integer() || value.as_integer() < 1 || value.as_integer() > std::numeric_limits<int>::max()) {
      return bad_card(file, "'context_length' must be a whole number from 1 on");
    }
    card.context_length = static_cast<int>(value.as_integer());
    return {};
  }
  if (key == "parameters" && value.is_number()) {
    card.parameters = value.dump();
    return {};
  }
  const auto known = std::ranges::find(kKnown, std::string_view(key));
  if (known == kKnown.end()) {
    const std::string_view nearest = nearest_name(key, kKnown);
    return bad_card(file, format_text("there is no '{}'", printable(key)),
                    nearest.empty() ? "" : format_text("did you mean {}?", nearest));
  }
  if (!value.is_string() || (value.as_string().empty() && key != "description")) {
    return bad_card(file, format_text("'{}' must be a text", key));
  }
  if (key == "path") {
    card.path = file.parent_path() / value.as_string();
    return {};
  }
  card.*std::ranges::find(kTexts, std::string_view(key), [](const auto& text) { return text.first; })->second =
      value.as_string();
  return {};
}

// "7B", "1.1 b", "350M", "5700000", "1e9". Nothing: no such number.
std::optional<double> count_of(std::string_view text) {
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || !(number > 0)) {
    return std::nullopt;
  }
  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  constexpr std::string_view kUnits = "KMBT";
  if (unit.empty()) {
    return number;
  }
  const char upper =
      static_cast<char>(unit.front() >= 'a' && unit.front() <= 'z' ? unit.front() - 'a' + 'A' : unit.front());
  const std::size_t power = kUnits.find(upper);
  if (unit.size() > 1 || power == std::string_view::npos) {
    return std::nullopt;
  }
  return number * std::pow(1000.0, static_cast<double>(power + 1));
}

// Without what people write differently: Q4_K_M, q4-k-m.
std::string plain(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c != '_' && c != '-' && c != ' ') {
      text += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
  }
  return text;
}

}  // namespace

bool is_model_card(const std::filesystem::path& file) { return file.extension() == ".json"; }

Result<ModelCard> read_model_card(const std::filesystem::path& file) {
  PUNA_TRY(const std::string text, text_of(file));
  const auto json = Json::parse(text);
  if (!json) {
    return bad_card(file, json.error().message);
  }
  if (!json->is_object()) {
    return bad_card(file, "it is no JSON object");
  }
  for (const std::string_view key : kRequired) {
    if (json->find(key) == nullptr) {
      return bad_card(file, format_text("'{}' is missing", key));
    }
  }
  ModelCard card;
  for (const Json::Member& member : json->as_object()) {
    PUNA_TRY_VOID(read_member(file, member, card));
  }
  return card;
}

std::vector<std::string> differences(const ModelCard& card, const ModelFacts& facts) {
  std::vector<std::string> found;
  if (plain(card.architecture) != plain(facts.architecture)) {
    found.push_back(format_text("architecture: the card says {}, the file {}", card.architecture, facts.architecture));
  }
  const std::optional<double> said = count_of(card.parameters);
  const auto real = static_cast<double>(facts.parameters);
  if (!said || std::abs(*said - real) > real / 10) {
    found.push_back(format_text("parameters: the card says {}, the file has {}", card.parameters, facts.parameters));
  }
  if (plain(card.quantization) != plain(facts.quantization)) {
    found.push_back(format_text("quantization: the card says {}, the file {}", card.quantization, facts.quantization));
  }
  if (card.context_length && *card.context_length > facts.window_trained_tokens) {
    found.push_back(format_text("context_length: the card says {}, the model was trained for {}", *card.context_length,
                                facts.window_trained_tokens));
  }
  return found;
}

}  // namespace puna
