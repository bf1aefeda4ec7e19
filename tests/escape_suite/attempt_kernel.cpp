// Calls that change or probe the machine. Those that would harm it get arguments that the kernel itself refuses.
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "attempts.h"

namespace escape {
namespace {

void mounts() {
  tell("mount", ::mount("tmpfs", "/no-such-folder", "tmpfs", 0, nullptr));
  tell("umount", ::umount2("/no-such-folder", MNT_DETACH));
  tell("pivot_root", ::syscall(SYS_pivot_root, "/no-such-folder", "/no-such-folder"));
  tell("open_tree", ::syscall(428, AT_FDCWD, "/", 0x1));
  tell("fsopen", ::syscall(430, "tmpfs", 0));
}

void kernel_features() {
  tell("bpf", ::syscall(SYS_bpf, -1, nullptr, 0));
  tell("perf", ::syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0));
  tell("userfaultfd", ::syscall(SYS_userfaultfd, 1 | O_CLOEXEC));
  tell("keyctl", ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1));
}

#ifdef __x86_64__
long call_32_bit() {
  long result = 0;
  asm volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");  // getpid
  if (result < 0) {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
}
long call_x32() { return ::syscall(0x40000000 + SYS_getpid); }
#endif

void other_modes() {
  tell_child("personality", [] { return static_cast<long>(::personality(ADDR_NO_RANDOMIZE)); });
#ifdef __x86_64__
  tell_child("32-bit", call_32_bit);
  tell_child("x32", call_x32);
#endif
}

}  // namespace

bool attempt_kernel(int row) {
  switch (row) {
    case 24: {
      unsigned long long parameters[32] = {};
      tell("setup", ::syscall(SYS_io_uring_setup, 1, parameters));
      return true;
    }
    case 34:
      mounts();
      return true;
    case 35:
      tell_child("chroot", [] { return static_cast<long>(::chroot(".")); });
      return true;
    case 37:
      kernel_features();
      return true;
    case 38:
      tell("handle", ::syscall(SYS_open_by_handle_at, -1, nullptr, 0));
      return true;
    case 39:
      tell("module", ::syscall(SYS_init_module, nullptr, 0, nullptr));
      tell("kexec", ::syscall(SYS_kexec_load, 0, 1000, nullptr, 0));
      tell("reboot", ::syscall(SYS_reboot, 0, 0, 0, nullptr));
      return true;
    case 41:
      other_modes();
      return true;
    case 42: {
      char letter = 'x';
      tell("push", ::ioctl(0, TIOCSTI, &letter));
      tell("console", ::ioctl(0, TIOCLINUX, &letter));
      // The kernel looks at 32 bits of the request only.
      tell("high", ::syscall(SYS_ioctl, 0, 0x1'0000'0000UL | TIOCSTI, &letter));
      try_open("terminal", "/dev/tty", O_RDWR);
      return true;
    }
    case 43: {
      const timespec never{.tv_sec = -1, .tv_nsec = -1};
      tell("clock", ::syscall(SYS_clock_settime, CLOCK_REALTIME, &never));
      tell("hostname", ::syscall(SYS_sethostname, "x", -1L));
      return true;
    }
    default:
      return false;
  }
}

}  // namespace escape
