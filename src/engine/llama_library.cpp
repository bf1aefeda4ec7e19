// The library as a whole: its start, its log, its devices. It is initialised once, on the first use, with its log
// redirected before it can print.
#include "engine/llama_library.h"

#include <llama.h>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "puna/engine/weights.h"

namespace puna {
namespace engine {
namespace {

constexpr std::size_t kLogLineMax = std::size_t{16} * 1024;

// The library's log is process-wide, so its destination is too.
struct Log {
  std::mutex mutex;
  std::shared_ptr<const EngineLog> sink;  // guarded by mutex
  std::string partial;                    // guarded by mutex; the library sends lines in pieces
};

Log& the_log() {
  static Log log;
  return log;
}

// The library reports why it failed in its log only, on the thread that called it.
std::string& last_error() {
  thread_local std::string line;
  return line;
}

std::string_view kind_of(enum ggml_backend_dev_type type) {
  switch (type) {
    case GGML_BACKEND_DEVICE_TYPE_CPU:
      return "cpu";
    case GGML_BACKEND_DEVICE_TYPE_GPU:
    case GGML_BACKEND_DEVICE_TYPE_IGPU:
      return "gpu";
    default:
      return "accelerator";
  }
}

}  // namespace

void receive_library_log(ggml_log_level level, const char* text, void* /*user*/) {
  if (level == GGML_LOG_LEVEL_ERROR) {
    last_error() = text;
  }
  Log& log = the_log();
  std::vector<std::string> lines;
  std::shared_ptr<const EngineLog> sink;
  {
    const std::scoped_lock lock(log.mutex);
    sink = log.sink;
    if (sink == nullptr) {
      log.partial.clear();
      return;
    }
    log.partial += text;
    std::size_t begin = 0;
    for (std::size_t end = log.partial.find('\n'); end != std::string::npos; end = log.partial.find('\n', begin)) {
      lines.push_back(log.partial.substr(begin, end - begin));
      begin = end + 1;
    }
    log.partial.erase(0, begin);
    if (log.partial.size() > kLogLineMax) {
      lines.push_back(std::exchange(log.partial, {}));
    }
  }
  for (const std::string& line : lines) {  // outside the lock: the sink may call us
    (*sink)(line);
  }
}

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    llama_log_set(&receive_library_log, nullptr);
    ggml_backend_load_all();
    llama_backend_init();
  });
}

Result<DeviceChoice> choose_devices(const std::vector<std::string>& names) {
  DeviceChoice choice;
  for (const std::string& name : names) {
    ggml_backend_dev_t device = ggml_backend_dev_by_name(name.c_str());
    if (device == nullptr) {
      std::string known;
      for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        known += (known.empty() ? "" : ", ") + std::string(ggml_backend_dev_name(ggml_backend_dev_get(i)));
      }
      return fail(ErrorCode::invalid_argument, format_text("there is no device \"{}\"", name),
                  format_text("the devices are: {}", known));
    }
    if (kind_of(ggml_backend_dev_type(device)) != "cpu") {
      choice.devices.push_back(device);
    }
  }
  choice.cpu_only = !names.empty() && choice.devices.empty();
  choice.devices.push_back(nullptr);
  return choice;
}

bool has_gpu() {
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    if (kind_of(ggml_backend_dev_type(ggml_backend_dev_get(i))) == "gpu") {
      return true;
    }
  }
  return false;
}

bool multiplies_bf16() {
  initialise_library();
  ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  if (cpu == nullptr || has_gpu()) {
    return false;
  }
  void* const address =
      ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(cpu), "ggml_backend_get_features");
  if (address == nullptr) {
    return false;
  }
  const auto features_of = reinterpret_cast<ggml_backend_get_features_t>(address);
  for (const ggml_backend_feature* one = features_of(ggml_backend_dev_backend_reg(cpu)); one->name != nullptr; ++one) {
    if (std::string_view(one->name) == "AVX512_BF16") {
      return std::string_view(one->value) == "1";
    }
  }
  return false;
}

std::string take_library_error() {
  std::string line = printable(utf8::sanitize(std::exchange(last_error(), {})));
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) {
    line.pop_back();
  }
  return line.empty() ? line : format_text(" ({})", line.substr(0, 300));
}

}  // namespace engine

EngineLibraries engine_libraries() {
  engine::initialise_library();
  EngineLibraries libraries{.llama_version = llama_version(), .devices = {}};
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    std::size_t free_bytes = 0;
    std::size_t total_bytes = 0;
    ggml_backend_dev_memory(device, &free_bytes, &total_bytes);
    libraries.devices.push_back({.name = ggml_backend_dev_name(device),
                                 .description = ggml_backend_dev_description(device),
                                 .kind = std::string(engine::kind_of(ggml_backend_dev_type(device))),
                                 .memory_total_bytes = total_bytes,
                                 .memory_free_bytes = free_bytes});
  }
  return libraries;
}

void set_engine_log(EngineLog sink) {
  engine::Log& log = engine::the_log();
  auto shared = sink ? std::make_shared<const EngineLog>(std::move(sink)) : nullptr;
  const std::scoped_lock lock(log.mutex);
  log.sink = std::move(shared);
}

}  // namespace puna
