// POST /v1/chat/completions, GET /v1/models and one of them.
#include <utility>
#include <vector>

#include "server/ollama.h"
#include "server/openai_reply.h"
#include "server/openai_request.h"
#include "server/raw.h"
#include "server/routes.h"

namespace puna::server {
namespace {

class ChatStream final : public Pieces {
 public:
  ChatStream(Exchange& exchange, const ChatFrame& frame, int index)
      : exchange_(exchange), frame_(frame), index_(index) {}

  // The prompt was taken: from here on the answer is a stream.
  void on_prefill(const event::Prefill& /*prefill*/) override { begin(); }
  void on_reasoning(std::string_view text) override {
    if (!text.empty()) {
      send(Json::object({{"reasoning_content", text}}));
    }
  }
  void on_text(std::string_view text) override {
    if (!text.empty()) {
      send(Json::object({{"content", text}}));
    }
  }
  void begin() {
    if (!std::exchange(has_begun_, true)) {
      exchange_.write(sse(chat_chunk(frame_, index_, Json::object({{"role", "assistant"}, {"content", Json()}}))));
    }
  }

 private:
  void send(Json delta) {
    begin();
    exchange_.write(sse(chat_chunk(frame_, index_, std::move(delta))));
  }

  Exchange& exchange_;
  const ChatFrame& frame_;
  const int index_;
  bool has_begun_ = false;
};

Handled stream_chat(Served& served, Exchange& exchange, const ChatFrame& frame, ChatQuestion chat) {
  exchange.prepare_stream(kSseType, std::string(kSsePing));
  Usage usage;
  for (int i = 0; i < chat.question.replies; ++i) {
    ChatStream stream(exchange, frame, i);
    PUNA_TRY(const Reply reply, ask(served, exchange, chat.question, stream));
    stream.begin();
    usage += reply.usage;
    std::vector<Json> chunks = last_chunks(frame, i, reply, chat.has_logprobs);
    if (!chat.include_usage) {
      chunks.back().set("timings", timings_json(usage));
    }
    for (const Json& chunk : chunks) {
      exchange.write(sse(chunk));
    }
    ++chat.question.request.sampling.seed;
  }
  if (chat.include_usage) {
    exchange.write(sse(usage_chunk(frame, usage)));
  }
  exchange.write(kSseDone);
  exchange.finish();
  return answered();
}

// One entry for both protocols that ask here: OpenAI's, and Anthropic's (type, display_name, created_at).
Json model_entry(const Served& served) {
  Json meta = Json::object({{"n_ctx", served.model.window_tokens()}});
  if (served.local != nullptr) {
    const ModelFacts& facts = served.local->engine().weights().facts();
    meta.set("n_ctx_train", facts.window_trained_tokens);
    meta.set("n_vocab", facts.vocabulary_tokens);
    meta.set("n_embd", facts.embedding);
    meta.set("n_params", facts.parameters);
    meta.set("size", facts.weights_bytes);
  }
  return Json::object({{"id", served.name},
                       {"object", "model"},
                       {"created", served.now_seconds()},
                       {"owned_by", "puna"},
                       {"type", "model"},
                       {"display_name", served.name},
                       {"created_at", utc_text(served.now_seconds())},
                       {"meta", std::move(meta)}});
}

}  // namespace

Handled chat_completions(Served& served, Call& call) {
  PUNA_TRY(ChatQuestion chat, read_chat(call.body, served.defaults));
  PUNA_TRY_VOID(read_ignore_eos(served, with_extra_body(call.body), chat.question.request.sampling));
  for (const std::string& name : unknown_chat_fields(call.body)) {
    served.note_unknown(call.exchange.request().path, name);
  }
  const ChatFrame frame{.id = served.new_id("chatcmpl-"), .model = served.name, .created = served.now_seconds()};
  if (chat.question.request.watched) {
    return stream_chat(served, call.exchange, frame, std::move(chat));
  }
  std::vector<Reply> replies;
  for (int i = 0; i < chat.question.replies; ++i) {
    Pieces nobody;
    PUNA_TRY(Reply reply, ask(served, call.exchange, chat.question, nobody));
    replies.push_back(std::move(reply));
    ++chat.question.request.sampling.seed;
  }
  return chat_completion(frame, replies, chat.has_logprobs);
}

Handled list_models(Served& served, Call& /*call*/) {
  return Json::object({{"object", "list"},
                       {"data", Json::array({model_entry(served)})},
                       {"has_more", false},
                       {"first_id", served.name},
                       {"last_id", served.name}});
}

Handled show_model(Served& served, Call& call) {
  if (call.parts.front() != served.name) {
    return refuse(404,
                  format_text("there is no model '{}' here, only '{}'",
                              printable(utf8::truncate(call.parts.front(), 100)), served.name),
                  "model", "model_not_found");
  }
  return model_entry(served);
}

}  // namespace puna::server
