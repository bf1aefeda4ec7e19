// The file side of inspect(): open without blocking on pipes, read the head, double it until the header is whole.
#include "engine/model_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "engine/gguf_header.h"
#include "engine/model_facts.h"

namespace puna {
namespace engine {
namespace {

constexpr std::uint64_t kHeadBytesFirst = std::uint64_t{1} << 20;
constexpr std::uint64_t kPartsMax = 1024;

class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::unexpected<Error> cannot(std::string_view verb, const std::filesystem::path& file, int error) {
  const std::string message = format_text("cannot {} the model file {}: {}", verb, file.string(), std::strerror(error));
  if (error == ENOENT || error == ENOTDIR) {
    return fail(ErrorCode::not_found, message, "check the path given as the model");
  }
  return fail(ErrorCode::io, message, "check the path and its permissions");
}

// The file's size, once it is known to be a regular file.
Result<std::uint64_t> regular_size(int descriptor, const std::filesystem::path& file) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) {
    return cannot("examine", file, errno);
  }
  if (S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::io, format_text("{} is a directory, not a model file", file.string()),
                "give the .gguf file inside it");
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::io, format_text("{} is a pipe or device, not a model file", file.string()),
                "give a regular .gguf file");
  }
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> read_up_to(int descriptor, std::uint64_t bytes, std::vector<std::byte>& head,
                        const std::filesystem::path& file) {
  std::uint64_t have = head.size();
  head.resize(bytes);
  while (have < bytes) {
    const ssize_t got = ::pread(descriptor, head.data() + have, bytes - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return cannot("read", file, errno);
    }
    if (got == 0) {
      return fail(ErrorCode::io, format_text("{} became shorter while it was read", file.string()),
                  "wait until the file is complete");
    }
    have += static_cast<std::uint64_t>(got);
  }
  return {};
}

std::uint64_t split_count(const GgufHeader& header) {
  const GgufValue* value = header.find("split.count");
  const auto* count = value == nullptr ? nullptr : std::get_if<std::uint64_t>(value);
  return count == nullptr ? 0 : *count;
}

// "name-00001-of-00003.gguf" -> the three paths. libllama finds the parts by the same pattern.
Result<std::vector<std::filesystem::path>> part_paths(const std::filesystem::path& file, std::uint64_t count) {
  const std::string name = file.filename().string();
  const std::string ending = format_text("-00001-of-{:05}.gguf", count);
  if (!name.ends_with(ending)) {
    return fail(ErrorCode::corrupt,
                format_text("{} is one part of a model in {} parts, but its name does not end with {}", file.string(),
                            count, ending),
                "give the first part, under its original name");
  }
  const std::string stem = name.substr(0, name.size() - ending.size());
  std::vector<std::filesystem::path> paths;
  for (std::uint64_t part = 1; part <= count; ++part) {
    paths.push_back(file.parent_path() / format_text("{}-{:05}-of-{:05}.gguf", stem, part, count));
  }
  return paths;
}

}  // namespace

Result<GgufFile> read_gguf_file(const std::filesystem::path& file) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const OpenFile open_file(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (open_file.get() < 0) {
    return cannot("open", file, errno);
  }
  GgufFile result;
  PUNA_TRY(result.file_bytes, regular_size(open_file.get(), file));
  for (std::uint64_t bytes = kHeadBytesFirst; bytes <= kGgufHeaderBytesMax; bytes *= 2) {
    PUNA_TRY_VOID(read_up_to(open_file.get(), std::min(bytes, result.file_bytes), result.head, file));
    auto header = parse_gguf_header(result.head, result.file_bytes);
    if (!header) {
      Error error = std::move(header).error();
      error.message = format_text("{}: {}", file.string(), error.message);
      return std::unexpected(std::move(error));
    }
    if (header->has_value()) {
      result.header = **std::move(header);
      return result;
    }
  }
  return fail(ErrorCode::limit,
              format_text("{}: the header is larger than {} bytes", file.string(), kGgufHeaderBytesMax),
              "this is no model that Puna can load");
}

Result<ModelFile> read_model_file(const std::filesystem::path& file) {
  PUNA_TRY(const GgufFile first, read_gguf_file(file));
  ModelFile model;
  auto facts = model_facts(first.header, first.head);
  if (!facts) {
    Error error = std::move(facts).error();
    error.message = format_text("{}: {}", file.string(), error.message);
    return std::unexpected(std::move(error));
  }
  model.facts = *std::move(facts);
  model.facts.file = file;
  model.facts.file_bytes = first.file_bytes;
  model.parts = {file};
  model.has_tensors = first.header.tensors > 0;

  const std::uint64_t parts = split_count(first.header);
  if (parts <= 1) {
    return model;
  }
  if (parts > kPartsMax) {
    return fail(ErrorCode::corrupt,
                format_text("{}: \"split.count\" is {}, more than the possible {}", file.string(), parts, kPartsMax));
  }
  PUNA_TRY(model.parts, part_paths(file, parts));
  for (std::size_t i = 1; i < model.parts.size(); ++i) {
    PUNA_TRY(const GgufFile part, read_gguf_file(model.parts[i]));
    model.facts.file_bytes += part.file_bytes;
    model.facts.weights_bytes += part.header.weights_bytes;
    model.facts.parameters += part.header.parameters;
    model.has_tensors = model.has_tensors || part.header.tensors > 0;
  }
  return model;
}

}  // namespace engine

Result<ModelFacts> Weights::inspect(const std::filesystem::path& file) {
  PUNA_TRY(engine::ModelFile model, engine::read_model_file(file));
  return std::move(model.facts);
}

}  // namespace puna
