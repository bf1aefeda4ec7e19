// A hub on loopback with one repository, and the place of another origin that it redirects to for the bytes of files.
// Tests only.
#pragma once

#include <gtest/gtest.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/test_server.h"
#include "puna/base/sha256.h"
#include "puna/model/hub.h"

namespace puna::model {

inline const std::string kTestCommit(40, 'c');

// A folder for one test, gone with it.
class HubFolder {
 public:
  HubFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "puna-hub-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path = pattern;
  }
  HubFolder(const HubFolder&) = delete;
  HubFolder& operator=(const HubFolder&) = delete;
  ~HubFolder() { std::filesystem::remove_all(path); }

  std::filesystem::path path;
};

inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_file(const std::filesystem::path& file, std::string_view content) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << content;
}
// Bytes that do not repeat.
inline std::string random_bytes(std::size_t bytes, std::uint64_t seed = 1) {
  Random random(seed);
  std::string text(bytes, '\0');
  for (char& c : text) {
    c = static_cast<char>(random.next());
  }
  return text;
}

// The parts of a request that matter here.
struct HubRequest {
  std::string method;
  std::string path;
  std::size_t from = 0;  // of its Range
  bool has_range = false;

  static HubRequest of(const std::string& request) {
    HubRequest read;
    read.method = request.substr(0, request.find(' '));
    read.path = request.substr(request.find(' ') + 1);
    read.path = read.path.substr(0, read.path.find(' '));
    constexpr std::string_view kRange = "Range: bytes=";
    const std::size_t at = request.find(kRange);
    read.has_range = at != std::string::npos;
    if (read.has_range) {
      std::from_chars(request.data() + at + kRange.size(), request.data() + request.size(), read.from);
    }
    return read;
  }
};

class HubServer {
 public:
  // Answers instead; false: it is answered as it should be.
  using Twist = std::function<bool(net::Peer& peer, const HubRequest& request, const std::string& content)>;

  explicit HubServer(std::map<std::string, std::string> files = {}, std::string repo = "me/tiny-GGUF")
      : files_(std::move(files)),
        repo_(std::move(repo)),
        store_([this](net::Peer& peer, const std::string& request) { give(peer, request); }),
        hub_([this](net::Peer& peer, const std::string& request) { serve(peer, request); }) {}

  void set_hub(Twist twist) {
    const std::scoped_lock lock(mutex_);
    at_hub_ = std::move(twist);
  }
  void set_store(Twist twist) {
    const std::scoped_lock lock(mutex_);
    at_store_ = std::move(twist);
  }
  void set_file(const std::string& path, std::string content, std::string commit) {
    const std::scoped_lock lock(mutex_);
    files_[path] = std::move(content);
    commit_ = std::move(commit);
  }
  // A mirror that lists names alone.
  void list_names_only() {
    const std::scoped_lock lock(mutex_);
    names_only_ = true;
  }

  [[nodiscard]] std::string url() const { return hub_.url(""); }
  [[nodiscard]] std::vector<std::string> hub_requests() const { return hub_.requests(); }
  [[nodiscard]] std::vector<std::string> store_requests() const { return store_.requests(); }

 private:
  std::string listing() const {
    Json siblings = Json::array();
    for (const auto& [path, content] : files_) {
      Json file = Json::object({{"rfilename", path}});
      if (!names_only_) {
        file.set("size", content.size());
        file.set("blobId", std::string(40, 'b'));
        file.set("lfs",
                 Json::object({{"sha256", sha256_hex(content)}, {"size", content.size()}, {"pointerSize", 135}}));
      }
      siblings.push(std::move(file));
    }
    Json all = Json::object({{"id", repo_}, {"sha", commit_}});
    all.set("siblings", std::move(siblings));
    return net::answer("200 OK", "Content-Type: application/json\r\n", all.dump());
  }
  void serve(net::Peer& peer, const std::string& text) {
    const HubRequest request = HubRequest::of(text);
    const auto [twist, reply] = reply_to(request);
    if (!twist || !twist(peer, request, {})) {
      peer.send(reply);
    }
  }
  std::pair<Twist, std::string> reply_to(const HubRequest& request) const {
    const std::scoped_lock lock(mutex_);
    const std::string start = "/" + repo_ + "/resolve/" + commit_ + "/";
    if (request.path == "/api/models/" + repo_ + "/revision/main?blobs=true") {
      return {at_hub_, listing()};
    }
    const std::string path = request.path.starts_with(start) ? request.path.substr(start.size()) : "";
    if (!files_.contains(path)) {
      return {at_hub_, net::answer("404 Not Found", "X-Error-Code: EntryNotFound\r\n", "")};
    }
    const std::string& content = files_.at(path);
    return {at_hub_,
            net::answer("302 Found",
                        format_text("Location: {}\r\nX-Repo-Commit: {}\r\nX-Linked-Size: {}\r\n"
                                    "X-Linked-ETag: \"{}\"\r\n",
                                    store_.url("/signed/" + path), commit_, content.size(), sha256_hex(content)),
                        "moved")};
  }
  void give(net::Peer& peer, const std::string& text) {
    const HubRequest request = HubRequest::of(text);
    Twist twist;
    std::string content;
    {
      const std::scoped_lock lock(mutex_);
      twist = at_store_;
      content = files_[request.path.substr(std::string_view("/signed/").size())];
    }
    if (!twist || !twist(peer, request, content)) {
      peer.send(file_answer(request, content));
    }
  }

 public:
  static std::string file_answer(const HubRequest& request, const std::string& content) {
    if (!request.has_range) {
      return net::answer("200 OK", "", content);
    }
    return net::answer(
        "206 Partial Content",
        format_text("Content-Range: bytes {}-{}/{}\r\n", request.from, content.size() - 1, content.size()),
        std::string_view(content).substr(std::min(request.from, content.size())));
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> files_;  // guarded by mutex_, as all below
  std::string repo_;
  std::string commit_ = kTestCommit;
  bool names_only_ = false;
  Twist at_hub_;
  Twist at_store_;
  net::TestServer store_;
  net::TestServer hub_;  // last: it uses the others
};

// Options that wait for nothing.
inline HubOptions hub_options(const HubServer& server, const HubFolder& folder) {
  return {.cache = folder.path / "hub",
          .endpoint = server.url(),
          .token = Secret("hf_secret"),
          .retries = {
              .attempts_max = 4, .first_wait = std::chrono::milliseconds(1), .wait_max = std::chrono::milliseconds(4)}};
}
inline Hub open_test_hub(HubOptions options) {
  auto hub = Hub::create(std::move(options));
  EXPECT_TRUE(hub) << (hub ? "" : hub.error().message);
  return *std::move(hub);
}
inline HubName hub_name(std::string_view text) {
  auto name = HubName::parse(text);
  EXPECT_TRUE(name) << text;
  return name.value_or(HubName{.repo = "bad/name", .quant = {}});
}
template <class T>
std::string why(const Result<T>& result) {
  return result ? "" : result.error().message + " | " + result.error().hint;
}
template <class T>
ErrorCode code_of(const Result<T>& result) {
  EXPECT_FALSE(result);
  return result ? ErrorCode::internal : result.error().code;
}

}  // namespace puna::model
