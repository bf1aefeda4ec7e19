// The list: what is tried, what it must give, and which layers keep it so.
#include "suite.h"

namespace escape {
namespace {

using namespace puna::sandbox;

constexpr Layers kSpaces = kLayerNamespaces;
constexpr Layers kLock = kLayerLandlock;
constexpr Layers kCalls = kLayerFilter;
constexpr Layers kUser = kLayerUser;

constexpr const char* kPrivilege = "needs a privilege that the caller does not have";

std::vector<Row> file_rows() {
  return {
      {1,
       "read the password file",
       {{"shadow", "ENOENT", "EACCES", kSpaces | kLock | kUser, kLock | kUser, "ok", kPrivilege}}},
      {2,
       "read the host's files",
       {{"passwd", "ENOENT", "EACCES", kSpaces, kLock}, {"canary", "ENOENT", "EACCES", kSpaces, kLock}}},
      {3, "list homes", {{"root", "ENOENT", "EACCES"}, {"home", "ENOENT", "EACCES", kSpaces, kLock}}},
      {4,
       "read the environment of process 1 and of the parent",
       {{"first", "EACCES", "EACCES", kLock | kLayerDumpable, 0},
        {"host", "ENOENT", "EACCES", kSpaces | kLock | kUser, kLock | kUser}}},
      {5, "write the parent's memory", {{"memory", "ENOENT", "EACCES", kSpaces | kLock | kUser, kLock | kUser}}},
      {6, "list the host's processes", {{"pids", "ENOENT", "EACCES", kSpaces, kLock}}},
      {7,
       "find a secret in the environment",
       {{"environment", "ENOENT", "ENOENT", kLayerEnvironment, kLayerEnvironment}}},
      {8, "use a descriptor above 2", {{"descriptors", "EBADF", "EBADF", kLayerDescriptors, kLayerDescriptors}}},
      {9,
       "write the system",
       {{"SYSTEM_A", "EROFS", "EACCES|EROFS"},
        {"SYSTEM_B", "EROFS", "EACCES|EROFS"},
        {"SYSTEM_C", "EROFS", "EACCES|EROFS"},
        {"SYSTEM_D", "EROFS", "EACCES", kSpaces | kLock, kLock}}},
      {10,
       "leave the workspace by ..",
       {{"read", "ENOENT", "EACCES", kSpaces, kLock}, {"write", "EROFS", "EACCES", kSpaces | kLock, kLock}}},
      {11,
       "fill /dev/shm",
       {{"fill", "ENOSPC", "EACCES", kLayerSize, kLock}},
       [](puna::SandboxCommand& command) { command.limits.scratch_bytes = 8U << 20U; }},
      {12,
       "follow a link out of the workspace",
       {{"read", "ENOENT", "EACCES", kSpaces | kLock, kLock}, {"write", "ENOENT", "EACCES", kSpaces | kLock, kLock}}},
      {13, "make a hard link to a host file", {{"link", "ENOENT", "EXDEV", kSpaces | kLock, kLock}}},
      {15,
       "make or replace configuration and hooks",
       {{"git", "EROFS", "EACCES", kLayerProtect, kLock},
        {"config", "EROFS", "EACCES", kLayerProtect, kLock},
        {"policy", "EROFS", "EACCES"},
        {"rename", "EBUSY", "EACCES"},
        {"remove", "EBUSY", "EACCES"}}},
      {25, "receive a descriptor", {{"socket", "ENOTSOCK", "ENOTSOCK", kLayerDescriptors, kLayerDescriptors}}},
      {36,
       "make or open a device",
       {{"char", "EPERM", "EPERM", kSpaces | kCalls | kUser | kLock, kCalls | kUser | kLock, "ok", kPrivilege},
        {"block", "EPERM", "EPERM", kSpaces | kCalls | kUser | kLock, kCalls | kUser | kLock, "ok", kPrivilege},
        {"fifo", "EPERM", "EPERM", kCalls, kCalls},
        {"node", "ENOENT", "EACCES", kSpaces | kLock | kUser, kLock | kUser, "ok", kPrivilege}}},
      {40,
       "change the kernel's settings",
       {{"core_pattern", "EACCES", "EACCES"},
        {"sysrq", "EACCES|ENOENT", "EACCES|ENOENT"},
        {"release_agent", "ENOENT", "EACCES|ENOENT"},
        {"own", "EACCES", "EACCES", kLock, kLock}}},
      {59,
       "open a graphics or other device",
       {{"node", "ENOENT", "EACCES", kSpaces | kLock | kUser, kLock | kUser, "ok", kPrivilege}}},
  };
}

std::vector<Row> network_rows() {
  return {
      {16,
       "connect to a listener on loopback",
       {{"listener", "EPERM", "EPERM", kSpaces | kLock | kCalls, kLock | kCalls}}},
      {17,
       "connect to the metadata service and outside",
       {{"metadata", "EPERM", "EPERM"},
        {"public", "EPERM", "EPERM", kLock | kCalls, kLock | kCalls, "ENETUNREACH|ok"}}},
      {18,
       "send a datagram, look up a name",
       {{"udp", "EPERM", "EPERM", kSpaces | kCalls, kCalls}, {"name", "EAI_AGAIN", "EAI_AGAIN"}}},
      {19,
       "open raw, packet and netlink sockets",
       {{"raw", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "ok", kPrivilege},
        {"packet", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "ok", kPrivilege},
        {"netlink", "EPERM", "EPERM", kCalls, kCalls}}},
      {20,
       "open sockets to the hypervisor and the kernel's ciphers",
       {{"vsock", "EPERM", "EPERM", kCalls, kCalls, "ok|EAFNOSUPPORT"},
        {"alg", "EPERM", "EPERM", kCalls, kCalls, "ok|EAFNOSUPPORT"}}},
      {21, "connect to an abstract socket", {{"abstract", "EPERM", "EPERM", kSpaces | kLock | kCalls, kLock | kCalls}}},
      {22,
       "connect to a socket in the file system",
       {{"stream", "EPERM", "EPERM", kSpaces | kCalls, kCalls},
        {"datagram", "EPERM", "EPERM", kSpaces | kCalls, kCalls}}},
      {23,
       "listen",
       {{"tcp", "EPERM", "EPERM", kLock | kCalls, kLock | kCalls}, {"unix", "EPERM", "EPERM", kCalls, kCalls}}},
      {24, "io_uring", {{"setup", "EPERM", "EPERM", kCalls | kLayerLimits, kCalls | kLayerLimits, "ok|ENOSYS"}}},
  };
}

std::vector<Row> process_call_rows() {
  return {
      {26,
       "become root",
       {{"user", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "ok", kPrivilege},
        {"group", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "ok", kPrivilege}}},
      {27,
       "gain by a set-user-id program",
       {{"setuid", "EPERM", "EPERM", kSpaces | kLock | kCalls | kLayerNoNewPrivs, kLock | kCalls | kLayerNoNewPrivs}}},
      {28,
       "gain by file capabilities",
       {{"attribute", "EPERM", "EPERM", kCalls, kCalls, "ENOENT"},
        {"capability", "EPERM", "EPERM", kSpaces | kLock | kCalls | kLayerNoNewPrivs,
         kLock | kCalls | kLayerNoNewPrivs}}},
      {29, "trace a process", {{"child", "EPERM", "EPERM", kCalls, kCalls}, {"first", "EPERM", "EPERM"}}},
      {30, "read a process' memory", {{"itself", "EPERM", "EPERM", kCalls, kCalls}}},
      {31,
       "signal the host and process 1",
       {{"host", "ESRCH", "EPERM", kSpaces | kLock | kUser, kLock | kUser},
        {"parent", "EPERM", "EPERM", kLock | kUser, kLock | kUser}}},
      {32,
       "make a user namespace",
       {{"unshare", "EPERM", "EPERM", kCalls, kCalls, "ok|ENOSPC"},
        {"clone", "EPERM", "EPERM", kCalls, kCalls, "ok|ENOSPC"},
        {"clone3", "ENOSYS", "ENOSYS", kCalls, kCalls, "ok|ENOSPC"}}},
      {33, "enter a namespace", {{"setns", "EPERM", "EPERM", kCalls, kCalls, "EBADF"}}},
      {44,
       "raise limits and priority",
       {{"descriptors", "EPERM", "EPERM", kLayerLimits, kLayerLimits}, {"nice", "EACCES", "EACCES"}}},
      {45, "take too much memory", {{"map", "ENOMEM", "ENOMEM", kLayerLimits, kLayerLimits}}},
      {46,
       "fork without end",
       {{"fork", "EAGAIN", "EAGAIN", kLayerLimits, kLayerLimits}},
       [](puna::SandboxCommand& command) { command.limits.processes = 32; }},
      {47,
       "write a large file; many small ones",
       {{"large", "EFBIG", "EFBIG", kLayerLimits, kLayerLimits},
        {"files", "ENOSPC", "unlimited", kLayerSize, 0, "unlimited"}},
       [](puna::SandboxCommand& command) { command.limits.scratch_files = 1000; }},
      {48, "open too many descriptors", {{"open", "EMFILE", "EMFILE", kLayerLimits, kLayerLimits}}},
  };
}

std::vector<Row> kernel_rows() {
  return {
      {34,
       "mount",
       {{"mount", "EPERM", "EPERM", kCalls, kCalls, "ENOENT"},
        {"umount", "EPERM", "EPERM", kCalls, kCalls, "ENOENT|EPERM"},
        {"pivot_root", "EPERM", "EPERM"},
        {"open_tree", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "ok", kPrivilege},
        {"fsopen", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "ok", kPrivilege}}},
      {35, "change the root folder", {{"chroot", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "ok", kPrivilege}}},
      {37,
       "bpf, perf, userfaultfd, keys",
       {{"bpf", "EPERM", "EPERM", kCalls, kCalls, "EINVAL|EPERM|E2BIG|EFAULT"},
        {"perf", "EPERM", "EPERM", kCalls, kCalls, "EFAULT|ENOSYS"},
        {"userfaultfd", "EPERM", "EPERM", kCalls, kCalls, "ok|ENOSYS"},
        {"keyctl", "EPERM", "EPERM", kCalls, kCalls, "ok|ENOSYS|ENOKEY"}}},
      {38,
       "open a file by its handle",
       {{"handle", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "EFAULT|EBADF", kPrivilege}}},
      {39,
       "load a module, another kernel; reboot",
       {{"module", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "EFAULT|ENOSYS|EINVAL|ENOEXEC", kPrivilege},
        {"kexec", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "EINVAL|ENOSYS", kPrivilege},
        {"reboot", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "EINVAL", kPrivilege}}},
      {41,
       "switch address layout; other system-call tables",
       {{"personality", "EPERM", "EPERM", kCalls, kCalls},
#ifdef __x86_64__
        {"32-bit", "SIGSYS", "SIGSYS", kCalls, kCalls, "ok|ENOSYS|SIGSEGV"},
        {"x32", "SIGSYS", "SIGSYS", kCalls, kCalls, "ok|ENOSYS"}
#endif
       }},
      {42,
       "type into the terminal",
       {{"push", "EPERM", "EPERM", kCalls, kCalls, "ENOTTY"},
        {"console", "EPERM", "EPERM", kCalls, kCalls, "ENOTTY"},
        {"high", "EPERM", "EPERM", kCalls, kCalls, "ENOTTY"},
        {"terminal", "ENOENT", "EACCES"}}},
      {43,
       "set the clock and the host's name",
       {{"clock", "EPERM", "EPERM", kCalls, kCalls, "EINVAL"},
        {"hostname", "EPERM", "EPERM", kCalls | kUser, kCalls | kUser, "EINVAL", kPrivilege}}},
  };
}

}  // namespace

const std::vector<Row>& rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> list = file_rows();
    list.append_range(network_rows());
    list.append_range(process_call_rows());
    list.append_range(kernel_rows());
    return list;
  }();
  return all;
}

}  // namespace escape
