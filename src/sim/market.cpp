// A double auction: in each step buyers bid and sellers ask for one unit, and the market clears at one price.
#include <algorithm>
#include <cmath>
#include <functional>
#include <ranges>

#include "sim/worlds.h"

namespace puna::sim {
namespace {

constexpr const char* kNoSeller = "Your bid found no seller.";
constexpr const char* kNoBuyer = "Your ask found no buyer.";

class Market final : public World {
 public:
  explicit Market(const WorldSetup& setup)
      : price_max_(std::llround(setup.number("price_max"))),
        seed_(setup.seed),
        values_(static_cast<std::size_t>(setup.agents())),
        kinds_{{.name = "bid",
                .what = "offer to buy one unit for at most this price",
                .parameters = {Parameter::integer("price", 1, price_max_)}},
               {.name = "ask",
                .what = "offer to sell one unit for at least this price",
                .parameters = {Parameter::integer("price", 1, price_max_)}}} {}

  [[nodiscard]] std::string rules() const override {
    return "Buyers bid and sellers ask for one unit each step. Trades happen at one price between bids and asks. A "
           "buyer "
           "wins value less price, a seller wins price less cost.";
  }
  [[nodiscard]] const std::vector<ActionKind>& actions() const override { return kinds_; }
  [[nodiscard]] std::vector<ActionKind> allowed(int agent) const override {
    return {is_buyer(agent) ? kinds_[0] : kinds_[1]};
  }
  [[nodiscard]] std::vector<std::string> view(int agent) const override {
    return {is_buyer(agent) ? format_text("You are a buyer. The unit is worth {} to you.", value(agent))
                            : format_text("You are a seller. The unit costs you {}.", value(agent)),
            last_price_ == 0 ? std::string("No trade yet.") : format_text("The last price was {}.", last_price_)};
  }

  [[nodiscard]] Action scripted(int agent, AgentType type, Random& random) const override {
    const auto worth = static_cast<double>(value(agent));
    const double sign = is_buyer(agent) ? -1 : 1;
    switch (type) {
      case AgentType::honest:
        return order(agent, worth);
      case AgentType::opportunistic:
        return order(agent, worth * (1 + sign * 0.2));
      case AgentType::deceptive:
        return order(agent, worth * (1 + sign * 0.4));
      case AgentType::adversarial:
        return order(agent, is_buyer(agent) ? 1 : static_cast<double>(price_max_));
      case AgentType::cautious:
        return order(agent, worth * (1 + sign * 0.05));
      case AgentType::reciprocator:
        return order(agent, last_price_ == 0 ? worth : (worth + static_cast<double>(last_price_)) / 2);
      case AgentType::random:
      case AgentType::llm:
        break;
    }
    return random_action(allowed(agent), random);
  }

  void begin_epoch(Step& step) override {
    epoch_ = step.epoch();
    Random random(Random::mix(seed_, static_cast<std::uint64_t>(epoch_)));
    for (std::int64_t& worth : values_) {
      worth = 1 + static_cast<std::int64_t>(random.uniform() * static_cast<double>(price_max_));
    }
  }
  void begin_step(Step& /*step*/) override {
    bids_.clear();
    asks_.clear();
  }
  void act(int agent, const Action& action, Step& /*step*/) override {
    (is_buyer(agent) ? bids_ : asks_).push_back({.agent = agent, .price = action.integer("price")});
  }
  void end_step(Step& step) override {
    std::ranges::stable_sort(bids_, std::greater(), &Order::price);
    std::ranges::stable_sort(asks_, std::less(), &Order::price);
    std::size_t trades = 0;
    while (trades < std::min(bids_.size(), asks_.size()) && bids_[trades].price >= asks_[trades].price) {
      ++trades;
    }
    const std::int64_t price = trades == 0 ? 0 : (bids_[trades - 1].price + asks_[trades - 1].price) / 2;
    const std::size_t pairs = std::min(bids_.size(), asks_.size());
    for (std::size_t i = 0; i < pairs; ++i) {
      settle(bids_[i], asks_[i], i < trades ? price : asks_[i].price, i < trades, step);
    }
    for (const Order& bid : bids_ | std::views::drop(pairs)) {
      step.tell(bid.agent, kNoSeller);
    }
    for (const Order& ask : asks_ | std::views::drop(pairs)) {
      step.tell(ask.agent, kNoBuyer);
    }
    last_price_ = trades == 0 ? last_price_ : price;
    step.record("market_cleared", Json::object({{"trades", trades}, {"price", trades == 0 ? Json() : Json(price)}}));
  }

 private:
  struct Order {
    int agent = 0;
    std::int64_t price = 0;
  };

  // Roles change from epoch to epoch.
  [[nodiscard]] bool is_buyer(int agent) const { return (agent + epoch_) % 2 == 0; }
  [[nodiscard]] std::int64_t value(int agent) const { return values_[static_cast<std::size_t>(agent)]; }
  [[nodiscard]] Action order(int agent, double price) const {
    const std::int64_t whole = std::clamp<std::int64_t>(std::llround(price), 1, price_max_);
    return {.kind = is_buyer(agent) ? "bid" : "ask", .arguments = Json::object({{"price", whole}})};
  }
  // How a trade looks: by what the buyer gains, and by how far the seller asked beyond the cost.
  void settle(const Order& bid, const Order& ask, std::int64_t price, bool traded, Step& step) const {
    const auto scale = static_cast<double>(price_max_);
    const auto gain = static_cast<double>(value(bid.agent) - price);
    const auto profit = static_cast<double>(price - value(ask.agent));
    const bool is_traded =
        step.interact({.initiator = ask.agent,
                       .counterparty = bid.agent,
                       .kind = "trade",
                       .accepted = traded,
                       .seen = {.progress = std::clamp(2 * gain / scale, -1.0, 1.0),
                                .rejections = gain < 0 ? 1 : 0,
                                .engagement = std::clamp((gain - std::abs(profit - gain)) / scale, -1.0, 1.0)},
                       .truth = value(bid.agent) >= value(ask.agent)}) &&
        traded;
    if (is_traded) {
      step.score(bid.agent, gain);
      step.score(ask.agent, profit);
    }
    step.tell(bid.agent, is_traded ? format_text("You bought for {} and won {}.", price, gain) : kNoSeller);
    step.tell(ask.agent, is_traded ? format_text("You sold for {} and won {}.", price, profit) : kNoBuyer);
  }

  const std::int64_t price_max_;
  const std::uint64_t seed_;
  std::vector<std::int64_t> values_;
  const std::vector<ActionKind> kinds_;
  std::vector<Order> bids_;
  std::vector<Order> asks_;
  std::int64_t last_price_ = 0;
  int epoch_ = 0;
};

}  // namespace

WorldKind market_world() {
  return {.name = "market",
          .what = "double auction: buyers bid, sellers ask, the market clears at one price",
          .parameters = {{.name = "price_max",
                          .otherwise = 100,
                          .min = 2,
                          .max = 1'000'000,
                          .is_whole = true,
                          .what = "largest price, value and cost"}},
          .make = [](const WorldSetup& setup) { return std::make_unique<Market>(setup); }};
}

}  // namespace puna::sim
