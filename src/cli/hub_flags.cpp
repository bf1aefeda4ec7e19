// Flags of puna pull, ls and rm.
#include <CLI/CLI.hpp>

#include "cli/flags.h"

namespace puna::cli {

void add_pull_flags(CLI::App& app, Options& o) {
  auto* name = app.add_option("name", o.hub.name, "USER/REPO or USER/REPO:QUANT, as -hf takes it");
  auto* list = app.add_flag("--list", o.hub.list_suggested, "recommended models by the memory that they need");
  name->excludes(list);
  app.add_flag("--offline", o.offline, "only look whether the cache has it (also: HF_HUB_OFFLINE=1)");
  app.add_flag("--no-color", o.no_color, "no colours (also: NO_COLOR)");
  app.footer(
      "The file's place goes to stdout. Ctrl-C keeps what has come; pulling again goes on from there.\n"
      "Environment: HF_HUB_CACHE or HF_HOME (where; default ~/.cache/huggingface), HF_TOKEN (for private and gated\n"
      "models), HF_ENDPOINT (another hub), HF_HUB_OFFLINE.");
}

void add_ls_flags(CLI::App& app, Options& o) {
  app.add_flag("--jsonl,--json", o.jsonl, "one JSON object a line");
  app.add_flag("--no-color", o.no_color, "no colours (also: NO_COLOR)");
}

void add_rm_flags(CLI::App& app, Options& o) {
  app.add_option("name", o.hub.name, "USER/REPO:QUANT, or USER/REPO for all of its GGUF models")->required();
  app.add_flag("-y,--yes", o.hub.is_sure, "do not ask");
  app.add_flag("--no-color", o.no_color, "no colours (also: NO_COLOR)");
}

}  // namespace puna::cli
