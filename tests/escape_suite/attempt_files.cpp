// Files, folders, links, descriptors, the environment.
#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "attempts.h"

namespace escape {
namespace {

void list(const char* name, const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  tell(name, folder == nullptr ? -1 : 0);
  if (folder != nullptr) {
    ::closedir(folder);
  }
}

void list_processes() {
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) {
    tell("pids", -1);
    return;
  }
  const std::string wanted = given("HOST_PID");
  bool found = false;
  for (const dirent* entry = ::readdir(folder); entry != nullptr; entry = ::readdir(folder)) {
    found = found || wanted == entry->d_name;
  }
  ::closedir(folder);
  tell_error("pids", found ? 0 : ENOENT);
}

void look_for_secret() {
  bool found = false;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    found = found || std::strstr(*variable, "canary-secret") != nullptr;
  }
  tell_error("environment", found ? 0 : ENOENT);
}

void look_for_descriptors() {
  bool found = false;
  for (int fd = 3; fd < 1024; ++fd) {
    found = found || ::fcntl(fd, F_GETFD) >= 0;
  }
  tell_error("descriptors", found ? 0 : EBADF);
}

void write_system() {
  for (const char* name : {"SYSTEM_A", "SYSTEM_B", "SYSTEM_C", "SYSTEM_D"}) {
    try_open(name, given(name) + "/puna-escape", O_CREAT | O_WRONLY);
  }
}

void make_guarded_names() {
  try_open("git", ".git/hooks/pre-commit", O_CREAT | O_WRONLY);
  try_open("config", ".git/config", O_WRONLY);
  if (::mkdir(".puna", 0755) != 0 && errno != EEXIST) {
    tell("policy", -1);
  } else {
    try_open("policy", ".puna/policy.toml", O_CREAT | O_WRONLY);
  }
  tell("rename", ::rename(".git", ".git-away"));
  tell("remove", ::unlink(".git/config"));
}

void make_links() {
  const std::string canary = given("CANARY");
  tell("link", ::link(canary.c_str(), "hard-link"));
}

void follow_link() {
  ::unlink("soft-link");
  if (::symlink(given("CANARY").c_str(), "soft-link") != 0) {
    tell("symlink", -1);
    return;
  }
  try_open("read", "soft-link", O_RDONLY);
  try_open("write", "soft-link", O_WRONLY);
}

void leave_workspace() {
  const std::string up = "../../../../../../../../..";
  try_open("read", up + given("CANARY"), O_RDONLY);
  try_open("write", "../puna-escape", O_CREAT | O_WRONLY);
}

void receive_descriptor() {
  bool found = false;
  for (int fd = 0; fd < 64; ++fd) {
    char byte = 0;
    msghdr message{};
    iovec piece{.iov_base = &byte, .iov_len = 1};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    found = found || ::recvmsg(fd, &message, MSG_DONTWAIT) >= 0 || (errno != ENOTSOCK && errno != EBADF);
  }
  tell_error("socket", found ? 0 : ENOTSOCK);
}

void make_devices() {
  ::unlink("device");
  tell("char", ::mknod("device", S_IFCHR | 0666, makedev(1, 3)));
  ::unlink("device");
  tell("block", ::mknod("device", S_IFBLK | 0666, makedev(254, 0)));
  ::unlink("device");
  tell("fifo", ::mkfifo("device", 0600));
  ::unlink("device");
  try_open("node", given("HOST_DEVICE"), O_RDONLY);
}

}  // namespace

bool attempt_files(int row) {
  switch (row) {
    case 1:
      try_open("shadow", given("SHADOW"), O_RDONLY);
      return true;
    case 2:
      try_open("passwd", "/etc/passwd", O_RDONLY);
      try_open("canary", given("CANARY"), O_RDONLY);
      return true;
    case 3:
      list("root", "/root");
      list("home", given("HOST_HOME"));
      return true;
    case 4:
      try_open("first", "/proc/1/environ", O_RDONLY);
      try_open("host", "/proc/" + given("HOST_PID") + "/environ", O_RDONLY);
      return true;
    case 5:
      try_open("memory", "/proc/" + given("HOST_PID") + "/mem", O_RDWR);
      return true;
    case 6:
      list_processes();
      return true;
    case 7:
      look_for_secret();
      return true;
    case 8:
      look_for_descriptors();
      return true;
    case 9:
      write_system();
      return true;
    case 10:
      leave_workspace();
      return true;
    case 12:
      follow_link();
      return true;
    case 13:
      make_links();
      return true;
    case 15:
      make_guarded_names();
      return true;
    case 25:
      receive_descriptor();
      return true;
    case 36:
      make_devices();
      return true;
    case 40:
      try_open("core_pattern", "/proc/sys/kernel/core_pattern", O_WRONLY);
      try_open("sysrq", "/proc/sysrq-trigger", O_WRONLY);
      try_open("release_agent", "/sys/fs/cgroup/memory/release_agent", O_WRONLY);
      try_open("own", "/proc/self/oom_score_adj", O_WRONLY);  // what its owner may write where no layer forbids it
      return true;
    case 59:
      try_open("node", given("GPU_DEVICE"), O_RDWR);
      return true;
    default:
      return false;
  }
}

}  // namespace escape
