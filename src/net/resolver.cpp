// getaddrinfo cannot be cancelled: each lookup has a thread of its own, and whoever asked may leave before it.
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "net/shown.h"
#include "net/socket_address.h"
#include "puna/net/http.h"

namespace puna {
namespace {

constexpr int kLookupsMax = 16;
constexpr std::size_t kAddressesMax = 64;
std::atomic<int> lookups_now{0};

using Addresses = Result<std::vector<IpAddress>>;

Addresses look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int status = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (status != 0) {
    const bool absent = status == EAI_NONAME || status == EAI_NODATA;
    return fail(absent ? ErrorCode::not_found : ErrorCode::unavailable,
                format_text("the host '{}' was not found: {}", net::shown(host), ::gai_strerror(status)));
  }
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    const auto address = net::address_of(*entry->ai_addr);
    if (address && std::ranges::find(addresses, *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  ::freeaddrinfo(list);
  if (addresses.empty() || addresses.size() > kAddressesMax) {
    return fail(ErrorCode::unavailable,
                format_text("the host '{}' has {} addresses", net::shown(host), addresses.size()));
  }
  return addresses;
}

struct Lookup {
  std::mutex mutex;
  std::condition_variable_any done;
  std::optional<Addresses> answer;
};

void answer(const std::shared_ptr<Lookup>& lookup, const std::string& host) {
  Addresses addresses;
  try {
    addresses = look_up(host);
  } catch (const std::exception& thrown) {
    addresses = fail(ErrorCode::internal, thrown.what());
  }
  {
    const std::lock_guard lock(lookup->mutex);
    lookup->answer = std::move(addresses);
  }
  lookup->done.notify_all();
  --lookups_now;
}

class SystemResolver final : public Resolver {
 public:
  [[nodiscard]] Addresses resolve(const std::string& host, std::chrono::milliseconds time,
                                  std::stop_token stop) const override {
    if (++lookups_now > kLookupsMax) {
      --lookups_now;
      return fail(ErrorCode::unavailable,
                  format_text("{} host names are being looked up without an answer", kLookupsMax));
    }
    const auto lookup = std::make_shared<Lookup>();
    try {
      std::thread([lookup, host] { answer(lookup, host); }).detach();
    } catch (const std::system_error& error) {
      --lookups_now;
      return fail(ErrorCode::unavailable, format_text("no thread for a lookup: {}", error.what()));
    }
    std::unique_lock lock(lookup->mutex);
    lookup->done.wait_for(lock, stop, time, [&] { return lookup->answer.has_value(); });
    if (lookup->answer) {
      return *std::move(lookup->answer);
    }
    if (stop.stop_requested()) {
      return fail(ErrorCode::cancelled, "stopped while a host name was looked up");
    }
    return fail(ErrorCode::unavailable,
                format_text("the host '{}' was not found within {} ms", net::shown(host), time.count()));
  }
};

}  // namespace

std::shared_ptr<const Resolver> Resolver::system() { return std::make_shared<SystemResolver>(); }

namespace net {

std::optional<IpAddress> address_of(const sockaddr& address) {
  IpAddress result;
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    std::memcpy(result.bytes.data(), &v4.sin_addr, sizeof(v4.sin_addr));
    return result;
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof(v6));
    std::memcpy(result.bytes.data(), &v6.sin6_addr, sizeof(v6.sin6_addr));
    result.is_v6 = true;
    return result;
  }
  return std::nullopt;
}

}  // namespace net
}  // namespace puna
