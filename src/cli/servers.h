// Models that servers have: --url.
#pragma once

#include <memory>
#include <vector>

#include "cli/console.h"
#include "cli/finding.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "puna/model.h"

namespace puna::cli {

// --param NAME=VALUE as one object; a value that is no JSON is a text.
// Errors  invalid_argument  one without "=", or twice
[[nodiscard]] Result<Json> parameters_of(const RemoteOptions& options);

// Says what each server is. Ctrl-C ends the waiting for one that loads.
// Errors  those of RemoteModel::open();  invalid_argument  the key's variable is not set
[[nodiscard]] Result<std::unique_ptr<Model>> open_servers(Console& console, const Options& options,
                                                          Interrupt& interrupt);

// What the servers say of themselves.
[[nodiscard]] Result<int> show_servers(Console& console, const Options& options);

// Each server alone, and how it answers a short question.
[[nodiscard]] std::vector<Finding> check_servers(const Options& options);

}  // namespace puna::cli
