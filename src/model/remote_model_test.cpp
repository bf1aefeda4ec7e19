// RemoteModel against a server on loopback that behaves: the contract, addresses, parameters, counting.
#include "puna/model/remote_model.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "model/model_contract.h"
#include "model/test_chat_server.h"

namespace puna {
namespace {

using model::answer_well;
using model::ChatServer;
using model::ChatServerTraits;
using model::Heard;
using model::json_of;
using model::kDone;
using model::kStreamHead;
using model::open_at;
using model::options_for;
using model::request_of;

constexpr std::string_view kStory = "Once upon a time there was a river, and on it a boat. C'est tout, à bientôt.";
constexpr std::string_view kArguments = R"({"room": "hall", "on": true})";

ChatServer good_server(ChatServerTraits traits = {}) {
  return ChatServer(
      [](net::Peer& peer, const Json& body, int /*number*/) { answer_well(peer, body, kStory, kArguments); },
      std::move(traits));
}

// A model with the server that it talks to.
class WithServer final : public Model {
 public:
  WithServer() : model_(open_at({server_.url()})) {}
  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    return model_->ask(request, events, std::move(stop));
  }
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override {
    return model_->count_tokens(request);
  }
  [[nodiscard]] std::string name() const override { return model_->name(); }
  [[nodiscard]] int window_tokens() const override { return model_->window_tokens(); }

 private:
  ChatServer server_ = good_server();
  std::unique_ptr<RemoteModel> model_;
};

ToolSpec any_switch() {
  return {.name = "set_switch",
          .description = "Turn a switch on or off.",
          .parameters = json_of(R"({"type": "object", "required": ["room", "on"],
              "properties": {"room": {"type": "string"}, "on": {"type": "boolean"}}})")};
}

ModelCase remote_case() {
  Request call = request_of("Please turn on the light in the hall.");
  call.tools = {any_switch()};
  call.tool_choice = ToolChoice::required;
  return {.name = "Remote",
          .open = [](ModelCase::Answers) -> std::unique_ptr<Model> { return std::make_unique<WithServer>(); },
          .text_request = request_of("Tell me a story."),
          .call_request = call};
}

INSTANTIATE_TEST_SUITE_P(Remote, ModelContract, testing::Values(remote_case()), name_of_case);

TEST(RemoteModel, AnAddressMayBeWrittenInManyWays) {
  const ChatServer server = good_server();
  const ChatServer deep = good_server({.prefix = "/proxy/one"});
  for (const std::string& url :
       {server.url(), server.url("/"), server.url("/v1"), server.url("/v1//"), server.url("/v1/chat/completions"),
        server.url().substr(7), deep.url(), deep.url("/v1/")}) {
    const auto model = open_at({url});
    ASSERT_NE(model, nullptr) << url;
    const auto reply = model->ask(request_of("Hi"), EventSink::none());
    ASSERT_TRUE(reply) << url << ": " << reply.error().message;
    EXPECT_EQ(reply->message.content, kStory);
    EXPECT_FALSE(model->servers()[0].url.ends_with('/')) << url;
  }
  for (const std::string url : {"", "ftp://localhost/", "http://", "http://u:p@localhost", "http://localhost?key=1"}) {
    const auto model = RemoteModel::open({.urls = {url}});
    ASSERT_FALSE(model) << url;
    EXPECT_EQ(model.error().code, ErrorCode::invalid_argument) << model.error().message;
  }
}

TEST(RemoteModel, AServerWithoutTheUsualPathIsAskedWithoutIt) {
  const net::TestServer server([](net::Peer& peer, const std::string& request) {
    if (request.starts_with("GET /models ")) {
      peer.send(model::json_page(json_of(R"({"data": [{"id": "other", "max_model_len": 512}]})")));
    } else if (request.starts_with("POST /chat/completions ")) {
      peer.send(std::string(kStreamHead) + model::text_event("yes") + model::end_event("stop") +
                model::usage_event(3, 1) + std::string(kDone));
    } else {
      peer.send(model::error_page("404 Not Found", "no"));
    }
  });
  const auto model = open_at({server.url()});
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->name(), "other");
  EXPECT_EQ(model->window_tokens(), 512);
  EXPECT_FALSE(model->counts_exactly());
  const auto reply = model->ask(request_of("Hi"), EventSink::none());
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->message.content, "yes");
}

TEST(RemoteModel, TheKeyGoesToTheServerAndNowhereElse) {
  const ChatServer server([](net::Peer& peer, const Json& /*body*/, int /*number*/) {
    peer.send(model::error_page("401 Unauthorized", "Incorrect API key provided: canary-7. Bearer canary-7"));
  });
  RemoteModelOptions options = options_for({server.url()});
  options.api_key = Secret("canary-7");
  const auto model = RemoteModel::open(options);
  ASSERT_TRUE(model);
  Heard heard;
  const auto reply = (*model)->ask(request_of("Hi"), heard);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::invalid_argument);
  EXPECT_FALSE(reply.error().message.contains("canary")) << reply.error().message;
  EXPECT_TRUE(reply.error().hint.contains("--api-key-env")) << reply.error().hint;
  for (const std::string& text : heard.prompts) {
    EXPECT_FALSE(text.contains("canary"));
  }
  for (const std::string& request : server.requests()) {
    EXPECT_TRUE(request.contains("\r\nAuthorization: Bearer canary-7\r\n")) << request;
  }
}

TEST(RemoteModel, AKeyThatIsRefusedIsFoundAtTheStartAndAHealthThatIsForbiddenIsNoSickness) {
  for (const std::string path : {"/props", "/v1/models"}) {
    const net::TestServer server([path](net::Peer& peer, const std::string& request) {
      peer.send(request.contains(path) ? model::error_page("401 Unauthorized", "no key")
                                       : model::error_page("404 Not Found", "no"));
    });
    const auto model = RemoteModel::open(options_for({server.url()}));
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(model.error().hint.contains("--api-key-env")) << model.error().hint;
  }
  EXPECT_NE(open_at({good_server({.health = "403 Forbidden"}).url()}), nullptr);
}

TEST(RemoteModel, ARedirectIsAnErrorAndTheKeyStaysHere) {
  const ChatServer other = good_server();
  for (const std::string status : {"302 Found", "307 Temporary Redirect", "308 Permanent Redirect"}) {
    const ChatServer server([&](net::Peer& peer, const Json& /*body*/, int /*number*/) {
      peer.send(net::answer(status, "Location: " + other.url("/v1/chat/completions") + "\r\n", ""));
    });
    RemoteModelOptions options = options_for({server.url()});
    options.api_key = Secret("canary-7");
    const auto model = RemoteModel::open(options);
    ASSERT_TRUE(model);
    const auto reply = (*model)->ask(request_of("Hi"), EventSink::none());
    ASSERT_FALSE(reply) << status;
    EXPECT_EQ(reply.error().code, ErrorCode::invalid_argument) << reply.error().message;
    EXPECT_TRUE(reply.error().message.contains("redirects")) << reply.error().message;
  }
  EXPECT_TRUE(other.requests().empty());
}

TEST(RemoteModel, WhatIsAskedForStandsAtTheTopLevelUnderTheServersNames) {
  const ChatServer server = good_server();
  RemoteModelOptions options = options_for({server.url()});
  options.parameters = json_of(R"({"mirostat_ent": 4, "mirostat_lr": 0.2, "mirostat": 2, "slot_id": 1,
      "cache_prompt": true, "chat_template_kwargs": {"x": 1}, "max_tokens": 50, "stop": "END", "seed": 5,
      "parallel_tool_calls": false})");
  const auto model = RemoteModel::open(options);
  ASSERT_TRUE(model) << model.error().message;
  Request request = request_of("Hi");
  request.tools = {any_switch()};
  request.sampling.mirostat_tau = 3.0F;
  ASSERT_TRUE((*model)->ask(request, EventSink::none()));
  const Json body = server.bodies().at(0);
  const Json expected = json_of(R"({"mirostat": 2, "mirostat_tau": 3, "mirostat_eta": 0.2, "id_slot": 1, "seed": 5,
      "cache_prompt": true, "chat_template_kwargs": {"x": 1}, "max_tokens": 50, "stop": ["END"], "stream": true,
      "stream_options": {"include_usage": true}, "model": "m1", "parallel_tool_calls": false, "tool_choice": "auto"})");
  for (const auto& [name, value] : expected.as_object()) {
    ASSERT_NE(body.find(name), nullptr) << name;
    EXPECT_EQ(*body.find(name), value) << name;
  }
  for (const auto& [name, value] : body.as_object()) {
    EXPECT_FALSE(name == "extra_body" || name == "mirostat_ent" || name == "slot_id") << name;
  }
}

TEST(RemoteModel, WhatTheServerDidNotObeyIsSaidOnce) {
  const ChatServer server([](net::Peer& peer, const Json& /*body*/, int /*number*/) {
    Json end = model::chunk_of(Json::object(), "stop");
    end.set("__verbose", json_of(R"({"generation_settings": {"temperature": 0.5, "top_k": 40, "stop": [],
        "max_tokens": -1, "seed": 0, "samplers": ["top_k"], "grammar": ""}})"));
    peer.send(std::string(kStreamHead) + model::text_event("yes") + model::event_of(end) + model::usage_event(3, 1) +
              std::string(kDone));
  });
  const auto model = open_at({server.url()});
  Request request = request_of("Hi");
  request.sampling = {.temperature = 0.5F, .top_k = 20, .min_p = 0.1F};
  request.tokens_max = 9;
  Heard heard;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(model->ask(request, heard));
  }
  ASSERT_EQ(heard.notices.size(), 3U);
  EXPECT_TRUE(heard.notices[0].contains("used top_k = 40 instead of 20")) << heard.notices[0];
  EXPECT_TRUE(heard.notices[1].contains("does not know min_p")) << heard.notices[1];
  EXPECT_TRUE(heard.notices[2].contains("max_tokens = -1 instead of 9")) << heard.notices[2];
  EXPECT_NE(server.bodies()[0].find("verbose"), nullptr);
  EXPECT_EQ(server.bodies()[1].find("verbose"), nullptr) << "the same parameters are compared once";
}

TEST(RemoteModel, AFormatThatTheServerIgnoresIsNoticedAndAViolation) {
  const ChatServer server(std::string(kStreamHead) + model::text_event("maybe") + model::end_event("stop") +
                          model::usage_event(3, 1) + std::string(kDone));
  const auto model = open_at({server.url()});
  const std::vector<OutputFormat> formats = {format::Schema{json_of(R"({"type": "object"})")},
                                             format::Choice{{"yes", "no"}}, format::Pattern{"yes|no"},
                                             format::Gbnf{.text = "root ::= \"yes\" | \"no\""}};
  for (const OutputFormat& format : formats) {
    Request request = request_of("Hi");
    request.format = format;
    Heard heard;
    const auto reply = model->ask(request, heard);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->violations.size(), 1U);
    ASSERT_EQ(heard.notices.size(), 1U);
    EXPECT_TRUE(heard.notices[0].contains("does not hold answers to their format")) << heard.notices[0];
  }
}

TEST(RemoteModel, CallsThatTheServerLetPassUnheldAreNoticed) {
  const std::string call = R"({"index": 0, "id": "a", "function": {"name": "set_switch", "arguments": "{\"on\": 3}"}})";
  const ChatServer server([&](net::Peer& peer, const Json& body, int /*number*/) {
    const bool calls = body.text_or("tool_choice") == "auto";
    peer.send(std::string(kStreamHead) + (calls ? model::call_event(json_of(call)) : model::text_event("no")) +
              model::end_event("stop") + model::usage_event(3, 1) + std::string(kDone));
  });
  const auto model = open_at({server.url()});
  Request request = request_of("Hi");
  request.tools = {any_switch()};
  Heard heard;
  const auto reply = model->ask(request, heard);
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->message.calls.size(), 1U) << "the tool layer refuses it, and the model learns why";
  ASSERT_EQ(heard.notices.size(), 1U);
  EXPECT_TRUE(heard.notices[0].contains("schemas of their tools")) << heard.notices[0];
  request.tool_choice = ToolChoice::required;
  ASSERT_TRUE(model->ask(request, heard));
  ASSERT_EQ(heard.notices.size(), 2U);
  EXPECT_TRUE(heard.notices[1].contains("without the call that was required")) << heard.notices[1];
}

TEST(RemoteModel, AServerThatCountsNothingIsEstimatedAndSaysSo) {
  const ChatServer server(std::string(kStreamHead) + model::text_event("12345678") + model::end_event("stop"),
                          {.is_llama = false});
  const auto model = open_at({server.url()});
  EXPECT_FALSE(model->counts_exactly());
  const Request request = request_of(std::string(400, 'x'));
  EXPECT_GE(model->count_tokens(request).value(), 100);
  EXPECT_FALSE(model->count_tokens({}));
  Heard heard;
  const auto reply = model->ask(request, heard);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->usage.output_tokens, 2);
  EXPECT_GE(reply->usage.prompt_tokens, 100);
  ASSERT_EQ(heard.notices.size(), 1U);
  EXPECT_TRUE(heard.notices[0].contains("estimated")) << heard.notices[0];
}

TEST(RemoteModel, APictureIsSentAsAPartAndItsBytesAreNotCountedAsText) {
  const ChatServer server(std::string(kStreamHead) + model::text_event("A cat.") + model::end_event("stop"),
                          {.is_llama = false});
  const auto model = open_at({server.url()});
  Request request = request_of("Who is this?");
  const std::string bytes = std::string("GIF89a\x03\0\x02\0", 10) + std::string(400'000, 'x');
  ASSERT_TRUE(attach(request.messages.back(), Media::create(bytes, "cat.gif").value()));
  const std::int64_t tokens = model->count_tokens(request).value();
  EXPECT_GE(tokens, 1'000);
  EXPECT_LT(tokens, 1'100);
  ASSERT_TRUE(model->ask(request, EventSink::none()));
  const std::string sent = server.requests().back();
  EXPECT_TRUE(sent.contains(R"({"type":"image_url","image_url":{"url":"data:image/gif;base64,R0lGODlh)"))
      << sent.substr(0, 600);
}

TEST(RemoteModel, AWindowThatNobodySaysMustBeSaid) {
  const ChatServer server(std::string(kDone), {.is_llama = false, .models = R"({"data": [{"id": "m1"}]})"});
  auto model = RemoteModel::open(options_for({server.url()}));
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(model.error().hint.contains("-c")) << model.error().hint;
  RemoteModelOptions options = options_for({server.url()});
  options.window_tokens = 300;
  model = RemoteModel::open(options);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->window_tokens(), 300);
}

TEST(RemoteModel, WaitsWhileTheServerLoadsAndNotForEver) {
  ChatServer server([](net::Peer& peer, const Json& body, int /*number*/) { answer_well(peer, body, kStory, ""); },
                    {.health = "503 Service Unavailable"});
  model::Waits waits;
  RemoteModelOptions options = options_for({server.url()}, &waits);
  options.times.loading = std::chrono::milliseconds(5'000);
  std::vector<std::string> progress;
  options.progress = [&](std::string_view text) { progress.emplace_back(text); };
  const auto never = RemoteModel::open(options);
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(never.error().message.contains("loads its model, after 5000 ms")) << never.error().message;
  EXPECT_EQ(waits.times.size(), 10U);
  ASSERT_EQ(progress.size(), 1U);

  waits.times.clear();
  waits.then = [&] {
    if (waits.times.size() == 3) {
      server.set_health("200 OK");
    }
  };
  EXPECT_TRUE(RemoteModel::open(options));
  EXPECT_EQ(waits.times.size(), 3U);
  std::stop_source stop;
  server.set_health("503 Service Unavailable");
  waits.then = [&] { stop.request_stop(); };
  const auto stopped = RemoteModel::open(options, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
}

TEST(RemoteModel, NobodyThereIsToldWithHowToStartOne) {
  std::string url;
  {
    const ChatServer server = good_server();
    url = server.url();
  }
  const auto model = RemoteModel::open(options_for({url}));
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(model.error().message.contains(url)) << model.error().message;
  EXPECT_TRUE(model.error().hint.contains("llama-server -m")) << model.error().hint;
}

}  // namespace
}  // namespace puna
