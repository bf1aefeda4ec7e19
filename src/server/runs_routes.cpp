// /v1/runs: agents with the server's tools.
#include <charconv>
#include <cmath>
#include <utility>

#include "server/fields.h"
#include "server/openai_reply.h"
#include "server/routes.h"
#include "server/runs.h"

namespace puna::server {
namespace {

Answer<std::vector<std::string>> texts(const Json& body, std::string_view name) {
  std::vector<std::string> list;
  const Json* value = field(body, name);
  if (value == nullptr) {
    return list;
  }
  if (!value->is_array()) {
    return bad_field(std::string(name), "must be a list of texts");
  }
  for (const Json& item : value->as_array()) {
    if (!item.is_string()) {
      return bad_field(std::string(name), "must be a list of texts");
    }
    list.push_back(item.as_string());
  }
  return list;
}

// A client may make the server's policy stricter or, being who would be asked, answer beforehand.
Answer<void> read_policy(const Json& body, Policy& policy) {
  const Json* given = field(body, "policy");
  if (given == nullptr) {
    return {};
  }
  for (const auto& [name, verdict] :
       {std::pair("allow", Verdict::allow), std::pair("ask", Verdict::ask), std::pair("deny", Verdict::deny)}) {
    PUNA_TRY(const std::vector<std::string> rules, texts(*given, name));
    for (const std::string& rule : rules) {
      PUNA_TRY_VOID(policy.add_flag(verdict, rule));
    }
  }
  return {};
}

// Budgets can be made smaller, not larger.
Answer<void> read_budget(const Json& body, Budget& budget) {
  PUNA_TRY(const auto turns, integer(body, "max_turns", 1, budget.turns_max));
  PUNA_TRY(const auto tokens, integer(body, "max_output_tokens", 1, budget.output_tokens_max));
  const auto seconds_max = std::chrono::duration_cast<std::chrono::seconds>(budget.time_max).count();
  PUNA_TRY(const auto seconds, integer(body, "max_seconds", 1, seconds_max));
  budget.turns_max = static_cast<int>(turns.value_or(budget.turns_max));
  budget.output_tokens_max = tokens.value_or(budget.output_tokens_max);
  if (seconds) {
    budget.time_max = std::chrono::seconds(*seconds);
  }
  return {};
}

Answer<std::shared_ptr<Run>> run_of(Served& served, const Call& call) {
  std::shared_ptr<Run> run = served.runs->find(call.parts.front());
  if (!run) {
    return refuse(404, "there is no such run", "run_id");
  }
  return run;
}

// "Last-Event-ID: 7", or ?after=7.
std::uint64_t number_seen(const HttpRequestIn& request) {
  constexpr std::string_view kAfter = "after=";
  std::string text = request.header("last-event-id");
  if (text.empty() && request.query.starts_with(kAfter)) {
    text = request.query.substr(kAfter.size());
  }
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Handled start_run(Served& served, Call& call) {
  if (!served.options.equip_run) {
    return refuse(501, "this server runs no agents (puna serve --runs)", {}, "not_supported");
  }
  if (!call.body.is_object()) {
    return refuse(400, "the body must be a JSON object");
  }
  PUNA_TRY(std::string task, text(call.body, "task"));
  if (task.empty()) {
    return bad_field("task", "is missing");
  }
  PUNA_TRY(const std::vector<std::string> names, texts(call.body, "tools"));
  PUNA_TRY(RunEquipment equipment, served.options.equip_run(names));
  PUNA_TRY_VOID(read_policy(call.body, equipment.permissions.policy));
  PUNA_TRY(std::string system, text(call.body, "system", equipment.system_prompt));
  AgentOptions options = served.options.run;
  options.record = nullptr;
  PUNA_TRY_VOID(read_budget(call.body, options.budget));
  if (const Json* sampling = field(call.body, "sampling"); sampling != nullptr && sampling->is_object()) {
    PUNA_TRY(options.sampling, read_sampling(*sampling, served.defaults));
  }
  PUNA_TRY(const std::shared_ptr<Run> run, served.runs->start({.task = std::move(task),
                                                               .system_prompt = std::move(system),
                                                               .equipment = std::move(equipment),
                                                               .options = std::move(options)}));
  return run->state();
}

Handled list_runs(Served& served, Call& /*call*/) {
  Json list = Json::array();
  for (const auto& run : served.runs->all()) {
    list.push(run->state());
  }
  return Json::object({{"object", "list"}, {"data", std::move(list)}});
}

Handled show_run(Served& served, Call& call) {
  PUNA_TRY(const std::shared_ptr<Run> run, run_of(served, call));
  return run->state();
}

Handled run_log(Served& served, Call& call) {
  PUNA_TRY(const std::shared_ptr<Run> run, run_of(served, call));
  call.exchange.reply({.body = run->log(), .type = "application/x-ndjson"});
  return answered();
}

Handled run_events(Served& served, Call& call) {
  PUNA_TRY(const std::shared_ptr<Run> run, run_of(served, call));
  std::uint64_t seen = number_seen(call.exchange.request());
  call.exchange.prepare_stream(kSseType, std::string(kSsePing));
  call.exchange.write({});
  while (true) {
    const std::vector<Run::Entry> events = run->events_after(seen, call.exchange.stop());
    if (events.empty()) {
      break;
    }
    for (const Run::Entry& entry : events) {
      call.exchange.write(format_text("id: {}\nevent: {}\ndata: {}\n\n", entry.number, entry.type, entry.json));
      seen = entry.number;
    }
  }
  call.exchange.finish();
  return answered();
}

Handled answer_run(Served& served, Call& call) {
  PUNA_TRY(const std::shared_ptr<Run> run, run_of(served, call));
  const std::string_view word = call.body.text_or("answer");
  const Approval::Answer what = word == "once"          ? Approval::Answer::once
                                : word == "always_this" ? Approval::Answer::always_this
                                : word == "always_tool" ? Approval::Answer::always_tool
                                                        : Approval::Answer::no;
  if (what == Approval::Answer::no && word != "no") {
    return bad_field("answer", "must be no, once, always_this or always_tool");
  }
  PUNA_TRY_VOID(run->answer(call.parts.back(), what));
  return run->state();
}

Handled cancel_run(Served& served, Call& call) {
  PUNA_TRY(const std::shared_ptr<Run> run, run_of(served, call));
  run->cancel();
  return run->state();
}

}  // namespace puna::server
