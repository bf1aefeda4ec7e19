// The store when something fails beneath it: power, disk, permission, a second process, bytes.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>

#include "agent/test_kit.h"
#include "puna/agent/store.h"
#include "tools/test_folder.h"

namespace puna {
namespace {

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Message user_says(std::string text) { return {.role = Role::user, .content = std::move(text)}; }

// Numbers of the events of a session, after a look at the whole file.
std::vector<std::int64_t> numbers_in(const std::filesystem::path& file, const std::string& name) {
  const auto store = SessionStore::open(file);
  EXPECT_TRUE(store) << (store ? "" : store.error().message);
  std::vector<std::int64_t> numbers;
  if (store) {
    EXPECT_TRUE((*store)->check());
    for (const StoredEvent& event : (*store)->events(name).value_or({})) {
      numbers.push_back(event.number);
    }
  }
  return numbers;
}

// In a process of its own, whose limits and mounts end with it. 0: it held; kSkipped: this machine does not let us.
constexpr int kSkipped = 77;
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::_Exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Mounts a small memory disk over the folder, in a namespace of this process.
bool mount_small(const std::filesystem::path& folder) {
  const std::string user = format_text("0 {} 1", ::geteuid());
  const std::string group = format_text("0 {} 1", ::getegid());
  const auto tell = [](const char* file, const std::string& text) {
    return (std::ofstream(file) << text).flush().good();
  };
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && tell("/proc/self/setgroups", "deny") &&
         tell("/proc/self/uid_map", user) && tell("/proc/self/gid_map", group) &&
         ::mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=512k") == 0;
}

class StoreFaultTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "sessions.db"; }

  tools::TestFolder folder_;
};

struct PowerMark {
  std::size_t log_bytes = 0;
  std::int64_t number = 0;
};

// What a machine without power may leave of the log: any beginning, with anything behind it that was not synced.
TEST_F(StoreFaultTest, WithoutPowerAllUpToTheLastMarkIsThere) {
  const auto log = folder_.path() / "sessions.db-wal";
  std::vector<PowerMark> marks;
  std::string database;
  std::string written;
  {
    const auto store = SessionStore::open(file()).value();
    const auto session = store->begin("first").value();
    const auto view = session->watch(EventSink::none());
    std::int64_t number = 0;
    for (int i = 0; i < 12; ++i) {
      view->on(event::Notice{.text = std::string(static_cast<std::size_t>(100 * i), 'n')});
      view->on(event::Notice{.text = "n"});
      ASSERT_TRUE(session->append(user_says(format_text("message {}", i))));
      number += 3;
      marks.push_back({.log_bytes = std::filesystem::file_size(log), .number = number});
    }
    database = bytes_of(file());
    written = bytes_of(log);
  }
  for (std::size_t size = marks.front().log_bytes; size <= written.size(); size += 5'777) {
    for (const bool has_rubbish : {false, true}) {
      const tools::TestFolder copy;
      copy.write("sessions.db", database);
      copy.write("sessions.db-wal", written.substr(0, size) + (has_rubbish ? std::string(5'000, '\xa5') : ""));
      const std::vector<std::int64_t> numbers = numbers_in(copy.path() / "sessions.db", "first");
      const auto mark =
          std::find_if(marks.rbegin(), marks.rend(), [&](const PowerMark& m) { return m.log_bytes <= size; });
      EXPECT_GE(std::ssize(numbers), mark->number) << size;
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        EXPECT_EQ(numbers[i], static_cast<std::int64_t>(i + 1)) << "nothing is missing in the middle";
      }
    }
  }
}

TEST_F(StoreFaultTest, WithoutPowerWhileTheLogIsMovedNothingIsLost) {
  std::string before;
  std::string log;
  {
    const auto store = SessionStore::open(file()).value();
    const auto session = store->begin("first").value();
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(session->append(user_says(std::string(500, static_cast<char>('a' + i % 26)))));
    }
    before = bytes_of(file());
    log = bytes_of(folder_.path() / "sessions.db-wal");
  }
  const std::string after = bytes_of(file());
  constexpr std::size_t kPage = 4'096;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    std::string mixed = after;
    for (std::size_t at = 0; at < after.size(); at += kPage) {
      if (random.next() % 2 == 0) {  // this page was not written yet
        mixed.replace(at, kPage, at < before.size() ? before.substr(at, kPage) : std::string(kPage, '\0'));
      }
    }
    const tools::TestFolder copy;
    copy.write("sessions.db", mixed);
    copy.write("sessions.db-wal", log);
    EXPECT_EQ(numbers_in(copy.path() / "sessions.db", "first").size(), 40U) << seed;
  }
}

// Appends until it fails, and says how many went in; nothing: it failed in another way than it should.
std::optional<int> append_until_full(const std::filesystem::path& file) {
  const auto store = SessionStore::open(file);
  auto session = store ? (*store)->begin("full") : std::unexpected(store.error());
  if (!session) {
    return std::nullopt;
  }
  constexpr int kRoundsMax = 5'000;
  for (int i = 0; i < kRoundsMax; ++i) {
    const auto done = (*session)->append(user_says(std::string(2'000, 'x')));
    if (!done) {
      const bool is_silent = (*session)->failed().stop_requested() && !(*session)->state() &&
                             !(*session)->starting({}, {.id = "a", .name = "b", .arguments = {}});
      return done.error().code == ErrorCode::io && is_silent ? std::optional(i) : std::nullopt;
    }
  }
  return std::nullopt;
}

TEST_F(StoreFaultTest, AFileThatMayNotGrowEndsTheRunAndLosesNothing) {
  ASSERT_TRUE(SessionStore::open(file()));
  const int status = in_child([this] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit most{.rlim_cur = 300'000, .rlim_max = 300'000};
    if (::setrlimit(RLIMIT_FSIZE, &most) != 0) {
      return kSkipped;
    }
    const auto stored = append_until_full(file());
    return stored ? std::min(*stored, 70) : 99;
  });
  if (status == kSkipped) {
    GTEST_SKIP() << "no limit can be set here";
  }
  ASSERT_GT(status, 3);
  ASSERT_LE(status, 70) << "it failed in another way";
  const auto numbers = numbers_in(file(), "full");
  EXPECT_GE(std::ssize(numbers), status);
}

TEST_F(StoreFaultTest, AFullDiskEndsTheRunAndLosesNothing) {
  const auto place = folder_.path() / "small";
  std::filesystem::create_directory(place);
  const int status = in_child([&place] {
    if (!mount_small(place)) {
      return kSkipped;
    }
    const auto stored = append_until_full(place / "sessions.db");
    if (!stored || *stored < 3) {
      return 1;
    }
    // The disk stays full: reading still works, and what was stored is there.
    const auto store = SessionStore::open(place / "sessions.db", SessionStore::Access::read);
    const auto events = store ? (*store)->events("full") : std::unexpected(store.error());
    return events && std::ssize(*events) >= *stored ? 0 : 2;
  });
  if (status == kSkipped) {
    GTEST_SKIP() << "no disk can be mounted here";
  }
  EXPECT_EQ(status, 0);
}

TEST_F(StoreFaultTest, AReadOnlyDiskIsReadAndNotWritten) {
  const auto place = folder_.path() / "small";
  std::filesystem::create_directory(place);
  const int status = in_child([&place] {
    if (!mount_small(place)) {
      return kSkipped;
    }
    const auto file = place / "a 100% odd?name#.db";
    {
      const auto store = SessionStore::open(file);
      if (!store || !(*store)->begin("first").value()->append(user_says("x"))) {
        return 1;
      }
    }
    if (::mount("tmpfs", place.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
      return kSkipped;
    }
    const auto written = SessionStore::open(file);
    if (written || written.error().code != ErrorCode::io) {
      return 2;
    }
    const auto read = SessionStore::open(file, SessionStore::Access::read);
    const auto events = read ? (*read)->events("first") : std::unexpected(read.error());
    return events && events->size() == 1 ? 0 : 3;
  });
  if (status == kSkipped) {
    GTEST_SKIP() << "no disk can be mounted here";
  }
  EXPECT_EQ(status, 0);
}

TEST_F(StoreFaultTest, TwoProcessesWriteTwoSessionsOfOneStore) {
  constexpr int kEvents = 60;
  const auto write_all = [this](const std::string& name) {
    const auto store = SessionStore::open(file());
    auto session = store ? (*store)->begin(name) : std::unexpected(store.error());
    for (int i = 0; session && i < kEvents; ++i) {
      if (!(*session)->append(user_says(name))) {
        return 1;
      }
    }
    return session ? 0 : 2;
  };
  const pid_t child = ::fork();
  if (child == 0) {
    std::_Exit(write_all("child"));
  }
  EXPECT_EQ(write_all("parent"), 0);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  for (const char* name : {"child", "parent"}) {
    EXPECT_EQ(numbers_in(file(), name).size(), static_cast<std::size_t>(kEvents)) << name;
  }
}

TEST_F(StoreFaultTest, ADamagedFileIsRefusedOrReadAndNeverChanged) {
  {
    const auto store = SessionStore::open(file()).value();
    const auto session = store->begin("first").value();
    for (int i = 0; i < 30; ++i) {
      ASSERT_TRUE(session->append(user_says(std::string(300, 'x'))));
    }
  }
  const std::string whole = bytes_of(file());
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    std::string damaged = whole;
    const std::size_t at = random.next() % (damaged.size() - 64);
    for (std::size_t i = 0; i < 64; ++i) {
      damaged[at + i] = static_cast<char>(random.next());
    }
    const tools::TestFolder copy;
    copy.write("sessions.db", damaged);
    const auto store = SessionStore::open(copy.path() / "sessions.db", SessionStore::Access::write);
    if (store) {
      (void)(*store)->transcript("first");
      (void)(*store)->search("x", 10);
      continue;
    }
    ++refused;
    EXPECT_NE(store.error().code, ErrorCode::internal) << store.error().message;
    EXPECT_EQ(bytes_of(copy.path() / "sessions.db"), damaged) << seed << ": it is left as it is";
  }
  EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace puna
