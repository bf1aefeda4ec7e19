// See puna/tools/permission.h: the order in which a call's fate is decided. What to decide by is decision.h's.
#include "puna/tools/permission.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "tools/call_facts.h"
#include "tools/decision.h"
#include "tools/observation.h"

namespace puna {
namespace {

constexpr std::string_view kDenied = "denied by ";
constexpr std::string_view kAllowed = "allowed by ";

class Permissions;

// Of an agent below: all that is known and decided is the other's.
class AgentPermissions final : public Gate {
 public:
  AgentPermissions(Permissions& above, std::string agent) : above_(above), agent_(std::move(agent)) {}

  void begin(std::span<const Message> /*transcript*/, const Toolbox& /*tools*/) override {}
  Permit before(const ToolCall& call, const Tool& tool, const std::stop_token& stop) override;
  void after(const Tool& tool) override;
  std::unique_ptr<Gate> for_agent(std::string_view name) override {
    return std::make_unique<AgentPermissions>(above_, agent_ + "/" + std::string(name));
  }

 private:
  Permissions& above_;
  const std::string agent_;
};

class Permissions final : public Gate {
 public:
  explicit Permissions(PermissionOptions options)
      : options_(std::move(options)),
        own_(options_.approvals == nullptr ? Approvals::in_memory() : nullptr),
        approvals_(own_ ? *own_ : *options_.approvals) {}

  void begin(std::span<const Message> transcript, const Toolbox& tools) override {
    // A code agent's calls leave no messages of their own: what was seen stays until the model has nothing before it.
    const bool is_new =
        std::ranges::none_of(transcript, [](const Message& message) { return message.role == Role::assistant; });
    if (is_new) {
      has_private_ = false;
      has_untrusted_ = false;
    }
    const bool is_continued = !is_new && !has_begun_;  // what agents did in it, this gate has not seen
    has_begun_ = true;
    refused_.clear();
    questions_ = 0;
    for (const Message& message : transcript) {
      if (message.role == Role::tool && !message.permission.starts_with(kDenied)) {
        const Tool* tool = tools.find(message.tool);
        const std::optional<ToolTraits> traits = tool == nullptr ? std::nullopt : tool->traits();
        saw(traits && traits->delegates && is_continued ? std::nullopt : traits);
      }
    }
  }

  Permit before(const ToolCall& call, const Tool& tool, const std::stop_token& stop) override {
    return judged(call, tool, "", stop);
  }

  void after(const Tool& tool) override { saw(tool.traits()); }

  std::unique_ptr<Gate> for_agent(std::string_view name) override {
    return std::make_unique<AgentPermissions>(*this, std::string(name));
  }

  // agent  empty: the one of this gate
  Permit judged(const ToolCall& call, const Tool& tool, const std::string& agent, const std::stop_token& stop) {
    tools::CallFacts facts = tools::facts_of(call, tool.traits(), options_.workspace.get());
    facts.is_tainted = has_private_ && has_untrusted_;
    tools::Judgement judgement = tools::judge(options_.policy, facts);
    Permit permit{.is_allowed = judgement.verdict == Verdict::allow,
                  .by = Permit::By::policy,
                  .rule = judgement.rule,
                  .call_hash = tools::call_hash(options_.project.string(), call),
                  .has_private = has_private_,
                  .has_untrusted = has_untrusted_,
                  .observation = {},
                  .agent = agent};
    if (judgement.verdict == Verdict::ask) {
      ask(call, facts, judgement, permit, stop);
    }
    if (!permit.is_allowed) {
      permit.observation = observation(call, permit);
    }
    return permit;
  }

 private:
  void saw(const std::optional<ToolTraits>& traits) {
    has_private_ = has_private_ || !traits || traits->reads_private;
    has_untrusted_ = has_untrusted_ || !traits || traits->reads_untrusted;
  }

  void ask(const ToolCall& call, const tools::CallFacts& facts, const tools::Judgement& judgement, Permit& permit,
           const std::stop_token& stop) {
    // A rule of the operator's asks again for every argument; and the whole of a tool is not what a line that nobody
    // understood belongs to.
    const bool understood = !facts.commands || facts.commands->has_value();
    const auto of_agent = [&permit](Json key) {
      return permit.agent.empty() ? std::move(key) : key.set("agent", permit.agent);
    };
    const auto key =
        judgement.is_fresh ? std::nullopt : tools::argument_key(facts, permit.call_hash).transform(of_agent);
    const bool may_keep_tool = !judgement.is_fresh && !judgement.by_rule && understood;
    if ((key && approvals_.holds(*key)) || (may_keep_tool && approvals_.holds(of_agent(tools::tool_key(facts))))) {
      permit.is_allowed = true;
      permit.by = Permit::By::approval;
      return;
    }
    if (refused_.contains(permit.call_hash)) {
      permit.by = Permit::By::user;
      return;
    }
    permit.by = Permit::By::nobody;
    if (options_.approver == nullptr || questions_ >= options_.questions_max) {
      return;
    }
    ++questions_;
    const auto approval = options_.approver->decide({.call = call,
                                                     .agent = permit.agent,
                                                     .call_hash = permit.call_hash,
                                                     .rule = judgement.rule,
                                                     .argument = key ? tools::argument_text(facts) : "",
                                                     .may_keep_tool = may_keep_tool,
                                                     .has_odd_letters = has_odd_letters(facts)},
                                                    stop);
    if (!approval) {
      return;
    }
    permit.by = Permit::By::user;
    permit.is_allowed = approval->answer != Approval::Answer::no && approval->call_hash == permit.call_hash;
    if (!permit.is_allowed) {
      refused_.insert(permit.call_hash);
      return;
    }
    if (approval->answer == Approval::Answer::always_this && key) {
      keep(*key, permit);
    } else if (approval->answer == Approval::Answer::always_tool && may_keep_tool) {
      keep(of_agent(tools::tool_key(facts)), permit);
    }
  }

  // What cannot be kept holds once.
  void keep(const Json& key, Permit& permit) {
    if (const auto kept = approvals_.add(key); !kept) {
      permit.rule += format_text(" (the answer could not be kept: {})", kept.error().message);
    }
  }

  // In what the call is about, not in what it brings.
  static bool has_odd_letters(const tools::CallFacts& facts) {
    const auto is_subject = [&](const std::string& name) {
      return !facts.traits || name == facts.traits->command_argument || name == facts.traits->subject_argument ||
             std::ranges::contains(facts.traits->path_arguments, name);
    };
    return std::ranges::any_of(facts.arguments, [&](const auto& argument) {
      return is_subject(argument.first) &&
             std::ranges::any_of(argument.second, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    });
  }

  static std::string observation(const ToolCall& call, const Permit& permit) {
    const std::string_view why = permit.by == Permit::By::policy ? "a rule forbids it"
                                 : permit.by == Permit::By::user ? "the user said no"
                                                                 : "nobody is here who could allow it";
    return format_text("this call of {} is not permitted: {} ({}). Do not try it again.", call.name, why,
                       tools::shown(permit.rule));
  }

  const PermissionOptions options_;
  const std::unique_ptr<Approvals> own_;
  Approvals& approvals_;
  bool has_begun_ = false;
  bool has_private_ = false;
  bool has_untrusted_ = false;
  std::set<std::string> refused_;  // hashes of calls to which the user said no in this run
  int questions_ = 0;
};

Permit AgentPermissions::before(const ToolCall& call, const Tool& tool, const std::stop_token& stop) {
  return above_.judged(call, tool, agent_, stop);
}
void AgentPermissions::after(const Tool& tool) { above_.after(tool); }

// Of a gate that knows nothing of agents.
class LentGate final : public Gate {
 public:
  LentGate(Gate& above, std::string agent) : above_(above), agent_(std::move(agent)) {}

  void begin(std::span<const Message> /*transcript*/, const Toolbox& /*tools*/) override {}
  Permit before(const ToolCall& call, const Tool& tool, const std::stop_token& stop) override {
    Permit permit = above_.before(call, tool, stop);
    permit.agent += (permit.agent.empty() ? "" : "/") + agent_;
    return permit;
  }
  void after(const Tool& tool) override { above_.after(tool); }

 private:
  Gate& above_;
  const std::string agent_;
};

}  // namespace

std::unique_ptr<Gate> Gate::for_agent(std::string_view name) {
  return std::make_unique<LentGate>(*this, std::string(name));
}

std::string_view name_of(Permit::By by) noexcept {
  switch (by) {
    case Permit::By::policy:
      return "policy";
    case Permit::By::approval:
      return "approval";
    case Permit::By::user:
      return "user";
    case Permit::By::nobody:
      return "nobody";
  }
  return "nobody";
}

std::string Permit::text() const { return format_text("{}{}: {}", is_allowed ? kAllowed : kDenied, name_of(by), rule); }

std::unique_ptr<Gate> make_permissions(PermissionOptions options) {
  return std::make_unique<Permissions>(std::move(options));
}

}  // namespace puna
