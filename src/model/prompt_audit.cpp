// See puna/model/prompt_audit.h.
#include "puna/model/prompt_audit.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "puna/base/sha256.h"
#include "puna/model/forwarding_model.h"

namespace puna {
namespace {

// The system prompt, and what the model had not seen before: what follows its own last message.
struct Asked {
  std::string system;
  std::string fresh;
  Json attachments = Json::array();  // of what is fresh
};

Asked asked_in(const Request& request) {
  Asked asked;
  const auto add = [](std::string& text, const std::string& more) { text += (text.empty() ? "" : "\n\n") + more; };
  for (const Message& message : request.messages) {
    if (message.role == Role::system) {
      add(asked.system, message.content);
    } else if (message.role == Role::assistant) {
      asked.fresh.clear();
      asked.attachments = Json::array();
    } else {
      add(asked.fresh, message.content);
      for (const Attachment& attachment : message.attachments) {
        asked.attachments.push(Json::object({{"type", attachment.media.type()}, {"sha256", attachment.media.hash()}}));
      }
    }
  }
  return asked;
}

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

// Bytes of the first so many characters of valid UTF-8.
std::size_t bytes_of_characters(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at) {
    seen += begins_character(text[at]) ? 1 : 0;
    if (seen > characters) {
      break;
    }
  }
  return at;
}

// Texts of one entry, without secrets and cut.
class Texts {
 public:
  explicit Texts(std::span<const Secret> secrets) : secrets_(secrets) {}

  // Sets `name` to the text, and `name`_cut to the number of characters that are missing, if any are.
  void set(Json& entry, const std::string& name, std::string_view text, std::size_t characters_max) {
    Redacted clean = redact(text, secrets_);
    taken_out_ += clean.secrets;
    const std::string whole = utf8::sanitize(clean.text);
    const std::size_t kept = bytes_of_characters(whole, characters_max);
    entry.set(name, whole.substr(0, kept));
    if (kept < whole.size()) {
      entry.set(name + "_cut", std::ranges::count_if(std::string_view(whole).substr(kept), begins_character));
    }
  }
  [[nodiscard]] int taken_out() const { return taken_out_; }

 private:
  const std::span<const Secret> secrets_;
  int taken_out_ = 0;
};

Json tokens_of(const Usage& usage) {
  return Json::object(
      {{"prompt", usage.prompt_tokens}, {"cached", usage.cached_tokens}, {"output", usage.output_tokens}});
}

std::string calls_text(const std::vector<ToolCall>& calls) {
  Json list = Json::array();
  for (const ToolCall& call : calls) {
    list.push(Json::object({{"name", call.name}, {"arguments", call.arguments}}));
  }
  return list.dump();
}

// Why there is no good answer; empty where there is one.
std::string error_text(const std::string& found, const Result<Reply>& reply) {
  const Error* error = !reply ? &reply.error() : reply->lost ? &*reply->lost : nullptr;
  return error == nullptr ? found : format_text("{}: {}", name_of(error->code), error->message);
}

class AuditedModel final : public ForwardingModel {
 public:
  AuditedModel(Model& model, PromptAudit& audit) : ForwardingModel(model), audit_(audit) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    auto reply = below().ask(request, events, std::move(stop));
    PUNA_TRY_VOID(
        audit_.add({.agent = format_text("{}", static_cast<std::uint64_t>(request.agent))}, name(), request, reply));
    return reply;
  }

 private:
  PromptAudit& audit_;
};

}  // namespace

Result<std::unique_ptr<PromptAudit>> PromptAudit::open(const std::filesystem::path& file, PromptAuditOptions options) {
  PUNA_TRY(LineFile lines, LineFile::go_on(file));
  return std::unique_ptr<PromptAudit>(new PromptAudit(std::move(lines), std::move(options)));
}

Json PromptAudit::head(const About& about, bool has_failed) const {
  Json entry = Json::object();
  if (options_.clock != nullptr) {
    const auto since = options_.clock->wall().time_since_epoch();
    entry.set("ts", static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count()) / 1000);
  }
  entry.set("agent_id", about.agent);
  entry.set("kind", std::string(about.kind) + (has_failed ? "_error" : ""));
  if (about.epoch) {
    entry.set("epoch", *about.epoch);
  }
  if (about.step) {
    entry.set("step", *about.step);
  }
  return entry;
}

Json PromptAudit::entry(const About& about, std::string_view model, const Request& request,
                        const Result<Reply>& reply) const {
  const Asked asked = asked_in(request);
  const std::string error = error_text(about.error, reply);
  Texts texts(options_.secrets);
  Json entry = head(about, !error.empty());
  entry.set("llm", Json::object({{"provider", options_.provider}, {"model", model}}));
  entry.set("system_prompt_sha256", asked.system.empty() ? Json() : Json(sha256_hex(asked.system)));
  if (options_.has_system_prompt) {
    texts.set(entry, "system_prompt", asked.system, options_.text_max);
  }
  texts.set(entry, "user_prompt", asked.fresh, options_.text_max);
  if (!asked.attachments.as_array().empty()) {
    entry.set("attachments", asked.attachments);
  }
  entry.set("messages", request.messages.size());
  if (reply) {
    texts.set(entry, "response_text", reply->message.content, options_.text_max);
    if (!reply->message.reasoning.empty()) {
      texts.set(entry, "reasoning_text", reply->message.reasoning, options_.text_max);
    }
    if (!reply->message.calls.empty()) {
      texts.set(entry, "calls", calls_text(reply->message.calls), options_.text_max);
    }
    entry.set("tokens", tokens_of(reply->usage));
  }
  if (!error.empty()) {
    texts.set(entry, "error", error, options_.error_max);
  }
  if (texts.taken_out() > 0) {
    entry.set("secrets", texts.taken_out());
  }
  if (!about.extra.is_null()) {
    entry.set("extra", about.extra);
  }
  return entry;
}

Result<void> PromptAudit::add(const About& about, std::string_view model, const Request& request,
                              const Result<Reply>& reply) {
  const std::scoped_lock lock(mutex_);
  if (file_.lines() < options_.entries_max) {
    return file_.append(entry(about, model, request, reply).dump());
  }
  if (!std::exchange(is_full_, true) && file_.lines() == options_.entries_max) {
    return file_.append(Json::object({{"kind", "full"}, {"entries_max", options_.entries_max}}).dump());
  }
  return {};
}

std::unique_ptr<Model> make_audited_model(Model& model, PromptAudit& audit) {
  return std::make_unique<AuditedModel>(model, audit);
}

}  // namespace puna
