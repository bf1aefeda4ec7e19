// See fields.h.
#include "server/fields.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace puna::server {
namespace {

constexpr std::size_t kStopsMax = 64;
constexpr std::size_t kStopBytesMax = 1'024;

struct Alias {
  std::string_view name;
  std::string_view ours;
};
constexpr auto kAliases = std::to_array<Alias>({{"repetition_penalty", "repeat_penalty"},
                                                {"penalty_last_n", "repeat_last_n"},
                                                {"mirostat_lr", "mirostat_eta"},
                                                {"mirostat_ent", "mirostat_tau"},
                                                {"typ_p", "typical_p"}});

bool is_parameter(std::string_view name) {
  return std::ranges::contains(sampling_parameters(), name, &SamplingParameter::name);
}

// The parameter that an error of effective() says is without effect.
std::string_view idle_parameter(const Error& error) {
  const std::string_view text = error.message;
  const std::string_view name = text.substr(0, text.find(' '));
  return text.substr(name.size()).starts_with(" has no effect") ? name : std::string_view();
}

Json without(const Json& object, std::string_view name) {
  Json rest = Json::object();
  for (const auto& [key, value] : object.as_object()) {
    if (key != name) {
      rest.set(key, value);
    }
  }
  return rest;
}

Result<Sampling> with_effect(Json object, const Sampling& defaults) {
  while (true) {
    PUNA_TRY(Sampling sampling, sampling_from(object));
    const Result<Sampling> all = effective(sampling, defaults);
    if (all) {
      return sampling;
    }
    const std::string name(idle_parameter(all.error()));
    if (object.find(name) == nullptr) {
      return std::unexpected(all.error());
    }
    object = without(object, name);
  }
}

}  // namespace

const Json* field(const Json& body, std::string_view name) {
  const Json* value = body.find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Answer<bool> flag(const Json& body, std::string_view name, bool otherwise) {
  const Json* value = field(body, name);
  if (value == nullptr) {
    return otherwise;
  }
  return value->is_bool() ? Answer<bool>(value->as_bool()) : bad_field(std::string(name), "must be true or false");
}

Answer<std::string> text(const Json& body, std::string_view name, std::string otherwise) {
  const Json* value = field(body, name);
  if (value == nullptr) {
    return otherwise;
  }
  return value->is_string() ? Answer<std::string>(value->as_string()) : bad_field(std::string(name), "must be a text");
}

Answer<std::optional<std::int64_t>> integer(const Json& body, std::string_view name, std::int64_t least,
                                            std::int64_t most) {
  const Json* value = field(body, name);
  if (value == nullptr) {
    return std::optional<std::int64_t>();
  }
  if (!value->is_integer() || value->as_integer() < least || value->as_integer() > most) {
    return bad_field(std::string(name), format_text("must be a whole number from {} to {}", least, most));
  }
  return std::optional(value->as_integer());
}

Answer<int> tokens_max(const Json& body, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const Json* value = field(body, name);
    if (value == nullptr) {
      continue;
    }
    const bool is_number = value->is_integer() || value->is_large_integer();
    const std::int64_t number = value->is_integer() ? value->as_integer() : std::numeric_limits<std::int64_t>::max();
    if (!is_number || number == 0 || number < -2) {
      return bad_field(std::string(name), "must be a whole number of at least 1, or -1 for no limit");
    }
    return number < 0 ? 0 : static_cast<int>(std::min<std::int64_t>(number, std::numeric_limits<int>::max()));
  }
  return 0;
}

Answer<std::vector<std::string>> stop_texts(const Json& body, std::string_view name) {
  const Json* value = field(body, name);
  std::vector<std::string> texts;
  if (value == nullptr) {
    return texts;
  }
  const Json list = value->is_array() ? *value : Json::array({*value});
  for (const Json& item : list.as_array()) {
    if (!item.is_string() || item.as_string().empty() || item.as_string().size() > kStopBytesMax) {
      return bad_field(std::string(name), format_text("must be texts of 1 to {} bytes", kStopBytesMax));
    }
    texts.push_back(item.as_string());
  }
  if (texts.size() > kStopsMax) {
    return bad_field(std::string(name), format_text("has {} texts and may have {}", texts.size(), kStopsMax));
  }
  return texts;
}

bool is_sampling_name(std::string_view name) {
  return is_parameter(name) || std::ranges::contains(kAliases, name, &Alias::name);
}

Answer<Sampling> read_sampling(const Json& body, const Sampling& defaults) {
  Json object = Json::object();
  for (const auto& [key, value] : body.as_object()) {
    const auto* alias = std::ranges::find(kAliases, key, &Alias::name);
    const std::string_view name = alias == kAliases.end() ? std::string_view(key) : alias->ours;
    if (!is_parameter(name) || value.is_null() || (name != key && field(body, name) != nullptr)) {
      continue;
    }
    const bool is_negative = value.is_integer() && value.as_integer() < 0;
    if (name == "seed" && (is_negative || value.is_string())) {
      continue;
    }
    object.set(name, name == "top_k" && is_negative ? Json(0) : value);
  }
  if (object.find("seed") == nullptr) {
    object.set("seed", Json(static_cast<std::int64_t>(Random::entropy() >> 32U)));
  }
  Result<Sampling> sampling = with_effect(std::move(object), defaults);
  if (!sampling) {
    const std::string& message = sampling.error().message;
    return refuse(400, message + (sampling.error().hint.empty() ? "" : " (" + sampling.error().hint + ")"),
                  message.substr(0, message.find(' ')), "invalid_argument");
  }
  return *std::move(sampling);
}

}  // namespace puna::server
