#include "engine/thinking_filter.h"

#include <algorithm>
#include <utility>

#include "puna/base/text.h"

namespace puna::engine {
namespace {

enum class Phase : std::uint8_t { before, inside, closing, after };

class ReasoningFilter final : public TokenFilter {
 public:
  ReasoningFilter(std::unique_ptr<TokenFilter> inner, ReasoningLimit limit,
                  std::shared_ptr<const EngineWeights> weights, std::vector<Token> closing)
      : inner_(std::move(inner)), limit_(std::move(limit)), weights_(std::move(weights)), closing_(std::move(closing)) {
    if (limit_.open) {
      go_inside({});
    }
  }

  [[nodiscard]] Result<void> test(std::span<const Token> tokens, std::span<std::uint8_t> allowed) override {
    if (phase_ == Phase::closing) {
      std::ranges::transform(tokens, allowed.begin(),
                             [this](Token token) { return std::uint8_t{token == closing_[closed_]}; });
      return {};
    }
    if (inner_) {
      return inner_->test(tokens, allowed);
    }
    std::ranges::fill(allowed, std::uint8_t{1});
    return {};
  }

  [[nodiscard]] Result<void> accept(Token token) override {
    if (inner_) {
      PUNA_TRY_VOID(inner_->accept(token));
    }
    note(token);
    return {};
  }

  [[nodiscard]] std::span<const Token> forced(std::optional<Token> last) override {
    // A certain start is left to sampling: there it may be given up for want of memory, when half of it has been noted.
    if (!inner_ || !last || phase_ == Phase::closing) {
      return {};
    }
    const std::span<const Token> run = inner_->forced(last);
    // The first ones spell the last token again, whose text was noted; a tag is not cut by that.
    std::size_t noted = weights_->bytes(*last).size();
    for (const Token token : run) {
      const std::size_t bytes = weights_->bytes(token).size();
      if (noted >= bytes) {
        noted -= bytes;
      } else {
        note(token, std::exchange(noted, 0));
      }
    }
    return run;
  }

  [[nodiscard]] bool is_complete() override { return inner_ && inner_->is_complete(); }

 private:
  void note(Token token, std::size_t skip = 0) {
    const std::string_view bytes = weights_->bytes(token).substr(skip);
    if (phase_ == Phase::closing) {
      phase_ = ++closed_ == closing_.size() ? Phase::after : Phase::closing;
    } else if (phase_ == Phase::before) {
      text_ += bytes;
      look_for_start();
    } else if (phase_ == Phase::inside) {
      go_inside(bytes);
    }
  }

  // Reasoning is there only if it begins the reply, but for white space.
  void look_for_start() {
    const std::size_t first = text_.find_first_not_of(" \t\r\n");
    const std::string_view text = std::string_view(text_).substr(first == std::string::npos ? text_.size() : first);
    if (text.starts_with(limit_.start)) {
      const std::string rest(text.substr(limit_.start.size()));
      text_.clear();
      go_inside(rest);
    } else if (!limit_.start.starts_with(text)) {
      phase_ = Phase::after;
    }
  }

  // A token with these bytes is part of it; empty: it begins.
  void go_inside(std::string_view bytes) {
    phase_ = Phase::inside;
    tokens_ += bytes.empty() ? 0 : 1;
    text_ += bytes;
    if (text_.contains(limit_.end)) {
      phase_ = Phase::after;
      return;
    }
    const std::size_t tag_begun = begun_at_end(text_, limit_.end);
    if (tokens_ >= limit_.tokens_max) {
      if (tag_begun > 0 && limit_.closing.starts_with(limit_.end)) {
        if (auto rest = weights_->plain_tokens(std::string_view(limit_.closing).substr(tag_begun))) {
          closing_ = *std::move(rest);
        }
      }
      phase_ = closing_.empty() ? Phase::after : Phase::closing;
    }
    text_.erase(0, text_.size() - tag_begun);
  }

  const std::unique_ptr<TokenFilter> inner_;  // may be null
  const ReasoningLimit limit_;
  const std::shared_ptr<const EngineWeights> weights_;
  std::vector<Token> closing_;
  std::size_t closed_ = 0;  // of them, how many came
  Phase phase_ = Phase::before;
  std::string text_;  // before: all of it; inside: its end, that may begin a tag
  int tokens_ = 0;    // of the reasoning
};

}  // namespace

Result<std::unique_ptr<TokenFilter>> limit_reasoning(std::unique_ptr<TokenFilter> inner, const ReasoningLimit& limit,
                                                     std::shared_ptr<const EngineWeights> weights) {
  if (limit.tokens_max < 0 || limit.end.empty() || limit.closing.empty() || (limit.start.empty() && !limit.open)) {
    return fail(
        ErrorCode::invalid_argument,
        format_text("a limit of {} tokens of reasoning needs its tags, and cannot be negative", limit.tokens_max));
  }
  const auto spelled = [&weights](const std::string& text) {
    return weights->tokenize(std::vector<PromptPart>{{.text = text, .trust = Trust::trusted}});
  };
  PUNA_TRY(std::vector<Token> closing, spelled(limit.closing));
  PUNA_TRY(const std::vector<Token> of_nothing, spelled(""));  // BOS, where the vocabulary has one
  if (std::ranges::starts_with(closing, of_nothing)) {
    closing.erase(closing.begin(), closing.begin() + std::ssize(of_nothing));
  }
  return std::make_unique<ReasoningFilter>(std::move(inner), limit, std::move(weights), std::move(closing));
}

}  // namespace puna::engine
