// The operating system's addresses as ours.
#pragma once

#include <sys/socket.h>

#include <optional>

#include "puna/net/address.h"

namespace puna::net {

// Requires  memory as large as the family says.  Returns nothing for another family than IPv4 and IPv6.
[[nodiscard]] std::optional<IpAddress> address_of(const sockaddr& address);

}  // namespace puna::net
