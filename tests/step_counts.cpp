// step_counts MODEL: how often the engine's own code allocates and locks while it only decodes, as one JSON line
// {"steps": N, "allocations": N, "locks": N}. For `puna bench --only B0`, which runs it as a child.
//
// It is a program of its own because it replaces operator new and wraps the mutex functions, which the product does
// not. Every thread counts but the caller's. An allocation is ours when the innermost frame outside the C and C++
// runtimes lies in this program, into which Puna is linked statically; libllama, ggml and OpenMP are shared libraries.
// Templates of the C++ library that both sides use exist once, in this program, so their frames say nothing.
// Locks are wrapped by the linker for this program's objects only (--wrap in CMakeLists.txt), so all that are counted
// are ours.
#include <dlfcn.h>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "puna/engine.h"
#include "replaced_new.h"

namespace {

struct Range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  [[nodiscard]] bool holds(const void* address) const {
    const auto at = reinterpret_cast<std::uintptr_t>(address);
    return at >= begin && at < end;
  }
};

// Code of this program, and of the runtimes that stand between it and its allocations. Filled before counting.
struct Modules {
  Range own;
  std::array<Range, 16> runtimes{};
  std::size_t runtime_count = 0;
};

Modules modules;
std::atomic<bool> counting = false;
std::atomic<std::int64_t> allocations = 0;
std::atomic<std::int64_t> locks = 0;
thread_local bool is_caller = false;
thread_local bool inside = false;  // backtrace() may allocate itself

bool is_runtime(const char* name) {
  for (const char* part : {"libc.so", "libstdc++.so", "libgcc_s.so", "ld-linux", "libm.so", "libc++"}) {
    if (std::strstr(name, part) != nullptr) {
      return true;
    }
  }
  return false;
}

int note_module(dl_phdr_info* info, std::size_t /*size*/, void* first) {
  const bool is_program = *static_cast<bool*>(first);
  *static_cast<bool*>(first) = false;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) {
      continue;
    }
    const std::uintptr_t begin = info->dlpi_addr + header.p_vaddr;
    const Range range{.begin = begin, .end = begin + header.p_memsz};
    if (is_program) {
      modules.own = range;
    } else if (is_runtime(info->dlpi_name) && modules.runtime_count < modules.runtimes.size()) {
      modules.runtimes.at(modules.runtime_count++) = range;
    }
  }
  return 0;
}

bool in_runtime(const void* address) {
  for (std::size_t i = 0; i < modules.runtime_count; ++i) {
    if (modules.runtimes[i].holds(address)) {
      return true;
    }
  }
  return false;
}

// Code of the C++ library that was compiled into this program, and that the shared libraries call too.
bool is_shared_template(const void* address) {
  Dl_info info{};
  if (dladdr(address, &info) == 0 || info.dli_sname == nullptr) {
    return false;
  }
  const std::string_view name = info.dli_sname;
  return name.starts_with("_ZNSt") || name.starts_with("_ZNKSt");
}

void note_lock() {
  if (counting.load(std::memory_order_relaxed) && !is_caller) {
    ++locks;
  }
}

}  // namespace

// Frames further in than the caller are the counter's own.
void note_allocation(const void* caller) {
  if (!counting.load(std::memory_order_relaxed) || is_caller || inside) {
    return;
  }
  inside = true;
  std::array<void*, 32> frames{};
  const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
  bool reached = false;
  for (int i = 0; i < count; ++i) {
    const void* frame = frames.at(static_cast<std::size_t>(i));
    reached = reached || frame == caller;
    if (reached && !in_runtime(frame) && !is_shared_template(frame)) {
      if (modules.own.holds(frame)) {
        ++allocations;
      }
      break;
    }
  }
  inside = false;
}

extern "C" {
int __real_pthread_mutex_lock(pthread_mutex_t*);      // NOLINT(bugprone-reserved-identifier): the linker's name
int __real_pthread_mutex_trylock(pthread_mutex_t*);   // NOLINT(bugprone-reserved-identifier)
int __real_pthread_rwlock_rdlock(pthread_rwlock_t*);  // NOLINT(bugprone-reserved-identifier)
int __real_pthread_rwlock_wrlock(pthread_rwlock_t*);  // NOLINT(bugprone-reserved-identifier)

int __wrap_pthread_mutex_lock(pthread_mutex_t* mutex) {  // NOLINT(bugprone-reserved-identifier)
  note_lock();
  return __real_pthread_mutex_lock(mutex);
}
int __wrap_pthread_mutex_trylock(pthread_mutex_t* mutex) {  // NOLINT(bugprone-reserved-identifier)
  note_lock();
  return __real_pthread_mutex_trylock(mutex);
}
int __wrap_pthread_rwlock_rdlock(pthread_rwlock_t* lock) {  // NOLINT(bugprone-reserved-identifier)
  note_lock();
  return __real_pthread_rwlock_rdlock(lock);
}
int __wrap_pthread_rwlock_wrlock(pthread_rwlock_t* lock) {  // NOLINT(bugprone-reserved-identifier)
  note_lock();
  return __real_pthread_rwlock_wrlock(lock);
}
}

namespace puna {
namespace {

constexpr int kAgents = 8;
constexpr int kPromptTokens = 32;
constexpr int kReadsBefore = 64;  // of each stream, before anything counts
constexpr int kReadsCounted = 64;
constexpr int kTriesMax = 50;

// Ordinary tokens, different for each agent and try.
std::vector<Token> prompt_of(const Weights& weights, std::uint64_t number) {
  Random random(Random::mix(7, number));
  std::vector<Token> prompt;
  while (prompt.size() < kPromptTokens) {
    const auto token = static_cast<Token>(random.next() % static_cast<std::uint64_t>(weights.vocabulary_tokens()));
    if (!weights.is_control(token) && !weights.ends_generation(token)) {
      prompt.push_back(token);
    }
  }
  return prompt;
}

// So hot that any token may come: a generation that ends by itself is rare, whatever the model wants. Agents choose
// their tokens in different ways.
Sampling sampling_of(int agent, std::uint64_t seed) {
  switch (agent % 4) {
    case 1:
      return {.temperature = 20.0F, .mirostat = agent / 4 + 1, .mirostat_tau = 14.0F, .seed = seed};
    case 2:
      return {.temperature = 20.0F,
              .top_k = 0,
              .top_p = 1.0F,
              .min_p = 0.0F,
              .repeat_penalty = 1.1F,
              .repeat_last_n = -1,
              .dry_multiplier = 1.0F,
              .dry_penalty_last_n = -1,
              .n_probs = 5,
              .seed = seed};
    case 3:
      return {.temperature = 20.0F,
              .dynatemp_range = 2.0F,
              .top_k = 0,
              .typical_p = 0.99F,
              .top_n_sigma = 50.0F,
              .xtc_probability = 0.5F,
              .seed = seed};
    default:
      return {.temperature = 20.0F, .top_k = 0, .top_p = 1.0F, .min_p = 0.0F, .seed = seed};
  }
}

Result<std::vector<Generation>> submit_agents(Engine& engine, int attempt) {
  std::vector<Generation> generations;
  for (int agent = 0; agent < kAgents; ++agent) {
    const auto number = static_cast<std::uint64_t>(attempt) * kAgents + static_cast<std::uint64_t>(agent);
    GenerationRequest request{.prompt = prompt_of(engine.weights(), number)};
    request.sampling = sampling_of(agent, number);
    PUNA_TRY(Generation generation, engine.submit(std::move(request)));
    generations.push_back(std::move(generation));
  }
  return generations;
}

// Reads each stream in turn. False: one of them ended.
Result<bool> read(std::vector<Generation>& generations, int times) {
  for (int i = 0; i < times; ++i) {
    for (Generation& generation : generations) {
      PUNA_TRY(const Piece piece, generation.next());
      if (std::holds_alternative<piece::Finished>(piece)) {
        return false;
      }
    }
  }
  return true;
}

const void* volatile seen = nullptr;  // what it points to must be made; the compiler would leave it out

// A count of zero is worth something only from a counter that counts.
Result<void> check_counter() {
  counting = true;
  std::thread([] {
    const std::string text(static_cast<std::size_t>(200 + kAgents), 'x');  // allocated inside the C++ runtime
    const std::vector<std::string> copies(2, text);                        // and by our own code
    seen = &copies;
    static std::mutex mutex;
    const std::scoped_lock lock(mutex);
  }).join();
  counting = false;
  if (allocations < 4 || locks != 1) {
    return fail(ErrorCode::internal, format_text("the counter saw {} allocations and {} locks of 4 and 1",
                                                 allocations.load(), locks.load()));
  }
  return {};
}

Result<std::string> count(const char* file) {
  PUNA_TRY_VOID(check_counter());
  PUNA_TRY(const auto weights, Weights::load({.file = file}));
  PUNA_TRY(const auto engine, Engine::create(weights, {.window_tokens = 1024, .sequences_max = kAgents, .threads = 1}));
  for (int attempt = 0; attempt < kTriesMax; ++attempt) {
    PUNA_TRY(std::vector<Generation> generations, submit_agents(*engine, attempt));
    PUNA_TRY(bool whole, read(generations, kReadsBefore));
    allocations = 0;
    locks = 0;
    const std::int64_t steps = engine->stats().steps;
    counting = true;
    if (whole) {
      PUNA_TRY(whole, read(generations, kReadsCounted));
    }
    counting = false;
    if (whole) {
      return Json::object({{"steps", engine->stats().steps - steps},
                           {"allocations", allocations.load()},
                           {"locks", locks.load()}})
          .dump();
    }
  }
  return fail(ErrorCode::unavailable, "generations of this model end too soon to count steps that only decode");
}

}  // namespace
}  // namespace puna

int main(int argc, char** argv) {
  puna::restart_with_passive_wait(argv);
  if (argc != 2) {
    std::fputs("usage: step_counts MODEL.gguf\n", stderr);
    return 2;
  }
  is_caller = true;
  static_cast<void>(puna::engine_libraries());  // every shared library is there now
  bool first = true;
  dl_iterate_phdr(&note_module, &first);
  std::array<void*, 1> frame{};
  backtrace(frame.data(), 1);  // loads what it needs
  const auto line = puna::count(argv[1]);
  if (!line) {
    std::fprintf(stderr, "step_counts: %s\n", line.error().message.c_str());
    return 1;
  }
  std::puts(line->c_str());
  return 0;
}
