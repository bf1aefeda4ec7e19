// The interaction world: agents post, answer, vote, propose work to each other and take tasks. How well they work
// (effort) is theirs to choose; the other side sees the result only afterwards. What an interaction looked like follows
// from that effort.
//
// What an agent sees and does costs the same however many agents there are.
#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "sim/swarm_policy.h"
#include "sim/worlds.h"

namespace puna::sim {
namespace {

constexpr std::size_t kPostsSeen = 5;
constexpr std::size_t kTasksSeen = 5;
constexpr std::size_t kProposalsSeen = 5;
constexpr std::size_t kAgentsSeen = 8;
constexpr int kOfferMax = 5;
const std::array<std::string, 2> kVotes{"up", "down"};

struct Post {
  std::string id;
  int author;
  std::string text;
  int votes = 0;
};
struct Proposal {
  std::string id;
  int from;
  std::string effort;
  std::int64_t offer;
};
// What an agent has done of what is limited.
struct Used {
  int posts = 0;
  int votes = 0;
  int tasks = 0;
  int interactions = 0;  // in this step
};

class Swarm final : public World {
 public:
  explicit Swarm(const WorldSetup& setup)
      : setup_(setup),
        used_(setup.names.size()),
        reputations_(setup.names.size(), 0.0),
        inboxes_(setup.names.size()),
        own_tasks_(setup.names.size()) {
    for (int agent = 0; agent < setup_.agents(); ++agent) {
      numbers_.try_emplace(name(agent), agent);
      partners_.push_back(partners_of(agent));
    }
    const std::vector<std::string> ids{"ID"};  // stands for those that there are
    kinds_ = kinds("ID", ids, {"NAME"}, ids, ids);
  }

  [[nodiscard]] std::string rules() const override {
    return "Agents post, vote, propose work to each other and take tasks. Effort full is good work, half is poor, none "
           "harms. Good work raises your reputation, and others accept you by it.";
  }
  [[nodiscard]] const std::vector<ActionKind>& actions() const override { return kinds_; }

  [[nodiscard]] std::vector<ActionKind> allowed(int agent) const override {
    const Used& used = used_[index(agent)];
    std::vector<std::string> posts;
    for (const Post& post : posts_) {
      posts.push_back(post.id);
    }
    std::vector<std::string> partners;
    for (const int other : partners_[index(agent)]) {
      partners.push_back(setup_.names[index(other)]);
    }
    std::vector<std::string> proposals;
    for (const Proposal* proposal : proposals_to(agent)) {
      proposals.push_back(proposal->id);
    }
    const std::optional<int> own = own_tasks_[index(agent)];
    std::vector<ActionKind> found;
    for (ActionKind& kind : kinds(own ? task_name(*own) : "", posts, partners, proposals, free_tasks())) {
      const bool is_over =
          ((kind.name == "post" || kind.name == "reply") && used.posts >= setup_.limits.posts_per_epoch) ||
          (kind.name == "vote" && used.votes >= setup_.limits.votes_per_epoch) ||
          (kind.name == "propose" && used.interactions >= setup_.limits.interactions_per_step) ||
          (kind.name == "claim" && (own || used.tasks >= setup_.limits.tasks_per_epoch));
      if (!is_over) {
        found.push_back(std::move(kind));
      }
    }
    return found;
  }

  [[nodiscard]] std::vector<std::string> view(int agent) const override {
    std::vector<std::string> lines{format_text("Your reputation: {:.2f}.", reputations_[index(agent)])};
    for (const Post& post : posts_) {
      lines.push_back(format_text("Post {} by {}, {} votes: {}", post.id, name(post.author), post.votes, post.text));
    }
    for (const Proposal* proposal : proposals_to(agent)) {
      lines.push_back(format_text("Proposal {} from {} (reputation {:.2f}), offers {}.", proposal->id,
                                  name(proposal->from), reputations_[index(proposal->from)], proposal->offer));
    }
    if (const std::optional<int> own = own_tasks_[index(agent)]) {
      lines.push_back(format_text("Your task: {}.", task_name(*own)));
    }
    std::string free;
    for (const std::string& task : free_tasks()) {
      free += (free.empty() ? "" : ", ") + task;
    }
    std::string others;
    for (const int other : partners_[index(agent)]) {
      others += (others.empty() ? "" : ", ") + name(other);
    }
    lines.push_back("Free tasks: " + (free.empty() ? "none" : free) + ".");
    lines.push_back("Agents: " + (others.empty() ? "none" : others) + ".");
    return lines;
  }

  [[nodiscard]] Action scripted(int agent, AgentType type, Random& random) const override {
    const std::vector<Proposal const*> waiting = proposals_to(agent);
    return swarm_policy({.type = type,
                         .allowed = allowed(agent),
                         .own_reputation = reputations_[index(agent)],
                         .sender_reputation = waiting.empty() ? 0 : reputations_[index(waiting.front()->from)],
                         .offer = waiting.empty() ? 0 : waiting.front()->offer},
                        random);
  }

  void begin_epoch(Step& step) override {
    std::ranges::fill(used_, Used{});
    free_tasks_.clear();
    std::ranges::fill(own_tasks_, std::nullopt);
    for (int i = 0; i < setup_.agents(); ++i) {
      free_tasks_.insert(free_tasks_.end(), ++task_ids_);
    }
    see(step);
  }
  void begin_step(Step& step) override {
    for (Used& used : used_) {
      used.interactions = 0;
    }
    see(step);
  }
  void act(int agent, const Action& action, Step& step) override {
    if (action.kind == "post" || action.kind == "reply") {
      post(agent, action, step);
    } else if (action.kind == "vote") {
      vote(agent, action, step);
    } else if (action.kind == "propose") {
      propose(agent, action, step);
    } else if (action.kind == "accept" || action.kind == "reject") {
      answer(agent, action, step);
    } else if (action.kind == "claim") {
      claim(agent, action, step);
    } else {
      submit(agent, action, step);
    }
  }
  void end_epoch(Step& step) override {
    for (const auto& [number, proposal] : proposals_) {
      step.record("interaction_expired", Json::object({{"proposal", proposal.id}}));
    }
    proposals_.clear();
    std::ranges::for_each(inboxes_, [](std::vector<int>& inbox) { inbox.clear(); });
  }

 private:
  // Every kind that has values: an empty list leaves the kinds out that need one.
  static std::vector<ActionKind> kinds(const std::string& own_task, const std::vector<std::string>& posts,
                                       const std::vector<std::string>& partners,
                                       const std::vector<std::string>& proposals,
                                       const std::vector<std::string>& tasks) {
    std::vector<ActionKind> made{
        {.name = "post", .what = "say something to all", .parameters = {Parameter::text("text", 60)}}};
    if (!posts.empty()) {
      made.push_back({.name = "reply",
                      .what = "answer a post",
                      .parameters = {Parameter::choice("post", posts), Parameter::text("text", 60)}});
      made.push_back({.name = "vote",
                      .what = "vote on a post",
                      .parameters = {Parameter::choice("post", posts), Parameter::choice("vote", kVotes)}});
    }
    if (!partners.empty()) {
      made.push_back({.name = "propose",
                      .what = "offer work to an agent, and points for taking it",
                      .parameters = {Parameter::choice("to", partners), Parameter::choice("effort", kEfforts),
                                     Parameter::integer("offer", 0, kOfferMax)}});
    }
    if (!proposals.empty()) {
      made.push_back(
          {.name = "accept", .what = "take a proposal", .parameters = {Parameter::choice("proposal", proposals)}});
      made.push_back(
          {.name = "reject", .what = "refuse a proposal", .parameters = {Parameter::choice("proposal", proposals)}});
    }
    if (!tasks.empty()) {
      made.push_back({.name = "claim", .what = "take a task", .parameters = {Parameter::choice("task", tasks)}});
    }
    if (!own_task.empty()) {
      made.push_back(
          {.name = "submit",
           .what = "hand in your task",
           .parameters = {Parameter::choice("task", std::vector{own_task}), Parameter::choice("effort", kEfforts)}});
    }
    return made;
  }

  static std::size_t index(int agent) { return static_cast<std::size_t>(agent); }
  [[nodiscard]] const std::string& name(int agent) const { return setup_.names[index(agent)]; }
  void see(const Step& step) {
    for (int agent = 0; agent < setup_.agents(); ++agent) {
      reputations_[index(agent)] = step.agent(agent).reputation;
    }
  }
  // Some of those it may deal with: the next ones behind it.
  [[nodiscard]] std::vector<int> partners_of(int agent) const {
    std::vector<int> found;
    for (int i = 1; i < setup_.agents() && found.size() < kAgentsSeen; ++i) {
      const int other = (agent + i) % setup_.agents();
      if (setup_.network.joins(agent, other)) {
        found.push_back(other);
      }
    }
    return found;
  }
  [[nodiscard]] std::vector<const Proposal*> proposals_to(int agent) const {
    std::vector<const Proposal*> found;
    for (const int number : inboxes_[index(agent)]) {
      if (found.size() < kProposalsSeen) {
        found.push_back(&proposals_.at(number));
      }
    }
    return found;
  }
  static std::string task_name(int number) { return format_text("t{}", number); }
  static int task_number(std::string_view name) {
    int number = 0;
    name.remove_prefix(std::min<std::size_t>(name.size(), 1));
    std::from_chars(name.data(), name.data() + name.size(), number);
    return number;
  }
  [[nodiscard]] std::vector<std::string> free_tasks() const {
    std::vector<std::string> found;
    for (auto task = free_tasks_.begin(); task != free_tasks_.end() && found.size() < kTasksSeen; ++task) {
      found.push_back(task_name(*task));
    }
    return found;
  }

  void post(int agent, const Action& action, Step& step) {
    ++used_[index(agent)].posts;
    const std::string text = said(action.text("text"));
    const auto to = action.kind == "reply" ? std::ranges::find(posts_, action.text("post"), &Post::id) : posts_.end();
    if (to != posts_.end() && to->author != agent) {
      step.tell(to->author, format_text("{} replied to {}: {}", name(agent), to->id, text));
    }
    posts_.push_back({.id = format_text("p{}", ++post_ids_), .author = agent, .text = text});
    if (posts_.size() > kPostsSeen) {
      posts_.pop_front();
    }
  }
  void vote(int agent, const Action& action, Step& step) {
    ++used_[index(agent)].votes;
    const auto post = std::ranges::find(posts_, action.text("post"), &Post::id);
    if (post == posts_.end()) {
      step.tell(agent, format_text("Post {} is gone.", action.text("post")));
      return;
    }
    post->votes += action.text("vote") == kVotes[0] ? 1 : -1;
  }
  void propose(int agent, const Action& action, Step& step) {
    ++used_[index(agent)].interactions;
    const int to = numbers_.at(action.text("to"));
    const int number = ++proposal_ids_;
    const Proposal& proposal = proposals_
                                   .emplace(number, Proposal{.id = format_text("i{}", number),
                                                             .from = agent,
                                                             .effort = action.text("effort"),
                                                             .offer = action.integer("offer")})
                                   .first->second;
    inboxes_[index(to)].push_back(number);
    step.record("interaction_proposed", Json::object({{"proposal", proposal.id},
                                                      {"initiator", name(agent)},
                                                      {"counterparty", name(to)},
                                                      {"offer", action.integer("offer")}}));
  }
  void answer(int agent, const Action& action, Step& step) {
    std::vector<int>& inbox = inboxes_[index(agent)];
    const auto found =
        std::ranges::find(inbox, action.text("proposal"), [this](int number) { return proposals_.at(number).id; });
    if (found == inbox.end()) {
      return;
    }
    const Proposal& proposal = proposals_.at(*found);
    const bool accepted = action.kind == "accept";
    Observables seen = observables_of(proposal.effort);
    seen.engagement = accepted ? seen.engagement : std::min(seen.engagement, 0.0);
    if (!step.interact({.initiator = proposal.from,
                        .counterparty = agent,
                        .kind = "work",
                        .accepted = accepted,
                        .seen = seen,
                        .transfer = static_cast<double>(proposal.offer),
                        .truth = proposal.effort == kEfforts[0],
                        .proposal = proposal.id})) {
      step.tell(agent, format_text("{} may do no more in this step: proposal {} is still open.", name(proposal.from),
                                   proposal.id));
      return;
    }
    step.tell(proposal.from, format_text("{} {} your proposal.", name(agent), accepted ? "accepted" : "rejected"));
    if (accepted) {
      step.tell(agent, format_text("The work of {} was {}.", name(proposal.from), quality_of(proposal.effort)));
    }
    proposals_.erase(*found);
    inbox.erase(found);
  }
  void claim(int agent, const Action& action, Step& step) {
    const auto task = free_tasks_.find(task_number(action.text("task")));
    if (task == free_tasks_.end()) {
      step.tell(agent, format_text("Task {} was taken by another.", action.text("task")));
      return;
    }
    ++used_[index(agent)].tasks;
    own_tasks_[index(agent)] = *task;
    free_tasks_.erase(task);
  }
  void submit(int agent, const Action& action, Step& step) {
    const std::string& effort = action.text("effort");
    const double chance = effort == kEfforts[0] ? 1 : effort == kEfforts[1] ? 0.5 : 0.1;
    const bool accepted = step.random().uniform() < chance;
    Observables seen = observables_of(effort);
    seen.rejections += accepted ? 0 : 1;
    if (!step.interact(
            {.initiator = agent, .kind = "task", .accepted = accepted, .seen = seen, .truth = effort == kEfforts[0]})) {
      step.tell(agent, format_text("You may do no more in this step: task {} is still yours.", action.text("task")));
      return;
    }
    own_tasks_[index(agent)] = std::nullopt;
    step.score(agent, accepted ? 1 : 0);
    step.tell(agent, format_text("Your task {} was {}.", action.text("task"), accepted ? "accepted" : "rejected"));
  }

  const WorldSetup setup_;
  std::vector<Used> used_;
  std::vector<double> reputations_;  // as they were when the step began
  std::vector<ActionKind> kinds_;
  std::deque<Post> posts_;                        // the last ones
  std::unordered_map<std::string, int> numbers_;  // of agents, by name
  std::vector<std::vector<int>> partners_;        // of each agent
  std::map<int, Proposal> proposals_;             // by number: those that wait for an answer
  std::vector<std::vector<int>> inboxes_;         // of each agent: their numbers
  std::set<int> free_tasks_;
  std::vector<std::optional<int>> own_tasks_;  // of each agent
  int post_ids_ = 0;
  int proposal_ids_ = 0;
  int task_ids_ = 0;
};

}  // namespace

WorldKind swarm_world() {
  return {.name = "swarm",
          .what = "posts, votes, proposals and tasks: SWARM's interaction world",
          .parameters = {},
          .has_network = true,
          .has_limits = true,
          .make = [](const WorldSetup& setup) { return std::make_unique<Swarm>(setup); }};
}

}  // namespace puna::sim
