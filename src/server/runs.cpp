// See runs.h.
#include "server/runs.h"

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include "server/served.h"

namespace puna::server {

Run::Run(std::string id, Served& served, RunQuestion question)
    : id_(std::move(id)), served_(served), question_(std::move(question)) {}

Run::~Run() { stop_.request_stop(); }

Result<void> Run::start() {
  try {
    thread_ = std::jthread([this] { work(); });
  } catch (const std::system_error& error) {
    return fail(ErrorCode::unavailable, format_text("no thread can be started: {}", error.what()));
  }
  return {};
}

void Run::work() {
  Result<RunEnd> end = fail(ErrorCode::internal, "the run threw");
  try {
    question_.equipment.permissions.approver = this;
    const std::unique_ptr<Gate> gate = make_permissions(question_.equipment.permissions);
    question_.options.gate = gate.get();
    Transcript transcript;
    if (!question_.system_prompt.empty()) {
      transcript.push_back({.role = Role::system, .content = question_.system_prompt});
    }
    transcript.push_back({.role = Role::user, .content = question_.task});
    end = resume(served_.model, question_.equipment.tools, transcript, question_.options, *this, stop_.get_token());
  } catch (const std::exception& error) {
    end = fail(ErrorCode::internal, format_text("the run failed: {}", error.what()));
  }
  const std::scoped_lock lock(mutex_);
  if (!end) {
    add(Json::object({{"type", "run.failed"}, {"code", name_of(end.error().code)}, {"message", end.error().message}}));
  } else {
    served_.counters.add(end->usage);
  }
  end_ = std::move(end);
  changed_.notify_all();
}

void Run::add(const Json& event) {
  if (events_.size() >= served_.options.limits.run_events) {
    stop_.request_stop();
    if (event.text_or("type") != "run.ended" && event.text_or("type") != "run.failed") {
      return;
    }
  }
  events_.push_back({.number = events_.size() + 1, .type = std::string(event.text_or("type")), .json = event.dump()});
  changed_.notify_all();
}

void Run::on(const Event& event) {
  if (std::holds_alternative<event::PromptReady>(event)) {
    return;  // the prompt is the server's business
  }
  const Json json = to_json(event);
  const std::scoped_lock lock(mutex_);
  add(json);
}

Result<Approval> Run::decide(const PermissionQuestion& question, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  asked_ = question;
  answer_.reset();
  add(Json::object({{"type", "permission.asked"},
                    {"call_id", question.call.id},
                    {"call_hash", question.call_hash},
                    {"tool", question.call.name},
                    {"arguments", question.call.arguments},
                    {"rule", question.rule},
                    {"always_means", question.argument},
                    {"may_keep_tool", question.may_keep_tool},
                    {"has_odd_letters", question.has_odd_letters}}));
  const bool is_answered = changed_.wait(lock, stop, [this] { return answer_.has_value(); });
  asked_.reset();
  if (!is_answered) {
    return fail(ErrorCode::cancelled, "nobody answered before the run was stopped");
  }
  return *std::exchange(answer_, std::nullopt);
}

Answer<void> Run::answer(const std::string& call_hash, Approval::Answer what) {
  const std::scoped_lock lock(mutex_);
  if (!asked_ || asked_->call_hash != call_hash || answer_) {
    return refuse(404, "no such question waits for an answer", "call_hash");
  }
  if (what == Approval::Answer::always_tool && !asked_->may_keep_tool) {
    return bad_field("answer", "cannot be always_tool for this call");
  }
  answer_ = Approval{.answer = what, .call_hash = call_hash};
  changed_.notify_all();
  return {};
}

bool Run::has_ended() const {
  const std::scoped_lock lock(mutex_);
  return end_.has_value();
}

Json Run::state() const {
  const std::scoped_lock lock(mutex_);
  Json json = Json::object({{"id", id_},
                            {"object", "run"},
                            {"status", !end_   ? asked_ ? "waiting" : "running"
                                       : *end_ ? "ended"
                                               : "failed"},
                            {"task", question_.task},
                            {"events", events_.size()}});
  if (asked_) {
    json.set("waits_for", Json::object({{"call_hash", asked_->call_hash},
                                        {"tool", asked_->call.name},
                                        {"arguments", asked_->call.arguments},
                                        {"rule", asked_->rule}}));
  }
  if (end_ && *end_) {
    json.set("stop_reason", name_of((*end_)->reason));
    json.set("answer", (*end_)->answer);
    json.set("turns", (*end_)->turns);
    json.set("usage", to_json((*end_)->usage));
  } else if (end_) {
    json.set("error", Json::object({{"code", name_of(end_->error().code)}, {"message", end_->error().message}}));
  }
  return json;
}

std::vector<Run::Entry> Run::events_after(std::uint64_t number, std::stop_token stop) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, std::move(stop), [&] { return events_.size() > number || end_.has_value(); });
  const auto first = events_.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(number, events_.size()));
  return {first, events_.end()};
}

std::string Run::log() const {
  const std::scoped_lock lock(mutex_);
  std::string lines;
  for (const Entry& entry : events_) {
    lines += entry.json + "\n";
  }
  return lines;
}

Answer<std::shared_ptr<Run>> Runs::start(RunQuestion question) {
  const std::scoped_lock lock(mutex_);
  if (all_.size() >= served_.options.limits.runs_kept) {
    const auto ended = std::ranges::find_if(all_, [](const auto& run) { return run->has_ended(); });
    if (ended == all_.end()) {
      return refuse(429, format_text("{} runs are under way, and no more may be", all_.size()));
    }
    all_.erase(ended);
  }
  question.options.id = AgentId{++agents_};
  auto run = std::make_shared<Run>(served_.new_id("run_"), served_, std::move(question));
  PUNA_TRY_VOID(run->start());
  all_.push_back(run);
  return run;
}

std::shared_ptr<Run> Runs::find(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto run = std::ranges::find_if(all_, [&id](const auto& each) { return each->id() == id; });
  return run == all_.end() ? nullptr : *run;
}

std::vector<std::shared_ptr<Run>> Runs::all() const {
  const std::scoped_lock lock(mutex_);
  return all_;
}

std::size_t Runs::active() const {
  return static_cast<std::size_t>(std::ranges::count_if(all(), [](const auto& run) { return !run->has_ended(); }));
}

void Runs::end() {
  for (const auto& run : all()) {
    run->cancel();
  }
  std::vector<std::shared_ptr<Run>> ending;
  const std::scoped_lock lock(mutex_);
  ending.swap(all_);
}

}  // namespace puna::server
