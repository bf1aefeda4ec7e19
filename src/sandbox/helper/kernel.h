// System calls that older C libraries do not wrap, with the definitions that they need.
// Source: the kernel's include/uapi/linux/{landlock,mount,openat2}.h; these numbers are the same on every architecture.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace puna::sandbox::kernel {

inline constexpr long kOpenTree = 428;
inline constexpr long kMoveMount = 429;
inline constexpr long kOpenat2 = 437;
inline constexpr long kMountSetattr = 442;
inline constexpr long kLandlockCreate = 444;
inline constexpr long kLandlockAdd = 445;
inline constexpr long kLandlockRestrict = 446;

inline constexpr unsigned kOpenTreeClone = 1;
inline constexpr unsigned kOpenTreeCloexec = 02000000;
inline constexpr unsigned kAtEmptyPath = 0x1000;
inline constexpr unsigned kAtRecursive = 0x8000;
inline constexpr unsigned kMoveFromEmptyPath = 0x04;
inline constexpr unsigned kMoveToEmptyPath = 0x40;

inline constexpr std::uint64_t kMountReadOnly = 0x01;
inline constexpr std::uint64_t kMountNosuid = 0x02;
inline constexpr std::uint64_t kMountNodev = 0x04;
inline constexpr std::uint64_t kMountIdMap = 0x00100000;

struct MountAttributes {
  std::uint64_t set = 0;
  std::uint64_t clear = 0;
  std::uint64_t propagation = 0;
  std::uint64_t user_namespace = 0;
};

inline constexpr std::uint64_t kResolveNoMagicLinks = 0x02;
inline constexpr std::uint64_t kResolveNoSymlinks = 0x04;
inline constexpr std::uint64_t kResolveBeneath = 0x08;

struct OpenHow {
  std::uint64_t flags = 0;
  std::uint64_t mode = 0;
  std::uint64_t resolve = 0;
};

struct LandlockRuleset {
  std::uint64_t file_rights = 0;
  std::uint64_t network_rights = 0;  // since ABI 4
  std::uint64_t scopes = 0;          // since ABI 6
};
struct [[gnu::packed]] LandlockPath {
  std::uint64_t rights = 0;
  std::int32_t folder = -1;
};
inline constexpr std::uint32_t kLandlockVersion = 1;  // a flag of create
inline constexpr int kLandlockPathRule = 1;

// Rights on files.
inline constexpr std::uint64_t kMayExecute = 1U << 0U;
inline constexpr std::uint64_t kMayWriteFile = 1U << 1U;
inline constexpr std::uint64_t kMayReadFile = 1U << 2U;
inline constexpr std::uint64_t kMayReadFolder = 1U << 3U;
inline constexpr std::uint64_t kMayMakeChar = 1U << 6U;
inline constexpr std::uint64_t kMayMakeSocket = 1U << 9U;
inline constexpr std::uint64_t kMayMakeBlock = 1U << 11U;
inline constexpr std::uint64_t kMayTruncate = 1U << 14U;      // since ABI 3
inline constexpr std::uint64_t kAllRights = (1U << 15U) - 1;  // ABI 3
inline constexpr std::uint64_t kMayIoctlDevice = 1U << 15U;   // since ABI 5
inline constexpr std::uint64_t kNetworkRights = 3;            // bind and connect of TCP
inline constexpr std::uint64_t kScopes = 3;                   // abstract sockets and signals

// The version of Landlock's interface; 0 = none.
inline int landlock_abi() {
  const long version = ::syscall(kLandlockCreate, nullptr, 0, kLandlockVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

inline int open_beneath(int folder, const char* path, std::uint64_t flags) {
  const OpenHow how{.flags = flags, .mode = 0, .resolve = kResolveBeneath | kResolveNoSymlinks | kResolveNoMagicLinks};
  return static_cast<int>(::syscall(kOpenat2, folder, path, &how, sizeof how));
}

}  // namespace puna::sandbox::kernel
