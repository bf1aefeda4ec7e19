// The sockets: one thread that accepts, reads requests, writes whole answers, and notices who has gone.
//
// A connection that is slow costs a place in a list, not a thread. Streams are written by whoever makes them, on their
// own threads; this one only keeps them alive with pings, and watches for the client to leave.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>

#include "puna/base.h"
#include "server/http_reader.h"
#include "server/listener.h"

namespace puna::server {

struct FrontLimits {
  ReaderLimits reader;
  std::size_t connections = 512;  // when more come, the one that has been sending its request for longest is closed
  std::chrono::milliseconds head{10'000};         // from its first byte to its last
  std::chrono::milliseconds body_idle{30'000};    // without a byte of it
  std::chrono::milliseconds body{300'000};        // from the head to its last byte
  std::chrono::milliseconds keep_alive{75'000};   // between two requests
  std::chrono::milliseconds write_stall{30'000};  // a client that takes nothing
  std::chrono::milliseconds ping{10'000};         // of a stream that says nothing
};

struct HttpOut {
  int status = 200;
  std::string body;
  std::string type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
};

// One connection's side of an exchange; shared by the front and the exchange.
struct Link {
  explicit Link(int descriptor) : socket(descriptor) {}

  int socket;  // open as long as an exchange is under way
  std::stop_source stop;
  std::mutex mutex;
  std::string head;  // of the stream, while it is not sent; guarded by mutex, as all below
  std::string ping;
  bool is_prepared = false;
  bool is_open = false;
  bool is_broken = false;
  bool in_chunks = true;
  std::chrono::steady_clock::time_point wrote;
};

class Front;

// A request, and the way back: one whole answer, or a stream. Dropped without either, it answers 500; dropped with a
// stream that is not finished, it closes the connection, so that the client sees that the end is missing.
// Thread  one owner.
class Exchange {
 public:
  Exchange(Front& front, std::uint64_t connection, std::shared_ptr<Link> link, HttpRequestIn request);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  [[nodiscard]] const HttpRequestIn& request() const { return request_; }
  // The client has gone, or the server ends.
  [[nodiscard]] std::stop_token stop() const { return link_->stop.get_token(); }
  // Stays with the answer, whatever it will be.
  void add_header(std::string name, std::string value) { headers_.emplace_back(std::move(name), std::move(value)); }

  // False: a stream is open already, and nothing was sent.
  bool reply(HttpOut out);
  // What the first write(), or a ping before it, opens the answer with. `ping` is said whenever nothing was for long.
  void prepare_stream(std::string_view type, std::string ping);
  // Waits for a slow client, at most FrontLimits::write_stall. False: it has gone, and stop() was asked for.
  bool write(std::string_view bytes);
  void finish();

 private:
  friend class Front;
  Front& front_;
  const std::uint64_t connection_;
  const std::shared_ptr<Link> link_;
  const HttpRequestIn request_;
  std::vector<std::pair<std::string, std::string>> headers_;
  bool is_over_ = false;
};

class Front {
 public:
  struct Callbacks {
    // A request. On the front's thread: must neither wait nor throw.
    std::function<void(std::unique_ptr<Exchange>)> request;
    // The answer to what is no request.
    std::function<HttpOut(const BadRequest&)> refusal;
  };

  // Errors  unavailable  no thread
  [[nodiscard]] static Result<std::unique_ptr<Front>> open(Listener listener, const FrontLimits& limits,
                                                           Callbacks callbacks);
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;
  // Stops every exchange, waits for their ends, closes every connection.
  ~Front();

  [[nodiscard]] const Listener& listener() const { return listener_; }
  [[nodiscard]] std::size_t connections() const { return connections_now_; }
  // Exchanges that have no answer yet.
  [[nodiscard]] std::size_t busy() const { return busy_; }

 private:
  friend class Exchange;
  using Time = std::chrono::steady_clock::time_point;
  enum class State : std::uint8_t { reading, working, writing, lingering };
  struct Connection {
    Connection(Socket owned, const ReaderLimits& limits) : socket(std::move(owned)), reader(limits) {}
    Socket socket;
    RequestReader reader;
    std::string input;  // that came behind a request
    State state = State::reading;
    bool is_gone = false;  // while working: the client left
    bool keep_alive = true;
    std::shared_ptr<Link> link;
    std::string output;
    std::size_t written = 0;
    Time since;     // of this request, or of this state
    Time progress;  // last byte
  };
  struct Return {
    std::uint64_t connection = 0;
    std::string output;
    bool keep_alive = false;
  };

  Front(Listener listener, const FrontLimits& limits, Callbacks callbacks, Socket wake);
  void serve(const std::stop_token& stop);
  void give_back(Return result);
  void wake() const;

  void watch(std::vector<pollfd>& watched, std::vector<std::uint64_t>& ids) const;
  [[nodiscard]] int wait_ms() const;
  void accept_all();
  bool make_room();
  void take_returns();
  void on_event(std::uint64_t id, short events);
  void read_some(std::uint64_t id, Connection& connection);
  void feed(std::uint64_t id, Connection& connection);
  void write_some(Connection& connection);
  void after_answer(Connection& connection);
  void answer_bad(Connection& connection, const BadRequest& problem);
  void check_times();
  void ping(Link& link, Time now) const;
  void close_done();

  const Listener listener_;
  const FrontLimits limits_;
  const Callbacks callbacks_;
  const Socket wake_;
  std::atomic<std::size_t> connections_now_ = 0;
  std::atomic<std::size_t> busy_ = 0;
  std::mutex mutex_;
  std::vector<Return> returns_;  // guarded by mutex_
  // The thread's own.
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, Connection> all_;
  std::vector<std::uint64_t> closing_;
  Time accept_again_;
  bool is_ending_ = false;
  std::jthread thread_;
};

}  // namespace puna::server
