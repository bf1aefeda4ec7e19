// See session_options.h.
#include "cli/session_options.h"

#include <CLI/CLI.hpp>

namespace puna::cli {
namespace {

void add_store(CLI::App& app, SessionOptions& options) {
  app.add_option("--store", options.store, "file of the sessions (default: puna/sessions.db in the data folder)")
      ->type_name("FILE");
}

}  // namespace

void add_session_flags(CLI::App& app, SessionOptions& options, bool& jsonl, bool& no_color) {
  app.require_subcommand(1);
  CLI::App* list = app.add_subcommand("list", "all sessions, the one that changed last first");
  CLI::App* show = app.add_subcommand("show", "a session's messages; with --jsonl, its events");
  CLI::App* fork = app.add_subcommand("fork", "copy a session, or its first turns, to a new one");
  CLI::App* rename = app.add_subcommand("rename", "give a session another name");
  CLI::App* search = app.add_subcommand("search", "messages that have all of the words");
  CLI::App* write = app.add_subcommand("export", "a session as JSON lines with check sums");
  CLI::App* read = app.add_subcommand("import", "take a session in that was exported");
  CLI::App* rm = app.add_subcommand("rm", "remove sessions, and their text from the file");
  CLI::App* check = app.add_subcommand("check", "read the whole store; exit status 4 if it is damaged");
  for (CLI::App* action : {show, fork, rename, write}) {
    action->add_option("name", options.name, "the session")->required();
  }
  for (CLI::App* action : {fork, rename}) {
    action->add_option("new", options.other, "the new name")->required();
  }
  fork->add_option("--turns", options.turns, "replies to copy, with their results (default: all)")->type_name("N");
  search->add_option("words", options.words, "what to look for")->required();
  search->add_option("--max", options.hits_max, "messages at most (default: 20)")->check(CLI::Range(1, 100'000));
  write->add_option("-o,--out", options.file, "where to (default: standard output)")->type_name("FILE");
  read->add_option("file", options.file, "an exported session; - is standard input")->required();
  read->add_option("--name", options.other, "take it in under this name");
  read->add_flag("--repair", options.is_repair, "of a file that is cut or damaged, take what stands before that");
  rm->add_option("names", options.names, "the sessions")->required();
  for (CLI::App* action : {list, show, fork, rename, search, write, read, rm, check}) {
    add_store(*action, options);
    action->add_flag("--no-color", no_color, "no colours (also: NO_COLOR)");
    action->callback([action, &options] { options.action = action->get_name(); });
  }
  for (CLI::App* action : {list, show, search}) {
    action->add_flag("--jsonl", jsonl, "one JSON object a line");
  }
}

void add_kept_flags(CLI::App& app, SessionOptions& options) {
  auto* group = app.add_option_group("Session");
  auto* name = group
                   ->add_option("--session", options.name,
                                "keep it in the session NAME: begin that, or go on with it (puna session list)")
                   ->type_name("NAME");
  auto* last = group->add_flag("--continue", options.is_last, "go on with the session that changed last");
  name->excludes(last);
  add_store(*group, options);
  group
      ->add_option("--session-cache", options.cache_mib,
                   "MiB of computed conversations kept beside the store, so that going on is quick (default: 2048; "
                   "0: none)")
      ->type_name("MIB")
      ->check(CLI::Range(0, 1'048'576));
  for (CLI::Option* kept : {name, last}) {
    kept->excludes(app.get_option("--transcript"));
  }
}

}  // namespace puna::cli
