// puna doctor: each line ok, warn or fail, and the remedy.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <vector>

#include "cli/commands.h"
#include "cli/finding.h"
#include "cli/servers.h"
#include "puna/sandbox/python.h"

namespace puna::cli {
namespace {

Finding check_library(const EngineLibraries& libraries) {
  return {.verdict = Health::ok, .subject = "libllama", .what = libraries.llama_version, .remedy = {}};
}

std::vector<Finding> check_devices(const EngineLibraries& libraries, const Options& options) {
  std::vector<Finding> findings;
  for (const DeviceInfo& device : libraries.devices) {
    findings.push_back({.subject = "device",
                        .what = format_text("{} ({}): {}, {} free", device.name, device.kind, device.description,
                                            bytes_text(device.memory_free_bytes))});
  }
  if (findings.empty()) {
    findings.push_back({.verdict = Health::fail,
                        .subject = "device",
                        .what = "no ggml back end was found",
                        .remedy = "install libggml's CPU back end (it comes with libggml0)"});
  }
  for (const std::string& name : options.devices) {
    if (!std::ranges::contains(libraries.devices, name, &DeviceInfo::name)) {
      findings.push_back({.verdict = Health::fail,
                          .subject = "device",
                          .what = format_text("there is no device \"{}\"", printable(name)),
                          .remedy = "--device with a name from the lines above"});
    }
  }
  return findings;
}

Finding check_template(const ModelFacts& facts, const Options& options) {
  const auto chosen = template_named(options.chat_template);
  if (!chosen) {
    return {
        .verdict = Health::fail, .subject = "template", .what = chosen.error().message, .remedy = chosen.error().hint};
  }
  const std::string& jinja = chosen->empty() ? facts.chat_template : *chosen;
  const std::string whose = chosen->empty() ? "the model's own" : options.chat_template;
  if (jinja.empty()) {
    return {.verdict = Health::warn,
            .subject = "template",
            .what = "the model has none; 'generic' is used",
            .remedy = "--chat-template NAME|FILE"};
  }
  const auto made = ChatTemplate::create({.jinja = jinja, .bos_text = facts.bos_text, .eos_text = facts.eos_text});
  if (!made) {
    return {.verdict = Health::fail,
            .subject = "template",
            .what = whose + " cannot be used: " + made.error().message,
            .remedy = "--chat-template NAME|FILE"};
  }
  const std::string& problem = (*made)->own_problem();
  return {.subject = "template",
          .what = whose + (problem.empty() ? ", also for tools" : "; tools in the generic form: " + problem),
          .remedy = {}};
}

std::vector<Finding> check_model(const Options& options) {
  const auto file = model_file(options);
  if (!file) {
    return {{.verdict = Health::fail, .subject = "model", .what = file.error().message, .remedy = file.error().hint}};
  }
  const auto facts = Weights::inspect(*file);
  if (!facts) {
    return {{.verdict = Health::fail, .subject = "model", .what = facts.error().message, .remedy = facts.error().hint}};
  }
  const auto engine = engine_options_of(options);
  if (!engine) {
    return {
        {.verdict = Health::fail, .subject = "model", .what = engine.error().message, .remedy = engine.error().hint}};
  }
  const MemoryEstimate memory = estimate_memory(*facts, *engine);
  const std::uint64_t needed = memory.weights_bytes + memory.kv_bytes + memory.compute_bytes + memory.reserved_bytes;
  std::vector<Finding> findings{{.subject = "model", .what = facts->file.string()}};
  const bool fits = needed <= memory.available_bytes;
  findings.push_back(
      {.verdict = fits ? Health::ok : Health::fail,
       .subject = "memory",
       .what = format_text("{} needed, {} available", bytes_text(needed), bytes_text(memory.available_bytes)),
       .remedy = fits ? "" : "a smaller window with -c, or a smaller quantisation"});
  findings.push_back(check_template(*facts, options));
  return findings;
}

Finding check_wait_policy() {
  const char* policy = std::getenv("OMP_WAIT_POLICY");
  const bool passive = policy != nullptr && std::string_view(policy) == "passive";
  return {.verdict = passive ? Health::ok : Health::warn,
          .subject = "waiting",
          .what = format_text("compute threads wait {}", passive ? "passively" : "by spinning"),
          .remedy = passive ? "" : "unset OMP_WAIT_POLICY, or set it to passive"};
}

Finding check_load() {
  double load = 0;
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const bool known = getloadavg(&load, 1) == 1;
  const bool busy = known && load > cores;
  return {.verdict = busy ? Health::warn : Health::ok,
          .subject = "load",
          .what = format_text("{:.1f} on {} cores", load, cores),
          .remedy = busy ? "other programs take the cores; fewer threads with -t may be faster" : ""};
}

Finding check_file_tools() {
  const auto root = FileRoot::open(".");
  const bool works = root.has_value() && (*root)->list("").has_value();
  return {.verdict = works ? Health::ok : Health::fail,
          .subject = "file tools",
          .what = works ? "the kernel keeps paths beneath their root (openat2)" : "paths cannot be resolved safely",
          .remedy = works  ? ""
                    : root ? "check the working folder's permissions"
                           : root.error().hint};
}

Finding check_sandbox(const Result<Sandbox>& sandbox) {
  if (!sandbox) {
    return {.verdict = Health::warn,
            .subject = "sandbox",
            .what = "none, so code and shell tools are refused: " + sandbox.error().message,
            .remedy = sandbox.error().hint};
  }
  const SandboxProbe& probe = sandbox->probe();
  std::string active;
  std::string missing;
  for (const SandboxLayer& layer : probe.layers) {
    if (layer.active) {
      active += (active.empty() ? "" : ", ") + layer.name;
    } else {
      missing += format_text("; no {}: {}", layer.name, layer.detail);
    }
  }
  const bool is_best = probe.tier == SandboxTier::a;
  return {.verdict = is_best ? Health::ok : Health::warn,
          .subject = "sandbox",
          .what = format_text("tier {}: {}{}", name_of(probe.tier), active, missing),
          .remedy = is_best ? "" : "install bubblewrap, and allow user namespaces"};
}

Finding check_python(const Sandbox& sandbox) {
  const auto worker = PythonWorker::open(sandbox, {});
  if (!worker) {
    return {
        .verdict = Health::warn, .subject = "python", .what = worker.error().message, .remedy = worker.error().hint};
  }
  const bool is_small = worker->is_micropython();
  return {.verdict = is_small ? Health::warn : Health::ok,
          .subject = "python",
          .what = worker->dialect() + " works in the sandbox",
          .remedy = is_small ? "install python3: MicroPython has a small library and forgets everything at a time limit"
                             : ""};
}

std::string_view name_of(Health verdict) {
  return verdict == Health::ok ? "ok" : verdict == Health::warn ? "warn" : "fail";
}

void print(Console& console, const Options& options, const Finding& finding) {
  if (options.jsonl) {
    console.out(Json::object({{"check", finding.subject},
                              {"verdict", name_of(finding.verdict)},
                              {"what", finding.what},
                              {"remedy", finding.remedy}})
                    .dump() +
                "\n");
    return;
  }
  console.out(format_text("{:<6}{:<12}{}\n", name_of(finding.verdict), finding.subject, finding.what));
  if (!finding.remedy.empty()) {
    console.out(format_text("{:<18}try: {}\n", "", finding.remedy));
  }
}

}  // namespace

Result<int> doctor_command(Console& console, const Options& options) {
  const EngineLibraries libraries = engine_libraries();
  std::vector<Finding> findings{check_library(libraries)};
  findings.append_range(check_devices(libraries, options));
  findings.append_range(options.server.urls.empty() ? check_model(options) : check_servers(options));
  findings.push_back(check_wait_policy());
  findings.push_back(check_load());
  findings.push_back(check_file_tools());
  const auto sandbox = Sandbox::open();
  findings.push_back(check_sandbox(sandbox));
  if (sandbox) {
    findings.push_back(check_python(*sandbox));
  }
  bool failed = false;
  for (const Finding& finding : findings) {
    print(console, options, finding);
    failed = failed || finding.verdict == Health::fail;
  }
  return failed ? 1 : 0;
}

}  // namespace puna::cli
