// The one table of what a request may carry besides messages and tools. Sampling parameters are the engine's own table.
// Source: llama.cpp, tools/server/README.md (POST /completion, POST /v1/chat/completions), release 0.7.
#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "puna/model/remote_model.h"

namespace puna {
namespace {

enum class Kind : std::uint8_t {
  boolean,  // sent as it is
  integer,
  object,
  anything,
  tokens_max,  // read into a member of their own
  stop,
  parallel,
  grammar,
  schema,
  response_format,
};

struct Row {
  std::string_view name;
  Kind kind;
};
constexpr std::array kRows = {Row{"max_tokens", Kind::tokens_max},
                              Row{"stop", Kind::stop},
                              Row{"parallel_tool_calls", Kind::parallel},
                              Row{"grammar", Kind::grammar},
                              Row{"json_schema", Kind::schema},
                              Row{"response_format", Kind::response_format},
                              Row{"ignore_eos", Kind::boolean},
                              Row{"cache_prompt", Kind::boolean},
                              Row{"post_sampling_probs", Kind::boolean},
                              Row{"add_generation_prompt", Kind::boolean},
                              Row{"id_slot", Kind::integer},
                              Row{"n_keep", Kind::integer},
                              Row{"n_cache_reuse", Kind::integer},
                              Row{"t_max_predict_ms", Kind::integer},
                              Row{"thinking_budget_tokens", Kind::integer},
                              Row{"chat_template_kwargs", Kind::object},
                              Row{"metadata", Kind::object},
                              Row{"lora", Kind::anything},
                              Row{"reasoning_format", Kind::anything},
                              Row{"reasoning_effort", Kind::anything},
                              Row{"user", Kind::anything}};

struct OtherName {
  std::string_view name;
  std::string_view now;
};
constexpr std::array kOtherNames = {
    OtherName{"mirostat_ent", "mirostat_tau"},    OtherName{"mirostat_lr", "mirostat_eta"},
    OtherName{"penalty_last_n", "repeat_last_n"}, OtherName{"slot_id", "id_slot"},
    OtherName{"n_predict", "max_tokens"},         OtherName{"max_completion_tokens", "max_tokens"},
    OtherName{"top_logprobs", "n_probs"}};

struct Refused {
  std::string_view name;
  std::string_view why;
  std::string_view instead;
};
constexpr std::string_view kOwn = "it is part of every request";
constexpr std::array kRefused = {
    Refused{"tfs_z", "llama.cpp has no tail-free sampling any more", "min_p cuts the tail"},
    Refused{"top_a", "llama.cpp has no top-a sampling", "min_p cuts in the same way, with the likeliest token"},
    Refused{"penalize_nl", "llama.cpp penalises newlines like all else", "logit_bias changes single tokens"},
    Refused{"extra_body", "servers read no nested parameters", "put its members beside the others"},
    Refused{"n", "a reply is one answer", "ask several times with different seeds"},
    Refused{"logprobs", "it has no effect alone", "n_probs says how many"},
    Refused{"messages", kOwn, ""},
    Refused{"model", kOwn, "name the model in the options"},
    Refused{"tools", kOwn, ""},
    Refused{"tool_choice", kOwn, ""},
    Refused{"stream", kOwn, ""},
    Refused{"stream_options", kOwn, ""}};

std::string_view current_name(std::string_view name) {
  const auto* other = std::ranges::find(kOtherNames, name, &OtherName::name);
  return other == kOtherNames.end() ? name : other->now;
}

bool is_sampling(std::string_view name) {
  return std::ranges::find(sampling_parameters(), name, &SamplingParameter::name) != sampling_parameters().end();
}

std::unexpected<Error> unfit(std::string_view name, const Json& value, std::string_view wanted) {
  return fail(ErrorCode::invalid_argument,
              format_text("{} is {} and must be {}", name, utf8::truncate(value.dump(), 80), wanted));
}

std::unexpected<Error> unknown(std::string_view name) {
  std::vector<std::string_view> known;
  for (const SamplingParameter& parameter : sampling_parameters()) {
    known.push_back(parameter.name);
  }
  for (const Row& row : kRows) {
    known.push_back(row.name);
  }
  const std::string_view nearest = nearest_name(name, known);
  return fail(ErrorCode::invalid_argument, format_text("no server parameter is called \"{}\"", printable(name)),
              nearest.empty() ? "docs/sampling.md and llama-server's README have them all"
                              : format_text("did you mean {}?", nearest));
}

Result<std::vector<std::string>> texts_of(std::string_view name, const Json& value) {
  std::vector<std::string> texts;
  bool fits = value.is_string() || value.is_array();
  if (value.is_string()) {
    texts.push_back(value.as_string());
  }
  for (std::size_t i = 0; value.is_array() && fits && i < value.as_array().size(); ++i) {
    const Json& item = value.as_array()[i];
    fits = item.is_string();
    texts.push_back(fits ? item.as_string() : "");
  }
  if (!fits || std::ranges::contains(texts, "")) {
    return unfit(name, value, "a text or a list of texts, none of them empty");
  }
  return texts;
}

// {"type": "json_schema", "json_schema": {"schema": {...}}}, or llama-server's {"type": "json_object", "schema":
// {...}}.
Result<std::optional<OutputFormat>> response_format_of(const Json& value) {
  const std::string_view type = value.text_or("type");
  if (type == "text") {
    return std::nullopt;
  }
  const Json* holder = type == "json_schema" ? value.find("json_schema") : &value;
  const Json* schema = holder == nullptr ? nullptr : holder->find("schema");
  if (type == "json_object" && schema == nullptr) {
    return format::Schema{Json::object({{"type", "object"}})};
  }
  if ((type != "json_schema" && type != "json_object") || schema == nullptr || !schema->is_object()) {
    return unfit("response_format", value, R"({"type": "json_schema", "json_schema": {"schema": {...}}})");
  }
  return format::Schema{*schema};
}

class Reading {
 public:
  Result<void> take(std::string_view name, const Json& value) {
    const auto* refused = std::ranges::find(kRefused, name, &Refused::name);
    if (refused != kRefused.end()) {
      return fail(ErrorCode::invalid_argument, format_text("{} cannot be set: {}", name, refused->why),
                  std::string(refused->instead));
    }
    const std::string_view now = current_name(name);
    if (std::ranges::contains(seen_, now)) {
      return fail(ErrorCode::invalid_argument, format_text("{} is given twice, once as {}", now, name));
    }
    seen_.emplace_back(now);
    if (is_sampling(now)) {
      sampling_.set(now, value);
      return {};
    }
    const auto* row = std::ranges::find(kRows, now, &Row::name);
    return row == kRows.end() ? unknown(name) : set(*row, value);
  }
  Result<ServerParameters> finish() {
    if (formats_.size() > 1) {
      return fail(ErrorCode::invalid_argument,
                  format_text("{} and {} contradict each other: an answer has one format", formats_[0], formats_[1]),
                  "leave one of them out");
    }
    PUNA_TRY(parameters_.sampling, sampling_from(sampling_));
    PUNA_TRY_VOID(validate(parameters_.sampling));
    return std::move(parameters_);
  }

 private:
  Result<void> set(const Row& row, const Json& value) {
    switch (row.kind) {
      case Kind::boolean:
        return keep(row, value, value.is_bool(), "true or false");
      case Kind::integer:
        return keep(row, value, value.is_integer(), "a whole number");
      case Kind::object:
        return keep(row, value, value.is_object(), "an object");
      case Kind::anything:
        return keep(row, value, true, "");
      case Kind::tokens_max:
        if (!value.is_integer() || value.as_integer() < -1 || value.as_integer() > std::numeric_limits<int>::max()) {
          return unfit(row.name, value, "a whole number; -1 = what is left of the window");
        }
        parameters_.tokens_max = static_cast<int>(std::max<std::int64_t>(value.as_integer(), 0));
        return {};
      case Kind::stop: {
        PUNA_TRY(parameters_.stop, texts_of(row.name, value));
        return {};
      }
      case Kind::parallel:
        if (!value.is_bool()) {
          return unfit(row.name, value, "true or false");
        }
        parameters_.parallel_calls = value.as_bool();
        return {};
      case Kind::grammar:
        if (!value.is_string()) {
          return unfit(row.name, value, "a GBNF grammar");
        }
        parameters_.format = format::Gbnf{.text = value.as_string()};
        break;
      case Kind::schema:
        if (!value.is_object()) {
          return unfit(row.name, value, "a JSON Schema");
        }
        parameters_.format = format::Schema{value};
        break;
      case Kind::response_format: {
        PUNA_TRY(parameters_.format, response_format_of(value));
        if (!parameters_.format) {
          return {};
        }
        break;
      }
    }
    formats_.push_back(row.name);
    return {};
  }
  Result<void> keep(const Row& row, const Json& value, bool fits, std::string_view wanted) {
    if (!fits) {
      return unfit(row.name, value, wanted);
    }
    parameters_.other.set(row.name, value);
    return {};
  }

  ServerParameters parameters_;
  Json sampling_ = Json::object();
  std::vector<std::string> seen_;
  std::vector<std::string_view> formats_;
};

}  // namespace

Result<ServerParameters> server_parameters(const Json& object) {
  if (object.is_null()) {
    return ServerParameters{};
  }
  if (!object.is_object()) {
    return fail(ErrorCode::invalid_argument, "server parameters must be a JSON object", R"(as {"top_k": 40})");
  }
  Reading reading;
  for (const auto& [name, value] : object.as_object()) {
    PUNA_TRY_VOID(reading.take(name, value));
  }
  return reading.finish();
}

}  // namespace puna
