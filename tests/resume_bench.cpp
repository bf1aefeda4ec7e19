// resume_bench [--tokens N] [--rounds N]: a conversation of about 4,000 tokens goes on in a new model, once
// with what another one saved of it and once without. Measured, load excluded: from the question to its first token,
// with the saved file read in that time. Exit status 0 when the median ratio of the rounds reaches 20, else 1.
//
// The model is the benchmark's: random weights, 125 million parameters; what it says means nothing.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "puna/engine/random_model.h"
#include "puna/model.h"

namespace puna {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kRatioMin = 20;
constexpr AgentId kTalker{1};

struct Files {
  std::filesystem::path folder;
  Files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-resume-XXXXXX").string();
    folder = ::mkdtemp(pattern.data()) == nullptr ? "" : pattern;
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  ~Files() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  [[nodiscard]] std::filesystem::path model() const { return folder / "model.gguf"; }
  [[nodiscard]] std::filesystem::path state() const { return folder / "talk.kv"; }
};

// When the first token of a reply was there.
class FirstToken final : public EventSink {
 public:
  void on(const Event& event) override {
    if (!at_ && (std::holds_alternative<event::TextDelta>(event) || std::holds_alternative<event::ReplyReady>(event))) {
      at_ = Clock::now();
    }
  }
  [[nodiscard]] double since(Clock::time_point begin) const {
    return std::chrono::duration<double>(at_.value_or(Clock::now()) - begin).count();
  }

 private:
  std::optional<Clock::time_point> at_;
};

Result<std::unique_ptr<LocalModel>> open_model(const Files& files, int tokens) {
  return LocalModel::open(
      {.load = {.file = files.model()}, .engine = {.window_tokens = tokens + 1'024, .sequences_max = 1}});
}

std::string words(int letters) {
  Random random(1);
  std::string text;
  for (int i = 0; i < letters; ++i) {
    text += static_cast<char>('a' + random.next() % 26);
    text += i % 5 == 4 ? " " : "";
  }
  return text;
}

struct Measured {
  double seconds = 0;
  double reading = 0;  // of them
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;
};

Result<Measured> first_token(const Files& files, int tokens, const Request& request, bool is_restored) {
  PUNA_TRY(const auto model, open_model(files, tokens));
  const auto begin = Clock::now();
  if (is_restored) {
    PUNA_TRY_VOID(model->restore(kTalker, files.state()));
  }
  const double reading = std::chrono::duration<double>(Clock::now() - begin).count();
  FirstToken first;
  PUNA_TRY(const Reply reply, model->ask(request, first));
  return Measured{.seconds = first.since(begin),
                  .reading = reading,
                  .prompt_tokens = reply.usage.prompt_tokens,
                  .cached_tokens = reply.usage.cached_tokens};
}

Result<int> bench(int tokens, int rounds) {
  const Files files;
  PUNA_TRY_VOID(write_random_model(files.model(), RandomModelOptions::benchmark()));
  Request request{.tokens_max = 2, .agent = kTalker};
  request.sampling.temperature = 0;
  {
    PUNA_TRY(const auto model, open_model(files, tokens));
    std::string text = words(8 * tokens);  // more than enough
    request.messages = {{.role = Role::user, .content = text}};
    PUNA_TRY(const std::int64_t counted, model->count_tokens(request));
    text.resize(text.size() * static_cast<std::size_t>(tokens) /
                static_cast<std::size_t>(std::max<std::int64_t>(counted, 1)));
    request.messages[0].content = text;
    PUNA_TRY(const Reply reply, model->ask(request, EventSink::none()));
    request.messages.push_back(reply.message);
    request.messages.push_back({.role = Role::user, .content = "and now?"});
    PUNA_TRY(const std::int64_t held, model->save(kTalker, files.state()));
    std::printf("saved %lld tokens in %.1f MB\n", static_cast<long long>(held),
                static_cast<double>(std::filesystem::file_size(files.state())) / 1e6);
  }
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    PUNA_TRY(const Measured cold, first_token(files, tokens, request, false));
    PUNA_TRY(const Measured warm, first_token(files, tokens, request, true));
    ratios.push_back(cold.seconds / warm.seconds);
    std::printf(
        "round %d: prompt of %lld tokens; first token after %.3f s without, %.3f s with the file (%.3f s to read it, "
        "%lld cached), %.1fx\n",
        round + 1, static_cast<long long>(cold.prompt_tokens), cold.seconds, warm.seconds, warm.reading,
        static_cast<long long>(warm.cached_tokens), ratios.back());
  }
  std::ranges::sort(ratios);
  const double median = ratios[ratios.size() / 2];
  std::printf("resume bench: %.1f times sooner (%.1f to %.1f, %d rounds), bar %.0f: %s\n", median, ratios.front(),
              ratios.back(), rounds, kRatioMin, median >= kRatioMin ? "met" : "missed");
  return median >= kRatioMin ? 0 : 1;
}

}  // namespace
}  // namespace puna

int main(int argc, char** argv) {
  puna::restart_with_passive_wait(argv);
  int tokens = 4'000;
  int rounds = 3;
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    const int value = i + 1 < argc ? std::atoi(argv[i + 1]) : 0;
    if ((flag != "--tokens" && flag != "--rounds") || value < 1 || value > 100'000) {
      std::fputs("usage: resume_bench [--tokens N] [--rounds N]\n", stderr);
      return 2;
    }
    (flag == "--tokens" ? tokens : rounds) = value;
  }
  const auto status = puna::bench(tokens, rounds);
  if (!status) {
    std::fprintf(stderr, "resume_bench: %s\n", status.error().message.c_str());
    return 3;
  }
  return *status;
}
