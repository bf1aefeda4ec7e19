// See sweep_submit.h.
#include "cli/sweep_submit.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

namespace puna::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 65'536;
constexpr int kRestartsMax = 20;

// A value of an #SBATCH line; Slurm reads "%" as the beginning of a pattern there.
Result<std::string> sbatch_path(const std::filesystem::path& path, std::string_view more = {}) {
  std::string text = path.string();
  if (text.find_first_of("\"\\\n\r") != std::string::npos) {
    return fail(ErrorCode::invalid_argument, format_text("'{}' cannot stand in a script of Slurm", printable(text)),
                "a path without quotes");
  }
  for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos; at += 2) {
    text.insert(at, 1, '%');
  }
  return "\"" + text + std::string(more) + "\"";
}

Result<void> check_words(const SweepOptions& options) {
  for (const std::string& word : {options.time, options.memory, options.partition}) {
    const bool is_plain = std::ranges::all_of(word, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("-_:.,").contains(c);
    });
    if (!is_plain) {
      return fail(ErrorCode::invalid_argument, format_text("'{}' is no value of Slurm", printable(word)),
                  "--time 2:00:00 --mem 8G --partition NAME");
    }
  }
  return {};
}

// What the runs' ids depend on.
std::string model_words(const SweepOptions& options) {
  std::string words;
  if (!options.sim.model_file.empty()) {
    words += " -m " + shell_word(std::filesystem::absolute(options.sim.model_file).string());
  }
  if (options.sim.profile == Profile::fast) {
    words += " --profile fast";
  }
  return words;
}

std::string speed_words(const SweepOptions& options) {
  const int threads = options.sim.threads > 0 ? options.sim.threads : options.cpus;
  std::string words = format_text(" --concurrent {}", options.sim.concurrent_max);
  if (threads > 0) {
    words += format_text(" --threads {}", threads);
  }
  if (!options.sim.api_key_env.empty()) {
    words += " --api-key-env " + shell_word(options.sim.api_key_env);
  }
  return words;
}

Result<std::string> script_head(const SlurmJob& job, const SweepOptions& options, std::string_view kind,
                                std::string_view log) {
  PUNA_TRY(const std::string output, sbatch_path(job.folder / "slurm", log));
  PUNA_TRY(const std::string work, sbatch_path(job.work));
  std::string head = format_text("#!/bin/sh\n#SBATCH --job-name={}-{}\n#SBATCH --output={}\n#SBATCH --chdir={}\n",
                                 job.name, kind, output, work);
  head += "#SBATCH --open-mode=append\n#SBATCH --requeue\n";
  return options.partition.empty() ? head : head + "#SBATCH --partition=" + options.partition + "\n";
}

// Slurm's signal comes to the shell alone, which passes it on and waits until the step has ended.
constexpr std::string_view kWaitAndRequeue = R"(shard=$!
trap 'kill -TERM "$shard" 2>/dev/null' TERM
status=0
wait "$shard" || status=$?
while kill -0 "$shard" 2>/dev/null; do  # the signal ended the wait, not the shard
  status=0
  wait "$shard" || status=$?
done
case $status in
  75 | 130)  # stopped, or a model or a run that somebody else has: the next start goes on with it
    if [ "${{SLURM_RESTART_COUNT:-0}}" -lt {} ]; then
      scontrol requeue Incomplete "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID"  # not one that was cancelled
    fi
    ;;
esac
exit "$status"
)";

Result<void> write_script(const std::filesystem::path& file, const std::string& text) {
  std::error_code code;
  std::filesystem::create_directories(file.parent_path(), code);
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.flush();
  if (!out) {
    return fail(ErrorCode::io, format_text("cannot write '{}'", printable(file.string())), "another folder with --out");
  }
  return {};
}

// What the descriptor gives until its end; it is closed.
std::string all_of_pipe(int number) {
  std::string text;
  std::string block(4'096, '\0');
  while (true) {
    const ssize_t got = ::read(number, block.data(), block.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      ::close(number);
      return text;
    }
    if (text.size() < kAnswerBytesMax) {
      text.append(block, 0, static_cast<std::size_t>(got));
    }
  }
}

// Runs sbatch and returns what it printed, errors included, when it succeeds.
Result<std::string> sbatch(std::vector<std::string> words) {
  words.insert(words.begin(), {"sbatch", "--parsable"});
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return fail(ErrorCode::io, format_text("no pipe can be made: {}", std::strerror(errno)));
  }
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  const int problem = ::posix_spawnp(&pid, "sbatch", &files, &how, arguments.data(), environ);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  ::close(ends[1]);
  std::string said = all_of_pipe(ends[0]);
  if (problem != 0) {
    return fail(ErrorCode::not_found, format_text("sbatch cannot be started: {}", std::strerror(problem)),
                "start this where Slurm's client programs are; --dry-run prints the scripts");
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) {
    return fail(ErrorCode::unavailable, "sbatch refused: " + printable(utf8::sanitize(said)),
                "--dry-run prints the scripts");
  }
  return said;
}

// "ID" or "ID;CLUSTER", the last line of what it said.
std::string job_id(std::string said) {
  while (said.ends_with('\n')) {
    said.pop_back();
  }
  said.erase(0, said.rfind('\n') + 1);
  return said.substr(0, said.find(';'));
}

}  // namespace

std::string shell_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return word + "'";
}

Result<SlurmScripts> slurm_scripts(const SlurmJob& job, const SweepOptions& options) {
  PUNA_TRY_VOID(check_words(options));
  PUNA_TRY(std::string shards, script_head(job, options, "shards", "/shard-%a.log"));
  PUNA_TRY(std::string collect, script_head(job, options, "collect", "/collect.log"));
  shards += format_text("#SBATCH --array=1-{}\n", options.shards);
  if (!options.time.empty()) {
    shards += "#SBATCH --time=" + options.time + "\n";
  }
  shards += "#SBATCH --signal=B:TERM@60\n";  // a partition may have a time limit of its own
  shards += options.memory.empty() ? "" : "#SBATCH --mem=" + options.memory + "\n";
  shards += options.cpus == 0 ? "" : format_text("#SBATCH --cpus-per-task={}\n", options.cpus);
  const std::string program = shell_word(job.program.string()) + " sweep ";
  const std::string where = " " + shell_word(job.file.string()) + " --out " + shell_word(job.folder.string());
  shards += format_text("\n{}run{} --shard \"$SLURM_ARRAY_TASK_ID/{}\"{}{} &\n", program, where, options.shards,
                        model_words(options), speed_words(options));
  shards += format_arguments(kWaitAndRequeue, std::make_format_args(kRestartsMax));
  collect += "\n" + program + "collect" + where + model_words(options) + "\n";
  return SlurmScripts{.shards = std::move(shards), .collect = std::move(collect)};
}

Result<std::vector<std::string>> submit_to_slurm(const SlurmScripts& scripts, const std::filesystem::path& folder) {
  const std::filesystem::path shards = folder / "slurm" / "shards.sbatch";
  const std::filesystem::path collect = folder / "slurm" / "collect.sbatch";
  PUNA_TRY_VOID(write_script(shards, scripts.shards));
  PUNA_TRY_VOID(write_script(collect, scripts.collect));
  PUNA_TRY(const std::string first, sbatch({shards.string()}));
  PUNA_TRY(const std::string second, sbatch({"--dependency=afterany:" + job_id(first), collect.string()}));
  return std::vector{job_id(first), job_id(second)};
}

}  // namespace puna::cli
