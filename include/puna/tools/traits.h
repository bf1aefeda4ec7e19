// What a tool declares about itself, so that permissions can be decided without knowing the tool.
#pragma once

#include <string>
#include <vector>

namespace puna {

// A value. Every member is a promise of the tool's maker; what is not declared is not done.
struct ToolTraits {
  // Where results come from.
  bool reads_private = false;    // data of the user: files, answers, what programs print
  bool reads_untrusted = false;  // what strangers wrote: web pages, foreign servers, other agents

  // An agent: it makes calls of its own, of which the caller's transcript has nothing.
  bool delegates = false;

  // What a call can do beyond the run.
  bool writes = false;     // changes files or other state
  bool runs_code = false;  // runs what the model wrote
  bool outbound = false;   // arguments, or parts of them, leave the machine

  // What its calls are about: the arguments that policies compare with their patterns.
  std::vector<std::string> path_arguments;  // paths beneath the workspace; an absent argument is the workspace itself
  bool paths_are_trees = false;             // a call reads what lies beneath its paths, however deep
  std::string command_argument;             // a line for a POSIX shell
  std::string subject_argument;             // neither of these: a URL, a query

  [[nodiscard]] bool acts() const { return writes || runs_code || outbound; }
};

}  // namespace puna
