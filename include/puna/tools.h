// What an agent can do. A tool failure is an observation that the model reads, never an error of the run.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "puna/base.h"
#include "puna/chat.h"
#include "puna/tools/traits.h"

namespace puna {

struct ToolResult {
  std::string content;  // what the model reads; a failure starts with "error: "
  bool is_error = false;

  bool operator==(const ToolResult&) const = default;
};
[[nodiscard]] ToolResult tool_error(std::string_view message);

// Who makes a call, for a tool that needs more than its arguments: an agent that is a tool. Loops derive theirs.
class Caller {
 public:
  Caller() = default;
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  virtual ~Caller() = default;
};

// Thread  run() may be called from any thread, one call at a time for each tool unless it is_parallel().
class Tool {
 public:
  Tool() = default;
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;
  virtual ~Tool() = default;

  [[nodiscard]] virtual const ToolSpec& spec() const = 0;
  // What permissions know of it. Nothing: it is not declared, and a Gate (puna/tools/gate.h) fears the worst. A tool
  // that declares them gets no arguments but those that its schema names, unless the schema itself speaks of others.
  [[nodiscard]] virtual std::optional<ToolTraits> traits() const { return std::nullopt; }
  // arguments fit the spec's schema. Should return soon after stop was asked for. A throw becomes an observation.
  [[nodiscard]] virtual ToolResult run(const Json& arguments, std::stop_token stop) = 0;
  // The same for a caller that says who it is.
  [[nodiscard]] virtual ToolResult run_for(Caller& /*caller*/, const Json& arguments, std::stop_token stop) {
    return run(arguments, std::move(stop));
  }
  // Whether several calls may run at the same time.
  [[nodiscard]] virtual bool is_parallel() const { return false; }
  // From now on no more than so many bytes of one result are shown. A tool that gives what it has in pieces makes them
  // smaller; it is not called meanwhile.
  virtual void limit_result(std::size_t /*bytes_max*/) {}
};

class ResultFolder;  // puna/tools/results.h

inline constexpr std::size_t kObservationBytesMax = 65'536;
// The tools of an agent, in a fixed order (the order is part of the prompt).
class Toolbox {
 public:
  Toolbox();
  Toolbox(Toolbox&&) noexcept;
  Toolbox& operator=(Toolbox&&) noexcept;
  ~Toolbox();

  // Errors  invalid_argument  a name that exists already or is not [A-Za-z0-9_-]{1,64}, or a schema that cannot be
  //         turned into a grammar
  [[nodiscard]] Result<void> add(std::unique_ptr<Tool> tool);
  [[nodiscard]] std::vector<ToolSpec> specs() const;
  // The tool of this name, or nullptr. Borrowed from the box.
  [[nodiscard]] const Tool* find(std::string_view name) const;
  // What run() would answer without running anything: an unknown tool, arguments that do not fit.
  [[nodiscard]] std::optional<ToolResult> refusal(const ToolCall& call) const;

  // Runs one call. Never fails: an unknown tool (the observation lists the tools), arguments that do not fit, a tool
  // that throws and a result that is too long are observations. The content is valid UTF-8 and at most
  // kObservationBytesMax bytes (cut in the middle, said so).
  // Thread  any; calls of one tool wait for each other, as that tool wants it.
  [[nodiscard]] ToolResult run(const ToolCall& call, std::stop_token stop = {}, Caller* caller = nullptr);

  // From now on a result of more than bytes_max bytes is shown in part, and the whole is a file of the folder that its
  // last line names (puna/tools/results.h). Not while a call runs.
  // Requires  1,024 <= bytes_max <= kObservationBytesMax
  void keep_large_results(std::shared_ptr<const ResultFolder> folder, std::size_t bytes_max);

  // A tool that is this one of this box, for the box of an agent that may do a part of what this one's may; nullptr
  // when there is none of the name. Borrows this box.
  [[nodiscard]] std::unique_ptr<Tool> lend(std::string_view name);

 private:
  struct Entry;
  [[nodiscard]] std::string fit(const std::string& content) const;

  std::vector<std::unique_ptr<Entry>> tools_;
  std::shared_ptr<const ResultFolder> results_;  // may be absent
  std::size_t shown_bytes_max_ = kObservationBytesMax;
};

// ---- built-in tools -----------------------------------------------------------------------------------------------

// "Evaluate an arithmetic expression.": + - * / // % ^ **, parentheses, sqrt abs round floor ceil min max log ln log10
// log2 exp sin cos tan asin acos atan, pi, e; also the signs of print for times, divided by and minus.
// As in Python, % is the remainder with the sign of the divisor and log(x) the natural logarithm. "1,000" is a thousand
// outside a function's parentheses. Integers stay exact as long as every step fits 64 bits, then go on as doubles.
// The result is the bare number: "173412", "12.5"; the shortest text that reads back the same.
[[nodiscard]] std::unique_ptr<Tool> make_calculator();

// "Tell the current date and time.": "2026-11-20 10:45:12 UTC, Friday". Takes an IANA time zone. The clock is borrowed.
[[nodiscard]] std::unique_ptr<Tool> make_current_time(const Clock& clock);

// A folder that file tools may read. Every path is resolved beneath it by the kernel (openat2, RESOLVE_BENEATH and no
// magic links, no other mount): "..", absolute paths and symbolic links that lead out are refused.
class FileRoot {
 public:
  virtual ~FileRoot() = default;
  // Errors  not_found, io  the folder cannot be opened;  unavailable  the kernel has no openat2 (before Linux 5.6)
  [[nodiscard]] static Result<std::shared_ptr<const FileRoot>> open(const std::filesystem::path& folder);

  struct Entry {
    std::string name;  // valid UTF-8 on one line: other bytes are replaced, and then it does not open by this name
    bool is_folder = false;  // also a link to a folder beneath the root
  };
  // Paths are relative to the root; "" and "." are the root.
  // Sorted by name.
  // Errors  not_found, io, invalid_argument (leaves the root, not a folder), limit (over 2,000 entries)
  [[nodiscard]] virtual Result<std::vector<Entry>> list(std::string_view path) const = 0;
  // Text is valid UTF-8 without NUL bytes. Never waits for a pipe or a device, which are refused unopened.
  // Errors  not_found, io, invalid_argument (leaves the root, not a regular file, not text), limit (over bytes_max)
  [[nodiscard]] virtual Result<std::string> read(std::string_view path, std::size_t bytes_max) const = 0;
};
// "List the files in a folder.": one entry a line, folders with a "/" behind them; "(empty)".
[[nodiscard]] std::unique_ptr<Tool> make_list_files(std::shared_ptr<const FileRoot> root);
// "Read a text file.": its text; over 32 KiB the middle is left out and that is said; over 1 MiB it is refused.
[[nodiscard]] std::unique_ptr<Tool> make_read_file(std::shared_ptr<const FileRoot> root);

}  // namespace puna
