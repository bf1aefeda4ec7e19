// Clients that may talk to a TestServer. Tests only.
#pragma once

#include <gtest/gtest.h>

#include "puna/net.h"

namespace puna::net {

inline AddressPolicy loopback() {
  AddressPolicy policy = AddressPolicy::public_only();
  EXPECT_TRUE(policy.grant("127.0.0.0/8"));
  return policy;
}
inline HttpClient loopback_client() { return HttpClient(loopback()); }

}  // namespace puna::net
