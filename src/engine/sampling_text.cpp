// Sampling parameters as text and JSON.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <span>

#include "engine/sampling_table.h"

namespace puna {
namespace engine {
namespace {

template <class T>
std::optional<T> parsed(std::string_view text) {
  T value{};
  const std::span<const char> all(text);
  const auto [rest, error] = std::from_chars(std::to_address(all.begin()), std::to_address(all.end()), value);
  return error == std::errc() && rest == std::to_address(all.end()) ? std::optional(value) : std::nullopt;
}

// The shortest decimal number that reads back as this float.
std::string shortest(float value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), end.ptr};
}

std::unexpected<Error> unfit(const SamplingRow& row, std::string_view value, std::string_view wanted) {
  return fail(ErrorCode::invalid_argument,
              format_text("{} is \"{}\" and must be {}", row.name, printable(value), wanted), std::string(row.what));
}

std::unexpected<Error> unknown(std::string_view name) {
  std::vector<std::string> also;  // flags and the file's keys, whose spelling somebody may have in mind
  std::vector<std::string_view> spellings;
  std::vector<std::string_view> names;
  for (const SamplingRow& row : sampling_rows()) {
    also.emplace_back(row.gguf.empty() ? row.name : row.gguf);
    std::string flag(row.flags.substr(row.flags.rfind("--") + 2));
    std::ranges::replace(flag, '-', '_');
    also.push_back(std::move(flag));
    names.push_back(row.name);
  }
  spellings = names;
  spellings.insert(spellings.end(), also.begin(), also.end());
  std::string wanted(name);
  std::ranges::replace(wanted, '-', '_');
  const auto exact = std::ranges::find(spellings, wanted);
  std::string_view nearest = exact == spellings.end() ? nearest_name(wanted, spellings) : *exact;
  if (const auto place = std::ranges::find(spellings, nearest); place != spellings.end()) {
    const auto index = static_cast<std::size_t>(place - spellings.begin());
    nearest = index < names.size() ? names[index] : names[(index - names.size()) / 2];
  }
  return fail(ErrorCode::invalid_argument, format_text("no sampling parameter is called \"{}\"", printable(name)),
              nearest.empty() ? "docs/sampling.md has them all" : format_text("did you mean {}?", nearest));
}

// "15043+1", "15043-inf", "text=0.5".
Result<LogitBias> bias_from(const SamplingRow& row, std::string_view text) {
  constexpr std::string_view kForms = "as 15043+1, 15043-inf or text=-1";
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits > 0 && digits < text.size() && (text[digits] == '+' || text[digits] == '-')) {
    const auto token = parsed<Token>(text.substr(0, digits));
    const auto bias = parsed<float>(text.substr(text[digits] == '+' ? digits + 1 : digits));
    if (token && bias) {
      return LogitBias{.token = *token, .bias = *bias};
    }
  }
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0) {
    return unfit(row, text, kForms);
  }
  const auto bias = parsed<float>(text.substr(equals + 1));
  return bias ? Result<LogitBias>(LogitBias{.token = std::string(text.substr(0, equals)), .bias = *bias})
              : unfit(row, text, kForms);
}

// Sets a field from text, one overload for each kind of field.
struct FromText {
  const SamplingRow& row;
  Sampling& sampling;
  std::string_view text;

  Result<void> operator()(std::optional<float> Sampling::* field) const {
    sampling.*field = parsed<float>(text);
    return sampling.*field ? Result<void>() : unfit(row, text, "a number");
  }
  Result<void> operator()(std::optional<int> Sampling::* field) const {
    sampling.*field = parsed<int>(text);
    return sampling.*field ? Result<void>() : unfit(row, text, "a whole number");
  }
  Result<void> operator()(int Sampling::* field) const {
    const auto value = parsed<int>(text);
    return value ? (sampling.*field = *value, Result<void>()) : unfit(row, text, "a whole number");
  }
  Result<void> operator()(std::uint64_t Sampling::* field) const {
    const auto value = parsed<std::uint64_t>(text);
    return value ? (sampling.*field = *value, Result<void>()) : unfit(row, text, "a whole number from 0 to 2^64-1");
  }
  Result<void> operator()(std::optional<std::vector<std::string>> Sampling::* field) const {
    auto& texts = sampling.*field;
    if (!texts || text == "none") {
      texts.emplace();
    }
    if (text != "none") {
      texts->emplace_back(text);
    }
    return {};
  }
  Result<void> operator()(std::optional<std::vector<SamplerStage>> Sampling::* field) const {
    PUNA_TRY(sampling.*field, stages_from(text));
    return {};
  }
  Result<void> operator()(std::vector<LogitBias> Sampling::* field) const {
    PUNA_TRY(LogitBias bias, bias_from(row, text));
    (sampling.*field).push_back(std::move(bias));
    return {};
  }
};

Result<LogitBias> bias_from(const SamplingRow& row, const Json& token, const Json& bias) {
  LogitBias entry;
  if (token.is_integer()) {
    if (token.as_integer() < 0 || token.as_integer() > std::numeric_limits<Token>::max()) {
      return unfit(row, token.dump(), "a token's number or a text");
    }
    entry.token = static_cast<Token>(token.as_integer());
  } else if (token.is_string()) {
    entry.token = token.as_string();
  } else {
    return unfit(row, token.dump(), "a token's number or a text");
  }
  const bool forbids = bias.is_bool() && !bias.as_bool();
  if (!forbids && !bias.is_number()) {
    return unfit(row, bias.dump(), "a number, or false to forbid");
  }
  entry.bias = forbids ? -std::numeric_limits<float>::infinity() : static_cast<float>(bias.as_double());
  return entry;
}

Result<void> read_biases(const SamplingRow& row, const Json& value, std::vector<LogitBias>& biases) {
  if (value.is_object()) {
    for (const auto& [key, bias] : value.as_object()) {
      const auto id = parsed<Token>(key);
      PUNA_TRY(LogitBias entry, bias_from(row, id && *id >= 0 ? Json(std::int64_t{*id}) : Json(key), bias));
      biases.push_back(std::move(entry));
    }
    return {};
  }
  if (!value.is_array()) {
    return unfit(row, value.dump(), "an object or a list of pairs");
  }
  for (const Json& pair : value.as_array()) {
    if (!pair.is_array() || pair.as_array().size() != 2) {
      return unfit(row, pair.dump(), "a pair of a token and its bias");
    }
    PUNA_TRY(LogitBias entry, bias_from(row, pair.as_array()[0], pair.as_array()[1]));
    biases.push_back(std::move(entry));
  }
  return {};
}

// A JSON value as the text that set_parameter() takes. Lists are read item by item.
Result<void> read_value(const SamplingRow& row, const Json& value, Sampling& sampling) {
  if (std::holds_alternative<std::vector<LogitBias> Sampling::*>(row.field)) {
    return read_biases(row, value, sampling.logit_bias);
  }
  if (value.is_array() && std::holds_alternative<std::optional<std::vector<SamplerStage>> Sampling::*>(row.field)) {
    std::string text;
    for (const Json& item : value.as_array()) {
      text += (text.empty() ? "" : ";") + (item.is_string() ? item.as_string() : item.dump());
    }
    return set_parameter(sampling, row.name, text);
  }
  if (value.is_array() && std::holds_alternative<std::optional<std::vector<std::string>> Sampling::*>(row.field)) {
    std::vector<std::string>& texts = sampling.dry_sequence_breakers.emplace();
    for (const Json& item : value.as_array()) {
      if (!item.is_string()) {
        return unfit(row, item.dump(), "a list of texts");
      }
      texts.push_back(item.as_string());
    }
    return {};
  }
  const bool is_list = !number_of(row, default_sampling()) && row.name != "seed";
  const bool may_be_text = is_list || row.name == "seed";  // a seed may be too large for a JSON integer
  if (value.is_string() ? !may_be_text : !value.is_number()) {
    return unfit(row, value.dump(), is_list ? "a text or a list" : "a number");
  }
  return set_parameter(sampling, row.name, value.is_string() ? value.as_string() : value.dump());
}

Json as_json(float value) { return Json(parsed<double>(shortest(value)).value_or(0)); }
Json as_json(int value) { return Json(std::int64_t{value}); }
Json as_json(std::uint64_t value) {
  return value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
             ? Json(static_cast<std::int64_t>(value))
             : Json(std::to_string(value));
}
Json as_json(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) {
    list.push(text);
  }
  return list;
}
Json as_json(const std::vector<SamplerStage>& stages) {
  Json list = Json::array();
  for (const SamplerStage stage : stages) {
    list.push(name_of(stage));
  }
  return list;
}
Json as_json(const std::vector<LogitBias>& biases) {
  Json list = Json::array();
  for (const LogitBias& entry : biases) {
    const auto* id = std::get_if<Token>(&entry.token);
    list.push(Json::array({id != nullptr ? Json(std::int64_t{*id}) : Json(std::get<std::string>(entry.token)),
                           std::isinf(entry.bias) ? Json(false) : as_json(entry.bias)}));
  }
  return list;
}

// A default, as the help and the documents show it.
std::string default_text(const SamplingRow& row) {
  if (row.name == "samplers") {
    return stages_text(*default_sampling().samplers);
  }
  if (row.name == "dry_sequence_breakers") {
    return R"(\n : " *)";
  }
  const std::optional<float> value = number_of(row, default_sampling());
  return value ? shortest(*value) : row.name == "seed" ? "0" : "none";
}

std::string range_text(const SamplingRow& row) {
  if (!number_of(row, default_sampling())) {
    return "";
  }
  return row.most >= 1e9F ? "from " + shortest(row.least) : shortest(row.least) + " to " + shortest(row.most);
}

struct Texts {
  std::vector<std::string> kept;
  std::vector<SamplingParameter> parameters;

  Texts() {
    kept.reserve(2 * sampling_rows().size());
    for (const SamplingRow& row : sampling_rows()) {
      kept.push_back(range_text(row));
      kept.push_back(default_text(row));
      parameters.push_back({.name = row.name,
                            .flags = row.flags,
                            .what = row.what,
                            .range = kept[kept.size() - 2],
                            .otherwise = kept.back(),
                            .repeats = row.name == "dry_sequence_breakers" || row.name == "logit_bias"});
    }
  }
};

}  // namespace
}  // namespace engine

std::span<const SamplingParameter> sampling_parameters() {
  static const engine::Texts kTexts;
  return kTexts.parameters;
}

Result<void> set_parameter(Sampling& sampling, std::string_view name, std::string_view value) {
  const engine::SamplingRow* row = engine::sampling_row(name);
  if (row == nullptr) {
    return engine::unknown(name);
  }
  PUNA_TRY_VOID(std::visit(engine::FromText{.row = *row, .sampling = sampling, .text = value}, row->field));
  return engine::check_range(*row, sampling);
}

Result<Sampling> sampling_from(const Json& object) {
  if (!object.is_object()) {
    return fail(ErrorCode::invalid_argument, "sampling parameters must be a JSON object", R"(as {"top_k": 40})");
  }
  Sampling sampling;
  for (const auto& [name, value] : object.as_object()) {
    const engine::SamplingRow* row = engine::sampling_row(name);
    if (row == nullptr) {
      return engine::unknown(name);
    }
    PUNA_TRY_VOID(engine::read_value(*row, value, sampling));
    PUNA_TRY_VOID(engine::check_range(*row, sampling));
  }
  return sampling;
}

Json to_json(const Sampling& sampling) {
  Json object = Json::object();
  const auto write = [&object, &sampling](std::string_view name, const auto member) {
    const auto& value = sampling.*member;
    if constexpr (requires { value.has_value(); }) {
      if (value.has_value()) {
        object.set(name, engine::as_json(*value));
      }
    } else if (value != typename std::remove_cvref_t<decltype(value)>{} || name == "seed") {
      object.set(name, engine::as_json(value));
    }
  };
  for (const engine::SamplingRow& row : engine::sampling_rows()) {
    std::visit([&](const auto member) { write(row.name, member); }, row.field);
  }
  return object;
}

}  // namespace puna
