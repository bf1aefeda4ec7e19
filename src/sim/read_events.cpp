// See read_events.h.
#include "sim/read_events.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "sim/event_log.h"
#include "sim/scale.h"

namespace puna::sim {
namespace {

constexpr std::string_view kFirstEvent = "simulation_started";

double number_in(const Json& event, std::string_view name) {
  const Json* value = event.find(name);
  return value != nullptr && value->is_number() && std::isfinite(value->as_double()) ? value->as_double() : kNoValue;
}

// Whether it has a count there, from 0.
bool has_count(const Json& event, std::string_view name) {
  const Json* value = event.find(name);
  constexpr std::int64_t kMost = 1'000'000'000;
  return value != nullptr && value->is_integer() && value->as_integer() >= 0 && value->as_integer() <= kMost;
}

Fault range_fault(const Json& event, std::string_view name, double least, double most) {
  const Json* value = event.find(name);
  if (value == nullptr || (value->is_number() && value->as_double() >= least && value->as_double() <= most)) {
    return {};
  }
  return format_text("{} is {}, and must lie in [{}, {}]", name, printable(value->dump()), least, most);
}

// What is wrong with any event on this line, from 1.
Fault fault_of(const Json& event, std::size_t line) {
  if (event.text_or("type").empty() || !has_count(event, "epoch") || !has_count(event, "step")) {
    return "no event";
  }
  if (const Json* t = event.find("t"); t == nullptr || *t != Json(line)) {
    return format_text("out of order: t is {} on this line", t == nullptr ? "missing" : printable(t->dump()));
  }
  if (!event.text_or("type").starts_with("interaction_")) {
    return {};
  }
  Fault fault = range_fault(event, "p", 0, 1);
  return fault.empty() ? range_fault(event, "v_hat", -1, 1) : fault;
}

class EventReader {
 public:
  explicit EventReader(const Worlds& worlds) : worlds_(worlds) {}

  Fault take(const Json& event) {
    using Taker = Fault (EventReader::*)(const Json&);
    static constexpr std::array<std::pair<std::string_view, Taker>, 9> kTakers{
        {{kFirstEvent, &EventReader::start},
         {"agent_created", &EventReader::create},
         {"action", &EventReader::act},
         {"interaction_accepted", &EventReader::deal},
         {"interaction_rejected", &EventReader::deal},
         {"payoff_computed", &EventReader::pay},
         {"reputation_updated", &EventReader::rate},
         {"epoch_completed", &EventReader::end_epoch},
         {"simulation_ended", &EventReader::end}}};
    const std::string_view type = event.text_or("type");
    if ((type == kFirstEvent) != run_.events.empty()) {
      return run_.events.empty() ? "an event log begins with simulation_started" : "simulation_started a second time";
    }
    if (run_.is_finished) {
      return "an event behind the end of the run";
    }
    ++run_.events[std::string(type)];
    epoch_ = when_of(event).epoch;
    step_ = when_of(event).step;
    run_.steps_begun = epoch_ + 1 > run_.epochs_begun ? step_ + 1 : std::max(run_.steps_begun, step_ + 1);
    run_.epochs_begun = std::max(run_.epochs_begun, epoch_ + 1);
    const auto* const taker = std::ranges::find(kTakers, type, &std::pair<std::string_view, Taker>::first);
    return taker == kTakers.end() ? Fault() : (this->*taker->second)(event);
  }

  RunRecord result() && {
    share_with_everybody();
    for (AgentRecord& agent : run_.agents) {
      agent.p = agent.accepted > 0 ? agent.p / agent.accepted : kNoValue;
      agent.requests = agent.cached_tokens = agent.read_tokens = kNoValue;
    }
    return std::move(run_);
  }

 private:
  // Fills `place` with the agent of that name.
  Fault find_agent(std::string_view name, int& place) const {
    const auto found = places_.find(std::string(name));
    if (found == places_.end()) {
      return format_text("no agent is called '{}'", printable(name));
    }
    place = found->second;
    return {};
  }

  Fault start(const Json& event) {
    const Json* seed = event.find("seed");
    const bool has_seed =
        seed != nullptr && (seed->is_large_integer() || (seed->is_integer() && seed->as_integer() >= 0));
    const Json* format = event.find("format");
    if (!has_seed || event.text_or("scenario").empty() || format == nullptr || *format != Json(1)) {
      return "not the beginning of a run that this program knows";
    }
    run_.seed = seed->is_large_integer() ? seed->as_large_integer() : static_cast<std::uint64_t>(seed->as_integer());
    run_.id = event.text_or("scenario");
    if (run_.id.contains('/')) {
      return "a scenario_id names files and has no '/'";
    }
    run_.world = event.text_or("world");
    run_.text = event.text_or("file");
    if (auto scenario = read_scenario(run_.text, worlds_)) {
      run_.scenario = *std::move(scenario);
    }
    return {};
  }
  Fault create(const Json& event) {
    const std::string name(event.text_or("agent"));
    if (!places_.emplace(name, static_cast<int>(run_.agents.size())).second) {
      return format_text("a second agent is called '{}'", printable(name));
    }
    run_.agents.push_back({.name = name, .type = std::string(event.text_or("agent_type"))});
    return {};
  }
  Fault act(const Json& event) {
    int place = 0;
    if (Fault fault = find_agent(event.text_or("agent"), place); !fault.empty()) {
      return fault;
    }
    AgentRecord& agent = run_.agents[static_cast<std::size_t>(place)];
    const Json* action = event.find("action");
    const bool is_noop = action != nullptr && action->text_or("action") == kNoop;
    const bool is_asked = event.text_or("by") == "llm";
    agent.actions += 1;
    agent.noops += is_noop ? 1 : 0;
    agent.failures += is_asked && !event.text_or("failure").empty() ? 1 : 0;
    if (is_asked) {
      agent.prompt_tokens += std::max(0.0, number_in(event, "prompt_tokens"));
      agent.output_tokens += std::max(0.0, number_in(event, "output_tokens"));
    }
    return {};
  }
  Fault deal(const Json& event) {
    Deal deal{.epoch = epoch_,
              .step = step_,
              .accepted = event.text_or("type") == "interaction_accepted",
              .p = number_in(event, "p"),
              .a = kNoValue,
              .b = kNoValue};
    if (Fault fault = find_agent(event.text_or("initiator"), deal.from); !fault.empty()) {
      return fault;
    }
    const Json* to = event.find("counterparty");
    if (to != nullptr && !to->is_null()) {
      if (Fault fault = find_agent(event.text_or("counterparty"), deal.to); !fault.empty()) {
        return fault;
      }
    }
    AgentRecord& from = run_.agents[static_cast<std::size_t>(deal.from)];
    from.interactions += 1;
    from.accepted += deal.accepted ? 1 : 0;
    from.p += deal.accepted && has_value(deal.p) ? deal.p : 0;
    if (!deals_.emplace(std::string(event.text_or("interaction")), run_.deals.size()).second) {
      return "an interaction with this number was there before";
    }
    run_.deals.push_back(deal);
    return {};
  }
  Fault pay(const Json& event) {
    const auto found = deals_.find(std::string(event.text_or("interaction")));
    if (found == deals_.end()) {
      return "no interaction has this number";
    }
    Deal& deal = run_.deals[found->second];
    deal.a = number_in(event, "a");
    deal.b = number_in(event, "b");
    deal.surplus = number_in(event, "surplus");
    deal.externality = number_in(event, "externality");
    run_.agents[static_cast<std::size_t>(deal.from)].payoff += deal.a;
    if (deal.to >= 0) {
      run_.agents[static_cast<std::size_t>(deal.to)].payoff += deal.b;
    }
    return {};
  }
  // What went to everybody is shared at the end: agents times interactions would be too many steps.
  void share_with_everybody() {
    double all = 0;
    std::vector<double> own(run_.agents.size());
    for (const Deal& deal : run_.deals) {
      if (deal.to < 0 && deal.accepted && has_value(deal.b)) {  // a log that is broken off may not say it
        all += deal.b;
        own[static_cast<std::size_t>(deal.from)] += deal.b;
      }
    }
    const double others = static_cast<double>(run_.agents.size()) - 1;
    for (std::size_t i = 0; i < run_.agents.size() && others > 0; ++i) {
      run_.agents[i].payoff += (all - own[i]) / others;
    }
  }
  Fault rate(const Json& event) {
    int place = 0;
    Fault fault = find_agent(event.text_or("agent"), place);
    if (fault.empty()) {
      run_.agents[static_cast<std::size_t>(place)].reputation = number_in(event, "to");
    }
    return fault;
  }
  Fault end_epoch(const Json& event) {
    if (std::cmp_not_equal(epoch_, run_.epochs_ended)) {
      return format_text("epoch {} ends where epoch {} does", epoch_, run_.epochs_ended);
    }
    ++run_.epochs_ended;
    constexpr std::size_t kColumnsMax = 256;
    const auto add = [this](const Json* values, std::string_view prefix) {
      if (values != nullptr && values->is_object()) {
        for (const Json::Member& member : values->as_object()) {
          if (run_.epochs.size() >= kColumnsMax && !run_.epochs.contains(std::string(prefix) + member.key)) {
            return;
          }
          std::vector<double>& column = run_.epochs[std::string(prefix) + member.key];
          column.resize(run_.epochs_ended, kNoValue);
          column.back() = number_in(*values, member.key);
        }
      }
    };
    add(event.find("metrics"), "");
    add(event.find("calibration"), "calibration_");
    return {};
  }
  Fault end(const Json& /*event*/) {
    run_.is_finished = true;
    return {};
  }

  const Worlds& worlds_;
  RunRecord run_;
  int epoch_ = 0;
  int step_ = 0;
  std::unordered_map<std::string, int> places_;
  std::unordered_map<std::string, std::size_t> deals_;
};

}  // namespace

Result<void> each_event_of(const std::filesystem::path& file, std::string_view text,
                           const std::function<Fault(const Json& event, std::string_view line)>& take) {
  std::size_t number = 0;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    ++number;
    const std::string_view line = text.substr(0, end);
    const auto event = Json::parse(line);
    Fault fault = event && event->is_object() ? fault_of(*event, number) : "no event";
    if (fault.empty()) {
      fault = take(*event, line);
    }
    if (!fault.empty()) {
      return damaged(file, number, fault);
    }
    text.remove_prefix(end + 1);
  }
  return number == 0 ? damaged(file, 1, "the first event has no end") : Result<void>();
}

StepPlace when_of(const Json& event) {
  return {.epoch = static_cast<int>(integer_of(event, "epoch")), .step = static_cast<int>(integer_of(event, "step"))};
}

Result<RunRecord> read_events(const std::filesystem::path& file, std::string_view text, const Worlds& worlds) {
  EventReader reader(worlds);
  PUNA_TRY_VOID(each_event_of(file, text, [&](const Json& event, std::string_view) { return reader.take(event); }));
  return std::move(reader).result();
}

}  // namespace puna::sim
