// The program. Wires console, options and commands; maps errors to exit statuses.
#include <cerrno>
#include <csignal>
#include <exception>
#include <string>
#include <system_error>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "puna/engine.h"

namespace puna::cli {
namespace {

constexpr int kUnread = 128 + SIGPIPE;  // as of a program that the signal ends

Result<int> dispatch(Console& console, Options& options, Interrupt& interrupt) {
  PUNA_TRY_VOID(use_role(options));
  PUNA_TRY_VOID(use_hub_model(console, options, interrupt));
  switch (options.command) {
    case Command::run:
      return run_command(console, options, interrupt);
    case Command::ask:
      return ask_command(console, options, interrupt);
    case Command::chat:
      return chat_command(console, options, interrupt);
    case Command::show:
      return show_command(console, options);
    case Command::render:
      return render_command(console, options);
    case Command::parse:
      return parse_command(console, options);
    case Command::doctor:
      return doctor_command(console, options);
    case Command::bench:
      return bench_command(console, options, interrupt);
    case Command::sim:
      return sim_command(console, options, interrupt);
    case Command::sweep:
      return sweep_command(console, options, interrupt);
    case Command::session:
      return session_command(console, options);
    case Command::report:
      return report_command(console, options);
    case Command::mcp:
      return mcp_command(console, options, interrupt);
    case Command::trace:
      return options.trace.action == "replay" ? replay_command(console, options, interrupt)
             : options.trace.action == "diff" ? diff_command(console, options)
                                              : trace_command(console, options);
    case Command::serve:
      return serve_command(console, options, interrupt);
    case Command::status:
      return status_command(console);
    case Command::stop:
      return stop_command(console, options);
    case Command::pull:
      return pull_command(console, options, interrupt);
    case Command::ls:
      return ls_command(console, options);
    case Command::rm:
      return rm_command(console, options, interrupt);
  }
  return 1;
}

int report(Console& console, const Options& options, const Error& error) {
  if (options.jsonl) {
    console.out(
        Json::object(
            {{"type", "error"}, {"code", name_of(error.code)}, {"message", error.message}, {"hint", error.hint}})
            .dump() +
        "\n");
  }
  console.error(error);
  return status_of(error.code).exit_status;
}

Error lost_output(int failure) {
  const bool is_full = failure == ENOSPC || failure == EDQUOT;
  return {.code = ErrorCode::io,
          .message = "the output could not be written to stdout: " + std::system_category().message(failure),
          .hint = is_full ? "free space on its disk" : "send it to a file or a terminal"};
}

int program(int argc, char** argv) {
  ParsedOptions parsed = parse_options(argc, argv);
  if (parsed.answer) {
    std::fputs(parsed.answer->text.c_str(), parsed.answer->exit_status == 0 ? stdout : stderr);
    return parsed.answer->exit_status;
  }
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write that fails
  Interrupt interrupt;
  Console console = Console::from_environment(parsed.options.no_color);
  const bool is_for_a_reader = parsed.options.command == Command::ask || parsed.options.command == Command::run;
  if (is_for_a_reader) {
    console.when_unread([&interrupt] { interrupt.stop_work(); });
  }
  const auto status = dispatch(console, parsed.options, interrupt);
  if (is_for_a_reader && console.is_unread()) {
    if (!status && status.error().code != ErrorCode::cancelled) {
      console.error(status.error());
    }
    return kUnread;
  }
  if (const int failure = console.lost_output(); failure != 0 && status && *status == 0) {
    return report(console, parsed.options, lost_output(failure));
  }
  return status ? *status : report(console, parsed.options, status.error());
}

}  // namespace
}  // namespace puna::cli

int main(int argc, char** argv) {
  puna::restart_with_passive_wait(argv);
  try {
    return puna::cli::program(argc, argv);
  } catch (const std::exception& error) {  // out of memory, most likely; everything else is a Result
    std::fprintf(stderr, "puna: %s\n", error.what());
    return 1;
  }
}
