// What stands behind the C header's handles, and the way from results to its errors. Nothing throws past guarded().
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "puna/agent/agent.h"
#include "puna/model.h"
#include "puna/puna.h"

struct puna_error {
  puna::Error error;
};

struct puna_cancel {
  std::stop_source stop;
};

struct puna_model {
  std::shared_ptr<puna::LocalModel> model;
  // Agents of the model so far, so that no two draw the same random numbers. Shared with them.
  std::shared_ptr<std::atomic<std::uint64_t>> agents = std::make_shared<std::atomic<std::uint64_t>>(0);
};

struct puna_agent {
  std::shared_ptr<puna::LocalModel> model;
  std::shared_ptr<std::atomic<std::uint64_t>> agents;
  std::shared_ptr<puna::Toolbox> tools = std::make_shared<puna::Toolbox>();
  puna::AgentOptions options;
  std::optional<std::string> system;  // unset: Puna's own, if there are tools
  std::optional<puna::Agent> agent;   // made when it is first needed: the tools come before it
};

namespace puna::embed {

// Hands an error out, or drops it where nobody wants it.
void give(puna_error** to, Error error) noexcept;

// What `work` returns, a Result<T>, or `failure` and the error; an exception is an error, too.
template <class T, class Work>
[[nodiscard]] T guarded(puna_error** to, T failure, Work&& work) noexcept {
  try {
    auto result = std::forward<Work>(work)();
    if (result) {
      return static_cast<T>(*std::move(result));
    }
    give(to, std::move(result).error());
  } catch (const std::bad_alloc&) {
    give(to, {.code = ErrorCode::limit, .message = "out of memory", .hint = {}});
  } catch (const std::exception& thrown) {
    give(to, {.code = ErrorCode::internal, .message = thrown.what(), .hint = {}});
  } catch (...) {  // of a callback
    give(to, {.code = ErrorCode::internal, .message = "something was thrown", .hint = {}});
  }
  return failure;
}

// A copy that puna_text_free() frees.
[[nodiscard]] Result<char*> text_for_caller(const std::string& text);

// A caller's text. Errors  invalid_argument  NULL or not UTF-8; `what` names it
[[nodiscard]] Result<std::string> text_from(const char* text, std::string_view what);
[[nodiscard]] Result<Json> json_from(const char* text, std::string_view what);
// NULL: nothing asked for.
[[nodiscard]] Result<Sampling> sampling_from_text(const char* text);

// A caller's options as this library knows them: what an older header lacks is 0; what a newer one has beyond is
// refused unless it is 0. NULL: all 0.
// Errors  invalid_argument  the size is none, or something unknown was asked for
template <class Options>
[[nodiscard]] Result<Options> options_from(const Options* given);
[[nodiscard]] Result<void> copy_options(void* to, std::size_t size, const void* from);

template <class Options>
Result<Options> options_from(const Options* given) {
  Options options{};
  if (given != nullptr) {
    PUNA_TRY_VOID(copy_options(&options, sizeof(Options), given));
  }
  return options;
}

// Stops a call where the caller's handle says so, or where on_text does. Borrows both.
class CallStop {
 public:
  explicit CallStop(const puna_cancel* cancel) {
    if (cancel != nullptr) {
      forward_.emplace(cancel->stop.get_token(), Request{&stop_});
    }
  }
  void request() { stop_.request_stop(); }
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  struct Request {
    std::stop_source* stop;
    void operator()() const { stop->request_stop(); }
  };
  std::stop_source stop_;
  std::optional<std::stop_callback<Request>> forward_;
};

// Text as it comes, to the caller's function.
class TextSink final : public EventSink {
 public:
  TextSink(puna_on_text on_text, void* user, CallStop& stop) : on_text_(on_text), user_(user), stop_(stop) {}
  void on(const Event& event) override {
    const auto* delta = std::get_if<event::TextDelta>(&event);
    if (on_text_ != nullptr && delta != nullptr && on_text_(user_, delta->text.c_str()) != 0) {
      stop_.request();
    }
  }

 private:
  puna_on_text on_text_;
  void* user_;
  CallStop& stop_;
};

}  // namespace puna::embed
