// See chat_input.h.
#include "cli/chat_input.h"

#include <isocline.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <memory>
#include <ranges>
#include <string_view>
#include <thread>
#include <utility>

#include "cli/chat_completion.h"

namespace puna::cli {
namespace {

constexpr std::string_view kFence = "```";

struct FreeText {
  void operator()(char* text) const { ic_free(text); }
};

void complete(ic_completion_env_t* env, const char* before) {
  const auto* input = static_cast<const ChatInput*>(ic_completion_arg(env));
  for (const ChatCompletion& one : chat_completions(before, input->sessions())) {
    const char* help = one.help.empty() ? nullptr : one.help.c_str();
    if (!ic_add_completion_prim(env, one.text.c_str(), nullptr, help, static_cast<long>(one.bytes_before), 0)) {
      return;
    }
  }
}

}  // namespace

class ChatInput::HangUp {
 public:
  HangUp() : wake_(::eventfd(0, EFD_CLOEXEC)), thread_([wake = wake_] { wait(wake); }) {}
  HangUp(const HangUp&) = delete;
  HangUp& operator=(const HangUp&) = delete;
  ~HangUp() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    thread_.join();
    ::close(wake_);
  }

 private:
  static void wait(int wake) {
    std::array<pollfd, 2> watched{pollfd{.fd = STDIN_FILENO, .events = 0, .revents = 0},
                                  pollfd{.fd = wake, .events = POLLIN, .revents = 0}};
    while (::poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
    }
    if ((watched[0].revents & (POLLHUP | POLLERR)) != 0) {
      ::kill(::getpid(), SIGHUP);
      ::_exit(kHungUp);  // SIGHUP is ignored or blocked
    }
  }
  static constexpr int kHungUp = 128 + SIGHUP;

  const int wake_;
  std::thread thread_;
};

bool goes_on(std::string& text) {
  std::size_t fences = 0;
  for (const auto part : std::views::split(text, '\n')) {
    const std::string_view one(part.begin(), part.end());
    fences += one.substr(std::min(one.find_first_not_of(" \t"), one.size())).starts_with(kFence) ? 1 : 0;
  }
  if (fences % 2 == 1) {
    return true;
  }
  const std::size_t last = text.find_last_not_of('\\');
  const std::size_t backslashes = text.size() - (last == std::string::npos ? 0 : last + 1);
  if (backslashes % 2 == 0) {
    return false;
  }
  text.pop_back();
  return true;
}

ChatInput::ChatInput(Console& console, std::function<std::vector<std::string>()> sessions)
    : console_(console),
      sessions_(std::move(sessions)),
      is_terminal_(isatty(STDIN_FILENO) == 1),
      is_edited_(is_terminal_ && console.out_is_terminal() && console.err_is_terminal()) {
  if (!is_edited_) {
    return;
  }
  ic_set_history(nullptr, -1);  // kept nowhere: what is kept of a chat is in its session
  ic_set_prompt_marker("> ", "… ");
  ic_set_default_completer(complete, this);
  ic_enable_color(console.has_color());
  ic_enable_brace_insertion(false);
  ic_enable_brace_matching(false);
  ic_enable_beep(false);
  hang_up_ = std::make_unique<HangUp>();
}

ChatInput::~ChatInput() {
  if (is_edited_) {
    ic_set_default_completer(nullptr, nullptr);
  }
}

std::optional<std::string> ChatInput::next() {
  std::optional<std::string> text = line(true);
  while (text && goes_on(*text)) {
    const std::optional<std::string> more = line(false);
    if (!more) {
      break;
    }
    *text += "\n" + *more;
  }
  return text;
}

std::optional<std::string> ChatInput::line(bool is_first) {
  if (is_edited_) {
    const std::unique_ptr<char, FreeText> typed(ic_readline(is_first ? "puna" : "    "));
    return typed == nullptr ? std::nullopt : std::optional<std::string>(typed.get());
  }
  if (is_terminal_) {
    console_.err(is_first ? "puna> " : "    > ");
  }
  std::string typed;
  return std::getline(std::cin, typed) ? std::optional(std::move(typed)) : std::nullopt;
}

void ChatInput::remember(const std::string& text) {
  if (is_edited_) {
    ic_history_add(text.c_str());
  }
}

void ChatInput::forget_history() {
  if (is_edited_) {
    ic_history_clear();
  }
}

}  // namespace puna::cli
