// libllama as a whole: its start, its log, its devices. One of the llama files.
#pragma once

#include <ggml-backend.h>

#include <string>
#include <vector>

#include "puna/base.h"

namespace puna::engine {

// Where every part of the library sends its log lines, once initialise_library() ran.
void receive_library_log(ggml_log_level level, const char* text, void* user);

// Loads the library's back ends and redirects its log, once. Thread  any.
void initialise_library();

// What libllama takes as devices: GPUs and accelerators, ended by a null pointer. `cpu_only` if just the CPU was named.
struct DeviceChoice {
  std::vector<ggml_backend_dev_t> devices;
  bool cpu_only = false;
};
// Errors    invalid_argument  no such device; the hint names those that there are
// Requires  initialise_library().
[[nodiscard]] Result<DeviceChoice> choose_devices(const std::vector<std::string>& names);
[[nodiscard]] bool has_gpu();

// Whether everything is computed on a CPU with instructions that multiply BF16, by the account of the library's back
// end for it. It has good code for them; for products of F16 its packages have code that waits for its own stores.
[[nodiscard]] bool multiplies_bf16();

// The library's last error line on this thread since the last call, to complete a message of ours; " (...)" or empty.
[[nodiscard]] std::string take_library_error();

}  // namespace puna::engine
