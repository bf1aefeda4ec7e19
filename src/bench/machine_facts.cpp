// Reads /proc/cpuinfo, /proc/loadavg and the model's file.
#include "bench/machine_facts.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <thread>

#include "bench/guard.h"
#include "puna/engine.h"

namespace puna::bench {
namespace {

constexpr std::array<std::string_view, 14> kFlags{"sse4_2",   "avx",      "avx2",     "fma",         "f16c",
                                                  "avx_vnni", "avx512f",  "avx512bw", "avx512_vnni", "avx512_bf16",
                                                  "amx_int8", "amx_bf16", "asimddp",  "sve"};

// The value of a line "key : value"; empty for another line.
std::string_view value_of(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) {
    return {};
  }
  const std::size_t colon = line.find(':');
  const std::size_t begin = colon == std::string_view::npos ? colon : line.find_first_not_of(' ', colon + 1);
  return begin == std::string_view::npos ? std::string_view() : line.substr(begin);
}

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Result<std::string> file_hash(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::uint64_t hash = 14695981039346656037ULL;
  std::vector<char> block(1U << 20U);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    for (std::streamsize i = 0; i < in.gcount(); ++i) {
      hash = (hash ^ static_cast<unsigned char>(block[static_cast<std::size_t>(i)])) * 1099511628211ULL;
    }
  }
  if (in.bad() || !in.eof()) {
    return fail(ErrorCode::io, format_text("'{}' cannot be read", file.string()));
  }
  return format_text("{:016x}", hash);
}

CpuFacts parse_cpuinfo(std::string_view text) {
  CpuFacts facts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (facts.name.empty()) {
      facts.name = value_of(line, "model name");
    }
    std::string_view flags = value_of(line, "flags");
    if (flags.empty()) {
      flags = value_of(line, "Features");  // ARM's word
    }
    const std::string padded = format_text(" {} ", flags);
    if (flags.empty() || !facts.flags.empty()) {
      continue;
    }
    for (const std::string_view flag : kFlags) {
      if (padded.contains(format_text(" {} ", flag))) {
        facts.flags.emplace_back(flag);
      }
    }
  }
  return facts;
}

Result<Json> header_of(const BenchOptions& options, int rounds, const ModelFacts& model) {
  PUNA_TRY(std::string hash, file_hash(options.model));
  const EngineLibraries libraries = engine_libraries();
  Json devices = Json::array();
  for (const DeviceInfo& device : libraries.devices) {
    devices.push(device.name + ": " + device.description);
  }
  const CpuFacts cpu = parse_cpuinfo(text_of("/proc/cpuinfo"));
  Json flags = Json::array();
  for (const std::string& flag : cpu.flags) {
    flags.push(flag);
  }
  return Json::object({{"type", "header"},
                       {"library", "libllama " + libraries.llama_version},
                       {"devices", std::move(devices)},
                       {"cpu", cpu.name},
                       {"cpu_flags", std::move(flags)},
                       {"cores", std::thread::hardware_concurrency()},
                       {"load", parse_load(text_of("/proc/loadavg"))},
                       {"wait_policy", options.wait_policy},
                       {"model", options.model.filename().string()},
                       {"model_hash", "fnv1a:" + hash},
                       {"model_description", model.description},
                       {"model_parameters", model.parameters},
                       {"quantization", model.quantization},
                       {"threads", options.threads},
                       {"rounds", rounds},
                       {"seed", options.seed},
                       {"quick", options.quick}});
}

}  // namespace puna::bench
