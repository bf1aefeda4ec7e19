// The way back: heads of answers, streams in chunks.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "server/front.h"

namespace puna::server {
namespace {

std::string_view reason_of(int status) {
  struct Row {
    int status;
    std::string_view text;
  };
  constexpr auto kRows = std::to_array<Row>({{200, "OK"},
                                             {201, "Created"},
                                             {204, "No Content"},
                                             {400, "Bad Request"},
                                             {401, "Unauthorized"},
                                             {403, "Forbidden"},
                                             {404, "Not Found"},
                                             {405, "Method Not Allowed"},
                                             {408, "Request Timeout"},
                                             {409, "Conflict"},
                                             {413, "Content Too Large"},
                                             {414, "URI Too Long"},
                                             {415, "Unsupported Media Type"},
                                             {417, "Expectation Failed"},
                                             {421, "Misdirected Request"},
                                             {422, "Unprocessable Content"},
                                             {429, "Too Many Requests"},
                                             {431, "Request Header Fields Too Large"},
                                             {499, "Client Closed Request"},
                                             {500, "Internal Server Error"},
                                             {501, "Not Implemented"},
                                             {503, "Service Unavailable"},
                                             {505, "HTTP Version Not Supported"},
                                             {529, "Overloaded"}});
  const auto* row = std::ranges::find(kRows, status, &Row::status);
  return row == kRows.end() ? "Status" : row->text;
}

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string head_of(int status, std::string_view type, std::initializer_list<const Headers*> lists) {
  std::string head = format_text("HTTP/1.1 {} {}\r\n", status, reason_of(status));
  if (!type.empty()) {
    head += "Content-Type: " + std::string(type) + "\r\n";
  }
  for (const Headers* list : lists) {
    for (const auto& [name, value] : *list) {
      head += name + ": " + value + "\r\n";
    }
  }
  return head + "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
}

std::string whole_answer(const HttpOut& out, bool keep_alive, bool has_body) {
  std::string text = head_of(out.status, out.type, {&out.headers});
  text +=
      format_text("Content-Length: {}\r\nConnection: {}\r\n\r\n", out.body.size(), keep_alive ? "keep-alive" : "close");
  return has_body ? text + out.body : text;
}

// Waits as long as the client takes something now and then. Requires  link.mutex is held.
bool send_all(Link& link, std::string_view bytes, std::chrono::milliseconds stall_max) {
  auto last = std::chrono::steady_clock::now();
  while (!bytes.empty() && !link.is_broken) {
    const ssize_t count = ::send(link.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    const auto now = std::chrono::steady_clock::now();
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      last = now;
      continue;
    }
    const bool may_go_on = errno == EAGAIN || errno == EINTR;
    if (!may_go_on || now - last > stall_max || link.stop.stop_requested()) {
      link.is_broken = true;
    } else {
      constexpr int kSliceMs = 100;
      pollfd waiting{.fd = link.socket, .events = POLLOUT, .revents = 0};
      ::poll(&waiting, 1, kSliceMs);
    }
  }
  if (link.is_broken) {
    link.stop.request_stop();
    return false;
  }
  link.wrote = std::chrono::steady_clock::now();
  return true;
}

std::string chunk(const Link& link, std::string_view bytes) {
  return link.in_chunks ? format_text("{:x}\r\n{}\r\n", bytes.size(), bytes) : std::string(bytes);
}

}  // namespace

Exchange::Exchange(Front& front, std::uint64_t connection, std::shared_ptr<Link> link, HttpRequestIn request)
    : front_(front), connection_(connection), link_(std::move(link)), request_(std::move(request)) {}

Exchange::~Exchange() {
  if (is_over_) {
    return;
  }
  if (!reply({.status = 500, .body = R"({"error":{"message":"the server has no answer","type":"server_error"}})"})) {
    front_.give_back({.connection = connection_, .output = {}, .keep_alive = false});
  }
}

bool Exchange::reply(HttpOut out) {
  {
    const std::scoped_lock lock(link_->mutex);
    if (link_->is_open) {
      return false;
    }
    link_->is_prepared = false;  // no ping opens it any more
  }
  is_over_ = true;
  out.headers.insert(out.headers.end(), headers_.begin(), headers_.end());
  const bool has_body = request_.method != "HEAD" && out.status != 204;
  front_.give_back({.connection = connection_,
                    .output = whole_answer(out, request_.keep_alive, has_body),
                    .keep_alive = request_.keep_alive});
  return true;
}

void Exchange::prepare_stream(std::string_view type, std::string ping) {
  std::string head = head_of(200, type, {&headers_});
  head += request_.may_have_chunks ? "Transfer-Encoding: chunked\r\n" : "";
  head +=
      request_.keep_alive && request_.may_have_chunks ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  const std::scoped_lock lock(link_->mutex);
  link_->head = std::move(head);
  link_->ping = std::move(ping);
  link_->in_chunks = request_.may_have_chunks;
  link_->is_prepared = true;
  link_->wrote = std::chrono::steady_clock::now();
}

bool Exchange::write(std::string_view bytes) {
  const std::scoped_lock lock(link_->mutex);
  std::string text = link_->is_open ? std::string() : std::exchange(link_->head, {});
  link_->is_open = true;
  if (!bytes.empty()) {
    text += chunk(*link_, bytes);
  }
  return send_all(*link_, text, front_.limits_.write_stall);
}

void Exchange::finish() {
  bool is_whole = write({});
  {
    const std::scoped_lock lock(link_->mutex);
    is_whole = is_whole && (!link_->in_chunks || send_all(*link_, "0\r\n\r\n", front_.limits_.write_stall));
    link_->is_prepared = false;
  }
  is_over_ = true;
  front_.give_back(
      {.connection = connection_, .output = {}, .keep_alive = is_whole && link_->in_chunks && request_.keep_alive});
}

// A ping that does not fit into the socket at once is left out: then the client has enough to read.
void Front::ping(Link& link, Time now) const {
  const std::unique_lock lock(link.mutex, std::try_to_lock);
  if (!lock.owns_lock() || !link.is_prepared || link.is_broken || link.ping.empty() ||
      now - link.wrote < limits_.ping) {
    return;
  }
  const std::string text = (link.is_open ? std::string() : link.head) + chunk(link, link.ping);
  const ssize_t count = ::send(link.socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count == static_cast<ssize_t>(text.size())) {
    link.is_open = true;
  } else if (count > 0) {  // half of it: the stream cannot go on
    link.is_open = true;
    link.is_broken = true;
    link.stop.request_stop();
  }
  link.wrote = now;
}

}  // namespace puna::server
