// Any bytes as the file of a saved state: a state or a clear error, and never an allocation beyond the limit given.
#include <fcntl.h>
#include <sanitizer/allocator_interface.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>

#include "engine/state_file.h"
#include "input.h"

namespace {

using puna::ErrorCode;
using puna::engine::SavedState;

constexpr std::string_view kKey = "this model";
constexpr std::uint64_t kBytesMax = 1 << 20;
constexpr std::size_t kBesides = 1 << 16;  // what the stream and a message may take

std::size_t largest = 0;  // allocation since it was set to 0

void note_allocation(const volatile void* /*memory*/, std::size_t size) { largest = std::max(largest, size); }
void note_release(const volatile void* /*memory*/) {}

// One file in memory, which has no name. As the calls of a writer it is the file that is written.
class MemoryFile final : public puna::engine::FileCalls {
 public:
  MemoryFile() : descriptor_(::memfd_create("state", MFD_CLOEXEC)) {
    PUNA_CHECK(descriptor_ >= 0, "a file in memory can be made");
    __sanitizer_install_malloc_and_free_hooks(note_allocation, note_release);
  }
  ~MemoryFile() override { ::close(descriptor_); }

  [[nodiscard]] std::filesystem::path path() const { return puna::format_text("/proc/self/fd/{}", descriptor_); }
  void put(std::string_view bytes) const {
    PUNA_CHECK(::ftruncate(descriptor_, 0) == 0, "a file can be emptied");
    PUNA_CHECK(::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
               "and filled");
  }
  [[nodiscard]] bool lengthen(std::uint64_t bytes) const {
    return ::ftruncate(descriptor_, static_cast<off_t>(bytes)) == 0;
  }

  [[nodiscard]] int create(const char* /*path*/) const override {
    put({});
    return ::open(path().c_str(), O_WRONLY | O_CLOEXEC);
  }
  [[nodiscard]] int rename(const char* /*from*/, const char* /*to*/) const override { return 0; }

 private:
  int descriptor_;
};

void read(const MemoryFile& file, std::uint64_t bytes_max) {
  largest = 0;
  const auto state = puna::engine::read_state(file.path(), kKey, bytes_max);
  PUNA_CHECK(largest <= bytes_max + kBesides, "no allocation is larger than the limit");
  if (!state) {
    const auto code = state.error().code;
    PUNA_CHECK(code == ErrorCode::corrupt || code == ErrorCode::limit || code == ErrorCode::invalid_argument,
               "a file that is there is refused for what it holds");
    PUNA_CHECK(!state.error().message.empty(), "an error says what happened");
  }
}

// The same head at the front of a file that is as long as it says.
void read_long(const MemoryFile& file, std::string_view bytes) {
  constexpr std::size_t kHeadBytes = 32;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40U;
  std::uint64_t sizes[3] = {};
  if (bytes.size() < kHeadBytes) {
    return;
  }
  std::memcpy(sizes, bytes.data() + 8, sizeof sizes);
  if (sizes[0] < kMost && sizes[1] < kMost && sizes[2] < kMost &&
      file.lengthen(kHeadBytes + sizes[0] + sizes[1] * sizeof(puna::Token) + sizes[2] + sizeof(std::uint64_t))) {
    read(file, kBytesMax);
  }
}

// What is written from these bytes is read back as it was.
void round_trip(const MemoryFile& file, std::string_view bytes) {
  const std::size_t half = bytes.size() / 2 / sizeof(puna::Token) * sizeof(puna::Token);
  SavedState state;
  state.tokens.resize(half / sizeof(puna::Token));
  if (half > 0) {
    std::memcpy(state.tokens.data(), bytes.data(), half);
  }
  const auto rest = std::as_bytes(std::span(bytes.substr(half)));
  state.bytes.assign(rest.begin(), rest.end());
  const std::string key(bytes.substr(0, std::min<std::size_t>(bytes.size(), 16)));
  PUNA_CHECK(puna::engine::write_state("state.kv", key, state, file), "a state can be written");
  const auto back = puna::engine::read_state(file.path(), key, kBytesMax);
  PUNA_CHECK(back && back->tokens == state.tokens && back->bytes == state.bytes, "what was written comes back");
  read(file, kBytesMax);  // by another model's key
  read(file, bytes.size() / 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const MemoryFile kFile;
  const std::string_view bytes = puna::fuzz::text_of(data, size);
  kFile.put(bytes);
  read(kFile, kBytesMax);
  read_long(kFile, bytes);
  if (size > 0) {
    round_trip(kFile, bytes);
  }
  return 0;
}
