// See traced_model.h. What only continues an agent's last request is not written again, so that a trace grows with the
// conversation and not with its square.
//
// Threads: ask() may run on several threads; the mutex guards what is remembered of each agent.
#include "agent/traced_model.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "puna/model/forwarding_model.h"
#include "puna/model/recorded_model.h"

namespace puna::agent {
namespace {

constexpr std::size_t kAgentsMax = 256;  // beyond, all are forgotten: their next requests are written in full

Json list_of(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) {
    list.push(text);
  }
  return list;
}

// What an agent was asked last.
struct Known {
  std::vector<Message> messages;
  std::vector<ToolSpec> tools;
  std::string prompt;
  std::string ids;
};

// The request as far as it is not what it was; it becomes what is known.
Json asked(const Request& request, Known& known) {
  Json record = Json::object({{"agent_id", static_cast<std::uint64_t>(request.agent)}, {"turn", request.turn}});
  const auto rest = std::ranges::mismatch(request.messages, known.messages).in1;
  Json messages = Json::array();
  std::for_each(rest, request.messages.end(), [&](const Message& message) { messages.push(to_json(message)); });
  record.set("messages_same", rest - request.messages.begin());
  record.set("messages", std::move(messages));
  const bool same_tools = !known.messages.empty() && known.tools == request.tools;
  record.set("tools_same", same_tools);
  if (!same_tools) {
    Json tools = Json::array();
    for (const ToolSpec& tool : request.tools) {
      tools.push(to_json(tool));
    }
    record.set("tools", std::move(tools));
  }
  const Json parameters = parameters_of(request);
  for (const Json::Member& member : parameters.as_object()) {
    record.set(member.key, member.value);
  }
  known.messages = request.messages;
  known.tools = request.tools;
  return record;
}

std::int64_t ids_in(std::string_view ids) { return ids.empty() ? 0 : std::ranges::count(ids, ' ') + 1; }

Json prompted(AgentId agent, const event::PromptReady& ready, Known& known) {
  const auto same = [](const std::string& is, const std::string& was) {
    return static_cast<std::size_t>(std::ranges::mismatch(is, was).in1 - is.begin());
  };
  const std::size_t bytes = utf8::truncate(ready.prompt, same(ready.prompt, known.prompt)).size();
  std::size_t ids = same(ready.token_ids, known.ids);
  const bool is_whole = (ids == ready.token_ids.size() || ready.token_ids[ids] == ' ') &&
                        (ids == known.ids.size() || known.ids[ids] == ' ');
  if (!is_whole) {  // in the middle of a number
    const std::size_t space = ids == 0 ? std::string::npos : ready.token_ids.rfind(' ', ids - 1);
    ids = space == std::string::npos ? 0 : space;
  }
  const std::string_view before = std::string_view(ready.token_ids).substr(0, ids);
  std::string_view after = std::string_view(ready.token_ids).substr(ids);
  after.remove_prefix(after.starts_with(' ') ? 1 : 0);
  Json record = Json::object({{"agent_id", static_cast<std::uint64_t>(agent)},
                              {"bytes_same", bytes},
                              {"prompt", ready.prompt.substr(bytes)},
                              {"tokens", ids_in(ready.token_ids)},
                              {"tokens_same", ids_in(before)},
                              {"token_ids", after}});
  known.prompt = ready.prompt;
  known.ids = ready.token_ids;
  return record;
}

class TracedModel;

// Stands between a model and who asked it: passes all on, and keeps what the reply's record needs.
class Listener final : public EventSink {
 public:
  Listener(TracedModel& model, AgentId agent, EventSink& events) : model_(model), agent_(agent), events_(events) {}

  void on(const Event& event) override;

  std::string content;
  std::string reasoning;
  event::ReplyReady ready;

 private:
  TracedModel& model_;
  const AgentId agent_;
  EventSink& events_;
};

Json answered(AgentId agent, const Result<Reply>& reply, const Listener& heard) {
  Json record = Json::object({{"agent_id", static_cast<std::uint64_t>(agent)}});
  if (!reply) {
    record.set("error", Json::object({{"code", name_of(reply.error().code)}, {"message", reply.error().message}}));
    record.set("message",
               to_json(Message{.role = Role::assistant, .content = heard.content, .reasoning = heard.reasoning}));
    return record;
  }
  record.set("message", to_json(reply->message));
  record.set("finish", name_of(reply->finish));
  for (const auto& [name, texts] : {std::pair("malformed_calls", &reply->malformed_calls),
                                    {"repairs", &reply->repairs},
                                    {"violations", &reply->violations}}) {
    if (!texts->empty()) {
      record.set(name, list_of(*texts));
    }
  }
  record.set("raw", heard.ready.raw);
  record.set("usage", to_json(reply->usage));
  record.set("sampling", to_json(reply->sampling));
  if (!heard.ready.probabilities.is_null()) {
    record.set("probabilities", heard.ready.probabilities);
  }
  return record;
}

class TracedModel final : public ForwardingModel {
 public:
  explicit TracedModel(Model& model) : ForwardingModel(model) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    events.on(event::Traced{.type = "model.asked", .members = with_known(request.agent, [&](Known& known) {
                                                     return agent::asked(request, known);
                                                   })});
    Listener listener(*this, request.agent, events);
    auto reply = below().ask(request, listener, std::move(stop));
    events.on(event::Traced{.type = "model.answered", .members = answered(request.agent, reply, listener)});
    return reply;
  }

  [[nodiscard]] event::Traced prompt(AgentId agent, const event::PromptReady& ready) {
    return {.type = "model.prompted",
            .members = with_known(agent, [&](Known& known) { return prompted(agent, ready, known); })};
  }

 private:
  template <class Do>
  Json with_known(AgentId agent, const Do& make) {
    const std::scoped_lock lock(mutex_);
    if (!known_.contains(agent) && known_.size() >= kAgentsMax) {
      known_.clear();
    }
    return make(known_[agent]);
  }

  std::mutex mutex_;
  std::map<AgentId, Known> known_;  // guarded by mutex_
};

void Listener::on(const Event& event) {
  if (const auto* prompt = std::get_if<event::PromptReady>(&event)) {
    events_.on(model_.prompt(agent_, *prompt));
  } else if (const auto* text = std::get_if<event::TextDelta>(&event)) {
    content += text->text;
  } else if (const auto* thought = std::get_if<event::ReasoningDelta>(&event)) {
    reasoning += thought->text;
  } else if (const auto* reply = std::get_if<event::ReplyReady>(&event)) {
    ready = *reply;
  }
  events_.on(event);
}

}  // namespace

std::unique_ptr<Model> make_traced_model(Model& model) { return std::make_unique<TracedModel>(model); }

}  // namespace puna::agent
