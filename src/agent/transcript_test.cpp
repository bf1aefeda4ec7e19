// Rules of the transcript as text and as a file: what is written reads back, and damage is found and named.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent/test_kit.h"

namespace puna::agent {
namespace {

namespace fs = std::filesystem;

Transcript conversation() {
  return {
      {.role = Role::system, .content = "Be brief."},
      {.role = Role::user, .content = "Lines\nand \"quotes\" and caf\u00e9 \U0001F600 and <|im_end|>"},
      {.role = Role::assistant,
       .content = "",
       .reasoning = "Hm.",
       .calls = {call("echo", "a", "call_1"), {.id = "call_2", .name = "odd", .arguments = Json::array({1, Json()})}}},
      {.role = Role::tool, .content = "a", .call_id = "call_1", .tool = "echo"},
      {.role = Role::tool, .content = "error: no", .call_id = "call_2", .tool = "odd", .is_error = true},
      {.role = Role::assistant, .content = "Done."}};
}

TEST(Transcript, ReadsBackAsItWas) {
  EXPECT_EQ(transcript_from_jsonl(to_jsonl(conversation())).value(), conversation());
  EXPECT_EQ(transcript_from_jsonl("").value(), Transcript());
  EXPECT_EQ(to_jsonl({}), "");
}

TEST(Transcript, HasOneLineForEachMessage) {
  const std::string text = to_jsonl(conversation());
  EXPECT_EQ(std::ranges::count(text, '\n'), 6);
  EXPECT_TRUE(text.ends_with('\n'));
  EXPECT_EQ(to_jsonl({{.role = Role::user, .content = "hi"}}), "{\"role\":\"user\",\"content\":\"hi\"}\n");
}

TEST(Transcript, EveryCutInsideALineIsFound) {
  const std::string text = to_jsonl(conversation());
  for (std::size_t length = 1; length < text.size(); ++length) {
    const auto read = transcript_from_jsonl(std::string_view(text).substr(0, length));
    const bool between_lines = text[length - 1] == '\n' || text[length] == '\n';
    ASSERT_EQ(read.has_value(), between_lines) << length;
    if (!read) {
      EXPECT_EQ(read.error().code, ErrorCode::corrupt);
    }
  }
}

TEST(Transcript, DamageIsNamedWithItsLine) {
  const std::string good = "{\"role\":\"user\",\"content\":\"hi\"}\n";
  for (const std::string& bad :
       {std::string("not json\n"), std::string("\n"), std::string("[]\n"), std::string("{}\n"), std::string("7\n"),
        std::string("{\"role\":\"wizard\",\"content\":\"hi\"}\n"), std::string("{\"role\":1}\n"),
        std::string("{\"role\":\"user\",\"content\":\"\xff\"}\n"),
        std::string("{\"role\":\"user\"}{\"role\":\"user\"}\n"), std::string(100'000, '[') + "\n"}) {
    const auto read = transcript_from_jsonl(good + good + bad + good);
    ASSERT_FALSE(read) << bad.substr(0, 80);
    EXPECT_EQ(read.error().code, ErrorCode::corrupt) << bad.substr(0, 80);
    EXPECT_TRUE(read.error().message.starts_with("transcript line 3: ")) << read.error().message;
  }
}

class TranscriptFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "puna-test-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = folder_ / "run.jsonl";
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] std::string content() const {
    std::ostringstream text;
    text << std::ifstream(file_, std::ios::binary).rdbuf();
    return text.str();
  }

  fs::path folder_;
  fs::path file_;
};

TEST_F(TranscriptFileTest, HoldsWhatWasAppendedAtOnce) {
  const auto record = TranscriptFile::create(file_);
  ASSERT_TRUE(record) << record.error().message;
  Transcript so_far;
  for (const Message& message : conversation()) {
    ASSERT_TRUE((*record)->append(message));
    so_far.push_back(message);
    EXPECT_EQ(content(), to_jsonl(so_far));
  }
}

TEST_F(TranscriptFileTest, IsNobodyElsesBusiness) {
  std::ofstream(file_) << "old content";
  ::chmod(file_.c_str(), 0644);
  const auto record = TranscriptFile::create(file_);
  ASSERT_TRUE(record);
  EXPECT_EQ(content(), "");
  struct stat facts{};
  ASSERT_EQ(::stat(file_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(TranscriptFileTest, ATwinThatIsNewHasTheSameMode) {
  ASSERT_TRUE(TranscriptFile::create(file_));
  struct stat facts{};
  ASSERT_EQ(::stat(file_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(TranscriptFileTest, PlacesThatCannotHoldItAreRefused) {
  EXPECT_EQ(TranscriptFile::create(folder_ / "none" / "x").error().code, ErrorCode::not_found);
  EXPECT_EQ(TranscriptFile::create(folder_).error().code, ErrorCode::io);
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(TranscriptFile::create(folder_ / "pipe").error().code, ErrorCode::io) << "and it does not hang";
}

TEST_F(TranscriptFileTest, AFullDiskIsAnErrorThatSaysSo) {
  if (!fs::exists("/dev/full")) {
    GTEST_SKIP() << "this machine has no /dev/full";
  }
  const auto record = TranscriptFile::create("/dev/full");
  ASSERT_TRUE(record) << record.error().message;
  const auto appended = (*record)->append(conversation()[0]);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, ErrorCode::io);
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "No space left", appended.error().message);
}

// Lets files of this process grow to `bytes` and no further.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(TranscriptFileTest, HalfALineIsTakenBackAndTheFileStaysWhole) {
  const auto record = TranscriptFile::create(file_);
  ASSERT_TRUE(record);
  const Message first{.role = Role::user, .content = "first"};
  const Message second{.role = Role::user, .content = std::string(1'000, 'x')};
  ASSERT_TRUE((*record)->append(first));
  Result<void> short_write;
  {
    const FileSizeLimit limit(200);
    short_write = (*record)->append(second);
  }
  ASSERT_FALSE(short_write);
  EXPECT_EQ(short_write.error().code, ErrorCode::io);
  EXPECT_EQ(content(), to_jsonl({first}));
  EXPECT_TRUE((*record)->append(second)) << "with room again it goes on";
  EXPECT_EQ(content(), to_jsonl({first, second}));
}

}  // namespace
}  // namespace puna::agent
