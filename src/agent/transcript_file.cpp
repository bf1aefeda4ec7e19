// A transcript on disk: a LineFile of messages.
#include <utility>

#include "agent/line_file.h"
#include "puna/agent.h"

namespace puna {
namespace {

class AppendedFile final : public TranscriptFile {
 public:
  explicit AppendedFile(agent::LineFile file) : file_(std::move(file)) {}

  [[nodiscard]] Result<void> append(const Message& message) override {
    return file_.append(to_json(message).dump()).transform_error([](Error error) {
      error.hint += error.hint.empty() ? "" : ", or leave the transcript out";
      return error;
    });
  }

 private:
  agent::LineFile file_;
};

}  // namespace

Result<std::unique_ptr<TranscriptFile>> TranscriptFile::create(const std::filesystem::path& file) {
  PUNA_TRY(agent::LineFile opened, agent::LineFile::create(file));
  return std::make_unique<AppendedFile>(std::move(opened));
}

}  // namespace puna
