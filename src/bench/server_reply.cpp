// Lines to events to tokens.
#include "bench/server_reply.h"

namespace puna::bench {
namespace {

constexpr std::size_t kLineMax = std::size_t{1} << 20;
constexpr std::string_view kData = "data: ";

std::int64_t integer_or_zero(const Json* object, std::string_view key) {
  const Json* value = object == nullptr ? nullptr : object->find(key);
  return value != nullptr && value->is_integer() ? value->as_integer() : 0;
}

}  // namespace

Result<std::vector<Token>> ServerReply::feed(std::string_view bytes) {
  std::vector<Token> tokens;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    line_ += bytes.substr(0, end);
    if (line_.size() > kLineMax) {
      return fail(ErrorCode::corrupt, format_text("the server sent a line of more than {} bytes", kLineMax));
    }
    if (end == std::string_view::npos) {
      break;
    }
    bytes.remove_prefix(end + 1);
    const std::string line = std::exchange(line_, {});
    if (line.starts_with(kData)) {
      PUNA_TRY_VOID(event(std::string_view(line).substr(kData.size()), tokens));
    } else if (line.starts_with("error: ") || line.starts_with('{')) {
      return fail(ErrorCode::unavailable, "the server refused: " + std::string(utf8::truncate(line, 300)));
    }
  }
  return tokens;
}

Result<void> ServerReply::event(std::string_view data, std::vector<Token>& tokens) {
  PUNA_TRY(const Json json, Json::parse(data));
  if (json.find("error") != nullptr) {
    return fail(ErrorCode::unavailable, "the server reported: " + std::string(utf8::truncate(data, 300)));
  }
  if (const Json* ids = json.find("tokens"); ids != nullptr && ids->is_array()) {
    for (const Json& id : ids->as_array()) {
      tokens.push_back(id.is_integer() ? static_cast<Token>(id.as_integer()) : Token{0});
    }
  }
  if (const Json* timings = json.find("timings"); timings != nullptr) {
    finished_ = true;
    prompt_tokens_computed_ = integer_or_zero(timings, "prompt_n");
    tokens_predicted_ = integer_or_zero(timings, "predicted_n");
  }
  return {};
}

std::string completion_body(const std::vector<Token>& prompt, int output_tokens, const std::vector<Token>& never) {
  Json ids = Json::array();
  for (const Token token : prompt) {
    ids.push(token);
  }
  Json biases = Json::array();
  for (const Token token : never) {
    biases.push(Json::array({Json(token), Json(false)}));
  }
  return Json::object({{"prompt", std::move(ids)},
                       {"n_predict", output_tokens},
                       {"temperature", 0},
                       {"samplers", Json::array({"top_k"})},
                       {"top_k", 1},
                       {"ignore_eos", true},
                       {"logit_bias", std::move(biases)},
                       {"cache_prompt", true},
                       {"stream", true},
                       {"return_tokens", true},
                       {"response_fields", Json::array({"timings", "tokens"})}})
      .dump();
}

}  // namespace puna::bench
