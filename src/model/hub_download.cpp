// See hub_download.h.
#include "model/hub_download.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "model/patience.h"
#include "puna/base/sha256.h"

namespace puna::model {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kProgressStep{100};
constexpr std::uint64_t kWorthBytesMax = std::uint64_t{8} << 20U;
constexpr int kPartOfContent = 206;
constexpr int kRangeNotThere = 416;
constexpr std::size_t kReadBytes = std::size_t{1} << 20U;

struct ContentRange {
  std::uint64_t from = 0;
  std::optional<std::uint64_t> total;  // nothing: "*"
};

// "bytes 100-199/500".   Source: RFC 9110, 14.4.
std::optional<ContentRange> content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  if (!text.starts_with(kUnit) || dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) {
    return std::nullopt;
  }
  const auto number = [](std::string_view digits) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() && !digits.empty() ? std::optional(value)
                                                                                           : std::nullopt;
  };
  const auto from = number(text.substr(kUnit.size(), dash - kUnit.size()));
  const auto total = number(text.substr(slash + 1));
  if (!from || (!total && text.substr(slash + 1) != "*")) {
    return std::nullopt;
  }
  return ContentRange{.from = *from, .total = total};
}

ServerFailure may_pass(ErrorCode code, std::string message) {
  return {.error = {.code = code, .message = std::move(message), .hint = "try again later"},
          .then = ServerFailure::Then::try_again,
          .after = {}};
}

// The partial file: its bytes, their number and their hash.
class PartialFile {
 public:
  // Reads what is there already; more than bytes_max of it is thrown away.  Errors  io, cancelled
  static Result<PartialFile> open(const std::filesystem::path& file, std::uint64_t bytes_max,
                                  const std::stop_token& stop);
  PartialFile(PartialFile&& other) noexcept
      : file_(std::move(other.file_)),
        descriptor_(std::exchange(other.descriptor_, -1)),
        bytes_(other.bytes_),
        hash_(other.hash_) {}
  PartialFile& operator=(PartialFile&&) = delete;
  ~PartialFile() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }

  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::string hash() const { return hash_.hex(); }
  Result<void> append(std::string_view bytes);
  Result<void> clear();
  // Gives the file its name.
  Result<void> publish(const std::filesystem::path& name);

 private:
  PartialFile(std::filesystem::path file, int descriptor) : file_(std::move(file)), descriptor_(descriptor) {}
  [[nodiscard]] std::unexpected<Error> failed(std::string_view verb, int reason) const {
    const bool is_full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
    return fail(ErrorCode::io, format_text("cannot {} {}: {}", verb, file_.string(), std::strerror(reason)),
                is_full ? "make room; pulling again goes on from there"
                        : "check the cache folder; HF_HUB_CACHE names "
                          "another");
  }

  std::filesystem::path file_;
  int descriptor_;
  std::uint64_t bytes_ = 0;
  Sha256 hash_;
};

Result<PartialFile> PartialFile::open(const std::filesystem::path& file, std::uint64_t bytes_max,
                                      const std::stop_token& stop) {
  std::error_code code;
  std::filesystem::create_directories(file.parent_path(), code);
  PartialFile partial(file, ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666));
  if (partial.descriptor_ < 0) {
    return partial.failed("make", errno);
  }
  std::string block(kReadBytes, '\0');
  while (true) {
    const ssize_t got = ::read(partial.descriptor_, block.data(), block.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return partial.failed("read", errno);
    }
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "stopped");
    }
    partial.bytes_ += static_cast<std::uint64_t>(got);
    if (partial.bytes_ > bytes_max) {
      PUNA_TRY_VOID(partial.clear());
      return partial;
    }
    if (got == 0) {
      return partial;
    }
    partial.hash_.add(std::string_view(block).substr(0, static_cast<std::size_t>(got)));
  }
}

Result<void> PartialFile::append(std::string_view bytes) {
  hash_.add(bytes);
  while (!bytes.empty()) {  // every round writes at least one byte
    const ssize_t wrote = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(bytes_));
    if (wrote < 0 && errno == EINTR) {
      continue;
    }
    if (wrote <= 0) {
      return failed("write", wrote < 0 ? errno : ENOSPC);
    }
    bytes_ += static_cast<std::uint64_t>(wrote);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<void> PartialFile::clear() {
  if (::ftruncate(descriptor_, 0) != 0) {
    return failed("empty", errno);
  }
  bytes_ = 0;
  hash_ = Sha256();
  return {};
}

Result<void> PartialFile::publish(const std::filesystem::path& name) {
  if (::fsync(descriptor_) != 0) {
    return failed("write", errno);
  }
  std::error_code code;
  std::filesystem::rename(file_, name, code);
  return code ? Result<void>(failed("rename", code.value())) : Result<void>();
}

// One attempt's bytes, appended from where the file ends.
class Arriving final : public HttpReceiver {
 public:
  Arriving(PartialFile& partial, std::uint64_t bytes_total, const std::function<void(std::uint64_t)>& progress)
      : partial_(partial), bytes_total_(bytes_total), progress_(progress) {}

  [[nodiscard]] Flow on_head(const HttpHead& head) override {
    if (head.status == kOk) {  // from the beginning: what is there already is passed over
      skip_ = partial_.bytes();
      if (const std::string_view length = head.header("content-length");
          length.empty() || length == std::to_string(bytes_total_)) {
        return Flow::go_on;
      }
      odd_answer = format_text("a file of {} bytes", head.header("content-length"));
    }
    if (head.status == kPartOfContent) {
      const auto range = content_range(head.header("content-range"));
      if (range && range->from == partial_.bytes() && range->total.value_or(bytes_total_) == bytes_total_) {
        return Flow::go_on;
      }
      odd_answer = format_text("the range '{}'", head.header("content-range"));
    }
    return Flow::stop;
  }
  [[nodiscard]] Flow on_body(std::string_view bytes) override {
    fetched += bytes.size();
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
    skip_ -= skipped;
    bytes.remove_prefix(skipped);
    bytes = bytes.substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), bytes_total_ - partial_.bytes())));
    if (!bytes.empty()) {
      written = partial_.append(bytes);
    }
    const auto now = steady_clock::now();
    if (now - shown_ >= kProgressStep) {
      shown_ = now;
      progress_(partial_.bytes());
    }
    return written && partial_.bytes() < bytes_total_ ? Flow::go_on : Flow::stop;
  }

  Result<void> written;
  std::optional<std::string> odd_answer;  // that is not of this file, or not of this part of it
  std::uint64_t fetched = 0;

 private:
  PartialFile& partial_;
  std::uint64_t bytes_total_;
  const std::function<void(std::uint64_t)>& progress_;
  std::uint64_t skip_ = 0;
  steady_clock::time_point shown_;
};

// Why the file is not whole after an attempt.
ServerFailure shortfall(const HubClient& client, const Download& what, const Result<HttpHead>& head,
                        const Arriving& arriving, std::uint64_t bytes) {
  if (!head) {
    return HubClient::broken(head.error());
  }
  if (arriving.odd_answer) {
    return may_pass(ErrorCode::corrupt,
                    format_text("{}: asked for the bytes from {} of {}, and got {}", head->url.shown(), bytes,
                                *what.file.bytes, printable(utf8::sanitize(*arriving.odd_answer))));
  }
  if (head->status != kOk && head->status != kPartOfContent && head->status != kRangeNotThere) {
    return client.refusal(*head, what.repo);
  }
  return may_pass(ErrorCode::unavailable,
                  format_text("{}: the answer ended after {} of {} bytes", head->url.shown(), bytes, *what.file.bytes));
}

Result<void> check_and_publish(const Download& what, PartialFile& partial) {
  if (what.file.has_sha256() && partial.hash() != what.file.blob) {
    std::error_code ignored;
    std::filesystem::remove(what.partial, ignored);
    return fail(ErrorCode::corrupt,
                format_text("{}: what came has the SHA-256 {}, and the hub says {}; it was deleted", what.file.path,
                            partial.hash(), what.file.blob),
                "pull it again; if that gives the same, something on the way changes it");
  }
  return partial.publish(what.blob);
}

}  // namespace

void HubPatience::forget() {
  failed_ = 0;
  wait_ = retries_.first_wait;
}

Result<void> HubPatience::wait(ServerFailure failure, const std::stop_token& stop) {
  if (failure.then == ServerFailure::Then::give_up) {
    return std::unexpected(std::move(failure.error));
  }
  if (++failed_ >= retries_.attempts_max) {
    if (failed_ > 1) {
      failure.error.message += format_text(" ({} attempts)", failed_);
    }
    return std::unexpected(std::move(failure.error));
  }
  const auto jittered =
      milliseconds(static_cast<std::int64_t>(static_cast<double>(wait_.count()) * (0.5 + random_.uniform())));
  const milliseconds time = std::min(std::max(jittered, failure.after.value_or(milliseconds(0))), retries_.wait_max);
  wait_ = std::min(2 * wait_, retries_.wait_max);
  if (!stoppable_sleep(time, stop)) {
    return fail(ErrorCode::cancelled, "stopped while it waited for the hub");
  }
  return {};
}

Result<std::uint64_t> download(const HubClient& client, const Download& what, const HubOptions& options,
                               const std::function<void(std::uint64_t)>& progress, const std::stop_token& stop) {
  const std::uint64_t total = what.file.bytes.value_or(0);
  PUNA_TRY(PartialFile partial, PartialFile::open(what.partial, total, stop));
  const std::uint64_t worth = std::clamp<std::uint64_t>(total / 100, 1, kWorthBytesMax);
  HubPatience patience(options.retries);
  std::uint64_t fetched = 0;
  progress(partial.bytes());
  while (partial.bytes() < total) {
    const std::uint64_t before = partial.bytes();
    Arriving arriving(partial, total, progress);
    const auto head = client.fetch(what.repo, what.commit, what.file.path, before, arriving, stop);
    fetched += arriving.fetched;
    if (!arriving.written) {
      return std::unexpected(arriving.written.error());
    }
    if (partial.bytes() >= total) {
      break;
    }
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "stopped");
    }
    if (partial.bytes() - before >= worth) {
      patience.forget();
    }
    PUNA_TRY_VOID(patience.wait(shortfall(client, what, head, arriving, partial.bytes()), stop));
    if (head && head->status == kRangeNotThere) {
      PUNA_TRY_VOID(partial.clear());
    }
  }
  progress(partial.bytes());
  PUNA_TRY_VOID(check_and_publish(what, partial));
  return fetched;
}

}  // namespace puna::model
