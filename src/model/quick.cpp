// One answer, and many: requests are handed to a few threads, each of which waits for the engine they share.
#include "puna/model/quick.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>

#include "puna/model/model_card.h"

namespace puna {
namespace {

constexpr std::uint64_t kFirstAgent = std::uint64_t{1} << 32U;  // of requests without one: no agent of a program's own

// False: the system has no more threads; those that are there do the work.
template <class Work>
bool start_thread(std::vector<std::jthread>& threads, const Work& work) {
  try {
    threads.emplace_back(work);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

Result<std::string> text_of(Result<Reply> reply) {
  if (!reply) {
    return std::unexpected(std::move(reply).error());
  }
  if (reply->lost) {
    return std::unexpected(*std::move(reply->lost));
  }
  return std::move(reply->message.content);
}

}  // namespace

Result<std::string> generate_once(const std::filesystem::path& model_file, std::string prompt, int tokens_max) {
  LocalModelOptions options{.load = {.file = model_file}, .engine = {.sequences_max = 1}};
  if (is_model_card(model_file)) {
    PUNA_TRY(const ModelCard card, read_model_card(model_file));
    options.load.file = card.path;
    options.engine.window_tokens = card.context_length.value_or(0);
  }
  PUNA_TRY(const auto model, LocalModel::open(options));
  return text_of(
      model->ask({.messages = {{.content = std::move(prompt)}}, .tokens_max = tokens_max}, EventSink::none()));
}

Result<std::string> ask_text(Model& model, std::string prompt, const Sampling& sampling, EventSink& events,
                             std::stop_token stop) {
  return text_of(
      model.ask({.messages = {{.content = std::move(prompt)}}, .sampling = sampling}, events, std::move(stop)));
}

std::vector<Result<Reply>> ask_all(Model& model, std::span<const Request> requests, int at_once_max,
                                   const std::stop_token& stop) {
  std::vector<Result<Reply>> replies(requests.size(), fail(ErrorCode::internal, "the request was not asked"));
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < requests.size(); i = next++) {
      Request request = requests[i];
      request.watched = false;
      if (request.agent == kNoAgent) {
        request.agent = AgentId{kFirstAgent + i};
      }
      replies[i] = model.ask(request, EventSink::none(), stop);
    }
  };
  std::vector<std::jthread> others;
  const auto wanted = std::min<std::size_t>(requests.size(), static_cast<std::size_t>(std::max(at_once_max, 1)));
  while (others.size() + 1 < wanted && start_thread(others, work)) {
  }
  work();
  others.clear();
  return replies;
}

std::vector<Result<std::string>> ask_all(Model& model, std::span<const std::string> prompts, const Sampling& sampling,
                                         const std::stop_token& stop) {
  std::vector<Request> requests;
  for (const std::string& prompt : prompts) {
    requests.push_back({.messages = {{.content = prompt}}, .sampling = sampling});
  }
  std::vector<Result<std::string>> texts;
  for (Result<Reply>& reply : ask_all(model, requests, 64, stop)) {
    texts.push_back(text_of(std::move(reply)));
  }
  return texts;
}

}  // namespace puna
