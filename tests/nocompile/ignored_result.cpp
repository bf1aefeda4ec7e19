// A Result that nobody looks at hides a failure.
// expect: ignoring return(ed)? value
#include "puna/agent.h"

void record(puna::TranscriptFile& file, const puna::Message& message) {
#ifdef MISUSE
  file.append(message);
#else
  if (!file.append(message)) {
    return;
  }
#endif
}
