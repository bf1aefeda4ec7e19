// Any bytes as a request: it is read the same for every cut, and a body is a question or a refusal in each protocol.
#include <algorithm>
#include <string>
#include <vector>

#include "input.h"
#include "server/anthropic.h"
#include "server/http_reader.h"
#include "server/ollama.h"
#include "server/openai_request.h"
#include "server/responses_request.h"

namespace {

using puna::server::RequestReader;

struct Read {
  RequestReader::State state;
  std::string body;
  int status = 0;
};

Read read(std::string_view bytes, std::size_t step) {
  RequestReader reader({.head_bytes = 512, .headers = 8, .body_bytes = 1'024});
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t count = std::min(step, bytes.size() - at);
    const std::size_t used = reader.feed(bytes.substr(at, count));
    PUNA_CHECK(used <= count, "no more is taken than there is");
    if (used < count || reader.state() == RequestReader::State::bad) {
      break;
    }
    at += count;
  }
  Read result{.state = reader.state(), .body = {}};
  if (reader.state() == RequestReader::State::bad) {
    result.status = reader.problem().status;
    PUNA_CHECK(result.status >= 400 && result.status < 600, "a bad request has a status");
  } else if (reader.state() == RequestReader::State::done) {
    result.body = reader.take().body;
  }
  return result;
}

void check(const puna::Request& request) {
  PUNA_CHECK(puna::validate(request.sampling).has_value(), "what was read can be sampled with");
  PUNA_CHECK(puna::server::check_history(request.messages).has_value(), "what was read is a conversation");
}

template <class T>
bool is_refused(const puna::server::Answer<T>& answer) {
  PUNA_CHECK(answer || (answer.error().status >= 400 && !answer.error().message.empty()), "a refusal says what");
  return !answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = puna::fuzz::text_of(data, size);
  const Read whole = read(bytes, size == 0 ? 1 : size);
  const Read cut = read(bytes, 1);
  PUNA_CHECK(whole.state == cut.state && whole.body == cut.body && whole.status == cut.status, "cuts decide nothing");
  const auto body = puna::Json::parse(bytes);
  if (!body) {
    return 0;
  }
  if (const auto chat = puna::server::read_chat(*body, {}); !is_refused(chat)) {
    check(chat->question.request);
  }
  if (const auto response = puna::server::read_response(*body, {}, {}); !is_refused(response)) {
    check(response->question.request);
  }
  if (const auto message = puna::server::read_anthropic(*body, {}, puna::server::Length::none); !is_refused(message)) {
    check(message->request);
  }
  if (const auto chat = puna::server::read_ollama_chat(*body, {}); !is_refused(chat)) {
    check(chat->request);
  }
  return 0;
}
