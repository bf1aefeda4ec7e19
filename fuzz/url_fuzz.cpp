// A URL and a reference: what is read has one form that reads back as itself, numbers mean what the C library says that
// they mean, and the classifier of addresses agrees with a table that is read bit by bit.
#include <arpa/inet.h>

#include <array>
#include <string>

#include "input.h"
#include "puna/net.h"

namespace {

struct Range {
  const char* network;
  int bits;
};
// Everything that is not for hosts of the internet, by hand from the IANA registries.
constexpr std::array<Range, 17> kSpecialV4{{{"0.0.0.0", 8},
                                            {"10.0.0.0", 8},
                                            {"100.64.0.0", 10},
                                            {"127.0.0.0", 8},
                                            {"169.254.0.0", 16},
                                            {"172.16.0.0", 12},
                                            {"192.0.0.0", 24},
                                            {"192.0.2.0", 24},
                                            {"192.88.99.0", 24},
                                            {"192.168.0.0", 16},
                                            {"198.18.0.0", 15},
                                            {"198.51.100.0", 24},
                                            {"203.0.113.0", 24},
                                            {"224.0.0.0", 4},
                                            {"240.0.0.0", 4},
                                            {"255.255.255.255", 32},
                                            {"100.100.100.200", 32}}};

bool bit(const unsigned char* bytes, int at) { return ((bytes[at / 8] >> (7 - at % 8)) & 1) != 0; }

bool is_special(const puna::IpAddress& address) {
  for (const Range& range : kSpecialV4) {
    std::array<unsigned char, 4> network{};
    PUNA_CHECK(::inet_pton(AF_INET, range.network, network.data()) == 1, "the table is right");
    bool same = true;
    for (int i = 0; i < range.bits; ++i) {
      same = same && bit(address.bytes.data(), i) == bit(network.data(), i);
    }
    if (same) {
      return true;
    }
  }
  return false;
}

void check(const puna::Url& url) {
  const auto again = puna::Url::parse(url.text);
  PUNA_CHECK(again && *again == url, "the canonical text reads back as itself");
  PUNA_CHECK(url.scheme == "http" || url.scheme == "https", "only the web");
  PUNA_CHECK(!url.host.empty() && url.port > 0 && url.path.starts_with('/'), "all parts are there");
  for (const char c : url.text) {
    PUNA_CHECK(c > ' ' && c < '\x7f', "ASCII without spaces and control characters");
  }
  PUNA_CHECK(url.host.find_first_of("@/?#\\% ") == std::string::npos, "a host is only a host");
  PUNA_CHECK(!url.host.ends_with('.'), "no dot at the end");
  const auto policy = puna::AddressPolicy::public_only();
  const auto literal = puna::IpAddress::parse(url.host);
  if (literal) {
    PUNA_CHECK(literal->to_text() == url.host, "an address is in its canonical form");
    const bool allowed = policy.check_address(url.host, *literal, url.port).has_value();
    if (!literal->is_v6) {
      PUNA_CHECK(allowed == !is_special(*literal), "the classifier agrees with the slow table");
    } else {
      PUNA_CHECK(!allowed || (literal->bytes[0] & 0xe0U) == 0x20 || literal->bytes[0] == 0, "IPv6 of the internet");
    }
  } else if (policy.check_name(url.host, url.port)) {
    PUNA_CHECK(url.host.find('.') != std::string::npos, "a public name has a dot");
    PUNA_CHECK(url.host.back() < '0' || url.host.back() > '9' || url.host.find_last_of('.') + 1 < url.host.size(),
               "no half of a number");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = puna::fuzz::text_of(data, size);
  const std::string first(puna::fuzz::take_line(rest));
  const std::string second(puna::fuzz::take_line(rest));
  if (const auto url = puna::Url::parse(first)) {
    check(*url);
    if (const auto target = url->resolve(second)) {
      check(*target);
    }
  }
  in_addr number{};
  if (first.find_first_not_of("0123456789abcdefxABCDEFX.") == std::string::npos &&
      ::inet_aton(first.c_str(), &number) == 1) {
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &number, text.data(), text.size());
    const auto url = puna::Url::parse("http://" + first + "/");
    PUNA_CHECK(!url || url->host == text.data(), "a number is the address that connect() would take it for");
  }
  puna::AddressPolicy granted = puna::AddressPolicy::public_only();
  (void)granted.grant(second);
  PUNA_CHECK(puna::percent_decoded(puna::percent_encoded(first)) == first, "encoding loses nothing");
  return 0;
}
