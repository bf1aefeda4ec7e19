// Test support: weights and a grammar that belong to the fake library.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/fake_backend.h"
#include "engine/memory_plan.h"

namespace puna::engine::fake {

// Allows exactly one text, then the end.
class ExactText final : public TokenFilter {
 public:
  explicit ExactText(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] Result<void> test(std::span<const Token> tokens, std::span<std::uint8_t> allowed) override {
    const Token wanted = done_ < text_.size() ? static_cast<unsigned char>(text_[done_]) : kEnd;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      allowed[i] = tokens[i] == wanted ? 1 : 0;
    }
    return {};
  }
  [[nodiscard]] Result<void> accept(Token /*token*/) override {
    ++done_;
    return {};
  }

 private:
  std::string text_;
  std::size_t done_ = 0;
};

// Leaves no choice about stretches of a text, of 1 to `stretch` tokens.
class ForcedStretches final : public TokenFilter {
 public:
  ForcedStretches(std::string_view text, std::size_t stretch) : text_(text), stretch_(stretch) {}

  [[nodiscard]] Result<void> test(std::span<const Token> tokens, std::span<std::uint8_t> allowed) override {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      allowed[i] = done_ < text_.size() ? tokens[i] == at(done_) : tokens[i] == kEnd;
    }
    return {};
  }
  [[nodiscard]] Result<void> accept(Token /*token*/) override {
    ++done_;
    return {};
  }
  [[nodiscard]] std::span<const Token> forced(std::optional<Token> last) override {
    run_.clear();
    if (last) {
      run_.push_back(*last);
    }
    for (std::size_t left = (done_ * 7 + 3) % stretch_; left > 0 && done_ < text_.size(); --left) {
      run_.push_back(at(done_++));
    }
    return run_;
  }

 private:
  [[nodiscard]] Token at(std::size_t index) const { return static_cast<unsigned char>(text_[index]); }

  std::string text_;
  std::size_t stretch_;
  std::size_t done_ = 0;
  std::vector<Token> run_;
};

class FakeWeights final : public EngineWeights {
 public:
  explicit FakeWeights(Settings settings = {}, std::shared_ptr<Calls> calls = std::make_shared<Calls>())
      : settings_(std::move(settings)), calls_(std::move(calls)) {
    facts_.window_trained_tokens = 4096;
  }

  [[nodiscard]] const ModelFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<std::vector<Token>> tokenize(std::span<const PromptPart> parts,
                                                    const Known& /*known*/) const override {
    std::string text;
    for (const PromptPart& part : parts) {
      text += part.text;
    }
    return plain_tokens(text);
  }
  [[nodiscard]] Result<std::vector<Token>> plain_tokens(std::string_view text) const override {
    std::vector<Token> tokens;
    for (const char c : text) {
      tokens.push_back(static_cast<unsigned char>(c));
    }
    return tokens;
  }
  [[nodiscard]] std::string piece(Token token) const override {
    return token < 256 ? std::string(1, static_cast<char>(token)) : token == kEnd ? "<end>" : "<control>";
  }
  [[nodiscard]] std::string_view bytes(Token token) const override {
    static const std::string kBytes = [] {
      std::string all;
      for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
      }
      return all;
    }();
    return token < 256 ? std::string_view(kBytes).substr(static_cast<std::size_t>(token), 1)
                       : (token == kEnd ? "<end>" : "<control>");
  }
  [[nodiscard]] bool is_control(Token token) const override { return token >= kEnd; }
  [[nodiscard]] bool ends_generation(Token token) const override { return token == kEnd; }
  [[nodiscard]] Token end_of_turn() const override { return kEnd; }
  [[nodiscard]] int vocabulary_tokens() const override { return settings_.vocabulary; }
  [[nodiscard]] Result<std::unique_ptr<Backend>> open_backend(EngineOptions& options) const override {
    const Inside inside;
    options = with_defaults(options, facts_, 1);
    options.saved_bytes_max = options.saved_bytes_max < 0 ? 1 << 20 : options.saved_bytes_max;
    Settings settings = settings_;
    settings.lanes = std::max(settings.lanes, options.sequences_max);
    return std::make_unique<FakeBackend>(std::move(settings), calls_);
  }
  [[nodiscard]] int input_width() const override { return 1; }
  [[nodiscard]] std::span<const Token> suppressed() const override { return suppressed_; }

  // What the "file" says.
  void set_sampling(Sampling sampling) { facts_.sampling = std::move(sampling); }

  std::vector<Token> suppressed_;

 private:
  Settings settings_;
  std::shared_ptr<Calls> calls_;
  ModelFacts facts_;
};

}  // namespace puna::engine::fake
