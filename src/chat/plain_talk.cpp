#include "chat/plain_talk.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace puna {
namespace {

// Templates that want a turn here refuse an empty one.
constexpr std::string_view kNoAnswer = "(no answer)";

std::string plain_id(std::size_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 5 - std::min<std::size_t>(5, digits.size()), '0');
  return "call" + digits;
}

class Plain {
 public:
  void add(std::span<const Message> messages) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (messages[i].calls.empty()) {
        add(messages[i]);
        continue;
      }
      const auto* const end = std::ranges::find_if(messages.data() + i + 1, messages.data() + messages.size(),
                                                   [](const Message& message) { return message.role != Role::tool; });
      const auto results = static_cast<std::size_t>(end - (messages.data() + i + 1));
      add_calls(messages[i], messages.subspan(i + 1, results));
      i += results;
    }
  }

  std::vector<Message> take() { return std::move(talk_); }

 private:
  void add(const Message& message) {
    const bool follows_result = !talk_.empty() && talk_.back().role == Role::tool;
    if (message.role == Role::user && follows_result) {
      talk_.push_back({.role = Role::assistant, .content = std::string(kNoAnswer)});
    }
    talk_.push_back(message);
  }

  void add_calls(const Message& message, std::span<const Message> results) {
    std::vector<bool> is_used(results.size(), false);
    for (const ToolCall& call : message.calls) {
      const bool is_first = &call == &message.calls.front();
      const std::string id = plain_id(++calls_);
      Message one{.role = Role::assistant, .content = is_first ? message.content : std::string(), .calls = {call}};
      one.reasoning = is_first && message.content.empty() ? message.reasoning : std::string();
      one.calls.front().id = id;
      talk_.push_back(std::move(one));
      for (std::size_t i = 0; i < results.size(); ++i) {
        if (!is_used[i] && results[i].call_id == call.id) {
          is_used[i] = true;
          talk_.push_back(results[i]);
          talk_.back().call_id = id;
          break;
        }
      }
    }
    for (std::size_t i = 0; i < results.size(); ++i) {  // of calls that are not there
      if (!is_used[i]) {
        talk_.push_back(results[i]);
        talk_.back().call_id = plain_id(++calls_);
      }
    }
  }

  std::vector<Message> talk_;
  std::size_t calls_ = 0;
};

}  // namespace

std::vector<Message> plain_talk(std::span<const Message> messages) {
  Plain plain;
  plain.add(messages);
  return plain.take();
}

}  // namespace puna
