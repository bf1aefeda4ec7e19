// Answers for always, in one JSON file for each project. Whoever can write that file can allow everything, so it is
// read only when nobody else can.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include "puna/base/sha256.h"
#include "puna/tools/permission.h"
#include "tools/atomic_file.h"
#include "tools/call_facts.h"
#include "tools/folder_access.h"
#include "tools/observation.h"

namespace puna {
namespace {

using tools::Descriptor;

constexpr int kVersion = 1;
constexpr std::size_t kApprovalsBytesMax = 16'777'216;
constexpr mode_t kOthersMayWrite = 022;

class MemoryApprovals final : public Approvals {
 public:
  [[nodiscard]] bool holds(const Json& subject) const override {
    const std::scoped_lock lock(mutex_);
    return kept_.contains(tools::canonical_text(subject));
  }
  [[nodiscard]] Result<void> add(const Json& subject) override {
    const std::scoped_lock lock(mutex_);
    kept_.insert(tools::canonical_text(subject));
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> kept_;  // guarded by mutex_
};

class FileApprovals final : public Approvals {
 public:
  FileApprovals(std::filesystem::path folder, std::string project)
      : folder_(std::move(folder)), project_(std::move(project)), name_(sha256_hex(project_).substr(0, 32) + ".json") {}

  [[nodiscard]] Result<void> load() {
    const std::scoped_lock lock(mutex_);
    auto folder = open_folder();
    if (!folder && folder.error().code == ErrorCode::not_found) {
      return {};  // the first answer makes it
    }
    return folder ? read(*folder) : Result<void>(std::unexpected(folder.error()));
  }

  [[nodiscard]] bool holds(const Json& subject) const override {
    const std::scoped_lock lock(mutex_);
    return kept_.contains(tools::canonical_text(subject));
  }

  [[nodiscard]] Result<void> add(const Json& subject) override {
    const std::scoped_lock lock(mutex_);
    std::error_code ignored;
    std::filesystem::create_directories(folder_.parent_path(), ignored);
    if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
      return std::unexpected(tools::io_error("make", folder_.string(), errno));
    }
    PUNA_TRY(const Descriptor folder, open_folder());
    if (::flock(folder.number(), LOCK_EX) != 0) {  // until the descriptor is closed
      return std::unexpected(tools::io_error("lock", folder_.string(), errno));
    }
    PUNA_TRY_VOID(read(folder));
    if (kept_.size() >= kApprovalsMax) {
      return fail(ErrorCode::limit, format_text("more than {} answers are kept: {}", kApprovalsMax, shown_name()),
                  "remove the file");
    }
    subjects_.push(subject);
    kept_.insert(tools::canonical_text(subject));
    return write(folder);
  }

 private:
  [[nodiscard]] std::string shown_name() const { return tools::shown((folder_ / name_).string()); }

  [[nodiscard]] Result<Descriptor> open_folder() const {
    Descriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.number() < 0) {
      return errno == ENOENT ? fail(ErrorCode::not_found, "no such folder: " + tools::shown(folder_.string()))
                             : Result<Descriptor>(std::unexpected(tools::io_error("open", folder_.string(), errno)));
    }
    PUNA_TRY_VOID(check_owner(folder, folder_.string()));
    return folder;
  }

  [[nodiscard]] static Result<void> check_owner(const Descriptor& place, std::string_view name) {
    struct stat facts{};
    if (::fstat(place.number(), &facts) != 0) {
      return std::unexpected(tools::io_error("look at", name, errno));
    }
    if (facts.st_uid != ::geteuid() || (facts.st_mode & kOthersMayWrite) != 0) {
      return fail(ErrorCode::invalid_argument, "kept answers that others may have written: " + tools::shown(name),
                  "chown it to yourself and chmod go-w it, or remove it");
    }
    return {};
  }

  // Replaces what is known by what the file says.
  Result<void> read(const Descriptor& folder) {
    subjects_ = Json::array();
    kept_.clear();
    const Descriptor file(::openat(folder.number(), name_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.number() < 0) {
      return errno == ENOENT ? Result<void>()
                             : std::unexpected(tools::io_error("open", (folder_ / name_).string(), errno));
    }
    PUNA_TRY_VOID(check_owner(file, (folder_ / name_).string()));
    PUNA_TRY(const std::string text, tools::read_beneath(folder, name_, kApprovalsBytesMax));
    auto json = Json::parse(text);
    const Json* version = json ? json->find("version") : nullptr;
    const Json* approvals = json ? json->find("approvals") : nullptr;
    if (version == nullptr || *version != Json(kVersion) || approvals == nullptr || !approvals->is_array() ||
        json->text_or("project") != project_) {
      return fail(ErrorCode::corrupt, "not the kept answers of this project: " + shown_name(), "remove the file");
    }
    subjects_ = *approvals;
    for (const Json& subject : subjects_.as_array()) {
      kept_.insert(tools::canonical_text(subject));
    }
    return {};
  }

  [[nodiscard]] Result<void> write(const Descriptor& folder) const {
    const Json file = Json::object({{"version", kVersion}, {"project", project_}, {"approvals", subjects_}});
    auto made = tools::NewFile::create(folder, file.dump(1) + '\n', std::nullopt, 0600);
    const int reason = made ? made->publish(name_) : made.error();
    return reason == 0 ? Result<void>() : std::unexpected(tools::io_error("write", (folder_ / name_).string(), reason));
  }

  const std::filesystem::path folder_;
  const std::string project_;
  const std::string name_;
  mutable std::mutex mutex_;
  Json subjects_ = Json::array();  // guarded by mutex_, as the next
  std::set<std::string> kept_;     // their canonical texts
};

}  // namespace

Result<std::unique_ptr<Approvals>> Approvals::open(const std::filesystem::path& folder,
                                                   const std::filesystem::path& project) {
  std::error_code code;
  const std::filesystem::path whole = std::filesystem::canonical(project, code);
  if (code) {
    return fail(ErrorCode::not_found, "no such folder: " + tools::shown(project.string()));
  }
  auto approvals = std::make_unique<FileApprovals>(folder, whole.string());
  PUNA_TRY_VOID(approvals->load());
  return approvals;
}

std::unique_ptr<Approvals> Approvals::in_memory() { return std::make_unique<MemoryApprovals>(); }

}  // namespace puna
