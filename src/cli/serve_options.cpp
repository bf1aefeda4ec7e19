// Flags of `puna serve`.
#include "cli/serve_options.h"

#include <CLI/CLI.hpp>

namespace puna::cli {

void add_serve_flags(CLI::App& app, ServeOptions& options, int& sequences_max) {
  auto* group = app.add_option_group("Server");
  group->add_option("--host", options.host, "address to listen on (default: 127.0.0.1; another needs a key)")
      ->type_name("ADDRESS");
  group->add_option("--port", options.port, "port to listen on; 0 = any that is free (default: 8080)")
      ->check(CLI::Range(0, 65'535));
  group->add_option("--api-key", options.api_key, "key that requests must show (also: PUNA_API_KEY)")->type_name("KEY");
  group->add_option("--api-key-file", options.api_key_file, "file whose first line is the key")->type_name("FILE");
  group
      ->add_option("--allowed-host", options.hosts_allowed,
                   "name that clients may call this server by, beside its address; give several")
      ->allow_extra_args(false)
      ->type_name("NAME");
  group
      ->add_option("--cors-origin", options.origins_allowed,
                   "web page that may ask, as https://example.org; give several (default: none)")
      ->allow_extra_args(false)
      ->type_name("ORIGIN");
  group->add_option("--alias", options.model_name, "the model's name in answers (default: its own)")->type_name("NAME");
  group->add_option("--parallel", sequences_max, "generations at once; further ones wait (default: 8)")
      ->check(CLI::Range(1, 256));
  group
      ->add_option("--max-requests", options.limits.requests,
                   "requests that generate or wait to; one more gets 429 (default: 72)")
      ->check(CLI::Range(1, 1'024));
  group->add_option("--max-connections", options.limits.connections, "open connections (default: 512)")
      ->check(CLI::Range(1, 10'000));
  group->add_option("--max-body", options.limits.body_bytes, "bytes of a request's body, as 16MB (default: 16 MiB)")
      ->transform(CLI::AsSizeValue(false))
      ->type_name("SIZE");
  group
      ->add_option(
          "--pooling", options.pooling,
          "how a text becomes one vector (/v1/embeddings): mean, cls, last, or model: what its file says, else "
          "mean; none = no embeddings (default: model)")
      ->check(CLI::IsMember({"model", "mean", "cls", "last", "none"}))
      ->type_name("NAME");
  group
      ->add_option("--drain-seconds", options.drain_seconds,
                   "how long a server that was told to end finishes what runs (default: 30)")
      ->check(CLI::Range(0, 86'400));
  group->add_flag("--detach", options.detach,
                  "run in the background once it listens; puna status and puna stop find it");
  group->add_flag("--runs", options.agents, "offer runs of agents with the tools below (/v1/runs); needs a key");
}

}  // namespace puna::cli
