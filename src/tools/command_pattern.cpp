// See command_pattern.h.
#include "tools/command_pattern.h"

#include <algorithm>
#include <array>
#include <span>

namespace puna::tools {
namespace {

// Programs that run what stands in their arguments or in their input, and words of the shell that change it.
constexpr std::array<std::string_view, 62> kLaunchers{
    "sh",       "bash",    "dash",    "ash",    "zsh",     "ksh",         "mksh",   "fish",  "csh",
    "tcsh",     "busybox", "toybox",  "env",    "xargs",   "parallel",    "sudo",   "doas",  "su",
    "runuser",  "pkexec",  "nohup",   "setsid", "timeout", "nice",        "ionice", "chrt",  "taskset",
    "stdbuf",   "time",    "watch",   "flock",  "script",  "strace",      "ltrace", "gdb",   "chroot",
    "unshare",  "nsenter", "setpriv", "capsh",  "ssh",     "systemd-run", "at",     "batch", "crontab",
    "expect",   "command", "builtin", "exec",   "eval",    "source",      ".",      "trap",  "export",
    "readonly", "declare", "local",   "alias",  "unset",   "set",         "shopt",  "enable"};

struct Options {
  std::string_view program;
  std::span<const std::string_view> options;  // each also with "=..." or a value behind it
};
constexpr std::array<std::string_view, 8> kFind{"-exec",   "-execdir", "-ok",      "-okdir",
                                                "-delete", "-fprint",  "-fprintf", "-fls"};
constexpr std::array<std::string_view, 14> kGit{"-c",
                                                "--config-env",
                                                "--exec-path",
                                                "--exec",
                                                "-x",
                                                "--upload-pack",
                                                "--receive-pack",
                                                "--ext-diff",
                                                "--textconv",
                                                "--open-files-in-pager",
                                                "-O",
                                                "--output",
                                                "-p",
                                                "--paginate"};
constexpr std::array<std::string_view, 9> kTar{
    "--checkpoint-action", "--to-command", "--use-compress-program", "-I",           "--rsh-command",
    "--info-script",       "-F",           "--new-volume-script",    "--rmt-command"};
constexpr std::array<std::string_view, 3> kRsync{"-e", "--rsh", "--rsync-path"};
constexpr std::array<std::string_view, 3> kSort{"--compress-program", "-o", "--output"};
constexpr std::array<std::string_view, 2> kRipgrep{"--pre", "--hostname-bin"};
constexpr std::array<std::string_view, 4> kFd{"-x", "--exec", "-X", "--exec-batch"};
constexpr std::array<std::string_view, 2> kSed{"-i", "--in-place"};
constexpr std::array<std::string_view, 3> kMan{"-P", "--pager", "-H"};
constexpr std::array<std::string_view, 2> kZip{"-T", "-TT"};
constexpr std::array<Options, 10> kOptions{{{"find", kFind},
                                            {"git", kGit},
                                            {"tar", kTar},
                                            {"rsync", kRsync},
                                            {"sort", kSort},
                                            {"rg", kRipgrep},
                                            {"fd", kFd},
                                            {"sed", kSed},
                                            {"man", kMan},
                                            {"zip", kZip}}};

bool is_option(std::string_view word) { return word.starts_with('-'); }

// "--exec", "--exec=x", and what getopt takes for it: "--exe". "-c", "-cx".
bool is_this(std::string_view word, std::string_view option) {
  if (option.starts_with("--")) {
    const std::string_view name = word.substr(0, word.find('='));
    return name.size() > 2 && option.starts_with(name);
  }
  return option.size() > 2 ? word == option : word.starts_with(option);
}

// The pattern's words; quotes keep spaces together.
Result<std::vector<std::string>> words_of(std::string_view pattern) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  bool in_quotes = false;
  for (const char c : pattern) {
    if (c == '\'') {
      in_quotes = !in_quotes;
      in_word = true;
    } else if (!in_quotes && (c == ' ' || c == '\t')) {
      if (in_word) {
        words.push_back(std::exchange(word, {}));
      }
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_quotes) {
    return fail(ErrorCode::invalid_argument, "not a pattern: an open quote");
  }
  if (in_word) {
    words.push_back(std::move(word));
  }
  if (words.empty()) {
    return fail(ErrorCode::invalid_argument, "not a pattern of a command: it has no word");
  }
  return words;
}

}  // namespace

Result<CommandPattern> CommandPattern::compile(std::string_view pattern) {
  PUNA_TRY(std::vector<std::string> words, words_of(pattern));
  CommandPattern made;
  if (words.size() > 1 && (words.back() == "*" || words.back() == "**")) {
    made.rest_ = words.back() == "*" ? Rest::plain : Rest::any;
    words.pop_back();
  }
  for (const std::string& word : words) {
    PUNA_TRY(Glob glob, Glob::compile(word, Glob::Kind::text));
    made.words_.push_back(std::move(glob));
  }
  return made;
}

bool CommandPattern::matches(const Words& words) const {
  if (words.size() < words_.size() || (words.size() > words_.size() && rest_ == Rest::none)) {
    return false;
  }
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (!words_[i].matches(words[i]) || (words_[i].is_open() && is_option(words[i]))) {
      return false;
    }
  }
  return rest_ != Rest::plain ||
         std::none_of(words.begin() + static_cast<std::ptrdiff_t>(words_.size()), words.end(), is_option);
}

bool CommandPattern::is_literal() const {
  return rest_ == Rest::none && std::ranges::all_of(words_, &Glob::is_literal);
}

bool hides_another(const Words& words) {
  const std::string_view program = std::string_view(words.front()).substr(words.front().rfind('/') + 1);
  if (std::ranges::contains(kLaunchers, program)) {
    return true;
  }
  const auto known = std::ranges::find(kOptions, program, &Options::program);
  return known != kOptions.end() && std::any_of(words.begin() + 1, words.end(), [&](const std::string& word) {
           return is_option(word) &&
                  std::ranges::any_of(known->options, [&](std::string_view option) { return is_this(word, option); });
         });
}

}  // namespace puna::tools
