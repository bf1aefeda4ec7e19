// Which hosts may be reached. Names first, then every address; what is not public needs a grant.
#include <algorithm>
#include <array>
#include <charconv>

#include "net/address_range.h"
#include "net/shown.h"
#include "puna/net/address.h"
#include "puna/net/url.h"

namespace puna {
namespace {

constexpr std::string_view kGrantHint = "write a host, an address or a range, such as localhost:8080 or 10.0.0.0/8";

// Names below these never mean a host of the internet.
constexpr std::array<std::string_view, 6> kLocalEnds{".localhost", ".local",     ".localdomain",
                                                     ".internal",  ".home.arpa", ".lan"};
constexpr std::array<std::string_view, 2> kMetadataNames{"metadata.goog", "metadata.google.internal"};

bool is_local_name(std::string_view host) {
  return host.find('.') == std::string_view::npos ||
         std::ranges::any_of(kLocalEnds, [&](std::string_view end) { return host.ends_with(end); });
}

std::optional<int> number(std::string_view text, int max) {
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value < 0 || value > max) {
    return std::nullopt;
  }
  return value;
}

std::unexpected<Error> bad_grant(std::string_view text) {
  return fail(ErrorCode::invalid_argument,
              format_text("'{}' is no host, address or range that can be allowed", net::shown(text)),
              std::string(kGrantHint));
}

}  // namespace

Result<void> AddressPolicy::grant(std::string_view text) {
  Grant grant;
  std::string_view rest = text;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const auto network = IpAddress::parse(text.substr(0, slash));
    rest = text.substr(slash + 1);
    const std::size_t colon = rest.find(':');
    const auto bits = network ? number(rest.substr(0, colon), network->is_v6 ? 128 : 32) : std::nullopt;
    const auto port = colon == std::string_view::npos ? 0 : number(rest.substr(colon + 1), 65'535);
    if (!bits || !port || (colon != std::string_view::npos && *port == 0)) {
      return bad_grant(text);
    }
    grant.network = *network;
    grant.prefix_bits = *bits;
    grant.port = static_cast<std::uint16_t>(*port);
  } else if (const auto address = IpAddress::parse(text)) {
    grant.network = *address;
    grant.prefix_bits = address->is_v6 ? 128 : 32;
  } else {
    const auto url = Url::parse(format_text("http://{}/", text));
    if (!url || text.find_first_of("?#@\\") != std::string_view::npos) {
      return bad_grant(text);
    }
    const auto literal = IpAddress::parse(url->host);
    grant.name = literal ? "" : url->host;
    grant.network = literal.value_or(IpAddress{});
    grant.prefix_bits = literal && literal->is_v6 ? 128 : 32;
    const std::size_t colon = text.find(':', text.starts_with('[') ? text.find(']') : 0);
    grant.port = colon == std::string_view::npos ? std::uint16_t{0} : url->port;
  }
  grants_.push_back(std::move(grant));
  return {};
}

bool AddressPolicy::granted_by_name(std::string_view host, std::uint16_t port) const {
  return std::ranges::any_of(grants_, [&](const Grant& grant) {
    return !grant.name.empty() && grant.name == host && (grant.port == 0 || grant.port == port);
  });
}

bool AddressPolicy::granted_by_address(const IpAddress& address, std::uint16_t port) const {
  return std::ranges::any_of(grants_, [&](const Grant& grant) {
    return grant.name.empty() && grant.network.is_v6 == address.is_v6 && (grant.port == 0 || grant.port == port) &&
           net::in_prefix(address.bytes, grant.network.bytes, grant.prefix_bits);
  });
}

Result<void> AddressPolicy::check_name(std::string_view host, std::uint16_t port) const {
  if (everything_ || IpAddress::parse(host) || granted_by_name(host, port)) {
    return {};
  }
  const bool metadata = std::ranges::find(kMetadataNames, host) != kMetadataNames.end();
  if (!metadata && !is_local_name(host)) {
    return {};
  }
  return fail(ErrorCode::invalid_argument,
              format_text("'{}' is not a public host name{}", net::shown(host),
                          metadata ? " (a cloud's metadata service)" : ""),
              "only public hosts can be reached unless the user allows this one");
}

Result<void> AddressPolicy::check_address(std::string_view host, const IpAddress& address, std::uint16_t port) const {
  const AddressKind kind = kind_of(address);
  if (everything_ || kind == AddressKind::global || granted_by_address(address, port)) {
    return {};
  }
  const bool near = kind == AddressKind::loopback || kind == AddressKind::private_use || kind == AddressKind::shared ||
                    kind == AddressKind::link_local;
  if (near && granted_by_name(host, port)) {
    return {};
  }
  return fail(ErrorCode::invalid_argument,
              format_text("'{}' is the address {}, which is not public: {}", net::shown(host), address.to_text(),
                          name_of(kind)),
              "only public hosts can be reached unless the user allows this one");
}

}  // namespace puna
