// libcurl, held to one hop: a fresh connection, no state of any kind, and a second look at the address it connects to.
//
// The multi interface is used for one request only because its wait can be woken when the caller stops.
#include "net/transfer.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "net/socket_address.h"

namespace puna::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPollMax{100};
constexpr std::array kRedirects{301, 302, 303, 307, 308};

struct EasyCleanup {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiCleanup {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListCleanup {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListCleanup>;

bool append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) {
    return false;
  }
  (void)list.release();  // it is the head of the longer one, or was empty
  list.reset(longer);
  return true;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  return end == std::string_view::npos ? std::string_view{} : text.substr(begin, end + 1 - begin);
}

class Transfer {
 public:
  Transfer(const Hop& hop, Journey& journey, HttpReceiver& receiver)
      : hop_(hop), journey_(journey), receiver_(receiver), easy_(curl_easy_init()), multi_(curl_multi_init()) {
    arrival_.head.url = hop.url;
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() {
    if (added_) {
      curl_multi_remove_handle(multi_.get(), easy_.get());
    }
  }

  Result<Arrival> run(const std::stop_token& stop);

 private:
  template <class T>
  bool set(CURLoption option, T value) {
    return curl_easy_setopt(easy_.get(), option, value) == CURLE_OK;
  }
  bool set_up();
  bool set_message();
  bool set_isolation();
  bool set_callbacks();
  Result<void> drive(const std::stop_token& stop);
  Result<void> check_time(const std::stop_token& stop) const;
  [[nodiscard]] Error error_of(CURLcode code) const;

  bool on_header(std::string_view line);
  bool on_head_end();
  bool on_body(std::string_view bytes);
  curl_socket_t open(const curl_sockaddr& address);
  bool refuse(Error error) {
    failure_ = std::move(error);
    return false;
  }
  // Runs the function, and turns a throw into an error: none may pass through C.
  template <class F>
  bool guarded(F function) {
    try {
      return function();
    } catch (const std::exception& thrown) {
      return refuse({.code = ErrorCode::internal, .message = thrown.what(), .hint = {}});
    } catch (...) {
      return refuse({.code = ErrorCode::internal, .message = "the receiver of an answer threw", .hint = {}});
    }
  }
  template <class F>
  static std::size_t take(char* data, std::size_t size, std::size_t count, void* self, F handle) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.last_byte_ = steady_clock::now();
    const std::string_view bytes(data, size * count);
    return transfer.guarded([&] { return handle(transfer, bytes); }) ? bytes.size() : CURL_WRITEFUNC_ERROR;
  }
  static std::size_t header_callback(char* data, std::size_t size, std::size_t count, void* self) {
    return take(data, size, count, self, [](Transfer& t, std::string_view line) { return t.on_header(line); });
  }
  static std::size_t body_callback(char* data, std::size_t size, std::size_t count, void* self) {
    return take(data, size, count, self, [](Transfer& t, std::string_view bytes) { return t.on_body(bytes); });
  }
  static curl_socket_t socket_callback(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    return static_cast<Transfer*>(self)->open(*address);
  }
  static int progress_callback(void* self, curl_off_t /*total*/, curl_off_t received, curl_off_t /*total*/,
                               curl_off_t sent) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (received + sent != transfer.moved_) {
      transfer.moved_ = received + sent;
      transfer.last_byte_ = steady_clock::now();
    }
    return 0;
  }

  const Hop& hop_;
  Journey& journey_;
  HttpReceiver& receiver_;
  List lines_;
  List addresses_;
  std::unique_ptr<CURL, EasyCleanup> easy_;
  std::unique_ptr<CURLM, MultiCleanup> multi_;
  bool added_ = false;

  Arrival arrival_;
  std::optional<Error> failure_;  // why a callback ended the transfer
  bool head_ended_ = false;
  bool finished_ = false;  // a callback ended the transfer and all is well
  std::size_t body_bytes_ = 0;
  curl_off_t moved_ = 0;
  steady_clock::time_point last_byte_ = steady_clock::now();
};

bool Transfer::set_message() {
  const bool has_body = !hop_.body.empty() || hop_.method == "POST" || hop_.method == "PUT" || hop_.method == "PATCH";
  bool good = true;
  if (hop_.method == "HEAD") {
    good = set(CURLOPT_NOBODY, 1L);
  } else if (has_body) {
    good = set(CURLOPT_POST, 1L) && set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(hop_.body.size())) &&
           set(CURLOPT_POSTFIELDS, hop_.body.data() == nullptr ? "" : hop_.body.data()) && append(lines_, "Expect:");
    const bool typed = std::ranges::any_of(hop_.header_lines, [](const std::string& line) {
      return same_name(std::string_view(line).substr(0, line.find(':')), "content-type");
    });
    good = good && (typed || append(lines_, "Content-Type:"));
  }
  for (const std::string& line : hop_.header_lines) {
    good = good && append(lines_, line);
  }
  return good && (hop_.method == "HEAD" || set(CURLOPT_CUSTOMREQUEST, hop_.method.c_str())) &&
         set(CURLOPT_HTTPHEADER, lines_.get()) && set(CURLOPT_URL, hop_.url.text.c_str());
}

// Nothing comes from the environment, from files, or from an earlier request; no name is resolved again.
bool Transfer::set_isolation() {
  std::string entry = format_text("{}:{}:", hop_.url.host, hop_.url.port);
  for (const IpAddress& address : hop_.addresses) {
    entry += format_text("{}{}{}", entry.ends_with(':') ? "" : ",",
                         address.is_v6 ? "[" + address.to_text() : address.to_text(), address.is_v6 ? "]" : "");
  }
  const bool literal = IpAddress::parse(hop_.url.host).has_value();
  return (literal || (append(addresses_, entry) && set(CURLOPT_RESOLVE, addresses_.get()))) &&
         set(CURLOPT_PROTOCOLS_STR, "http,https") && set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_PROXY, "") &&
         set(CURLOPT_NETRC, CURL_NETRC_IGNORED) && set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) &&
         set(CURLOPT_FRESH_CONNECT, 1L) && set(CURLOPT_FORBID_REUSE, 1L) && set(CURLOPT_NOSIGNAL, 1L) &&
         set(CURLOPT_PATH_AS_IS, 1L);
}

bool Transfer::set_callbacks() {
  void* self = this;
  return set(CURLOPT_HEADERFUNCTION, &header_callback) && set(CURLOPT_HEADERDATA, self) &&
         set(CURLOPT_WRITEFUNCTION, &body_callback) && set(CURLOPT_WRITEDATA, self) &&
         set(CURLOPT_OPENSOCKETFUNCTION, &socket_callback) && set(CURLOPT_OPENSOCKETDATA, self) &&
         set(CURLOPT_XFERINFOFUNCTION, &progress_callback) && set(CURLOPT_XFERINFODATA, self) &&
         set(CURLOPT_NOPROGRESS, 0L);
}

bool Transfer::set_up() {
  if (easy_ == nullptr || multi_ == nullptr || !set_message() || !set_isolation() || !set_callbacks() ||
      !set(CURLOPT_ACCEPT_ENCODING, hop_.may_be_compressed ? "gzip, deflate, br" : "identity") ||
      !set(CURLOPT_USERAGENT, "puna") ||
      !set(CURLOPT_CONNECTTIMEOUT_MS,
           std::max(1L, static_cast<long>(journey_.time_left(journey_.limits.connect).count())))) {
    return false;
  }
  added_ = curl_multi_add_handle(multi_.get(), easy_.get()) == CURLM_OK;
  return added_;
}

curl_socket_t Transfer::open(const curl_sockaddr& address) {
  const auto wanted = address_of(address.addr);
  if (!wanted || std::ranges::find(hop_.addresses, *wanted) == hop_.addresses.end()) {
    failure_ = Error{
        .code = ErrorCode::invalid_argument,
        .message = format_text("{}: a connection to an address that was not checked was refused", hop_.url.shown()),
        .hint = {}};
    return CURL_SOCKET_BAD;
  }
  return ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

bool Transfer::on_header(std::string_view line) {
  journey_.head_bytes += line.size();
  if (journey_.head_bytes > journey_.limits.head_bytes) {
    return refuse({.code = ErrorCode::limit,
                   .message = format_text("{}: the headers are longer than {} bytes", hop_.url.shown(),
                                          journey_.limits.head_bytes),
                   .hint = {}});
  }
  if (head_ended_) {
    return true;  // trailers
  }
  if (line.starts_with("HTTP/")) {
    arrival_.head.headers.clear();
    return true;
  }
  const std::string_view text = trimmed(line);
  if (text.empty()) {
    return on_head_end();
  }
  if (line.starts_with(' ') || line.starts_with('\t')) {
    if (!arrival_.head.headers.empty()) {
      arrival_.head.headers.back().value += " " + std::string(text);
    }
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    arrival_.head.headers.push_back(
        {.name = std::string(trimmed(text.substr(0, colon))), .value = std::string(trimmed(text.substr(colon + 1)))});
  }
  return true;
}

bool Transfer::on_head_end() {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) {
    return true;  // an interim answer
  }
  head_ended_ = true;
  arrival_.head.status = static_cast<int>(status);
  if (std::ranges::find(kRedirects, arrival_.head.status) != kRedirects.end()) {
    if (const std::string_view location = arrival_.head.header("location"); !location.empty()) {
      if (receiver_.on_redirect(arrival_.head) == Flow::go_on) {
        arrival_.redirect = std::string(location);
      }
      finished_ = true;
      return false;
    }
  }
  if (receiver_.on_head(arrival_.head) == Flow::stop) {
    finished_ = true;
    return false;
  }
  return true;
}

bool Transfer::on_body(std::string_view bytes) {
  body_bytes_ += bytes.size();
  if (body_bytes_ > journey_.limits.body_bytes) {
    return refuse(
        {.code = ErrorCode::limit,
         .message = format_text("{}: the answer is longer than {} bytes", hop_.url.shown(), journey_.limits.body_bytes),
         .hint = {}});
  }
  if (receiver_.on_body(bytes) == Flow::stop) {
    finished_ = true;
    return false;
  }
  return true;
}

Result<void> Transfer::check_time(const std::stop_token& stop) const {
  if (stop.stop_requested()) {
    return fail(ErrorCode::cancelled, format_text("{}: stopped", hop_.url.shown()));
  }
  if (journey_.time_left(milliseconds(1)).count() <= 0) {
    return fail(ErrorCode::unavailable,
                format_text("{}: no whole answer within {} ms", hop_.url.shown(), journey_.limits.total.count()));
  }
  const HttpLimits& limits = journey_.limits;
  const milliseconds idle = body_bytes_ == 0 && limits.first_byte.count() > 0 ? limits.first_byte : limits.idle;
  if (idle.count() > 0 && steady_clock::now() - last_byte_ > idle + journey_.extra()) {
    return fail(ErrorCode::unavailable, format_text("{}: nothing came for {} ms", hop_.url.shown(), idle.count()));
  }
  return {};
}

Error Transfer::error_of(CURLcode code) const {
  const std::string text = format_text("{}: {}", hop_.url.shown(), curl_easy_strerror(code));
  switch (code) {
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return {.code = ErrorCode::corrupt, .message = text, .hint = {}};
    case CURLE_TOO_LARGE:
      return {.code = ErrorCode::limit, .message = text, .hint = {}};
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return {.code = ErrorCode::unavailable, .message = text, .hint = {}};
    case CURLE_SSL_CACERT_BADFILE:
      return {.code = ErrorCode::unavailable,
              .message = text,
              .hint = "https needs this machine's list of certificates (Debian: the package ca-certificates)"};
    default:
      return {.code = ErrorCode::internal, .message = text, .hint = {}};
  }
}

Result<void> Transfer::drive(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { curl_multi_wakeup(multi_.get()); });
  int running = 1;
  while (true) {
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) {
      return fail(ErrorCode::internal, format_text("{}: the transfer cannot go on", hop_.url.shown()));
    }
    if (running == 0) {
      break;
    }
    PUNA_TRY_VOID(check_time(stop));
    curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(journey_.time_left(kPollMax).count()), nullptr);
  }
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
  const CURLcode code = message == nullptr ? CURLE_FAILED_INIT : message->data.result;
  if (finished_ || (code == CURLE_OK && head_ended_)) {
    return {};
  }
  return std::unexpected(failure_ ? *failure_ : error_of(code == CURLE_OK ? CURLE_WEIRD_SERVER_REPLY : code));
}

Result<Arrival> Transfer::run(const std::stop_token& stop) {
  PUNA_TRY_VOID(check_time(stop));
  if (!set_up()) {
    return fail(ErrorCode::internal, format_text("{}: the request cannot be set up", hop_.url.shown()));
  }
  PUNA_TRY_VOID(drive(stop));
  return std::move(arrival_);
}

}  // namespace

milliseconds Journey::time_left(milliseconds most) const {
  if (limits.total.count() <= 0) {
    return most;
  }
  return std::min(most, std::chrono::ceil<milliseconds>(started + limits.total + extra() - steady_clock::now()));
}

milliseconds Journey::extra() const {
  return limits.extra_ms == nullptr ? milliseconds(0) : milliseconds(limits.extra_ms->load());
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

Result<Arrival> transfer(const Hop& hop, Journey& journey, HttpReceiver& receiver, const std::stop_token& stop) {
  PUNA_CHECK(!hop.addresses.empty(), "a hop has an address to go to");
  return Transfer(hop, journey, receiver).run(stop);
}

}  // namespace puna::net
