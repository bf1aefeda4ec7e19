// A repeated public goods game: what is put into the pot grows and is shared by all, whoever paid.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/worlds.h"

namespace puna::sim {
namespace {

class PublicGoods final : public World {
 public:
  explicit PublicGoods(const WorldSetup& setup)
      : endowment_(std::llround(setup.number("endowment"))),
        multiplier_(setup.number("multiplier")),
        given_(static_cast<std::size_t>(setup.agents()), 0),
        kinds_{{.name = "give",
                .what = "put points into the pot, keep the rest",
                .parameters = {Parameter::integer("amount", 0, endowment_)}}} {}

  [[nodiscard]] std::string rules() const override {
    return format_text("Each step every agent gets {} points. The pot is multiplied by {} and shared by all {} agents.",
                       endowment_, multiplier_, given_.size());
  }
  [[nodiscard]] const std::vector<ActionKind>& actions() const override { return kinds_; }
  [[nodiscard]] std::vector<std::string> view(int /*agent*/) const override {
    return {step_ == 0 ? "First step." : format_text("Last step the agents gave {:.1f} on average.", mean_)};
  }

  [[nodiscard]] Action scripted(int /*agent*/, AgentType type, Random& random) const override {
    const double all = static_cast<double>(endowment_);
    const double seen = step_ == 0 ? all / 2 : mean_;
    switch (type) {
      case AgentType::honest:
        return give(all);
      case AgentType::opportunistic:
        return give(seen >= all / 2 ? all * 0.3 : 0);
      case AgentType::deceptive:
        return give(is_first_ ? all : all * 0.1);
      case AgentType::adversarial:
        return give(0);
      case AgentType::cautious:
        return give(std::min(seen, all * 0.4));
      case AgentType::reciprocator:
        return give(seen);
      case AgentType::random:
      case AgentType::llm:
        break;
    }
    return random_action(kinds_, random);
  }

  void begin_epoch(Step& /*step*/) override { is_first_ = true; }
  void begin_step(Step& /*step*/) override { std::ranges::fill(given_, 0); }
  void act(int agent, const Action& action, Step& step) override {
    given_[static_cast<std::size_t>(agent)] = action.integer("amount");
    const double share = static_cast<double>(action.integer("amount")) / static_cast<double>(endowment_);
    step.interact({.initiator = agent,
                   .kind = "contribution",
                   .seen = {.progress = 2 * share - 1, .rejections = share > 0 ? 0 : 1, .engagement = share - 0.5},
                   .truth = share >= 0.5});
  }
  void end_step(Step& step) override {
    const auto agents = static_cast<double>(given_.size());
    const auto pot = static_cast<double>(std::accumulate(given_.begin(), given_.end(), std::int64_t{0}));
    mean_ = pot / agents;
    const double share = pot * multiplier_ / agents;
    for (std::size_t agent = 0; agent < given_.size(); ++agent) {
      const auto id = static_cast<int>(agent);
      const double points = static_cast<double>(endowment_ - given_[agent]) + share;
      step.score(id, points);
      step.tell(id, format_text("You gave {}, the average was {:.1f}, you have {:.1f} points more.", given_[agent],
                                mean_, points));
    }
    step.record("pot_shared", Json::object({{"pot", pot}, {"share", share}}));
    is_first_ = false;
    ++step_;
  }

 private:
  static Action give(double amount) {
    return {.kind = "give", .arguments = Json::object({{"amount", std::llround(amount)}})};
  }

  const std::int64_t endowment_;
  const double multiplier_;
  std::vector<std::int64_t> given_;
  const std::vector<ActionKind> kinds_;
  double mean_ = 0;
  int step_ = 0;
  bool is_first_ = true;  // step of the epoch
};

}  // namespace

WorldKind public_goods_world() {
  return {
      .name = "public_goods",
      .what = "repeated public goods: give to a pot that grows and is shared by all",
      .parameters = {{.name = "endowment",
                      .otherwise = 20,
                      .min = 1,
                      .max = 1'000,
                      .is_whole = true,
                      .what = "points that each agent gets in each step"},
                     {.name = "multiplier", .otherwise = 1.6, .min = 0, .max = 100, .what = "what the pot grows by"}},
      .make = [](const WorldSetup& setup) { return std::make_unique<PublicGoods>(setup); }};
}

}  // namespace puna::sim
