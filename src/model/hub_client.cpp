// See hub_client.h.
#include "model/hub_client.h"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <utility>

#include "model/hub_name.h"

namespace puna::model {
namespace {

constexpr std::size_t kListingBytesMax = std::size_t{64} << 20U;
constexpr std::size_t kFilesMax = 100'000;
constexpr std::size_t kCommitDigits = 40;
constexpr std::size_t kSha256Digits = 64;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<std::uint64_t> size_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                   : std::nullopt;
}

std::optional<std::uint64_t> size_of(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_integer() && value->as_integer() >= 0
             ? std::optional(static_cast<std::uint64_t>(value->as_integer()))
             : std::nullopt;
}

// "abc", W/"abc" and abc.
std::string_view plain_etag(std::string_view etag) {
  if (etag.starts_with("W/")) {
    etag.remove_prefix(2);
  }
  if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) {
    etag = etag.substr(1, etag.size() - 2);
  }
  return etag;
}

std::string encoded_path(std::string_view path) {
  std::string text;
  for (const auto& range : path | std::views::split('/')) {
    text += (text.empty() ? "" : "/") + percent_encoded(std::string_view(range.begin(), range.end()));
  }
  return text;
}

std::optional<HubFile> file_in(const Json& item) {
  HubFile file{.path = std::string(item.text_or("rfilename")), .blob = {}, .bytes = size_of(item, "size")};
  if (const Json* lfs = item.find("lfs"); lfs != nullptr && lfs->is_object()) {
    file.blob = lfs->text_or("sha256", lfs->text_or("oid"));
    file.bytes = size_of(*lfs, "size");
  } else {
    file.blob = item.text_or("blobId");
  }
  const bool is_good = is_plain_path(file.path) && (file.blob.empty() || is_blob_name(file.blob));
  return is_good ? std::optional(std::move(file)) : std::nullopt;
}

// Ends at the first redirect, and takes no body.
class HeadOnly final : public HttpReceiver {
 public:
  [[nodiscard]] Flow on_redirect(const HttpHead& head) override {
    // A repository that has another name now: the answer is behind it, at the same hub.
    return head.header("x-linked-etag").empty() && head.header("x-repo-commit").empty() ? Flow::go_on : Flow::stop;
  }
  [[nodiscard]] Flow on_body(std::string_view /*bytes*/) override { return Flow::stop; }
};

ServerFailure given_up(ErrorCode code, std::string message, std::string hint = {}) {
  return {.error = {.code = code, .message = std::move(message), .hint = std::move(hint)},
          .then = ServerFailure::Then::give_up,
          .after = {}};
}

}  // namespace

bool HubFile::has_sha256() const { return blob.size() == kSha256Digits; }

bool is_blob_name(std::string_view text) {
  return (text.size() == kCommitDigits || text.size() == kSha256Digits) && is_hex(text);
}

bool is_commit(std::string_view text) { return text.size() == kCommitDigits && is_hex(text); }

Result<HubListing> read_listing(std::string_view body) {
  auto json = Json::parse(body);
  const Json* siblings = json ? json->find("siblings") : nullptr;
  if (siblings == nullptr || !siblings->is_array() || !is_commit(json->text_or("sha"))) {
    return fail(ErrorCode::corrupt, "the hub's list of files is none");
  }
  if (siblings->as_array().size() > kFilesMax) {
    return fail(ErrorCode::corrupt, format_text("the hub lists more than {} files", kFilesMax));
  }
  HubListing listing{.commit = std::string(json->text_or("sha")), .files = {}};
  for (const Json& item : siblings->as_array()) {
    if (auto file = file_in(item)) {
      listing.files.push_back(*std::move(file));
    }
  }
  return listing;
}

Result<HubClient> HubClient::create(const HubOptions& options) {
  const auto url = Url::parse(options.endpoint);
  if (!url || url->text.contains('?')) {
    return fail(ErrorCode::invalid_argument,
                format_text("'{}' is no hub's address", printable(utf8::sanitize(options.endpoint))),
                "HF_ENDPOINT is an address as https://huggingface.co");
  }
  AddressPolicy policy = AddressPolicy::public_only();
  if (options.endpoint != kHubEndpoint) {
    PUNA_TRY_VOID(policy.grant(url->host));
  }
  return HubClient(options, *url, std::move(policy));
}

HttpRequest HubClient::request(const std::string& path) const {
  std::string_view root = endpoint_.text;
  root = root.substr(0, root.find_last_not_of('/') + 1);
  HttpRequest request{.url = std::string(root) + path};
  if (!options_.token.empty()) {
    request.headers.push_back({.name = "Authorization", .value = Secret("Bearer " + options_.token.reveal())});
  }
  request.limits.idle = options_.idle;
  return request;
}

Answered<HubListing> HubClient::list(const std::string& repo, const std::stop_token& stop) const {
  HttpRequest asked = request("/api/models/" + repo + "/revision/main?blobs=true");
  asked.limits.body_bytes = kListingBytesMax;
  auto response = client_.fetch(asked, stop);
  if (!response) {
    return std::unexpected(broken(std::move(response).error()));
  }
  if (response->head.status != kOk) {
    return std::unexpected(refusal(response->head, repo));
  }
  auto listing = read_listing(response->body);
  if (!listing) {
    return std::unexpected(given_up(ErrorCode::corrupt, endpoint_.shown() + ": " + listing.error().message,
                                    "HF_ENDPOINT must be a hub; a proxy or a login page may stand in between"));
  }
  return *std::move(listing);
}

Answered<HubFile> HubClient::examine(const std::string& repo, const std::string& commit, HubFile file,
                                     const std::stop_token& stop) const {
  HttpRequest asked = request("/" + repo + "/resolve/" + commit + "/" + encoded_path(file.path));
  asked.method = "HEAD";
  asked.may_be_compressed = false;
  HeadOnly receiver;
  auto head = client_.stream(asked, receiver, stop);
  if (!head) {
    return std::unexpected(broken(std::move(head).error()));
  }
  if (head->status >= 400) {
    return std::unexpected(refusal(*head, repo));
  }
  const std::string_view linked = head->header("x-linked-etag");
  file.blob = plain_etag(linked.empty() ? head->header("etag") : linked);
  file.bytes = size_in(head->header("x-linked-size"));
  if (!file.bytes && linked.empty()) {
    file.bytes = size_in(head->header("content-length"));
  }
  if (!is_blob_name(file.blob) || !file.bytes) {
    return std::unexpected(given_up(
        ErrorCode::corrupt, format_text("{}: the hub does not say what {} is", endpoint_.shown(), printable(file.path)),
        "its answers need a hash (X-Linked-ETag or ETag) and a size"));
  }
  return file;
}

Result<HttpHead> HubClient::fetch(const std::string& repo, const std::string& commit, const std::string& path,
                                  std::uint64_t from, HttpReceiver& receiver, const std::stop_token& stop) const {
  HttpRequest asked = request("/" + repo + "/resolve/" + commit + "/" + encoded_path(path));
  asked.may_be_compressed = false;
  asked.limits.total = std::chrono::milliseconds(0);
  asked.limits.body_bytes = static_cast<std::size_t>(-1);
  if (from > 0) {
    asked.headers.push_back({.name = "Range", .value = format_text("bytes={}-", from)});
  }
  return client_.stream(asked, receiver, stop);
}

ServerFailure HubClient::refusal(const HttpHead& head, const std::string& repo) const {
  const int status = head.status;
  const std::string who = head.url.same_origin(endpoint_) ? endpoint_.shown() : head.url.shown();
  const std::string_view reason = head.header("x-error-code");
  if (!head.url.same_origin(endpoint_) && status >= 400) {  // a signed address that has run out, and the like
    return {.error = {.code = ErrorCode::unavailable, .message = format_text("{}: status {}", who, status), .hint = {}},
            .then = ServerFailure::Then::try_again,
            .after = retry_after_of(head.header("retry-after"))};
  }
  const std::string token_hint =
      format_text("accept its terms at {}/{} where it has some, and set HF_TOKEN to a token of yours that may read it",
                  options_.endpoint, repo);
  if (status == 404 || reason == "RepoNotFound") {
    return given_up(ErrorCode::not_found, format_text("{} has no model repository {}", who, repo),
                    options_.token.empty() && status != 404
                        ? "check the spelling; a private one needs a token in HF_TOKEN"
                        : "check the spelling; names of GGUF repositories mostly end in -GGUF");
  }
  if (status == 401 || status == 403) {
    const bool is_gated = reason == "GatedRepo";
    return given_up(ErrorCode::invalid_argument,
                    format_text("{} does not give {} to {}: it is {} (status {})", who, repo,
                                options_.token.empty() ? "somebody without a token" : "this token",
                                is_gated ? "gated" : "gated or private", status),
                    token_hint);
  }
  if (status == 429 || status == 408 || status >= 500) {
    return {.error = {.code = ErrorCode::unavailable,
                      .message = format_text("{}: {} (status {})", who,
                                             status == 429 ? "the hub wants fewer requests" : "the hub failed", status),
                      .hint = status == 429 ? "wait some minutes; with a token in HF_TOKEN more are allowed"
                                            : "try again later"},
            .then = ServerFailure::Then::try_again,
            .after = retry_after_of(head.header("retry-after"))};
  }
  return given_up(ErrorCode::corrupt, format_text("{}: status {} for {}", who, status, repo),
                  "HF_ENDPOINT must be a hub");
}

ServerFailure HubClient::broken(Error error) {
  const bool may_pass = error.code == ErrorCode::unavailable || error.code == ErrorCode::corrupt;
  if (error.code == ErrorCode::not_found) {  // no such host: where there is no network there are no names
    error.code = ErrorCode::unavailable;
  }
  if (error.code == ErrorCode::unavailable && error.hint.empty()) {
    error.hint = "is there a network? what the cache has can be used without: --offline";
  }
  return {.error = std::move(error),
          .then = may_pass ? ServerFailure::Then::try_again : ServerFailure::Then::give_up,
          .after = {}};
}

}  // namespace puna::model
