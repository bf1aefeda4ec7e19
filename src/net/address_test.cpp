// What addresses are for, against the registries written out once more, and what a policy makes of it.
#include "puna/net/address.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace puna {
namespace {

AddressKind kind(std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address) << text;
  return kind_of(*address);
}

struct Row {
  std::string_view first;
  std::string_view last;
  AddressKind kind;
};

TEST(AddressKind, FirstAndLastAddressOfEveryRangeAreOfItsKind) {
  using enum AddressKind;
  for (const Row& row : std::vector<Row>{{"0.0.0.0", "0.255.255.255", unspecified},
                                         {"1.0.0.0", "9.255.255.255", global},
                                         {"10.0.0.0", "10.255.255.255", private_use},
                                         {"11.0.0.0", "100.63.255.255", global},
                                         {"100.64.0.0", "100.127.255.255", shared},
                                         {"100.128.0.0", "126.255.255.255", global},
                                         {"127.0.0.0", "127.255.255.255", loopback},
                                         {"128.0.0.0", "169.253.255.255", global},
                                         {"169.254.0.0", "169.254.255.255", link_local},
                                         {"169.255.0.0", "172.15.255.255", global},
                                         {"172.16.0.0", "172.31.255.255", private_use},
                                         {"172.32.0.0", "191.255.255.255", global},
                                         {"192.0.0.0", "192.0.0.255", reserved},
                                         {"192.0.2.0", "192.0.2.255", documentation},
                                         {"192.168.0.0", "192.168.255.255", private_use},
                                         {"198.18.0.0", "198.19.255.255", benchmark},
                                         {"198.20.0.0", "198.51.99.255", global},
                                         {"198.51.100.0", "198.51.100.255", documentation},
                                         {"203.0.113.0", "203.0.113.255", documentation},
                                         {"203.0.114.0", "223.255.255.255", global},
                                         {"224.0.0.0", "239.255.255.255", multicast},
                                         {"240.0.0.0", "255.255.255.254", reserved},
                                         {"::", "::", unspecified},
                                         {"::1", "::1", loopback},
                                         {"::2", "::fffe:ffff:ffff", reserved},
                                         {"100::", "1fff:ffff::", reserved},
                                         {"2001::", "2001:1ff:ffff::", reserved},
                                         {"2001:200::", "2001:db7:ffff::", global},
                                         {"2001:db8::", "2001:db8:ffff::1", documentation},
                                         {"2001:2::", "2001:2:0:ffff::", benchmark},
                                         {"2003::", "3ffe:ffff::", global},
                                         {"3fff::", "3fff:fff:ffff::", documentation},
                                         {"3fff:1000::", "3fff:ffff::", global},
                                         {"4000::", "fbff:ffff::", reserved},
                                         {"fc00::", "fdff:ffff::", private_use},
                                         {"fe80::", "febf:ffff::", link_local},
                                         {"fec0::", "feff:ffff::", private_use},
                                         {"ff00::", "ffff:ffff::", multicast}}) {
    EXPECT_EQ(kind(row.first), row.kind) << row.first;
    EXPECT_EQ(kind(row.last), row.kind) << row.last;
  }
}

TEST(AddressKind, SingleAddressesAndThoseThatCarryAnotherAreWhatTheyLeadTo) {
  using enum AddressKind;
  for (const Row& row : std::vector<Row>{{"255.255.255.255", "", broadcast},
                                         {"169.254.169.254", "", metadata},
                                         {"168.63.129.16", "", metadata},
                                         {"100.100.100.200", "", metadata},
                                         {"fd00:ec2::254", "", metadata},
                                         {"::ffff:127.0.0.1", "", loopback},
                                         {"::ffff:169.254.169.254", "", metadata},
                                         {"::ffff:8.8.8.8", "", global},
                                         {"64:ff9b::7f00:1", "", loopback},
                                         {"64:ff9b::10.0.0.1", "", private_use},
                                         {"64:ff9b::8.8.8.8", "", global},
                                         {"64:ff9b:1::8.8.8.8", "", reserved},
                                         {"2002:7f00:1::", "", loopback},
                                         {"2002:c0a8:101::1", "", private_use},
                                         {"2002:808:808::1", "", global},
                                         {"2001:0:808:808::1", "", reserved},
                                         {"::127.0.0.1", "", reserved}}) {
    EXPECT_EQ(kind(row.first), row.kind) << row.first << " is " << name_of(kind(row.first));
  }
}

TEST(IpAddress, IsReadInItsUsualFormOnly) {
  for (const char* text : {"", "1.2.3", "01.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "1.2.3.4.5", "256.1.1.1", "[::1]",
                           "::1%lo", ":::", "1:2:3:4:5:6:7:8:9", "example.org"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
  EXPECT_EQ(IpAddress::parse("1.2.3.4")->to_text(), "1.2.3.4");
  EXPECT_EQ(IpAddress::parse("2001:DB8:0::1")->to_text(), "2001:db8::1");
}

// The policy's whole answer for a host that resolved to an address.
bool allowed(const AddressPolicy& policy, std::string_view host, std::string_view address, std::uint16_t port = 80) {
  return policy.check_name(host, port) && policy.check_address(host, *IpAddress::parse(address), port);
}

TEST(AddressPolicy, OnlyPublicHostsAreReachedWithoutAGrant) {
  const AddressPolicy policy = AddressPolicy::public_only();
  EXPECT_TRUE(allowed(policy, "example.org", "93.184.215.14"));
  EXPECT_TRUE(allowed(policy, "example.org", "2606:2800:21f:cb07::1"));
  for (const char* address : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::", "0.0.0.0", "fd00::1", "fe80::1",
                              "::ffff:10.0.0.1", "64:ff9b::7f00:1", "224.0.0.1", "255.255.255.255", "100.64.0.1"}) {
    EXPECT_FALSE(allowed(policy, "example.org", address)) << address;
    EXPECT_FALSE(allowed(policy, address, address)) << address;
  }
  for (const char* name :
       {"localhost", "foo.localhost", "metadata", "metadata.google.internal", "metadata.goog", "instance-data",
        "printer.local", "nas.home.arpa", "router.lan", "db.internal", "x.localdomain"}) {
    EXPECT_FALSE(policy.check_name(name, 80)) << name;
  }
  EXPECT_TRUE(policy.check_name("local.example", 80));
  EXPECT_TRUE(policy.check_name("notlocalhost.example", 80));
}

TEST(AddressPolicy, AGrantAllowsItsHostAndPortAndNothingElse) {
  AddressPolicy policy = AddressPolicy::public_only();
  ASSERT_TRUE(policy.grant("LOCALHOST:8888"));
  ASSERT_TRUE(policy.grant("10.1.0.0/16"));
  ASSERT_TRUE(policy.grant("192.168.1.5:443"));
  ASSERT_TRUE(policy.grant("[fd00::5]:99"));
  ASSERT_TRUE(policy.grant("fd11::/16:7"));
  EXPECT_TRUE(allowed(policy, "localhost", "127.0.0.1", 8'888));
  EXPECT_TRUE(allowed(policy, "localhost", "::1", 8'888));
  EXPECT_FALSE(allowed(policy, "localhost", "127.0.0.1", 8'889));
  EXPECT_FALSE(allowed(policy, "localhost", "169.254.169.254", 8'888)) << "a name does not reach metadata";
  EXPECT_FALSE(allowed(policy, "other.localhost", "127.0.0.1", 8'888));
  EXPECT_FALSE(allowed(policy, "127.0.0.1", "127.0.0.1", 8'888)) << "the name was granted, not the address";
  EXPECT_FALSE(allowed(policy, "example.org", "127.0.0.1", 8'888)) << "another name for the same address";
  EXPECT_TRUE(allowed(policy, "10.1.255.255", "10.1.255.255"));
  EXPECT_TRUE(allowed(policy, "example.org", "10.1.2.3")) << "a granted range is granted for every name";
  EXPECT_FALSE(allowed(policy, "10.2.0.0", "10.2.0.0"));
  EXPECT_TRUE(allowed(policy, "192.168.1.5", "192.168.1.5", 443));
  EXPECT_FALSE(allowed(policy, "192.168.1.5", "192.168.1.5", 80));
  EXPECT_TRUE(allowed(policy, "fd00::5", "fd00::5", 99));
  EXPECT_FALSE(allowed(policy, "fd00::6", "fd00::6", 99));
  EXPECT_TRUE(allowed(policy, "fd11:2::1", "fd11:2::1", 7));
  EXPECT_FALSE(allowed(policy, "fd11:2::1", "fd11:2::1", 8));
  EXPECT_TRUE(allowed(AddressPolicy::any(), "localhost", "169.254.169.254"));
}

TEST(AddressPolicy, AnEmptyPrefixIsEveryAddressOfItsFamily) {
  AddressPolicy policy = AddressPolicy::public_only();
  ASSERT_TRUE(policy.grant("0.0.0.0/0"));
  EXPECT_TRUE(allowed(policy, "169.254.169.254", "169.254.169.254"));
  EXPECT_FALSE(allowed(policy, "::1", "::1"));
}

TEST(AddressPolicy, GrantsThatMeanNothingAreErrors) {
  AddressPolicy policy = AddressPolicy::public_only();
  for (const char* text : {"", "http://localhost", "localhost/path", "a b", "10.0.0.0/33", "10.0.0.0/-1",
                           "10.0.0.0/8:0", "10.0.0.0/8:x", "10.0/8", "fd00::/129", "user@localhost", "localhost:0",
                           "localhost:70000", "localhost?x", "[::1", "*", "10.0.0.0/"}) {
    const auto granted = policy.grant(text);
    ASSERT_FALSE(granted) << text;
    EXPECT_EQ(granted.error().code, ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace puna
