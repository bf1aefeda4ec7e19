// One row of attempts, made from inside the sandbox: escape_probe NUMBER. Prints "name=RESULT" for each attempt, where
// RESULT is "ok" (it succeeded), an errno or a signal by name. What it needs to know comes through the environment.
#include "attempts.h"

int main(int count, char** words) {
  if (count != 2) {
    return 2;
  }
  ::signal(SIGXFSZ, SIG_IGN);
  const int row = std::atoi(words[1]);
  return escape::attempt_files(row) || escape::attempt_processes(row) || escape::attempt_kernel(row) ||
                 escape::attempt_network(row) || escape::attempt_limits(row)
             ? 0
             : 2;
}
