// The commands, and what they share: a file's text, a model opened with its sizes said first.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "cli/console.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "puna/model.h"
#include "puna/tools.h"

namespace puna::cli {

// Each returns the program's exit status, or an error that main shows and maps to one.
[[nodiscard]] Result<int> run_command(Console& console, const Options& options, Interrupt& interrupt);
[[nodiscard]] Result<int> ask_command(Console& console, const Options& options, Interrupt& interrupt);
[[nodiscard]] Result<int> chat_command(Console& console, const Options& options, Interrupt& interrupt);
[[nodiscard]] Result<int> show_command(Console& console, const Options& options);
[[nodiscard]] Result<int> render_command(Console& console, const Options& options);
[[nodiscard]] Result<int> parse_command(Console& console, const Options& options);
[[nodiscard]] Result<int> doctor_command(Console& console, const Options& options);
[[nodiscard]] Result<int> bench_command(Console& console, const Options& options, Interrupt& interrupt);

// Where this program lies; empty when the system does not say.
[[nodiscard]] std::filesystem::path program_folder();

// The bundled demo model: beside the installed program, else in the source tree it was built from.
// Errors  not_found  the message lists where it was looked for
[[nodiscard]] Result<std::filesystem::path> demo_model_file();
// options.model_file, else the demo model's.
[[nodiscard]] Result<std::filesystem::path> model_file(const Options& options);

// What the user asked for, with the command's own temperature where neither the user nor the model's file says one.
// Errors  those of effective(): a mistake is found before the weights are read;  not_found, io, corrupt  the file
[[nodiscard]] Result<Sampling> sampling_of(const Options& options);

// A built-in chat template's source, or a file's; empty for an empty name.
// Errors  invalid_argument  neither
[[nodiscard]] Result<std::string> template_named(const std::string& name);

// Says the sizes of weights and KV, then loads, with progress. Ctrl-C stops the load.
[[nodiscard]] Result<std::unique_ptr<LocalModel>> open_model(Console& console, const Options& options,
                                                             Interrupt& interrupt);

[[nodiscard]] ToolChoice tool_choice_of(const Options& options);
// A whole file of at most bytes_max.  Errors  not_found, io, limit
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& file, std::size_t bytes_max);
// The words of the command line, or stdin when they are "-". Errors  invalid_argument (not UTF-8, empty), limit
[[nodiscard]] Result<std::string> task_text(const Options& options);

// 0 answered, 5 a limit, 130 cancelled, 1 malformed replies.
[[nodiscard]] int exit_status_of(StopReason reason);

}  // namespace puna::cli
