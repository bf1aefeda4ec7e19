// A llama-server of our own: --serve-with PROGRAM.
#pragma once

#include <memory>

#include "cli/console.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "puna/model.h"

namespace puna::cli {

// Starts the program as llama-server is started, with the model's file, on a free port of this machine, and waits until
// it is healthy. The process belongs to the model that is returned, and ends with it: SIGTERM, five seconds later
// SIGKILL; SIGKILL at once when the thread that started it dies.
// Errors  not_found    no such program, no such model
//         unavailable  it ended while it started (with its last lines)
//         cancelled    Ctrl-C;  those of RemoteModel::open()
// Thread  the main one: the process would end with another.
[[nodiscard]] Result<std::unique_ptr<Model>> serve_with(Console& console, const Options& options, Interrupt& interrupt);

}  // namespace puna::cli
