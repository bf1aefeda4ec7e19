// See command_pattern.h.
#include "tools/command_pattern.h"

#include <algorithm>
#include <array>
#include <span>

namespace puna::tools {
namespace {

// Programs that run what stands in their arguments or in their input, and words of the shell that change what later
// words mean.
constexpr auto kLaunchers = std::to_array<std::string_view>(
    {"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "busybox", "toybox", "env", "xargs",
     "parallel", "sudo", "doas", "su", "runuser", "pkexec", "nohup", "setsid", "timeout", "nice", "ionice", "chrt",
     "taskset", "stdbuf", "unbuffer", "time", "watch", "flock", "script", "strace", "ltrace", "gdb", "chroot",
     "unshare", "nsenter", "bwrap", "firejail", "fakeroot", "proot", "setpriv", "capsh", "prlimit", "ssh", "sshpass",
     "systemd-run", "start-stop-daemon", "run-parts", "at", "batch", "crontab", "expect",
     // a language in an argument that looks harmless
     "awk", "gawk", "mawk", "nawk", "original-awk", "sed", "ed", "ex", "vi", "vim", "nvim", "view", "emacs", "m4",
     "less", "more", "man", "bc", "dc",
     // the shell's own
     "command", "builtin", "exec", "eval", "source", ".", "trap", "export", "readonly", "declare", "typeset", "local",
     "alias", "unalias", "unset", "set", "shopt", "enable", "hash", "read", "mapfile", "readarray", "getopts", "let",
     "bind", "complete", "compgen", "fc"});

// Words of a program that make it run another, write elsewhere or change its configuration.
struct Telling {
  std::string_view program;
  std::span<const std::string_view> words;  // an option also with "=..." or a value behind it
};
constexpr auto kFind = std::to_array<std::string_view>(
    {"-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprint0", "-fprintf", "-fls"});
constexpr auto kGit = std::to_array<std::string_view>({"-c",
                                                       "--config-env",
                                                       "--exec-path",
                                                       "--exec",
                                                       "-x",
                                                       "-u",
                                                       "--upload-pack",
                                                       "--receive-pack",
                                                       "--ext-diff",
                                                       "--textconv",
                                                       "--open-files-in-pager",
                                                       "-O",
                                                       "--output",
                                                       "-p",
                                                       "--paginate",
                                                       "config",
                                                       "submodule",
                                                       "bisect",
                                                       "filter-branch",
                                                       "difftool",
                                                       "mergetool",
                                                       "rebase",
                                                       "hook",
                                                       "alias"});
constexpr auto kTar =
    std::to_array<std::string_view>({"--checkpoint-action", "--to-command", "--use-compress-program", "-I",
                                     "--rsh-command", "--info-script", "-F", "--new-volume-script", "--rmt-command"});
constexpr auto kRsync = std::to_array<std::string_view>({"-e", "--rsh", "--rsync-path"});
constexpr auto kSort = std::to_array<std::string_view>({"--compress-program", "-o", "--output"});
constexpr auto kRipgrep = std::to_array<std::string_view>({"--pre", "--hostname-bin"});
constexpr auto kFd = std::to_array<std::string_view>({"-x", "--exec", "-X", "--exec-batch"});
constexpr auto kZip = std::to_array<std::string_view>({"-T", "--test"});
// In bash these read an array's index, and run what is in it.
constexpr auto kVariable = std::to_array<std::string_view>({"-v", "-p"});
constexpr auto kTelling = std::to_array<Telling>({{"find", kFind},
                                                  {"git", kGit},
                                                  {"tar", kTar},
                                                  {"rsync", kRsync},
                                                  {"sort", kSort},
                                                  {"rg", kRipgrep},
                                                  {"fd", kFd},
                                                  {"zip", kZip},
                                                  {"printf", kVariable},
                                                  {"test", kVariable},
                                                  {"wait", kVariable}});

bool is_option(std::string_view word) { return word.starts_with('-'); }

// "--exec", "--exec=x", and what getopt takes for it: "--exe". "-c", "-cx", and "-ac" as "-a -c".
bool is_this(std::string_view word, std::string_view telling) {
  if (telling.starts_with("--")) {
    const std::string_view name = word.substr(0, word.find('='));
    return name.size() > 2 && telling.starts_with(name);
  }
  if (telling.size() == 2 && telling.starts_with('-')) {
    return is_option(word) && !word.starts_with("--") && word.substr(1).contains(telling[1]);
  }
  return word == telling;
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
  const auto known = std::ranges::find(kTelling, program, &Telling::program);
  return known != kTelling.end() && std::any_of(words.begin() + 1, words.end(), [&](const std::string& word) {
           return std::ranges::any_of(known->words, [&](std::string_view telling) { return is_this(word, telling); });
         });
}

}  // namespace puna::tools
