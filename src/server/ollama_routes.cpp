// Ollama's API: /api/chat, generate, tags, show, version, ps.
#include <utility>

#include "server/fields.h"
#include "server/ollama.h"
#include "server/raw.h"
#include "server/routes.h"

namespace puna::server {
namespace {

constexpr std::string_view kLines = "application/x-ndjson";

Json line_of(const Served& served) {
  return Json::object({{"model", served.name}, {"created_at", utc_text(served.now_seconds())}});
}

enum class Form : bool { chat, generate };

Json with_text(const Served& served, Form form, std::string_view text, std::string_view thought) {
  Json line = line_of(served);
  if (form == Form::chat) {
    line.set(
        "message",
        ollama_message({.role = Role::assistant, .content = std::string(text), .reasoning = std::string(thought)}));
  } else {
    line.set("response", text);
    if (!thought.empty()) {
      line.set("thinking", thought);
    }
  }
  line.set("done", false);
  return line;
}

class LineStream final : public Pieces {
 public:
  LineStream(const Served& served, Exchange& exchange, Form form) : served_(served), exchange_(exchange), form_(form) {}

  void on_reasoning(std::string_view text) override { send({}, text); }
  void on_text(std::string_view text) override { send(text, {}); }

 private:
  void send(std::string_view text, std::string_view thought) {
    if (!text.empty() || !thought.empty()) {
      exchange_.write(with_text(served_, form_, text, thought).dump() + "\n");
    }
  }

  const Served& served_;
  Exchange& exchange_;
  const Form form_;
};

Handled answer(Served& served, Call& call, const Question& question, Form form) {
  if (!question.request.watched) {
    Pieces nobody;
    PUNA_TRY(const Reply reply, ask(served, call.exchange, question, nobody));
    Json line = with_text(served, form, reply.message.content, reply.message.reasoning);
    if (form == Form::chat) {
      line.set("message", ollama_message(reply.message));
    }
    set_ollama_end(line, reply.finish, reply.usage);
    return line;
  }
  call.exchange.prepare_stream(kLines, {});  // lines have no comments: nothing can be said before there is something
  LineStream stream(served, call.exchange, form);
  PUNA_TRY(const Reply reply, ask(served, call.exchange, question, stream));
  if (!reply.message.calls.empty()) {
    Json line = line_of(served);
    line.set("message", ollama_message({.role = Role::assistant, .calls = reply.message.calls}));
    line.set("done", false);
    call.exchange.write(line.dump() + "\n");
  }
  Json last = with_text(served, form, "", "");
  set_ollama_end(last, reply.finish, reply.usage);
  call.exchange.write(last.dump() + "\n");
  call.exchange.finish();
  return answered();
}

Handled answer_raw(Served& served, Call& call) {
  const Json* options = field(call.body, "options");
  Json body = options == nullptr || !options->is_object() ? Json::object() : *options;
  body.set("prompt", call.body.text_or("prompt"));
  PUNA_TRY(RawQuestion question, read_raw(served, body, {"num_predict"}));
  PUNA_TRY(question.watched, flag(call.body, "stream", true));
  if (question.watched) {
    call.exchange.prepare_stream(kLines, {});
  }
  PUNA_TRY(const RawReply raw,
           complete(served, call.exchange, question, [&](std::string_view text, const std::vector<Token>&) {
             if (question.watched && !text.empty()) {
               call.exchange.write(with_text(served, Form::generate, text, {}).dump() + "\n");
             }
           }));
  Json last = with_text(served, Form::generate, question.watched ? std::string_view() : raw.text, {});
  set_ollama_end(last, raw.finish, raw.usage);
  if (!question.watched) {
    return last;
  }
  call.exchange.write(last.dump() + "\n");
  call.exchange.finish();
  return answered();
}

std::string parameters_text(std::uint64_t count) {
  constexpr double kBillion = 1e9;
  constexpr double kMillion = 1e6;
  const auto number = static_cast<double>(count);
  return number >= kBillion ? format_text("{:.1f}B", number / kBillion) : format_text("{:.1f}M", number / kMillion);
}

Json details_of(const Served& served) {
  if (served.local == nullptr) {
    return Json::object({{"format", ""}, {"family", ""}, {"parameter_size", ""}, {"quantization_level", ""}});
  }
  const ModelFacts& facts = served.local->engine().weights().facts();
  return Json::object({{"parent_model", ""},
                       {"format", "gguf"},
                       {"family", facts.architecture},
                       {"families", Json::array({facts.architecture})},
                       {"parameter_size", parameters_text(facts.parameters)},
                       {"quantization_level", facts.quantization}});
}

Json entry_of(const Served& served) {
  const std::uint64_t bytes = served.local == nullptr ? 0 : served.local->engine().weights().facts().file_bytes;
  return Json::object({{"name", served.name},
                       {"model", served.name},
                       {"size", bytes},
                       {"digest", ""},
                       {"details", details_of(served)}});
}

}  // namespace

Handled ollama_chat(Served& served, Call& call) {
  PUNA_TRY(const Question question, read_ollama_chat(call.body, served.defaults));
  return answer(served, call, question, Form::chat);
}

Handled ollama_generate(Served& served, Call& call) {
  PUNA_TRY(const Question question, read_ollama_generate(call.body, served.defaults));
  PUNA_TRY(const bool is_raw, flag(call.body, "raw"));
  return is_raw ? answer_raw(served, call) : answer(served, call, question, Form::generate);
}

Handled ollama_tags(Served& served, Call& /*call*/) {
  Json entry = entry_of(served);
  entry.set("modified_at", utc_text(served.now_seconds()));
  return Json::object({{"models", Json::array({std::move(entry)})}});
}

Handled ollama_show(Served& served, Call& /*call*/) {
  Json abilities = Json::array({"completion", "tools"});
  if (served.model.embeds()) {
    abilities.push("embedding");
  }
  Json info = Json::object();
  std::string source;
  if (served.local != nullptr) {
    if (served.local->chat_template().abilities().reasoning) {
      abilities.push("thinking");
    }
    const ModelFacts& facts = served.local->engine().weights().facts();
    source = facts.chat_template;
    info.set("general.architecture", facts.architecture);
    info.set("general.parameter_count", facts.parameters);
    info.set(facts.architecture + ".context_length", facts.window_trained_tokens);
    info.set(facts.architecture + ".embedding_length", facts.embedding);
    info.set(facts.architecture + ".block_count", facts.layers);
  }
  return Json::object({{"modelfile", ""},
                       {"parameters", ""},
                       {"template", source},
                       {"details", details_of(served)},
                       {"model_info", std::move(info)},
                       {"capabilities", std::move(abilities)}});
}

Handled ollama_version(Served& served, Call& /*call*/) { return Json::object({{"version", served.options.version}}); }

Handled ollama_ps(Served& served, Call& /*call*/) {
  Json entry = entry_of(served);
  entry.set("expires_at", "9999-12-31T23:59:59Z");  // it stays loaded as long as the server runs
  entry.set("size_vram", 0);
  entry.set("context_length", served.model.window_tokens());
  return Json::object({{"models", Json::array({std::move(entry)})}});
}

}  // namespace puna::server
