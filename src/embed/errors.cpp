// Errors, texts and options: what crosses the C header.
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "embed/handles.h"

namespace puna::embed {
namespace {

constexpr puna_code code_of(ErrorCode code) { return static_cast<puna_code>(static_cast<int>(code) + 1); }
static_assert(code_of(ErrorCode::invalid_argument) == PUNA_INVALID_ARGUMENT);
static_assert(code_of(ErrorCode::not_found) == PUNA_NOT_FOUND);
static_assert(code_of(ErrorCode::unavailable) == PUNA_UNAVAILABLE);
static_assert(code_of(ErrorCode::limit) == PUNA_LIMIT);
static_assert(code_of(ErrorCode::cancelled) == PUNA_CANCELLED);
static_assert(code_of(ErrorCode::corrupt) == PUNA_CORRUPT);
static_assert(code_of(ErrorCode::io) == PUNA_IO);
static_assert(code_of(ErrorCode::internal) == PUNA_INTERNAL);

// What lies in padding may be anything, so no struct may end with some: a later member would be read from it.
static_assert(offsetof(puna_model_options, chat_template) + sizeof(char*) == sizeof(puna_model_options));
static_assert(offsetof(puna_ask_options, cancel) + sizeof(puna_cancel*) == sizeof(puna_ask_options));
static_assert(offsetof(puna_agent_options, id) + sizeof(std::uint64_t) == sizeof(puna_agent_options));
static_assert(offsetof(puna_run_options, stop) + sizeof(puna_stop*) == sizeof(puna_run_options));
static_assert(offsetof(puna_window, percent) + sizeof(double) == sizeof(puna_window));

constexpr std::size_t kOptionsBytesMax = 4096;  // no header will ever have more: a size beyond was never set

}  // namespace

void give(puna_error** to, Error error) noexcept {
  if (to != nullptr) {
    *to = new (std::nothrow) puna_error{std::move(error)};
  }
}

Result<char*> text_for_caller(const std::string& text) {
  auto* const copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) {
    return fail(ErrorCode::limit, "out of memory");
  }
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

Result<std::string> text_from(const char* text, std::string_view what) {
  if (text == nullptr) {
    return fail(ErrorCode::invalid_argument, format_text("{} is NULL", what));
  }
  if (!utf8::is_valid(text)) {
    return fail(ErrorCode::invalid_argument, format_text("{} is not valid UTF-8", what));
  }
  return std::string(text);
}

Result<Json> json_from(const char* text, std::string_view what) {
  PUNA_TRY(const std::string valid, text_from(text, what));
  auto json = Json::parse(valid);
  if (!json) {
    return fail(ErrorCode::invalid_argument, format_text("{}: {}", what, json.error().message));
  }
  return json;
}

Result<Sampling> sampling_from_text(const char* text) {
  if (text == nullptr) {
    return Sampling{};
  }
  PUNA_TRY(const Json json, json_from(text, "sampling"));
  return sampling_from(json);
}

Result<void> copy_options(void* to, std::size_t size, const void* from) {
  std::size_t given = 0;
  std::memcpy(&given, from, sizeof(given));
  if (given < sizeof(given) || given > kOptionsBytesMax) {
    return fail(ErrorCode::invalid_argument, format_text("options of {} bytes", given),
                "begin them with their ..._OPTIONS_INIT");
  }
  const auto* bytes = static_cast<const unsigned char*>(from);
  if (given > size && std::any_of(bytes + size, bytes + given, [](unsigned char byte) { return byte != 0; })) {
    return fail(ErrorCode::invalid_argument, "options that this version of the library does not have",
                format_text("it is {}; the program was compiled for a later one", puna_version()));
  }
  std::memcpy(to, from, std::min(size, given));
  return {};
}

}  // namespace puna::embed

extern "C" {

const char* puna_version(void) { return PUNA_VERSION; }

puna_code puna_error_code(const puna_error* error) {
  return error == nullptr ? PUNA_OK : puna::embed::code_of(error->error.code);
}
const char* puna_error_message(const puna_error* error) { return error == nullptr ? "" : error->error.message.c_str(); }
const char* puna_error_hint(const puna_error* error) { return error == nullptr ? "" : error->error.hint.c_str(); }
void puna_error_free(puna_error* error) { delete error; }
void puna_text_free(char* text) { std::free(text); }

puna_cancel* puna_cancel_new(void) {
  try {
    return new puna_cancel;
  } catch (...) {
    return nullptr;
  }
}
void puna_cancel_request(puna_cancel* cancel) {
  if (cancel != nullptr) {
    cancel->stop.request_stop();
  }
}
void puna_cancel_free(puna_cancel* cancel) { delete cancel; }

}  // extern "C"
