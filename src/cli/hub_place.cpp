// See hub_place.h.
#include "cli/hub_place.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <utility>

#include "cli/commands.h"

namespace puna::cli {
namespace {

constexpr std::size_t kTokenBytesMax = 4'096;

std::string hub_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool is_true(const char* name) {
  std::string value = hub_variable(name);
  std::ranges::transform(value, value.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  constexpr std::array<std::string_view, 4> kTrue{"1", "ON", "YES", "TRUE"};
  return std::ranges::contains(kTrue, value);
}

std::filesystem::path folder_in(const char* name) {
  const std::string value = hub_variable(name);
  if (value == "~" || value.starts_with("~/")) {
    return hub_variable("HOME") + value.substr(1);
  }
  return value;
}

// Where programs of the hub keep their things; empty without any hint.
std::filesystem::path hub_home() {
  if (const auto home = folder_in("HF_HOME"); !home.empty()) {
    return home;
  }
  if (const auto cache = folder_in("XDG_CACHE_HOME"); !cache.empty()) {
    return cache / "huggingface";
  }
  const std::string home = hub_variable("HOME");
  return home.empty() ? std::filesystem::path() : std::filesystem::path(home) / ".cache/huggingface";
}

std::filesystem::path hub_cache() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (auto folder = folder_in(name); !folder.empty()) {
      return folder;
    }
  }
  const std::filesystem::path home = hub_home();
  return home.empty() ? home : home / "hub";
}

std::string first_word(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return std::string(text.substr(0, text.find_first_of(kBlanks)));
}

Secret hub_token() {
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (std::string token = first_word(hub_variable(name)); !token.empty()) {
      return Secret(std::move(token));
    }
  }
  std::filesystem::path file = folder_in("HF_TOKEN_PATH");
  if (file.empty() && !hub_home().empty()) {
    file = hub_home() / "token";
  }
  if (file.empty() || is_true("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
    return {};
  }
  const auto text = read_text_file(file, kTokenBytesMax);
  return text ? Secret(first_word(*text)) : Secret();  // nobody is logged in
}

// On a terminal one line that changes, elsewhere a line for each file.
class FetchView {
 public:
  explicit FetchView(Console& console) : console_(console) {}

  void on(const HubProgress& now) {
    const auto time = std::chrono::steady_clock::now();
    if (now.file != file_) {
      file_ = now.file;
      started_ = time;
      bytes_before_ = now.bytes_done;
      console_.err(
          format_text("fetch  {}{}  {}{}\n", now.file,
                      now.parts > 1 ? format_text(" ({} of {})", now.part, now.parts) : "", bytes_text(now.bytes_total),
                      now.bytes_done > 0 ? format_text(", {} are there", bytes_text(now.bytes_done)) : ""),
          Style::dim);
    }
    if (now.bytes_done >= now.bytes_total) {
      console_.clear_status();
      return;
    }
    const std::chrono::duration<double> taken = time - started_;
    const double rate =
        static_cast<double>(now.bytes_done - std::min(bytes_before_, now.bytes_done)) / std::max(taken.count(), 0.001);
    console_.status(format_text("fetch  {} of {}  {:.0f} %  {}/s", bytes_text(now.bytes_done),
                                bytes_text(now.bytes_total),
                                100.0 * static_cast<double>(now.bytes_done) / static_cast<double>(now.bytes_total),
                                bytes_text(static_cast<std::uint64_t>(rate))));
  }

 private:
  Console& console_;
  std::string file_;
  std::chrono::steady_clock::time_point started_;
  std::uint64_t bytes_before_ = 0;
};

}  // namespace

Result<Hub> open_hub(Console& console, bool offline) {
  HubOptions options{.cache = hub_cache(), .token = hub_token()};
  if (std::string endpoint = hub_variable("HF_ENDPOINT"); !endpoint.empty()) {
    options.endpoint = endpoint.substr(0, endpoint.find_last_not_of('/') + 1);
  }
  options.is_offline = offline || is_true("HF_HUB_OFFLINE") || is_true("TRANSFORMERS_OFFLINE");
  options.retries.seed = Random::entropy();
  const auto view = std::make_shared<FetchView>(console);
  options.progress = [view](const HubProgress& now) { view->on(now); };
  options.notice = [&console](std::string_view text) {
    console.err("note: " + std::string(text) + "\n", Style::yellow);
  };
  return Hub::create(std::move(options));
}

}  // namespace puna::cli
