// A log of what models were asked and what they said, for whoever must answer for it later: one JSON object a line,
// mode 0600. Secrets are taken out, then texts are cut; both are counted. What is needed to look into a run is a trace
// (puna/agent/trace.h), which keeps everything.
//
// Source of the form: SWARM's prompt audit (ts, agent_id, kind, epoch, step, llm, system_prompt_sha256, user_prompt,
//                     response_text, tokens, error, extra). Here also: lengths, calls, and what was taken out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/model.h"
#include "puna/model/line_file.h"

namespace puna {

// A text without what looks like a key, a token, a password or a private key, and without the given secrets. Each is
// replaced by "[secret]"; what has no known form and is not given stays.
struct Redacted {
  std::string text;
  int secrets = 0;  // that were replaced
};
[[nodiscard]] Redacted redact(std::string_view text, std::span<const Secret> secrets = {});

struct PromptAuditOptions {
  bool has_system_prompt = false;      // its text too, not only its hash
  std::size_t text_max = 20'000;       // characters of a prompt, of an answer
  std::size_t error_max = 4'000;       // ... of an error
  std::size_t entries_max = 50'000;    // of the file; a last line says that there would be more
  std::vector<Secret> secrets;         // taken out wherever they occur; shorter ones than 6 bytes are not
  std::string provider = "llama_cpp";  // of every entry
  const Clock* clock = nullptr;        // borrowed; absent: entries have no time, so that equal runs write equal files
};

// One file, of any number of agents and models.
// Thread  any; a line is written whole.
class PromptAudit {
 public:
  // What an entry says beside the question and its answer.
  struct About {
    std::string agent;
    std::string_view kind = "ask";  // "_error" is added to that of a question that failed
    std::optional<int> epoch;
    std::optional<int> step;
    std::string error;  // what was wrong with an answer that came; empty = nothing
    Json extra;         // null = none
  };

  // Creates the file, or goes on behind its last whole line.  Errors  those of LineFile::go_on()
  [[nodiscard]] static Result<std::unique_ptr<PromptAudit>> open(const std::filesystem::path& file,
                                                                 PromptAuditOptions options = {});

  // Errors  io  the entry cannot be written
  [[nodiscard]] Result<void> add(const About& about, std::string_view model, const Request& request,
                                 const Result<Reply>& reply);

 private:
  PromptAudit(LineFile file, PromptAuditOptions options) : options_(std::move(options)), file_(std::move(file)) {}
  [[nodiscard]] Json head(const About& about, bool has_failed) const;
  [[nodiscard]] Json entry(const About& about, std::string_view model, const Request& request,
                           const Result<Reply>& reply) const;

  const PromptAuditOptions options_;
  std::mutex mutex_;
  LineFile file_;         // guarded by mutex_, as the next
  bool is_full_ = false;  // and said so
};

// A model whose questions are entries of the audit, each written before its answer is given. An entry that cannot be
// written is an error of ask(). Borrows both.
[[nodiscard]] std::unique_ptr<Model> make_audited_model(Model& model, PromptAudit& audit);

}  // namespace puna
