// See front.h.
#include "server/front.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace puna::server {
namespace {

using std::chrono::milliseconds;

constexpr int kTickMs = 500;  // how late a time-out or a ping may be
constexpr milliseconds kLinger(2'000);
constexpr milliseconds kAcceptPause(100);  // after the system had no descriptor left

}  // namespace

Result<std::unique_ptr<Front>> Front::open(Listener listener, const FrontLimits& limits, Callbacks callbacks) {
  Socket wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake.get() < 0) {
    return fail(ErrorCode::io, "no event descriptor is left", "close other programs");
  }
  std::unique_ptr<Front> front(new Front(std::move(listener), limits, std::move(callbacks), std::move(wake)));
  try {
    front->thread_ = std::jthread([raw = front.get()](const std::stop_token& stop) { raw->serve(stop); });
  } catch (const std::system_error& error) {
    return fail(ErrorCode::unavailable, format_text("no thread can be started: {}", error.what()));
  }
  return front;
}

Front::Front(Listener listener, const FrontLimits& limits, Callbacks callbacks, Socket wake)
    : listener_(std::move(listener)), limits_(limits), callbacks_(std::move(callbacks)), wake_(std::move(wake)) {}

Front::~Front() {
  thread_.request_stop();
  wake();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Front::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof(one));  // full: it wakes anyway
}

void Front::give_back(Return result) {
  --busy_;
  {
    const std::scoped_lock lock(mutex_);
    returns_.push_back(std::move(result));
  }
  wake();
}

void Front::serve(const std::stop_token& stop) {
  std::vector<pollfd> watched;
  std::vector<std::uint64_t> ids;
  while (true) {
    if (!is_ending_ && stop.stop_requested()) {
      is_ending_ = true;
      for (auto& [id, connection] : all_) {
        if (connection.link) {
          connection.link->stop.request_stop();
        }
      }
    }
    const bool is_idle = std::ranges::none_of(all_, [](const auto& entry) {
      return entry.second.state == State::working || entry.second.state == State::writing;
    });
    if (is_ending_ && is_idle) {
      return;
    }
    watch(watched, ids);
    ::poll(watched.data(), watched.size(), wait_ms());
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(wake_.get(), &count, sizeof(count));
    take_returns();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (watched[i + 2].revents != 0) {
        on_event(ids[i], watched[i + 2].revents);
      }
    }
    if (!is_ending_ && watched[1].revents != 0) {
      accept_all();
    }
    check_times();
    close_done();
  }
}

void Front::watch(std::vector<pollfd>& watched, std::vector<std::uint64_t>& ids) const {
  watched.assign({{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                  {.fd = std::chrono::steady_clock::now() < accept_again_ ? -1 : listener_.socket.get(),
                   .events = POLLIN,
                   .revents = 0}});
  ids.clear();
  for (const auto& [id, connection] : all_) {
    const int events = connection.state == State::working   ? POLLRDHUP
                       : connection.state == State::writing ? POLLOUT
                                                            : POLLIN;
    watched.push_back(
        {.fd = connection.is_gone ? -1 : connection.socket.get(), .events = static_cast<short>(events), .revents = 0});
    ids.push_back(id);
  }
}

int Front::wait_ms() const { return std::chrono::steady_clock::now() < accept_again_ ? 20 : kTickMs; }

bool Front::make_room() {
  auto oldest = all_.end();
  for (auto entry = all_.begin(); entry != all_.end(); ++entry) {
    const bool may_go = entry->second.state == State::reading || entry->second.state == State::lingering;
    if (may_go && (oldest == all_.end() || entry->second.since < oldest->second.since)) {
      oldest = entry;
    }
  }
  if (oldest == all_.end()) {
    return false;
  }
  all_.erase(oldest);
  return true;
}

void Front::accept_all() {
  constexpr int kAtOnce = 64;
  for (int i = 0; i < kAtOnce; ++i) {
    Socket socket(::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.get() < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        make_room();
        accept_again_ = std::chrono::steady_clock::now() + kAcceptPause;
      }
      break;
    }
    if (all_.size() >= limits_.connections && !make_room()) {
      continue;  // every connection is at work: this one is closed
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    Connection connection(std::move(socket), limits_.reader);
    connection.since = connection.progress = std::chrono::steady_clock::now();
    all_.emplace(next_++, std::move(connection));
  }
  connections_now_ = all_.size();
}

void Front::take_returns() {
  std::vector<Return> returns;
  {
    const std::scoped_lock lock(mutex_);
    returns.swap(returns_);
  }
  for (Return& result : returns) {
    const auto entry = all_.find(result.connection);
    if (entry == all_.end()) {
      continue;
    }
    Connection& connection = entry->second;
    connection.link.reset();
    connection.keep_alive = result.keep_alive;
    connection.since = connection.progress = std::chrono::steady_clock::now();
    if (connection.is_gone) {
      closing_.push_back(entry->first);
      connection.state = State::reading;
      continue;
    }
    connection.output = std::move(result.output);
    connection.written = 0;
    connection.state = State::writing;
    write_some(connection);
    if (connection.state == State::reading) {
      feed(entry->first, connection);
    }
  }
}

void Front::on_event(std::uint64_t id, short events) {
  const auto entry = all_.find(id);
  if (entry == all_.end()) {
    return;
  }
  Connection& connection = entry->second;
  switch (connection.state) {
    case State::working:
      if ((events & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
        connection.is_gone = true;
        connection.link->stop.request_stop();
      }
      break;
    case State::writing:
      write_some(connection);
      if (connection.state == State::reading) {
        feed(id, connection);
      }
      break;
    case State::reading:
    case State::lingering:
      read_some(id, connection);
      break;
  }
}

void Front::read_some(std::uint64_t id, Connection& connection) {
  std::array<char, 65'536> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
  const ssize_t count = ::recv(connection.socket.get(), bytes.data(), bytes.size(), 0);
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
    closing_.push_back(id);
    return;
  }
  if (count < 0 || connection.state == State::lingering) {
    return;
  }
  connection.progress = std::chrono::steady_clock::now();
  connection.input.append(bytes.data(), static_cast<std::size_t>(count));
  feed(id, connection);
}

void Front::feed(std::uint64_t id, Connection& connection) {
  RequestReader& reader = connection.reader;
  const bool was_empty = reader.state() == RequestReader::State::empty;
  const std::size_t used = reader.feed(connection.input);
  connection.input.erase(0, used);
  if (was_empty && reader.state() != RequestReader::State::empty) {
    connection.since = std::chrono::steady_clock::now();
  }
  if (reader.take_expectation()) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    ::send(connection.socket.get(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  if (reader.state() == RequestReader::State::bad) {
    answer_bad(connection, reader.problem());
  } else if (reader.state() == RequestReader::State::done && is_ending_) {
    closing_.push_back(id);
  } else if (reader.state() == RequestReader::State::done) {
    connection.state = State::working;
    connection.link = std::make_shared<Link>(connection.socket.get());
    ++busy_;
    callbacks_.request(std::make_unique<Exchange>(*this, id, connection.link, reader.take()));
  }
}

void Front::answer_bad(Connection& connection, const BadRequest& problem) {
  const HttpOut out = callbacks_.refusal(problem);
  connection.output =
      format_text("HTTP/1.1 {} Bad Request\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                  out.status, out.type, out.body.size(), out.body);
  connection.written = 0;
  connection.keep_alive = false;
  connection.state = State::writing;
  connection.since = connection.progress = std::chrono::steady_clock::now();
  write_some(connection);
}

void Front::write_some(Connection& connection) {
  while (connection.written < connection.output.size()) {
    const std::string_view rest = std::string_view(connection.output).substr(connection.written);
    const ssize_t count = ::send(connection.socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
      return;
    }
    if (count < 0) {
      connection.keep_alive = false;
      break;
    }
    connection.written += static_cast<std::size_t>(count);
    connection.progress = std::chrono::steady_clock::now();
  }
  after_answer(connection);
}

// A connection that ends is first closed on our side and read for a moment: closed at once, with bytes unread, it would
// take the answer back from a client that is still sending.
void Front::after_answer(Connection& connection) {
  connection.output = {};
  connection.since = connection.progress = std::chrono::steady_clock::now();
  connection.state = connection.keep_alive ? State::reading : State::lingering;
  if (!connection.keep_alive) {
    ::shutdown(connection.socket.get(), SHUT_WR);
  }
}

void Front::check_times() {
  const Time now = std::chrono::steady_clock::now();
  for (auto& [id, connection] : all_) {
    const auto since = now - connection.since;
    const auto idle = now - connection.progress;
    const RequestReader::State part = connection.reader.state();
    switch (connection.state) {
      case State::working:
        ping(*connection.link, now);
        break;
      case State::writing:
        if (idle > limits_.write_stall) {
          closing_.push_back(id);
        }
        break;
      case State::lingering:
        if (since > kLinger) {
          closing_.push_back(id);
        }
        break;
      case State::reading:
        if (part == RequestReader::State::empty) {
          if (since > limits_.keep_alive) {
            closing_.push_back(id);
          }
        } else if (part == RequestReader::State::head ? since > limits_.head
                                                      : idle > limits_.body_idle || since > limits_.body) {
          answer_bad(connection, {.status = 408, .message = "the request did not come in time"});
        }
        break;
    }
  }
}

void Front::close_done() {
  for (const std::uint64_t id : closing_) {
    all_.erase(id);
  }
  closing_.clear();
  connections_now_ = all_.size();
}

}  // namespace puna::server
