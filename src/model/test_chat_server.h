// A server of the chat protocol on loopback that answers as it should, or as a test wants. Tests only.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/test_server.h"
#include "puna/model/remote_model.h"

namespace puna::model {

inline constexpr std::string_view kStreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

inline Json json_of(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json) << text;
  return json ? *std::move(json) : Json();
}
inline std::string event_of(const Json& json) { return "data: " + json.dump() + "\n\n"; }
inline Json chunk_of(Json delta, Json finish_reason = {}) {
  Json choice = Json::object({{"index", 0}});
  choice.set("delta", std::move(delta));
  choice.set("finish_reason", std::move(finish_reason));
  Json chunk = Json::object();
  chunk.set("choices", Json::array({choice}));
  return chunk;
}
inline std::string text_event(std::string_view text) { return event_of(chunk_of(Json::object({{"content", text}}))); }
inline std::string call_event(const Json& call) {
  Json delta = Json::object();
  delta.set("tool_calls", Json::array({call}));
  return event_of(chunk_of(std::move(delta)));
}
inline std::string end_event(std::string_view reason) { return event_of(chunk_of(Json::object(), reason)); }
inline std::string usage_event(std::int64_t prompt, std::int64_t output, std::int64_t cached = 0) {
  return event_of(json_of(format_text(R"({{"choices": [], "usage": {{"prompt_tokens": {}, "completion_tokens": {},
      "prompt_tokens_details": {{"cached_tokens": {}}}}}}})",
                                      prompt, output, cached)));
}
inline constexpr std::string_view kDone = "data: [DONE]\n\n";
inline std::string good_stream(std::string_view text = "yes") {
  return std::string(kStreamHead) + text_event(text) + end_event("stop") + usage_event(3, 1) + std::string(kDone);
}
inline std::string json_page(const Json& json, std::string_view status = "200 OK", std::string_view headers = "") {
  return net::answer(status, "Content-Type: application/json\r\n" + std::string(headers), json.dump());
}
inline std::string error_page(std::string_view status, std::string_view message, std::string_view headers = "",
                              std::string_view type = "some_error") {
  return json_page(Json::object({{"error", Json::object({{"message", message}, {"type", type}})}}), status, headers);
}

struct ChatServerTraits {
  bool is_llama = true;
  int window_tokens = 1'000;
  std::string health = "200 OK";
  std::string models = R"({"data": [{"id": "m1", "meta": {"n_ctx": 1000}}]})";
  std::string prefix;  // of every path
};

// A token is four bytes of the messages and tools, or of what is written.
class ChatServer {
 public:
  using Completion = std::function<void(net::Peer& peer, const Json& body, int number)>;
  explicit ChatServer(Completion completion, ChatServerTraits traits = {})
      : completion_(std::move(completion)),
        traits_(std::move(traits)),
        server_([this](net::Peer& peer, const std::string& request) { serve(peer, request); }) {}
  // Every completion is these bytes.
  explicit ChatServer(std::string bytes, ChatServerTraits traits = {})
      : ChatServer([bytes = std::move(bytes)](net::Peer& peer, const Json&, int) { peer.send(bytes); },
                   std::move(traits)) {}

  [[nodiscard]] std::string url(std::string_view path = "") const {
    return server_.url(traits_.prefix + std::string(path));
  }
  [[nodiscard]] std::vector<std::string> requests() const { return server_.requests(); }
  // Of completions, in order.
  [[nodiscard]] std::vector<Json> bodies() const {
    const std::scoped_lock lock(mutex_);
    return bodies_;
  }
  void set_health(std::string status) {
    const std::scoped_lock lock(mutex_);
    traits_.health = std::move(status);
  }

  static std::int64_t prompt_tokens(const Json& body) {
    std::string text = body.find("messages") == nullptr ? "" : body.find("messages")->dump();
    text += body.find("tools") == nullptr ? "" : body.find("tools")->dump();
    return tokens(text);
  }
  static std::int64_t tokens(std::string_view text) { return (static_cast<std::int64_t>(text.size()) + 3) / 4; }

 private:
  static Json body_in(const std::string& request) {
    const std::string_view body = std::string_view(request).substr(request.find("\r\n\r\n") + 4);
    return body.empty() ? Json() : json_of(body);
  }
  void serve(net::Peer& peer, const std::string& request) {
    std::string path = request.substr(request.find(' ') + 1);
    path = path.substr(0, path.find(' '));
    if (!path.starts_with(traits_.prefix)) {
      peer.send(error_page("404 Not Found", "File Not Found"));
      return;
    }
    path = path.substr(traits_.prefix.size());
    const Json body = body_in(request);
    if (path == "/v1/chat/completions" || path == "/chat/completions") {
      int number = 0;
      {
        const std::scoped_lock lock(mutex_);
        bodies_.push_back(body);
        number = static_cast<int>(bodies_.size());
      }
      completion_(peer, body, number);
    } else {
      peer.send(page(path, body));
    }
  }
  std::string page(const std::string& path, const Json& body) {
    const std::scoped_lock lock(mutex_);
    if (path == "/v1/models") {
      return json_page(json_of(traits_.models));
    }
    if (path == "/health" && traits_.is_llama) {
      if (traits_.health.starts_with("200")) {
        return json_page(json_of(R"({"status": "ok"})"), traits_.health);
      }
      return error_page(traits_.health, "Loading model");
    }
    if (path == "/props" && traits_.is_llama) {
      return json_page(json_of(format_text(
          R"({{"default_generation_settings": {{"n_ctx": {}, "params": {{"temperature": 0.75}}}}, "total_slots": 2,
              "build_info": "b1"}})",
          traits_.window_tokens)));
    }
    if (path == "/apply-template" && traits_.is_llama) {
      Json prompt = Json::object();
      prompt.set("prompt", std::string(static_cast<std::size_t>(4 * prompt_tokens(body)), 'x'));
      return json_page(prompt);
    }
    if (path == "/tokenize" && traits_.is_llama) {
      Json::Array ids(static_cast<std::size_t>(tokens(body.text_or("content"))), Json(7));
      Json list = Json::object();
      list.set("tokens", std::move(ids));
      return json_page(list);
    }
    return error_page("404 Not Found", "File Not Found");
  }

  Completion completion_;
  mutable std::mutex mutex_;
  ChatServerTraits traits_;   // guarded by mutex_
  std::vector<Json> bodies_;  // guarded by mutex_
  net::TestServer server_;    // last: it uses the others
};

// As llama-server answers: progress, pieces, the reason, then usage.
inline void answer_well(net::Peer& peer, const Json& body, std::string_view text, std::string_view arguments) {
  const std::int64_t prompt = ChatServer::prompt_tokens(body);
  if (prompt >= 1'000) {
    Json error = Json::object(
        {{"message", "request exceeds the available context size"}, {"type", "exceed_context_size_error"}});
    error.set("n_prompt_tokens", prompt);
    error.set("n_ctx", 1'000);
    peer.send(json_page(Json::object({{"error", error}}), "400 Bad Request"));
    return;
  }
  const Json* most = body.find("max_tokens");
  const bool calls = body.text_or("tool_choice") == "required";
  std::string_view left = calls ? arguments : text;
  const std::int64_t all = ChatServer::tokens(left);
  const std::int64_t output = most == nullptr ? all : std::min(all, most->as_integer());
  peer.send(kStreamHead);
  peer.send(event_of(json_of(format_text(
      R"({{"choices": [{{"index": 0, "delta": {{"role": "assistant", "content": null}}, "finish_reason": null}}],
          "prompt_progress": {{"total": {}, "cache": 0, "processed": {}}}}})",
      prompt, prompt))));
  for (std::int64_t i = 0; i < output; ++i) {
    const std::string piece(utf8::truncate(left, 4));
    left.remove_prefix(piece.size());
    Json function = Json::object({{"arguments", piece}});
    Json call = Json::object({{"index", 0}});
    if (i == 0) {
      call.set("id", "theirs");
      function.set("name", "set_switch");
    }
    call.set("function", function);
    peer.send(calls ? call_event(call) : text_event(piece));
  }
  peer.send(end_event(output < all ? "length" : calls ? "tool_calls" : "stop"));
  peer.send(usage_event(prompt, output, prompt / 2) + std::string(kDone));
}

// Options for tests: nothing is really waited for; what would have been waited is counted.
struct Waits {
  std::vector<std::chrono::milliseconds> times;
  std::function<void()> then;  // at each wait
};
inline RemoteModelOptions options_for(const std::vector<std::string>& urls, Waits* waits = nullptr) {
  RemoteModelOptions options;
  options.urls = urls;
  options.wait = [waits](std::chrono::milliseconds time, const std::stop_token& stop) {
    if (waits != nullptr) {
      waits->times.push_back(time);
      if (waits->then) {
        waits->then();
      }
    }
    return !stop.stop_requested();
  };
  return options;
}
inline std::unique_ptr<RemoteModel> open_at(const std::vector<std::string>& urls, Waits* waits = nullptr) {
  auto model = RemoteModel::open(options_for(urls, waits));
  EXPECT_TRUE(model) << (model ? "" : model.error().message);
  return model ? *std::move(model) : nullptr;
}

inline Request request_of(std::string_view text) {
  return {.messages = {{.role = Role::user, .content = std::string(text)}}};
}

// Events of one question.
struct Heard final : EventSink {
  void on(const Event& event) override {
    if (const auto* delta = std::get_if<event::TextDelta>(&event)) {
      text += delta->text;
    } else if (const auto* thought = std::get_if<event::ReasoningDelta>(&event)) {
      reasoning += thought->text;
    } else if (const auto* notice = std::get_if<event::Notice>(&event)) {
      notices.push_back(notice->text);
    } else if (const auto* prompt = std::get_if<event::PromptReady>(&event)) {
      prompts.push_back(prompt->prompt);
    }
  }
  std::string text;
  std::string reasoning;
  std::vector<std::string> notices;
  std::vector<std::string> prompts;
};

}  // namespace puna::model
