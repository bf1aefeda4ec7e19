// See chat.h.
#include "cli/chat.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <thread>
#include <utility>

#include "cli/attachments.h"

namespace puna::cli {
namespace {

constexpr std::string_view kGoOn = "Go on exactly where you stopped.";

bool is_system(const Message& message) { return message.role == Role::system; }
bool is_user(const Message& message) { return message.role == Role::user; }

// A number from 1 on, or `otherwise` for an empty text.
Result<std::uint64_t> number_of(std::string_view text, std::uint64_t otherwise, std::string_view command) {
  std::uint64_t number = otherwise;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && (read.ec != std::errc() || read.ptr != text.data() + text.size())) {
    return fail(ErrorCode::invalid_argument, format_text("'{}' is no whole number", text), std::string(command) + " 1");
  }
  return number;
}

std::string beginning_of(std::string_view text) {
  constexpr std::size_t kShown = 60;
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::string_view begins = utf8::truncate(line, kShown);
  return "\"" + std::string(begins) + (begins.size() < text.size() ? "...\"" : "\"");
}

}  // namespace

// Computes what every turn begins with while the user still types. If that fails, the turn says why.
class Chat::Ahead {
 public:
  // Borrows the model.
  Ahead(Model& model, Request role)
      : thread_([this, &model, role = std::move(role)](const std::stop_token& stop) {
          if (auto pin = model.prewarm(role, stop)) {
            pin_ = *std::move(pin);
          }
        }) {}

 private:
  std::optional<Pin> pin_;
  std::jthread thread_;  // last: it uses the other
};

Chat::Chat(Console& console, const Options& options, Interrupt& interrupt, Equipment equipment)
    : console_(console),
      options_(options),
      interrupt_(interrupt),
      equipment_(std::move(equipment)),
      window_({.is_managed = !options.keep_all}) {}

Chat::~Chat() { leave_session(); }

void Chat::leave_session() {
  if (kept_) {
    ahead_.reset();
    kept_->cache().save(*model_, agent_.id, console_);
  }
}

Result<std::unique_ptr<Chat>> Chat::open(Console& console, const Options& options, Interrupt& interrupt) {
  PUNA_TRY(AgentOptions agent, agent_options_of(options));
  PUNA_TRY(Equipment equipment, open_equipment(console, options, DefaultTools::none, interrupt));
  std::unique_ptr<Chat> chat(new Chat(console, options, interrupt, std::move(equipment)));
  chat->agent_ = std::move(agent);
  if (!options.pronounce_file.empty()) {
    PUNA_TRY(const std::string text, read_text_file(options.pronounce_file, kPronunciationBytesMax));
    PUNA_TRY(chat->words_, Pronunciation::parse(text, options.pronounce_file));
  }
  if (!options.transcript_file.empty()) {
    PUNA_TRY(chat->file_, TranscriptFile::create(options.transcript_file));
  }
  PUNA_TRY(chat->view_, open_traced_view(console, options, "chat"));
  PUNA_TRY(chat->model_, open_model(console, options, interrupt));
  keep_large_results(chat->equipment_, *chat->model_);
  PUNA_TRY(chat->kept_, KeptSession::open(console, options, Unfinished::close));
  PUNA_TRY_VOID(chat->begin());
  return chat;
}

Result<void> Chat::begin() {
  asked_ = &view_->model(*model_);
  heard_.emplace(view_->events(), options_.pronounce_in == "prompt" ? std::nullopt : words_);
  agent_.window = &window_;
  agent_.gate = equipment_.gate.get();
  std::unique_ptr<KeptSession> kept = std::move(kept_);
  agent_.record = file_.get();
  events_ = &*heard_;
  if (kept != nullptr) {
    PUNA_TRY_VOID(switch_to(std::move(kept)));
  }
  const std::string system = with_instructions(options_.system.value_or(""), equipment_);
  if (transcript_.empty() && !system.empty()) {
    transcript_.push_back({.role = Role::system, .content = system});
    if (kept_ != nullptr) {
      PUNA_TRY_VOID(kept_->session().append(transcript_.back()));
    }
  }
  compute_ahead();
  return {};
}

std::size_t Chat::head() const {
  return static_cast<std::size_t>(std::ranges::find_if_not(transcript_, is_system) - transcript_.begin());
}

bool Chat::is_loose() const { return kept_ == nullptr && transcript_.size() > head(); }

Result<void> Chat::state() {
  if (unrecorded_) {
    return std::unexpected(*unrecorded_);
  }
  return kept_ ? kept_->session().state() : Result<void>();
}

Request Chat::request() const {
  return {.messages = window_.shown(transcript_),
          .tools = equipment_.tools.specs(),
          .sampling = agent_.sampling,
          .reasoning_tokens_max = agent_.reasoning_tokens_max,
          .agent = agent_.id,
          .turn = transcript_.size()};
}

void Chat::compute_ahead() {
  ahead_.reset();
  ahead_ = std::make_unique<Ahead>(*model_, Request{.messages = transcript_, .tools = equipment_.tools.specs()});
}

Result<void> Chat::append(Message message) {
  transcript_.push_back(std::move(message));
  if (agent_.record == nullptr) {
    return {};
  }
  auto done = agent_.record->append(transcript_.back());
  if (!done) {
    unrecorded_ = done.error();
  }
  return done;
}

Result<void> Chat::cut(std::size_t messages) {
  transcript_.resize(messages);
  window_.forget();
  was_stopped_ = false;
  return kept_ ? kept_->session().cut(messages) : Result<void>();
}

Result<void> Chat::say(std::string_view text) {
  const std::size_t before = transcript_.size();
  if (!utf8::is_valid(text)) {
    note("that was not valid UTF-8; what is wrong in it was replaced by U+FFFD");
  }
  std::string message = utf8::sanitize(text);
  if (words_ && options_.pronounce_in != "answer") {
    message = words_->spoken(message);
  }
  Message said{.role = Role::user, .content = std::move(message)};
  for (Media& media : std::exchange(attached_, {})) {
    PUNA_TRY_VOID(puna::attach(said, std::move(media)));
  }
  PUNA_TRY_VOID(append(std::move(said)));
  return answer(before);
}

void Chat::attach(Media media) {
  note(attachment_text(media));
  attached_.push_back(std::move(media));
}

Result<void> Chat::image(const std::string& file) {
  if (file.empty()) {
    return fail(ErrorCode::invalid_argument, "/image needs a file", "/image cat.png");
  }
  PUNA_TRY(Media media, read_attachment(file));
  attach(std::move(media));
  note("it goes with your next message");
  return {};
}

Result<void> Chat::go_on() {
  const std::size_t before = transcript_.size();
  if (before == head()) {
    return fail(ErrorCode::invalid_argument, "there is no answer to go on with");
  }
  const Message& last = transcript_.back();
  if (last.role == Role::assistant && last.calls.empty()) {
    PUNA_TRY_VOID(append({.role = Role::user, .content = std::string(kGoOn)}));
  }
  return answer(before);
}

// Runs the agent on the transcript; an error goes back to its first `before` messages.
Result<void> Chat::answer(std::size_t before) {
  was_stopped_ = false;
  const Interrupt::Scope scope(interrupt_);
  auto end = view_->noted(resume(*asked_, equipment_.tools, transcript_, agent_, *events_,
                                 kept_ ? kept_->token(scope.token()) : scope.token()));
  PUNA_TRY_VOID(state());
  if (!end) {  // the conversation goes on: the user may shorten it or ask something else
    PUNA_TRY_VOID(cut(before));
    return std::unexpected(std::move(end).error());
  }
  ++totals_.runs;
  totals_.turns += end->turns;
  totals_.usage += end->usage;
  last_ = end->usage;
  if (end->reason != StopReason::cancelled) {
    return {};
  }
  was_stopped_ = true;
  return keep_partial();
}

Result<void> Chat::keep_partial() {
  const std::string& said = heard_->said();
  const bool is_said = said.find_first_not_of(" \t\r\n") != std::string::npos && transcript_.back().calls.empty();
  if (is_said) {
    PUNA_TRY_VOID(append({.role = Role::assistant, .content = said}));
  }
  note(is_said ? "what was said is kept; an empty line goes on from there" : "an empty line asks again");
  return {};
}

Result<void> Chat::model(const std::string& name) {
  if (name.empty()) {
    note(format_text("{}, window {} tokens", model_->name(), count_text(model_->window_tokens())));
    return {};
  }
  Options next = options_;
  std::error_code ignored;
  const bool is_file = std::filesystem::exists(name, ignored);
  if (name.starts_with("http://") || name.starts_with("https://")) {
    next.server = {.urls = {name}, .api_key_env = options_.server.api_key_env};
  } else if (!options_.server.urls.empty() && !is_file) {
    next.server.model = name;
  } else {
    next.server.urls.clear();
    next.chat_template.clear();  // it was the other model's
    next.mmproj_file.clear();
    next.model_file = is_file ? name : "";
    next.hub_model = is_file || name == "demo" ? "" : name;
    PUNA_TRY_VOID(use_hub_model(console_, next, interrupt_));
  }
  PUNA_TRY(AgentOptions agent, agent_options_of(next));
  PUNA_TRY(std::unique_ptr<Model> opened, open_model(console_, next, interrupt_));
  ahead_.reset();
  asked_ = &view_->model(*opened);
  model_ = std::move(opened);
  keep_large_results(equipment_, *model_);
  options_ = std::move(next);
  agent_.sampling = std::move(agent.sampling);
  window_.forget();
  compute_ahead();
  note(format_text("{} answers from now on; the conversation is kept", model_->name()));
  return {};
}

Result<void> Chat::system(const std::string& text) {
  const std::size_t count = head();
  if (text.empty()) {
    note(count == 0 ? "there is no system prompt" : transcript_.front().content);
    return {};
  }
  transcript_.erase(transcript_.begin(), transcript_.begin() + static_cast<std::ptrdiff_t>(count));
  transcript_.insert(transcript_.begin(), {.role = Role::system, .content = with_instructions(text, equipment_)});
  window_.forget();
  if (kept_) {
    PUNA_TRY_VOID(kept_->session().replace(transcript_));
  }
  compute_ahead();
  note("the system prompt is replaced");
  return {};
}

Result<void> Chat::seed(std::string_view number) {
  PUNA_TRY(const std::uint64_t seed, number_of(number, agent_.sampling.seed, "/seed"));
  agent_.sampling.seed = seed;
  options_.sampling.seed = seed;
  note(format_text("seed {}", seed));
  return {};
}

Result<void> Chat::clear() {
  PUNA_TRY_VOID(cut(head()));
  note("the conversation is forgotten");
  return {};
}

Result<void> Chat::undo(std::string_view turns) {
  PUNA_TRY(const std::uint64_t wanted, number_of(turns, 1, "/undo"));
  std::size_t at = transcript_.size();
  std::uint64_t found = 0;
  while (found < wanted && at > head()) {
    --at;
    found += is_user(transcript_[at]) ? 1 : 0;
  }
  if (found < wanted || wanted == 0) {
    return fail(ErrorCode::invalid_argument,
                format_text("there are {} turns to take back", std::ranges::count_if(transcript_, is_user)));
  }
  const std::string first = beginning_of(transcript_[at].content);
  PUNA_TRY_VOID(cut(at));
  note(format_text("taken back from {} on; {} messages are left", first, at));
  return {};
}

Result<void> Chat::compact() {
  constexpr std::string_view kNothing = "there is nothing to make shorter yet";
  if (transcript_.size() == head()) {
    note(std::string(kNothing));
    return {};
  }
  PUNA_TRY(const std::int64_t before, tokens_of(window_.shown(transcript_), equipment_.tools.specs()));
  Request asked = request();
  const Interrupt::Scope scope(interrupt_);
  PUNA_TRY(const Usage spent, window_.compact(*asked_, asked, transcript_, *events_, scope.token()));
  console_.clear_status();
  totals_.usage += spent;
  PUNA_TRY(const std::int64_t after, tokens_of(window_.shown(transcript_), equipment_.tools.specs()));
  note(after < before ? format_text("{} tokens of context instead of {}", count_text(after), count_text(before))
                      : std::string(kNothing));
  return {};
}

}  // namespace puna::cli
