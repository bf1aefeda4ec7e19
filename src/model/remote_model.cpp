// Ask, wait, ask again; read the answer while it comes; compare it with what was asked for.
#include "puna/model/remote_model.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <utility>

#include "model/chat_request.h"
#include "model/embeddings.h"
#include "model/patience.h"
#include "model/server_pool.h"
#include "model/server_probe.h"
#include "model/stream_answer.h"

namespace puna {
namespace {

using model::Answered;
using model::Patience;
using model::Probed;
using model::ServerFailure;
using model::ServerLink;
using model::ServerPool;
using model::StreamAnswer;

constexpr std::int64_t kBytesPerToken = 4;     // of an estimate
constexpr std::int64_t kMediumTokens = 1'000;  // of a picture or sound: its bytes say nothing of them

struct Server {
  ServerLink link;
  std::string chat_path;
};

// What stays the same in one conversation: who has it, and how it began.
std::uint64_t conversation_of(const Request& request) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    }
  };
  for (const Message& message : request.messages) {
    add(name_of(message.role));
    add(message.content);
    if (message.role == Role::user) {
      break;
    }
  }
  return Random::mix(hash, static_cast<std::uint64_t>(request.agent));
}

std::int64_t estimate(std::size_t bytes) {
  return (static_cast<std::int64_t>(bytes) + kBytesPerToken - 1) / kBytesPerToken;
}

// Takes what is attached out of the request. Returns how many tokens that may be.
std::int64_t take_attachments(Request& request) {
  std::int64_t tokens = 0;
  for (Message& message : request.messages) {
    for (const Attachment& attachment : message.attachments) {
      tokens += attachment.media.is_text() ? estimate(attachment.media.bytes().size()) : kMediumTokens;
    }
    message.attachments.clear();
  }
  return tokens;
}

std::int64_t estimate_prompt(Request request, const ServerFacts& server) {
  const std::int64_t attached = take_attachments(request);
  return attached + estimate(model::template_body(request, server).dump().size());
}

std::unexpected<Error> stopped() { return fail(ErrorCode::cancelled, "the question was stopped"); }

class WireModel final : public RemoteModel {
 public:
  WireModel(const RemoteModelOptions& options, ServerParameters parameters, std::vector<Server> servers,
            std::vector<ServerFacts> facts, int window_tokens)
      : options_(options),
        parameters_(std::move(parameters)),
        servers_(std::move(servers)),
        facts_(std::move(facts)),
        window_tokens_(window_tokens),
        pool_(servers_.size()) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override;
  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override;
  [[nodiscard]] bool embeds() const override { return true; }  // a server that does not says so
  [[nodiscard]] Result<Embeddings> embed(const EmbeddingRequest& request, std::stop_token stop) override;
  [[nodiscard]] bool counts_exactly() const override {
    return std::ranges::all_of(facts_, &ServerFacts::counts_tokens);
  }
  [[nodiscard]] std::string name() const override { return facts_.front().model; }
  [[nodiscard]] int window_tokens() const override { return window_tokens_; }
  [[nodiscard]] const std::vector<ServerFacts>& servers() const override { return facts_; }

 private:
  struct Asked {
    const Request& request;
    EventSink& events;
    const std::stop_token& stop;
  };
  // Runs `once` on one server after another until it gives something, or patience ends.
  template <class T, class Once>
  Result<T> persist(const Asked& asked, Once once);
  [[nodiscard]] Answered<Reply> ask_once(const Asked& asked, std::size_t server);
  void judge(const Asked& asked, const ServerFacts& server, const Json& body, const StreamAnswer& answer, Reply& reply);
  void judge_calls(const Asked& asked, const Reply& reply);
  void notice_once(EventSink& events, std::string text);
  [[nodiscard]] bool wants_echo(const Request& request, const ServerFacts& server);

  const RemoteModelOptions options_;
  const ServerParameters parameters_;
  const std::vector<Server> servers_;
  const std::vector<ServerFacts> facts_;
  const int window_tokens_;
  ServerPool pool_;
  std::atomic<std::uint64_t> questions_ = 0;

  std::mutex mutex_;
  std::set<std::string> noticed_;        // guarded by mutex_
  std::set<std::string> echoes_wanted_;  // guarded by mutex_; server and parameters that were compared
};

template <class T, class Once>
Result<T> WireModel::persist(const Asked& asked, Once once) {
  Patience patience(options_, Random::mix(options_.retries.seed, ++questions_), servers_.size());
  const std::uint64_t conversation = conversation_of(asked.request);
  while (true) {
    if (asked.stop.stop_requested()) {
      return stopped();
    }
    Answered<T> answered = std::unexpected(ServerFailure{});
    {
      const ServerPool::Turn turn = pool_.take(conversation, patience.tried());
      answered = once(turn.server());
      if (answered) {
        pool_.worked(turn.server());
        return *std::move(answered);
      }
      if (answered.error().then != ServerFailure::Then::give_up) {
        pool_.failed(turn.server());
        patience.failed_at(turn.server());
      }
    }
    PUNA_TRY(const std::string waits, patience.wait(std::move(answered).error(), asked.stop));
    if (!waits.empty()) {
      notice_once(asked.events, waits);
    }
  }
}

Result<Reply> WireModel::ask(const Request& request, EventSink& events, std::stop_token stop) {
  PUNA_TRY(const Request whole, model::completed(request, parameters_));
  if (whole.reasoning_tokens_max) {
    notice_once(events,
                "a limit of reasoning tokens is not sent to servers: thinking_budget_tokens among the server "
                "parameters is theirs");
  }
  const Asked asked{.request = whole, .events = events, .stop = stop};
  int sent = 0;
  PUNA_TRY(Reply reply, persist<Reply>(asked, [&](std::size_t server) {
             ++sent;
             return ask_once(asked, server);
           }));
  reply.retries = sent - 1;
  return reply;
}

Answered<Reply> WireModel::ask_once(const Asked& asked, std::size_t server) {
  const ServerFacts& facts = facts_[server];
  const auto body = model::chat_body(asked.request, parameters_.other, facts, wants_echo(asked.request, facts));
  if (!body) {
    return std::unexpected(ServerFailure{.error = body.error(), .then = ServerFailure::Then::give_up, .after = {}});
  }
  StreamAnswer answer(servers_[server].link, asked.request, asked.events, asked.stop);
  asked.events.on(event::PromptReady{.prompt = body->dump(), .token_ids = {}});
  Answered<Reply> reply = answer.of(servers_[server].chat_path, *body);
  if (reply) {
    judge(asked, facts, *body, answer, *reply);
    asked.events.on(
        event::ReplyReady{.raw = to_openai_json(reply->message).dump(),
                          .usage = reply->usage,
                          .sampling = to_json(reply->sampling),
                          .probabilities = reply->probabilities.empty() ? Json() : to_json(reply->probabilities)});
  }
  return reply;
}

// Once for each set of parameters; and where only the echo tells an end from a stop string.
bool WireModel::wants_echo(const Request& request, const ServerFacts& server) {
  if (!server.is_llama) {
    return false;
  }
  const std::string what = server.url + to_json(request.sampling).dump() + (request.format ? "f" : "");
  const std::scoped_lock lock(mutex_);
  constexpr std::size_t kMost = 1'000;
  const bool is_new = echoes_wanted_.size() < kMost && echoes_wanted_.insert(what).second;
  return is_new || !request.stop.empty();
}

void WireModel::notice_once(EventSink& events, std::string text) {
  {
    const std::scoped_lock lock(mutex_);
    if (!noticed_.insert(text).second) {
      return;
    }
  }
  events.on(event::Notice{.text = std::move(text)});
}

void WireModel::judge(const Asked& asked, const ServerFacts& server, const Json& body, const StreamAnswer& answer,
                      Reply& reply) {
  const Sampling& sent = asked.request.sampling;
  const Json& settings = answer.reply().settings();
  reply.sampling = effective(sent, model::sampling_in(server.settings))
                       .or_else([&](const Error&) { return effective(sent); })
                       .value_or(sent);
  if (!settings.is_null()) {
    for (std::string& sentence : model::disobeyed(body, settings)) {
      notice_once(asked.events, server.url + ": " + std::move(sentence));
    }
  }
  if (!answer.reply().has_usage()) {
    reply.usage.output_tokens = std::max<std::int64_t>(1, estimate(answer.reply().bytes()));
    reply.usage.prompt_tokens = estimate_prompt(asked.request, server);
    notice_once(asked.events, server.url + ": the server does not say how many tokens there were; they are estimated");
  }
  if (!reply.violations.empty() && reply.finish == FinishReason::end_of_turn) {
    notice_once(asked.events,
                server.url + ": the server does not hold answers to their format: " + reply.violations[0]);
  }
  if (!reply.lost) {
    judge_calls(asked, reply);
  }
}

void WireModel::judge_calls(const Asked& asked, const Reply& reply) {
  const Request& request = asked.request;
  const bool is_whole = reply.finish == FinishReason::end_of_turn;
  if (request.tool_choice.needs_call() && is_whole && reply.message.calls.empty() && reply.malformed_calls.empty()) {
    notice_once(asked.events, "the server let a reply pass without the call that was required");
  }
  if (!request.parallel_calls && reply.message.calls.size() > 1) {
    notice_once(asked.events, "the server let several calls pass where one was allowed");
  }
  for (const ToolCall& call : reply.message.calls) {
    const auto tool = std::ranges::find(request.tools, call.name, &ToolSpec::name);
    if (tool != request.tools.end() && !tool->parameters.is_null() &&
        !schema_violations(tool->parameters, call.arguments).empty()) {
      notice_once(asked.events, "the server does not hold calls to the schemas of their tools");
    }
  }
}

Result<std::int64_t> WireModel::count_tokens(const Request& request) {
  PUNA_TRY(Request whole, model::completed(request, parameters_));
  if (!counts_exactly()) {
    return estimate_prompt(std::move(whole), facts_.front());
  }
  const std::int64_t attached = take_attachments(whole);  // no server counts those
  const std::stop_token never;
  const Asked asked{.request = whole, .events = EventSink::none(), .stop = never};
  return persist<std::int64_t>(asked, [&](std::size_t server) -> Answered<std::int64_t> {
    const ServerLink& link = servers_[server].link;
    const auto prompt = link.json("/apply-template", model::template_body(whole, facts_[server]), never);
    if (!prompt) {
      return std::unexpected(prompt.error());
    }
    const auto tokens = link.json(
        "/tokenize",
        Json::object({{"content", prompt->text_or("prompt")}, {"add_special", true}, {"parse_special", true}}), never);
    if (!tokens) {
      return std::unexpected(tokens.error());
    }
    const Json* list = tokens->find("tokens");
    if (list == nullptr || !list->is_array()) {
      return std::unexpected(ServerFailure{
          .error = {.code = ErrorCode::corrupt, .message = link.root() + "/tokenize gave no tokens", .hint = {}},
          .then = ServerFailure::Then::give_up,
          .after = {}});
    }
    return attached + static_cast<std::int64_t>(list->as_array().size());
  });
}

Result<Embeddings> WireModel::embed(const EmbeddingRequest& request, std::stop_token stop) {
  const Request nothing_said;
  const Asked asked{.request = nothing_said, .events = EventSink::none(), .stop = stop};
  return persist<Embeddings>(asked, [&](std::size_t server) -> Answered<Embeddings> {
    const Json body = model::embeddings_body(request, facts_[server].model);
    PUNA_TRY(const Json answer, servers_[server].link.json("/v1/embeddings", body, stop));
    return model::read_embeddings(answer, request.inputs.size()).transform_error([](Error error) {
      return ServerFailure{.error = std::move(error), .then = ServerFailure::Then::give_up, .after = {}};
    });
  });
}

// One server, waited for while it loads.
Result<Probed> open_server(const ServerLink& link, const RemoteModelOptions& options, const std::stop_token& stop) {
  Patience patience(options, options.retries.seed, 1);
  bool is_told = false;
  while (true) {
    auto probed = model::probe(link, options.model, stop);
    if (probed) {
      return *std::move(probed);
    }
    // Nobody there is not waited for: whoever starts a server sees that it runs.
    if (probed.error().then == ServerFailure::Then::try_again && !probed.error().after) {
      return std::unexpected(std::move(probed.error().error));
    }
    patience.failed_at(0);
    PUNA_TRY(const std::string waits, patience.wait(std::move(probed).error(), stop));
    if (options.progress && !std::exchange(is_told, true)) {
      options.progress(waits);
    }
  }
}

}  // namespace

Result<std::unique_ptr<RemoteModel>> RemoteModel::open(const RemoteModelOptions& options, std::stop_token stop) {
  if (options.urls.empty()) {
    return fail(ErrorCode::invalid_argument, "no server was named", "as http://127.0.0.1:8080");
  }
  PUNA_TRY(ServerParameters parameters, server_parameters(options.parameters));
  std::vector<ServerLink> links;
  for (const std::string& url : options.urls) {
    PUNA_TRY(std::string root, model::server_root(url));
    if (std::ranges::find(links, root, &ServerLink::root) == links.end()) {
      links.emplace_back(std::move(root), options.api_key, options.times);
    }
  }
  std::vector<Server> servers;
  std::vector<ServerFacts> facts;
  std::optional<Error> first_failure;
  int window = options.window_tokens;
  for (ServerLink& link : links) {
    auto probed = open_server(link, options, stop);
    if (!probed) {
      if (links.size() == 1 || probed.error().code == ErrorCode::cancelled) {
        return std::unexpected(std::move(probed).error());
      }
      if (options.progress) {
        options.progress("left out: " + probed.error().message);
      }
      first_failure = first_failure ? first_failure : std::move(probed).error();
      continue;
    }
    const int theirs = probed->facts.window_tokens;
    window = theirs > 0 && (window == 0 || theirs < window) ? theirs : window;
    servers.push_back({.link = std::move(link), .chat_path = std::move(probed->chat_path)});
    facts.push_back(std::move(probed->facts));
  }
  if (servers.empty()) {
    return std::unexpected(*std::move(first_failure));
  }
  if (window <= 0) {
    return fail(ErrorCode::invalid_argument,
                format_text("{}: the server does not say how large its window is", facts.front().url),
                "say it: -c TOKENS, or RemoteModelOptions::window_tokens");
  }
  return std::make_unique<WireModel>(options, std::move(parameters), std::move(servers), std::move(facts), window);
}

}  // namespace puna
