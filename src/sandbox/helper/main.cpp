// puna-sandbox-helper: starts one program inside the sandbox. It is started by the library, never by hand: everything
// it needs comes through descriptors (sandbox/plan.h). Without a word it supervises; with the word "inner", which it
// gets from bubblewrap, it applies the layers and runs the program.
#include <csignal>
#include <cstring>

#include "sandbox/helper/job.h"

int main(int count, char** words) {
  using namespace puna::sandbox;
  const bool inner = count == 2 && std::strcmp(words[1], "inner") == 0;
  Job job;
  if (!job.load()) {
    job.report_failure(inner ? kStatusFd : kControlFd);
    return 1;
  }
  return inner ? confine_and_run(job) : supervise(job);
}
