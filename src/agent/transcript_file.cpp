// A transcript on disk: a LineFile of messages.
#include <utility>

#include "puna/agent.h"
#include "puna/model/line_file.h"

namespace puna {
namespace {

class AppendedFile final : public TranscriptFile {
 public:
  explicit AppendedFile(LineFile file) : file_(std::move(file)) {}

  [[nodiscard]] Result<void> append(const Message& message) override {
    return file_.append(to_json(message).dump()).transform_error([](Error error) {
      error.hint += error.hint.empty() ? "" : ", or leave the transcript out";
      return error;
    });
  }

 private:
  LineFile file_;
};

}  // namespace

Result<std::unique_ptr<TranscriptFile>> TranscriptFile::create(const std::filesystem::path& file) {
  PUNA_TRY(LineFile opened, LineFile::create(file));
  return std::make_unique<AppendedFile>(std::move(opened));
}

}  // namespace puna
