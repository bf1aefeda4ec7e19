// puna pull, puna ls, puna rm, and -hf of the commands that take a model.
#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/hub_place.h"
#include "cli/terminal.h"
#include "puna/model/hub.h"

namespace puna::cli {
namespace {

struct Suggested {
  std::string_view name;
  double gigabytes;  // of the file
  double memory;     // with a window of 8,192 tokens
  std::string_view what;
};
// Sizes are those of the files; memory is file + keys and values of 8,192 tokens (from layers, heads and their width)
// + what computing takes.
constexpr std::array<Suggested, 7> kSuggested{
    {{.name = "Qwen/Qwen3-0.6B-GGUF:Q8_0", .gigabytes = 0.6, .memory = 2, .what = "small; simple calls of tools"},
     {.name = "Qwen/Qwen3-1.7B-GGUF:Q8_0", .gigabytes = 1.8, .memory = 3.5, .what = "laptops without a GPU"},
     {.name = "Qwen/Qwen3-4B-GGUF:Q4_K_M", .gigabytes = 2.5, .memory = 4.5, .what = "the smallest for agents"},
     {.name = "Qwen/Qwen3-8B-GGUF:Q4_K_M", .gigabytes = 5.0, .memory = 7, .what = "agents, code"},
     {.name = "Qwen/Qwen3-14B-GGUF:Q4_K_M", .gigabytes = 9.0, .memory = 11, .what = "agents, code; GPU of 12 GB"},
     {.name = "ggml-org/gpt-oss-20b-GGUF:MXFP4", .gigabytes = 12.1, .memory = 14, .what = "agents, reasoning; 16 GB"},
     {.name = "Qwen/Qwen3-30B-A3B-GGUF:Q4_K_M", .gigabytes = 18.6, .memory = 21, .what = "fast for its size; 24 GB"}}};

std::string name_text(const std::string& repo, const std::string& quant) {
  return printable(utf8::sanitize(quant.empty() ? repo : repo + ":" + quant));
}

std::string date_text(std::chrono::system_clock::time_point time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return format_text("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

int show_suggested(Console& console) {
  console.out(format_text("{:<34}{:>8}{:>9}  {}\n", "recommended", "file", "memory", "for"), Style::bold);
  for (const Suggested& model : kSuggested) {
    console.out(
        format_text("{:<34}{:>5.1f} GB{:>6.1f} GB  {}\n", model.name, model.gigabytes, model.memory, model.what));
  }
  console.out("memory: with a window of 8,192 tokens (-c); larger windows need more. puna pull NAME fetches one.\n");
  return 0;
}

Result<HubModel> pulled(Console& console, const std::string& text, bool offline, Interrupt& interrupt) {
  PUNA_TRY(const HubName name, HubName::parse(text));
  PUNA_TRY(const Hub hub, open_hub(console, offline));
  const Interrupt::Scope scope(interrupt);
  const auto started = std::chrono::steady_clock::now();
  auto model = hub.pull(name, scope.token());
  console.clear_status();
  if (!model) {
    Error error = std::move(model).error();
    if (error.code == ErrorCode::cancelled) {
      error.hint = "what has come is kept: puna pull " + name.text() + " goes on from there";
    }
    return std::unexpected(std::move(error));
  }
  if (model->bytes_fetched > 0) {
    const auto taken =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started);
    console.err(format_text("pulled {}  {} in {}\n", name_text(model->repo, model->quant),
                            bytes_text(model->bytes_fetched), duration_text(taken)),
                Style::dim);
  }
  return model;
}

Json json_of(const CachedModel& model) {
  return Json::object({{"repo", model.repo},
                       {"quant", model.quant},
                       {"bytes", model.bytes},
                       {"used", date_text(model.used)},
                       {"complete", model.is_complete},
                       {"file", model.file.string()}});
}

void show_cached(Console& console, const CachedModel& model) {
  console.out(format_text("{:<44} {:>9}  {}  {:<10}  {}\n", name_text(model.repo, model.quant), bytes_text(model.bytes),
                          date_text(model.used), model.is_complete ? "complete" : "incomplete",
                          printable(model.file.string())));
}

// false: somebody said no.
Result<bool> is_wanted(Console& console, const Options& options, Interrupt& interrupt) {
  if (options.hub.is_sure) {
    return true;
  }
  if (!Terminal::is_there(console)) {
    return fail(ErrorCode::invalid_argument, "nobody is at a terminal to say whether to remove it",
                "puna rm --yes " + options.hub.name);
  }
  Terminal terminal(console);
  const Interrupt::Scope scope(interrupt);
  PUNA_TRY(const std::string answer, terminal.answer("remove it? y or n", scope.token()));
  return answer == "y" || answer == "yes";
}

}  // namespace

Result<void> use_hub_model(Console& console, Options& options, Interrupt& interrupt) {
  if (options.hub_model.empty()) {
    return {};
  }
  if (options.command == Command::show && !options.text.empty()) {
    return fail(ErrorCode::invalid_argument, "a file and -hf are two models", "show one of them");
  }
  PUNA_TRY(const HubModel model, pulled(console, options.hub_model, options.offline, interrupt));
  options.model_file = model.file.string();
  return {};
}

Result<int> pull_command(Console& console, const Options& options, Interrupt& interrupt) {
  if (options.hub.list_suggested) {
    return show_suggested(console);
  }
  if (options.hub.name.empty()) {
    return fail(ErrorCode::invalid_argument, "pull needs a model's name",
                "puna pull USER/REPO[:QUANT]; puna pull --list recommends some");
  }
  PUNA_TRY(const HubModel model, pulled(console, options.hub.name, options.offline, interrupt));
  console.out(model.file.string() + "\n");
  return 0;
}

Result<int> ls_command(Console& console, const Options& options) {
  PUNA_TRY(const Hub hub, open_hub(console, true));
  PUNA_TRY(const std::vector<CachedModel> models, hub.list());
  for (const CachedModel& model : models) {
    if (options.jsonl) {
      console.out(json_of(model).dump() + "\n");
    } else {
      show_cached(console, model);
    }
  }
  if (models.empty()) {
    console.err("the cache has no GGUF model; puna pull --list recommends some\n");
  }
  return 0;
}

Result<int> rm_command(Console& console, const Options& options, Interrupt& interrupt) {
  PUNA_TRY(const HubName name, HubName::parse(options.hub.name));
  PUNA_TRY(const Hub hub, open_hub(console, true));
  PUNA_TRY(const std::vector<CachedModel> models, hub.list(name));
  for (const CachedModel& model : models) {
    show_cached(console, model);
  }
  PUNA_TRY(const bool wanted, is_wanted(console, options, interrupt));
  if (!wanted) {
    console.err("nothing was removed\n");
    return 1;
  }
  PUNA_TRY(const std::uint64_t bytes, hub.remove(name));
  console.out(format_text("{} freed\n", bytes_text(bytes)));
  return 0;
}

}  // namespace puna::cli
