// From hop to hop: read the URL, check the name, resolve once, check every address, and only then connect.
#include <curl/curl.h>

#include <algorithm>
#include <array>

#include "net/shown.h"
#include "net/transfer.h"
#include "puna/net/http.h"

namespace puna {
namespace {

constexpr int kRedirectsMax = 20;
constexpr std::size_t kMethodBytesMax = 16;

// What says where a message goes and where it ends is not for callers to say twice.
constexpr std::array<std::string_view, 10> kOwnHeaders{
    "host", "content-length", "transfer-encoding",   "connection",     "upgrade", "trailer",
    "te",   "keep-alive",     "proxy-authorization", "accept-encoding"};

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMarks.contains(c);
  });
}

const std::string& text_of(const HttpField& field) {
  const auto* secret = std::get_if<Secret>(&field.value);
  return secret != nullptr ? secret->reveal() : std::get<std::string>(field.value);
}

bool is_secret(const HttpField& field) {
  return std::holds_alternative<Secret>(field.value) || net::same_name(field.name, "authorization") ||
         net::same_name(field.name, "cookie");
}

Result<void> check_request(const HttpRequest& request) {
  const bool upper = std::ranges::all_of(request.method, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!upper || request.method.empty() || request.method.size() > kMethodBytesMax || request.method == "CONNECT") {
    return fail(ErrorCode::invalid_argument, format_text("the method '{}' cannot be sent", net::shown(request.method)));
  }
  if (!request.body.empty() && (request.method == "GET" || request.method == "HEAD")) {
    return fail(ErrorCode::invalid_argument, format_text("a {} has no body", request.method));
  }
  for (const HttpField& field : request.headers) {
    const bool own =
        std::ranges::any_of(kOwnHeaders, [&](std::string_view name) { return net::same_name(name, field.name); });
    if (!is_token(field.name) || own) {
      return fail(ErrorCode::invalid_argument, format_text("the header '{}' cannot be set", net::shown(field.name)));
    }
    if (text_of(field).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return fail(ErrorCode::invalid_argument, format_text("the header '{}' has a line end or NUL in it", field.name));
    }
  }
  return {};
}

// curl reads "Name:" as a wish to leave the header out; an empty value is written "Name;".
std::string header_line(const HttpField& field) {
  const std::string& value = text_of(field);
  return value.empty() ? field.name + ";" : field.name + ": " + value;
}

Result<net::Hop> first_hop(const HttpRequest& request) {
  PUNA_TRY_VOID(check_request(request));
  PUNA_TRY(Url url, Url::parse(request.url));
  net::Hop hop{.url = std::move(url),
               .method = request.method,
               .header_lines = {},
               .body = request.body,
               .addresses = {},
               .may_be_compressed = request.may_be_compressed};
  for (const HttpField& field : request.headers) {
    hop.header_lines.push_back(header_line(field));
  }
  return hop;
}

// Secrets stay with the origin that they were meant for, also when a later hop leads back to it.
Result<net::Hop> next_hop(const net::Hop& hop, const net::Arrival& arrival, const HttpRequest& request) {
  PUNA_TRY(Url url, hop.url.resolve(*arrival.redirect));
  const bool leaves = !url.same_origin(hop.url);
  const int status = arrival.head.status;
  const bool keeps = status == 307 || status == 308 || hop.method == "GET" || hop.method == "HEAD";
  net::Hop next{.url = std::move(url),
                .method = keeps ? hop.method : "GET",
                .header_lines = {},
                .body = keeps ? hop.body : std::string_view{},
                .addresses = {},
                .may_be_compressed = hop.may_be_compressed};
  if (leaves && next.method != "GET" && next.method != "HEAD") {
    return fail(ErrorCode::invalid_argument, format_text("{}: a {} is redirected to another host, {}", hop.url.shown(),
                                                         hop.method, next.url.shown()));
  }
  for (const HttpField& field : request.headers) {
    const std::string line = header_line(field);
    const bool still_there = std::ranges::find(hop.header_lines, line) != hop.header_lines.end();
    const bool of_body = net::same_name(field.name, "content-type");
    if (still_there && !(leaves && is_secret(field)) && (keeps || !of_body)) {
      next.header_lines.push_back(line);
    }
  }
  return next;
}

// The addresses of a host, all of them allowed.
Result<std::vector<IpAddress>> checked_addresses(const Url& url, const AddressPolicy& policy, const Resolver& resolver,
                                                 std::chrono::milliseconds time, const std::stop_token& stop) {
  PUNA_TRY_VOID(policy.check_name(url.host, url.port));
  std::vector<IpAddress> addresses;
  if (const auto literal = IpAddress::parse(url.host)) {
    addresses.push_back(*literal);
  } else {
    PUNA_TRY(addresses, resolver.resolve(url.host, time, stop));
  }
  if (addresses.empty()) {
    return fail(ErrorCode::not_found, format_text("the host '{}' has no address", net::shown(url.host)));
  }
  for (const IpAddress& address : addresses) {
    PUNA_TRY_VOID(policy.check_address(url.host, address, url.port));
  }
  return addresses;
}

class Collector final : public HttpReceiver {
 public:
  [[nodiscard]] Flow on_body(std::string_view bytes) override {
    body.append(bytes);
    return Flow::go_on;
  }
  std::string body;
};

bool curl_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

}  // namespace

std::string_view HttpHead::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [&](const HttpHeader& h) { return net::same_name(h.name, name); });
  return found == headers.end() ? std::string_view{} : std::string_view(found->value);
}

HttpClient::HttpClient(AddressPolicy policy, std::shared_ptr<const Resolver> resolver)
    : policy_(std::move(policy)), resolver_(std::move(resolver)) {
  PUNA_CHECK(resolver_ != nullptr, "a client needs a resolver");
}

Result<HttpHead> HttpClient::stream(const HttpRequest& request, HttpReceiver& receiver, std::stop_token stop) const {
  if (!curl_is_ready()) {
    return fail(ErrorCode::internal, "libcurl cannot be started");
  }
  net::Journey journey{.limits = request.limits, .started = std::chrono::steady_clock::now()};
  const int redirects_max = std::clamp(request.limits.redirects, 0, kRedirectsMax);
  PUNA_TRY(net::Hop hop, first_hop(request));
  for (int redirects = 0;; ++redirects) {
    PUNA_TRY(hop.addresses,
             checked_addresses(hop.url, policy_, *resolver_, journey.time_left(request.limits.connect), stop));
    PUNA_TRY(net::Arrival arrival, net::transfer(hop, journey, receiver, stop));
    if (!arrival.redirect) {
      return std::move(arrival.head);
    }
    if (redirects == redirects_max) {
      return fail(ErrorCode::limit, format_text("{}: more than {} redirects", hop.url.shown(), redirects_max));
    }
    PUNA_TRY(hop, next_hop(hop, arrival, request));
  }
}

Result<HttpResponse> HttpClient::fetch(const HttpRequest& request, std::stop_token stop) const {
  Collector collector;
  PUNA_TRY(HttpHead head, stream(request, collector, std::move(stop)));
  return HttpResponse{.head = std::move(head), .body = std::move(collector.body)};
}

}  // namespace puna
