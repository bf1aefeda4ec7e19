// IP addresses, what they are for, and which of them a request may reach.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna {

// An IPv4 or IPv6 address. IPv4 stands in the first four bytes; the rest is zero.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // network order
  bool is_v6 = false;

  // The usual text of an address and nothing else: four decimal numbers, or IPv6 without brackets and zone.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  [[nodiscard]] std::string to_text() const;

  bool operator==(const IpAddress&) const = default;
};

// What an address is for. Sources: the IANA special-purpose registries for IPv4 and IPv6, RFC 6890.
enum class AddressKind : std::uint8_t {
  global,         // anywhere in the internet
  unspecified,    // 0.0.0.0/8, ::
  loopback,       // 127.0.0.0/8, ::1
  private_use,    // 10/8, 172.16/12, 192.168/16, fc00::/7, fec0::/10
  shared,         // 100.64/10, behind a provider's NAT
  link_local,     // 169.254/16, fe80::/10
  metadata,       // where clouds answer with credentials
  multicast,      // 224/4, ff00::/8
  broadcast,      // 255.255.255.255
  documentation,  // 192.0.2/24, 198.51.100/24, 203.0.113/24, 2001:db8::/32, 3fff::/20
  benchmark,      // 198.18/15, 2001:2::/48
  reserved,       // everything else that no host of the internet has
};
// An IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4) is what that one is; Teredo is reserved.
[[nodiscard]] AddressKind kind_of(const IpAddress& address);
[[nodiscard]] std::string_view name_of(AddressKind kind) noexcept;

// Which hosts a request may reach. A value; copies are independent.
//
// Names and addresses are judged apart: the name before it is resolved, then every address that it resolved to.
// Thread  as a const value, any.
class AddressPolicy {
 public:
  [[nodiscard]] static AddressPolicy public_only() { return AddressPolicy(false); }
  // For an address that the user wrote, never for one from a model or a page.
  [[nodiscard]] static AddressPolicy any() { return AddressPolicy(true); }

  // Also allows a host that is not public: "localhost", "10.1.2.3", "10.0.0.0/8", "fd00::/8", "[::1]", each also with
  // a port ("localhost:8888", "[::1]:8888", "10.0.0.0/8:80"), then for that port only. A name is allowed to be
  // loopback, private, shared or link-local, and not to be a metadata address: that one is allowed by its number only.
  // Errors  invalid_argument  neither a host name nor an address nor a range
  [[nodiscard]] Result<void> grant(std::string_view text);

  // Before resolving; `host` as Url has it.
  // Errors  invalid_argument  a name that only ever means this machine, its network or a cloud's metadata service
  [[nodiscard]] Result<void> check_name(std::string_view host, std::uint16_t port) const;
  // Errors  invalid_argument  the address is not public and was not granted; the message names the kind
  [[nodiscard]] Result<void> check_address(std::string_view host, const IpAddress& address, std::uint16_t port) const;

 private:
  struct Grant {
    std::string name;  // empty: a range
    IpAddress network;
    int prefix_bits = 0;
    std::uint16_t port = 0;  // 0: every port
  };
  explicit AddressPolicy(bool everything) : everything_(everything) {}
  [[nodiscard]] bool granted_by_name(std::string_view host, std::uint16_t port) const;
  [[nodiscard]] bool granted_by_address(const IpAddress& address, std::uint16_t port) const;

  bool everything_ = false;
  std::vector<Grant> grants_;
};

}  // namespace puna
