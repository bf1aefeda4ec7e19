// The in-process engine with a chat template over it: render, tokenise, submit, collect, parse. This file is the
// picture in ARCHITECTURE.md as code.
//
// Owns the engine and the template; both outlive every generation, because ask() holds its generation itself.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "model/embeddings.h"
#include "model/request_media.h"
#include "model/token_logs.h"
#include "puna/model.h"

namespace puna {
namespace {

std::string ids_text(const std::vector<Token>& tokens) {
  std::string text;
  for (const Token token : tokens) {
    if (!text.empty()) {
      text += ' ';
    }
    text += std::to_string(token);
  }
  return text;
}

// The texts of all control tokens: what the template may fall back to break apart in untrusted text.
std::vector<std::string> control_texts_of(const Weights& weights) {
  std::vector<std::string> texts;
  for (Token token = 0; token < weights.vocabulary_tokens(); ++token) {
    if (weights.is_control(token)) {
      std::string text = weights.piece(token);
      if (!text.empty()) {
        texts.push_back(std::move(text));
      }
    }
  }
  return texts;
}

// Collects a generation's pieces, passing events on as they become certain.
class Collector {
 public:
  Collector(const Weights& weights, Sampling sampling, const ReplyFormat& format, const ReplyParser::Setup& setup,
            EventSink& events)
      : weights_(weights), sampling_(std::move(sampling)), parser_(format, setup), events_(events) {}

  void take(const piece::Prefill& prefill) {
    events_.on(event::Prefill{.tokens_done = prefill.tokens_done,
                              .tokens_total = prefill.tokens_total,
                              .tokens_cached = prefill.tokens_cached});
  }
  void take(const piece::Text& text) {
    for (const auto& each : text.probabilities) {
      probabilities_.push_back({.chosen = named(each.chosen), .best = {}});
      for (const TokenProbability& best : each.best) {
        if (best.token >= 0) {
          probabilities_.back().best.push_back(named(best));
        }
      }
    }
    raw_ += text.text;
    tokens_.insert(tokens_.end(), text.tokens.begin(), text.tokens.end());
    emit(parser_.feed(text.text));
  }
  void take(const piece::Finished& finished) {
    finish_ = finished.reason;
    usage_ = finished.usage;
    finished_ = true;
  }

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] const std::string& raw() const { return raw_; }
  [[nodiscard]] const std::vector<Token>& tokens() const { return tokens_; }

  // Call ids count on from the calls that the conversation has already, so that they repeat in a repeated run. Nine
  // letters and digits: what the pickiest templates ask for.
  [[nodiscard]] Reply reply(std::size_t calls_before) {
    const bool is_whole = finish_ == FinishReason::end_of_turn || finish_ == FinishReason::grammar_end;
    ParsedReply parsed = parser_.finish(is_whole ? ReplyParser::End::whole : ReplyParser::End::cut);
    emit({.content = parsed.content.substr(content_bytes_), .reasoning = parsed.reasoning.substr(reasoning_bytes_)});
    events_.on(event::ReplyReady{.raw = raw_,
                                 .usage = usage_,
                                 .sampling = to_json(sampling_),
                                 .probabilities = probabilities_.empty() ? Json() : to_json(probabilities_)});
    for (ToolCall& call : parsed.calls) {
      call.id = format_text("call{:05}", ++calls_before);
    }
    return {.message = {.role = Role::assistant,
                        .content = std::move(parsed.content),
                        .reasoning = std::move(parsed.reasoning),
                        .calls = std::move(parsed.calls)},
            .malformed_calls = std::move(parsed.malformed_calls),
            .repairs = std::move(parsed.repairs),
            .finish = finish_,
            .usage = usage_,
            .sampling = std::move(sampling_),
            .probabilities = std::move(probabilities_),
            .tokens = tokens_};
  }

 private:
  [[nodiscard]] Reply::Probability named(const TokenProbability& entry) const {
    return {.token = entry.token, .text = weights_.piece(entry.token), .log_probability = entry.log_probability};
  }
  void emit(ReplyParser::Delta delta) {
    reasoning_bytes_ += delta.reasoning.size();
    content_bytes_ += delta.content.size();
    if (!delta.reasoning.empty()) {
      events_.on(event::ReasoningDelta{.text = std::move(delta.reasoning)});
    }
    if (!delta.content.empty()) {
      events_.on(event::TextDelta{.text = std::move(delta.content)});
    }
  }

  const Weights& weights_;
  Sampling sampling_;
  std::vector<Reply::TokenProbabilities> probabilities_;
  ReplyParser parser_;
  EventSink& events_;
  std::string raw_;
  std::vector<Token> tokens_;
  // Emitted so far; what the parser gave out is always the beginning of its final text.
  std::size_t reasoning_bytes_ = 0;
  std::size_t content_bytes_ = 0;
  FinishReason finish_ = FinishReason::end_of_turn;
  Usage usage_;
  bool finished_ = false;
};

class EngineModel final : public LocalModel {
 public:
  EngineModel(std::shared_ptr<const Weights> weights, std::unique_ptr<Engine> engine,
              std::unique_ptr<Embedder> embedder, std::unique_ptr<MediaEncoder> media,
              std::unique_ptr<const ChatTemplate> chat_template, const Clock& clock)
      : weights_(std::move(weights)),
        engine_(std::move(engine)),
        embedder_(std::move(embedder)),
        media_(std::move(media)),
        template_(std::move(chat_template)),
        clock_(clock),
        control_texts_(control_texts_of(*weights_)),
        logs_(*weights_) {}

  [[nodiscard]] Result<Reply> ask(const Request& request, EventSink& events, std::stop_token stop) override {
    PUNA_TRY(const model::RequestMedia media, model::RequestMedia::of(request.messages, media_.get()));
    PUNA_TRY(Prompt prompt, render(request));
    PUNA_TRY(model::TokenLogs::Prompt known, logs_.tokenize(prompt.parts, request.agent, media.tokens()));
    events.on(event::PromptReady{.prompt = prompt.text(), .token_ids = ids_text(known.tokens)});
    if (known.lost) {
      events.on(*std::move(known.lost));
    }
    std::vector<MediaRun> vectors;
    if (known.tokens.size() < static_cast<std::size_t>(window_tokens())) {  // else the engine refuses it
      PUNA_TRY(vectors, media.encode(known.tokens, stop));
    }
    PUNA_TRY(Generation generation, engine_->submit({.prompt = known.tokens,
                                                     .media = std::move(vectors),
                                                     .sampling = request.sampling,
                                                     .grammar = std::move(prompt.grammar),
                                                     .reasoning = reasoning_limit(request, prompt),
                                                     .stop = request.stop,
                                                     .tokens_max = request.tokens_max,
                                                     .agent = request.agent,
                                                     .turn = request.turn,
                                                     .watched = request.watched},
                                                    stop));
    const bool may_call = !request.tools.empty() && request.tool_choice != ToolChoice::none && !request.format;
    Collector collector(*weights_, generation.sampling(), template_->reply_format(),
                        {.reasoning_open = prompt.reasoning_open,
                         .calls = may_call ? ReplyParser::Calls::read : ReplyParser::Calls::text,
                         .tools = request.tools},
                        events);
    while (!collector.finished()) {
      PUNA_TRY(const Piece piece, generation.next(stop));
      std::visit([&collector](const auto& part) { collector.take(part); }, piece);
    }
    logs_.remember(prompt.parts, std::move(known.tokens), collector.raw(), collector.tokens(), request.agent);
    std::size_t calls_before = 0;
    for (const Message& message : request.messages) {
      calls_before += message.calls.size();
    }
    Reply reply = collector.reply(calls_before);
    if (const auto* schema = request.format ? std::get_if<format::Schema>(&*request.format) : nullptr) {
      const Result<Json> value = Json::parse(reply.message.content);
      reply.violations = value ? schema_violations(schema->schema, *value)
                               : std::vector<std::string>{"the answer is no JSON: " + value.error().message};
    }
    return reply;
  }

  [[nodiscard]] Result<std::optional<Pin>> prewarm(const Request& role, std::stop_token stop) override {
    PUNA_TRY(std::vector<Token> beginning, role_tokens(role));
    if (beginning.empty()) {
      return std::nullopt;
    }
    PUNA_TRY(Pin pin, engine_->pin(std::move(beginning), std::move(stop)));
    return std::optional(std::move(pin));
  }

  [[nodiscard]] Result<std::int64_t> save(AgentId agent, const std::filesystem::path& file) override {
    const std::optional<model::TokenLogs::Kept> last = logs_.last_of(agent);
    return last ? engine_->hibernate(last->tokens, file, last->note) : 0;
  }
  [[nodiscard]] Result<std::int64_t> restore(AgentId agent, const std::filesystem::path& file) override {
    PUNA_TRY(const Engine::Woken woken, engine_->wake(file));
    PUNA_TRY_VOID(logs_.restore(woken.note, agent));
    return static_cast<std::int64_t>(woken.tokens.size());
  }

  void waits_for_tool(AgentId agent, std::string_view tool) override { engine_->leave_for_tool(agent, tool); }

  [[nodiscard]] Result<std::int64_t> count_tokens(const Request& request) override {
    PUNA_TRY(const model::RequestMedia media, model::RequestMedia::of(request.messages, media_.get()));
    PUNA_TRY(const Prompt prompt, render(request));
    PUNA_TRY(const std::vector<Token> tokens,
             weights_->tokenize(prompt.parts, {.text = {}, .tokens = {}, .media = media.tokens()}));
    return static_cast<std::int64_t>(tokens.size());
  }

  [[nodiscard]] bool embeds() const override { return embedder_ != nullptr; }
  [[nodiscard]] Result<Embeddings> embed(const EmbeddingRequest& request, std::stop_token stop) override {
    return embeds() ? model::embed(*embedder_, request, stop) : Model::embed(request, std::move(stop));
  }

  [[nodiscard]] std::string name() const override {
    const ModelFacts& facts = weights_->facts();
    return facts.name.empty() ? facts.file.filename().string() : facts.name;
  }
  [[nodiscard]] int window_tokens() const override { return engine_->options().window_tokens; }
  [[nodiscard]] const Engine& engine() const override { return *engine_; }
  [[nodiscard]] const ChatTemplate& chat_template() const override { return *template_; }
  [[nodiscard]] const MediaEncoder* media() const override { return media_.get(); }

 private:
  [[nodiscard]] std::optional<ReasoningLimit> reasoning_limit(const Request& request, const Prompt& prompt) const {
    if (!request.reasoning_tokens_max) {
      return std::nullopt;
    }
    const ReplyFormat& format = template_->reply_format();
    const Channels& channels = format.channels;
    ReasoningLimit limit{.tokens_max = *request.reasoning_tokens_max,
                         .start = format.reasoning_start,
                         .end = format.reasoning_end,
                         .closing = format.reasoning_end,
                         .open = prompt.reasoning_open};
    if (!channels.empty()) {
      limit.start = channels.channel_mark + channels.reasoning_name + channels.body_mark;
      limit.end = channels.end_mark;
      limit.closing = channels.end_mark + channels.turn_start;
    }
    return limit;
  }
  // What two prompts have in common that differ in what the user says, up to the first picture or sound.
  [[nodiscard]] Result<std::vector<Token>> role_tokens(Request role) const {
    PUNA_TRY(const model::RequestMedia media, model::RequestMedia::of(role.messages, media_.get()));
    const Weights::Known known{.text = {}, .tokens = {}, .media = media.tokens()};
    role.messages.push_back({.role = Role::user, .content = "a"});
    PUNA_TRY(const Prompt one, render(role));
    role.messages.back().content = "b";
    PUNA_TRY(const Prompt other, render(role));
    PUNA_TRY(std::vector<Token> tokens, weights_->tokenize(one.parts, known));
    PUNA_TRY(const std::vector<Token> others, weights_->tokenize(other.parts, known));
    tokens.erase(std::ranges::mismatch(tokens, others).in1, tokens.end());
    tokens.erase(std::ranges::find_if(tokens, is_media), tokens.end());
    return tokens;
  }
  [[nodiscard]] Result<Prompt> render(const Request& request) const {
    const bool shows_tools = !request.tools.empty() && request.tool_choice != ToolChoice::none;
    if (!request.format || !shows_tools) {
      return render(request, request.tools, request.format);
    }
    if (request.tool_choice == ToolChoice::required) {
      return fail(ErrorCode::invalid_argument, "a request has a format and must call a tool",
                  "ask for the tool calls first, then for the answer in its format");
    }
    // The prompt of a conversation with tools; the grammar of an answer without.
    PUNA_TRY(Prompt prompt, render(request, request.tools, std::nullopt));
    const Request plain{.messages = {{.role = Role::user, .content = "a"}}};
    PUNA_TRY(Prompt held, render(plain, {}, request.format));
    if (held.reasoning_open != prompt.reasoning_open) {
      return fail(ErrorCode::invalid_argument, "this chat template opens the reasoning only with tools, or without",
                  "ask for a format without tools");
    }
    prompt.grammar = std::move(held.grammar);
    return prompt;
  }
  [[nodiscard]] Result<Prompt> render(const Request& request, std::span<const ToolSpec> tools,
                                      const std::optional<OutputFormat>& format) const {
    return template_->render({.messages = request.messages,
                              .tools = tools,
                              .tool_choice = request.tool_choice,
                              .parallel_calls = request.parallel_calls,
                              .format = format,
                              .control_texts = control_texts_,
                              .today = today()});
  }
  // Only for templates that cannot do without: a date in the prompt changes it every day.
  [[nodiscard]] std::optional<std::chrono::year_month_day> today() const {
    return template_->abilities().needs_date
               ? std::optional<std::chrono::year_month_day>(std::chrono::floor<std::chrono::days>(clock_.wall()))
               : std::nullopt;
  }

  const std::shared_ptr<const Weights> weights_;
  const std::unique_ptr<Engine> engine_;
  const std::unique_ptr<Embedder> embedder_;   // may be absent
  const std::unique_ptr<MediaEncoder> media_;  // may be absent
  const std::unique_ptr<const ChatTemplate> template_;
  const Clock& clock_;
  const std::vector<std::string> control_texts_;
  model::TokenLogs logs_;
};

Result<std::string> template_source(const LocalModelOptions& options, const ModelFacts& facts) {
  if (!options.chat_template.empty()) {
    return options.chat_template;
  }
  return facts.chat_template.empty() ? built_in_template("generic") : Result<std::string>(facts.chat_template);
}

Json as_json(const Reply::Probability& entry) {
  return Json::object({{"token", std::int64_t{entry.token}},
                       {"text", entry.text},
                       {"log_probability", static_cast<double>(entry.log_probability)}});
}

}  // namespace

Json to_json(const std::vector<Reply::TokenProbabilities>& probabilities) {
  Json list = Json::array();
  for (const auto& [chosen, best] : probabilities) {
    Json entry = as_json(chosen);
    Json others = Json::array();
    for (const Reply::Probability& other : best) {
      others.push(as_json(other));
    }
    entry.set("best", std::move(others));
    list.push(std::move(entry));
  }
  return list;
}

Result<std::unique_ptr<LocalModel>> LocalModel::open(const LocalModelOptions& options,
                                                     const std::function<bool(float)>& progress) {
  // The template is checked before the weights are read: a mistake there should not cost minutes.
  PUNA_TRY(const ModelFacts facts, Weights::inspect(options.load.file));
  PUNA_TRY(std::string source, template_source(options, facts));
  PUNA_TRY(auto chat_template,
           ChatTemplate::create({.jinja = std::move(source), .bos_text = facts.bos_text, .eos_text = facts.eos_text}));
  EngineOptions engine_options = options.engine;
  if (options.media) {  // a mistake there should not cost minutes either
    PUNA_TRY(const ProjectorFacts projector, inspect_projector(options.media->file));
    engine_options.reserved_bytes += projector.file_bytes + options.media->cache_bytes_max;
  }
  PUNA_TRY(std::shared_ptr<const Weights> weights, Weights::load(options.load, progress));
  if (options.embeddings) {
    engine_options.reserved_bytes += estimate_embedder_bytes(facts, *options.embeddings, engine_options.profile);
  }
  PUNA_TRY(std::unique_ptr<Engine> engine, Engine::create(weights, engine_options));
  std::unique_ptr<Embedder> embedder;
  if (options.embeddings) {
    PUNA_TRY(embedder, Embedder::create(weights, *options.embeddings, engine->options()));
  }
  std::unique_ptr<MediaEncoder> media;
  if (options.media) {
    PUNA_TRY(media, MediaEncoder::open(weights, *options.media));
  }
  return std::make_unique<EngineModel>(std::move(weights), std::move(engine), std::move(embedder), std::move(media),
                                       std::move(chat_template), *options.clock);
}

}  // namespace puna
