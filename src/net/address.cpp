// Addresses by the IANA registries, as a table of ranges; the first that fits wins.
#include "puna/net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <span>

#include "net/address_range.h"

namespace puna {
namespace {

using net::Range;

constexpr std::array kV4{
    Range{{168, 63, 129, 16}, 32, AddressKind::metadata},
    Range{{169, 254, 169, 254}, 32, AddressKind::metadata},
    Range{{169, 254, 170, 2}, 32, AddressKind::metadata},
    Range{{169, 254, 170, 23}, 32, AddressKind::metadata},
    Range{{100, 100, 100, 200}, 32, AddressKind::metadata},
    Range{{192, 0, 0, 192}, 32, AddressKind::metadata},
    Range{{255, 255, 255, 255}, 32, AddressKind::broadcast},
    Range{{0}, 8, AddressKind::unspecified},
    Range{{10}, 8, AddressKind::private_use},
    Range{{100, 64}, 10, AddressKind::shared},
    Range{{127}, 8, AddressKind::loopback},
    Range{{169, 254}, 16, AddressKind::link_local},
    Range{{172, 16}, 12, AddressKind::private_use},
    Range{{192, 0, 0}, 24, AddressKind::reserved},
    Range{{192, 0, 2}, 24, AddressKind::documentation},
    Range{{192, 88, 99}, 24, AddressKind::reserved},
    Range{{192, 168}, 16, AddressKind::private_use},
    Range{{198, 18}, 15, AddressKind::benchmark},
    Range{{198, 51, 100}, 24, AddressKind::documentation},
    Range{{203, 0, 113}, 24, AddressKind::documentation},
    Range{{224}, 4, AddressKind::multicast},
    Range{{240}, 4, AddressKind::reserved},
};

// After the forms that carry an IPv4 address. Outside of 2000::/3 nothing is global.
constexpr std::array kV6{
    Range{{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, AddressKind::metadata},
    Range{{0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, AddressKind::metadata},
    Range{{0}, 128, AddressKind::unspecified},
    Range{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, AddressKind::loopback},
    Range{{0xfc}, 7, AddressKind::private_use},
    Range{{0xfe, 0x80}, 10, AddressKind::link_local},
    Range{{0xfe, 0xc0}, 10, AddressKind::private_use},
    Range{{0xff}, 8, AddressKind::multicast},
    Range{{0x20, 0x01, 0x0d, 0xb8}, 32, AddressKind::documentation},
    Range{{0x3f, 0xff}, 20, AddressKind::documentation},
    Range{{0x20, 0x01, 0x00, 0x02, 0x00, 0x00}, 48, AddressKind::benchmark},
    Range{{0x20, 0x01, 0x00}, 23, AddressKind::reserved},
    Range{{0x20}, 3, AddressKind::global},
};

struct Carrier {
  std::array<std::uint8_t, 16> prefix;
  int prefix_bits;
  std::size_t at;  // of the IPv4 address' first byte
};
constexpr std::array kCarriers{
    Carrier{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12},  // mapped
    Carrier{{0, 0x64, 0xff, 0x9b}, 96, 12},                       // NAT64
    Carrier{{0x20, 0x02}, 16, 2},                                 // 6to4
};

AddressKind first_fit(std::span<const Range> ranges, const IpAddress& address, AddressKind otherwise) {
  const auto found = std::ranges::find_if(
      ranges, [&](const Range& range) { return net::in_prefix(address.bytes, range.prefix, range.bits); });
  return found == ranges.end() ? otherwise : found->kind;
}

}  // namespace

namespace net {

bool in_prefix(const std::array<std::uint8_t, 16>& bytes, const std::array<std::uint8_t, 16>& prefix, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole), prefix.begin())) {
    return false;
  }
  const int rest = bits % 8;
  return rest == 0 || (bytes.at(whole) >> (8 - rest)) == (prefix.at(whole) >> (8 - rest));
}

}  // namespace net

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string terminated(text);
  IpAddress address;
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
    return address;
  }
  address.is_v6 = true;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) {
    return address;
  }
  return std::nullopt;
}

std::string IpAddress::to_text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const char* made = ::inet_ntop(is_v6 ? AF_INET6 : AF_INET, bytes.data(), text.data(), text.size());
  PUNA_CHECK(made != nullptr, "an address fits its text");
  return made;
}

AddressKind kind_of(const IpAddress& address) {
  if (!address.is_v6) {
    return first_fit(kV4, address, AddressKind::global);
  }
  for (const Carrier& carrier : kCarriers) {
    if (net::in_prefix(address.bytes, carrier.prefix, carrier.prefix_bits)) {
      IpAddress carried;
      std::copy_n(address.bytes.begin() + static_cast<std::ptrdiff_t>(carrier.at), 4, carried.bytes.begin());
      return kind_of(carried);
    }
  }
  return first_fit(kV6, address, AddressKind::reserved);
}

std::string_view name_of(AddressKind kind) noexcept {
  switch (kind) {
    case AddressKind::global:
      return "public";
    case AddressKind::unspecified:
      return "unspecified";
    case AddressKind::loopback:
      return "loopback";
    case AddressKind::private_use:
      return "private";
    case AddressKind::shared:
      return "shared (behind a provider's NAT)";
    case AddressKind::link_local:
      return "link-local";
    case AddressKind::metadata:
      return "cloud metadata";
    case AddressKind::multicast:
      return "multicast";
    case AddressKind::broadcast:
      return "broadcast";
    case AddressKind::documentation:
      return "documentation";
    case AddressKind::benchmark:
      return "benchmark";
    case AddressKind::reserved:
      return "reserved";
  }
  return "unknown";
}

}  // namespace puna
