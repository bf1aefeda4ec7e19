// See refusal.h.
// Source: platform.openai.com/docs/guides/error-codes; docs.anthropic.com/en/api/errors; Ollama's docs/api.md.
#include "server/refusal.h"

namespace puna::server {
namespace {

std::string_view openai_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
    case 421:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 429:
      return "rate_limit_error";
    case 501:
      return "not_supported_error";
    case 503:
      return "unavailable_error";
    default:
      return status >= 500 ? "server_error" : "invalid_request_error";
  }
}

std::string_view anthropic_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
    case 421:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 503:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

}  // namespace

Refusal::Refusal(Error error) : status(status_of(error.code).http_status), message(std::move(error.message)) {
  code = name_of(error.code);
  if (error.code == ErrorCode::limit && message.contains("window")) {
    message = "context length exceeded: " + message;  // clients look for this word
    code = "context_length_exceeded";
  }
  if (error.code == ErrorCode::corrupt) {
    status = 400;
  }
  if (!error.hint.empty()) {
    message += " (" + error.hint + ")";
  }
}

Refusal::Refusal(int status_code, std::string text, std::string parameter, std::string code_name)
    : status(status_code), message(std::move(text)), param(std::move(parameter)), code(std::move(code_name)) {}

Family family_of(std::string_view path) {
  return path.starts_with("/v1/messages") ? Family::anthropic
         : path.starts_with("/api/")      ? Family::ollama
                                          : Family::openai;
}

Json error_json(Family family, const Refusal& refusal) {
  if (family == Family::ollama) {
    return Json::object({{"error", refusal.message}});
  }
  if (family == Family::anthropic) {
    return Json::object(
        {{"type", "error"},
         {"error", Json::object({{"type", anthropic_type(refusal.status)}, {"message", refusal.message}})}});
  }
  return Json::object({{"error", Json::object({{"message", refusal.message},
                                               {"type", openai_type(refusal.status)},
                                               {"param", refusal.param.empty() ? Json() : Json(refusal.param)},
                                               {"code", refusal.code.empty() ? Json() : Json(refusal.code)}})}});
}

HttpOut error_out(Family family, const Refusal& refusal) {
  HttpOut out{.status = refusal.status, .body = error_json(family, refusal).dump()};
  if (refusal.status == 429 || refusal.status == 503) {
    out.headers.emplace_back("Retry-After", "1");
  }
  if (refusal.status == 401) {
    out.headers.emplace_back("WWW-Authenticate", "Bearer");
  }
  return out;
}

}  // namespace puna::server
