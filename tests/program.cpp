#include "program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

namespace puna::test {
namespace {

// Files instead of pipes: nothing can block on a full pipe.
struct TemporaryFile {
  TemporaryFile() : file(std::tmpfile()) {}
  ~TemporaryFile() {
    if (file != nullptr) {
      std::fclose(file);
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] int descriptor() const { return fileno(file); }
  [[nodiscard]] std::string text() const {
    std::string all;
    std::fseek(file, 0, SEEK_SET);
    char block[4096];
    for (std::size_t got = std::fread(block, 1, sizeof block, file); got > 0;
         got = std::fread(block, 1, sizeof block, file)) {
      all.append(block, got);
    }
    return all;
  }

  std::FILE* file;
};

}  // namespace

Ran run_program(const std::vector<std::string>& arguments, const std::string& input) {
  const TemporaryFile in;
  const TemporaryFile out;
  const TemporaryFile err;
  std::fwrite(input.data(), 1, input.size(), in.file);
  std::fflush(in.file);
  lseek(in.descriptor(), 0, SEEK_SET);

  std::vector<std::string> copies = arguments;
  std::vector<char*> argv;
  for (std::string& argument : copies) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.descriptor(), STDERR_FILENO);
  pid_t child = 0;
  const int spawned = posix_spawn(&child, argv.front(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0) {
    return {.exit_status = 127, .out = {}, .err = "posix_spawn failed for " + arguments.front()};
  }
  int status = 0;
  waitpid(child, &status, 0);
  return {.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = out.text(),
          .err = err.text()};
}

}  // namespace puna::test
