// The server: the sockets, the guard, the table of routes and the threads behind them, put together.
#include <chrono>
#include <exception>
#include <new>
#include <thread>
#include <utility>

#include "server/crew.h"
#include "server/front.h"
#include "server/guard.h"
#include "server/routes.h"
#include "server/runs.h"

namespace puna {
namespace server {
namespace {

constexpr std::size_t kQuickThreads = 4;

FrontLimits front_limits(const ServerLimits& limits) {
  return {.reader = {.head_bytes = limits.head_bytes, .headers = limits.headers, .body_bytes = limits.body_bytes},
          .connections = limits.connections,
          .head = limits.head,
          .body_idle = limits.body_idle,
          .body = limits.body,
          .keep_alive = limits.keep_alive,
          .write_stall = limits.write_stall,
          .ping = limits.ping};
}

Answer<Json> body_of(const HttpRequestIn& request) {
  if (request.method != "POST") {
    return Json();
  }
  Result<Json> body = Json::parse(request.body);
  if (!body) {
    return refuse(400, "the body is no JSON: " + body.error().message, {}, "invalid_json");
  }
  return *std::move(body);
}

class OneModelServer final : public Server {
 public:
  OneModelServer(Model& model, ServerOptions options, Guard guard)
      : served_(model, std::move(options)), guard_(std::move(guard)), generating_(served_.options.limits.requests) {}
  ~OneModelServer() override { served_.runs->end(); }

  Result<void> start(Listener listener) {
    const bool is_v6 = listener.host.contains(':');
    url_ = format_text("http://{}{}{}:{}", is_v6 ? "[" : "", listener.host, is_v6 ? "]" : "", listener.port);
    PUNA_TRY(front_, Front::open(std::move(listener), front_limits(served_.options.limits),
                                 {.request = [this](std::unique_ptr<Exchange> exchange) { take(std::move(exchange)); },
                                  .refusal =
                                      [](const BadRequest& problem) {
                                        return error_out(Family::openai, Refusal(problem.status, problem.message));
                                      }}));
    return {};
  }

  [[nodiscard]] int port() const override { return front_->listener().port; }
  [[nodiscard]] std::string url() const override { return url_; }
  [[nodiscard]] std::size_t busy() const override { return front_->busy() + served_.runs->active(); }

  [[nodiscard]] Result<void> drain(std::chrono::milliseconds time_max, std::stop_token stop) override {
    constexpr std::chrono::milliseconds kSlice(20);
    served_.is_draining = true;
    const auto end = std::chrono::steady_clock::now() + time_max;
    while (busy() > 0) {
      if (stop.stop_requested()) {
        return fail(ErrorCode::cancelled, "asked to stop while requests were under way");
      }
      if (std::chrono::steady_clock::now() >= end) {
        return fail(ErrorCode::limit, format_text("{} requests had not ended after {} s", busy(),
                                                  std::chrono::duration_cast<std::chrono::seconds>(time_max).count()));
      }
      std::this_thread::sleep_for(kSlice);
    }
    return {};
  }

 private:
  // On the sockets' thread.
  void take(std::unique_ptr<Exchange> exchange) {
    ++served_.counters.requests;
    for (auto& [name, value] : guard_.cross_origin_headers(exchange->request())) {
      exchange->add_header(name, value);
    }
    Answer<Match> match = admit(*exchange);
    if (!match) {
      refuse_with(*exchange, match.error());
    } else if (match->route == nullptr) {
      exchange->reply({.status = 204,
                       .type = {},
                       .headers = {{"Access-Control-Allow-Methods", "GET, POST, DELETE"},
                                   {"Access-Control-Allow-Headers",
                                    "Authorization, Content-Type, X-Api-Key, Anthropic-Version, Last-Event-ID"},
                                   {"Access-Control-Max-Age", "600"}}});
    } else if (match->route->pace == Pace::instant) {
      handle(*match, *exchange);
    } else {
      hand_on(*std::move(match), std::move(exchange));
    }
  }

  // The route that the request may take; without one, a browser's question that was allowed.
  Answer<Match> admit(const Exchange& exchange) {
    const HttpRequestIn& request = exchange.request();
    PUNA_TRY_VOID(guard_.check_place(request));
    if (Guard::is_preflight(request)) {
      return Match{};
    }
    Match match = match_route(request.method, request.path);
    if (match.route == nullptr || !match.route->is_open) {
      PUNA_TRY_VOID(guard_.check_key(request));
    }
    if (match.route == nullptr) {
      return match.is_known_path
                 ? refuse(405, format_text("{} does not take this method", request.path))
                 : refuse(404, format_text("there is nothing at '{}'", utf8::truncate(request.path, 200)));
    }
    if (request.method == "POST") {
      PUNA_TRY_VOID(Guard::check_type(request));
    }
    if (served_.is_draining && match.route->pace != Pace::instant) {
      return refuse(503, "the server is ending: it takes no more requests", {}, "draining");
    }
    return match;
  }

  void hand_on(Match match, std::unique_ptr<Exchange> exchange) {
    const bool generates = match.route->pace == Pace::generating;
    if (generates && served_.generating >= served_.options.limits.requests) {
      ++served_.counters.turned_away;
      refuse_with(*exchange, Refusal(429, format_text("{} requests are under way already; try again",
                                                      served_.options.limits.requests)));
      return;
    }
    served_.generating += generates ? 1U : 0U;
    Crew::Work work = [this, generates, match = std::move(match), exchange = std::move(exchange)]() mutable {
      handle(match, *exchange);
      served_.generating -= generates ? 1U : 0U;
      exchange.reset();
    };
    if (!(generates ? generating_ : quick_).run(work)) {
      served_.generating -= generates ? 1U : 0U;
      ++served_.counters.turned_away;
      work = nullptr;  // the exchange answers by itself
    }
  }

  void handle(const Match& match, Exchange& exchange) {
    try {
      Handled handled = answer(match, exchange);
      if (!handled) {
        refuse_with(exchange, handled.error());
      } else if (*handled) {
        exchange.reply({.body = (*handled)->dump()});
      }
    } catch (const std::bad_alloc&) {
      refuse_with(exchange, Refusal(503, "the server has no memory left for this request"));
    } catch (const std::exception& error) {
      refuse_with(exchange, Refusal(500, error.what()));
    }
  }

  Handled answer(const Match& match, Exchange& exchange) {
    PUNA_TRY(Json body, body_of(exchange.request()));
    Call call{.exchange = exchange, .body = std::move(body), .parts = match.parts};
    return match.route->handle(served_, call);
  }

  void refuse_with(Exchange& exchange, const Refusal& refusal) {
    constexpr int kServersFault = 500;
    const HttpRequestIn& request = exchange.request();
    ++served_.counters.refused;
    if (refusal.status >= kServersFault && refusal.status != 503 && refusal.status != 501) {
      served_.log(format_text("{} {}: {} {}", request.method, printable(request.path), refusal.status,
                              printable(refusal.message)));
    }
    if (!exchange.reply(error_out(family_of(request.path), refusal))) {
      exchange.write(stream_error(request.path, refusal));
      exchange.finish();
    }
  }

  Served served_;
  const Guard guard_;
  std::string url_;
  Crew quick_{kQuickThreads};
  Crew generating_;
  std::unique_ptr<Front> front_;  // ends first: its exchanges are at work on the crews
};

}  // namespace
}  // namespace server

Result<std::unique_ptr<Server>> Server::open(Model& model, ServerOptions options) {
  const auto reach = options.api_key.empty() ? server::Reach::loopback : server::Reach::any;
  PUNA_TRY(server::Listener listener, server::open_listener(options.host, options.port, reach));
  PUNA_TRY(server::Guard guard, server::Guard::create({.address = listener.host,
                                                       .port = listener.port,
                                                       .api_key = options.api_key,
                                                       .hosts = options.hosts_allowed,
                                                       .origins = options.origins_allowed}));
  auto opened = std::make_unique<server::OneModelServer>(model, std::move(options), std::move(guard));
  PUNA_TRY_VOID(opened->start(std::move(listener)));
  return opened;
}

}  // namespace puna
