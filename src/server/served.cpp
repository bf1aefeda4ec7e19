// See served.h.
#include "server/served.h"

#include <chrono>
#include <utility>

#include "server/responses_store.h"
#include "server/runs.h"

namespace puna::server {
namespace {

constexpr std::size_t kUnknownMax = 100;

std::vector<std::string> control_texts_of(const LocalModel* local) {
  std::vector<std::string> texts;
  if (local == nullptr) {
    return texts;
  }
  const Weights& weights = local->engine().weights();
  for (Token token = 0; token < weights.vocabulary_tokens(); ++token) {
    if (weights.is_control(token) && !weights.piece(token).empty()) {
      texts.push_back(weights.piece(token));
    }
  }
  return texts;
}

std::uint64_t count(std::int64_t value) { return value > 0 ? static_cast<std::uint64_t>(value) : 0; }

}  // namespace

void Counters::add(const Usage& usage) {
  prompt_tokens += count(usage.prompt_tokens);
  cached_tokens += count(usage.cached_tokens);
  output_tokens += count(usage.output_tokens);
  prefill_us += count(usage.prefill_time.count());
  decode_us += count(usage.decode_time.count());
}

Served::Served(Model& asked, ServerOptions given)
    : model(asked),
      local(dynamic_cast<LocalModel*>(&asked)),
      options(std::move(given)),
      name(options.model_name.empty() ? asked.name() : options.model_name),
      defaults(local == nullptr ? Sampling() : local->engine().weights().facts().sampling),
      control_texts(control_texts_of(local)),
      responses(std::make_unique<KeptResponses>(options.limits.responses_kept)),
      runs(std::make_unique<Runs>(*this)) {}

Served::~Served() = default;

std::string Served::new_id(std::string_view prefix) {
  const std::uint64_t number = ++ids_;
  return format_text("{}{:016x}{:08x}", prefix, Random::entropy(), number);
}

std::int64_t Served::now_seconds() const {
  return std::chrono::duration_cast<std::chrono::seconds>(options.clock->wall().time_since_epoch()).count();
}

void Served::log(std::string_view line) const {
  if (options.log) {
    options.log(line);
  }
}

void Served::note_unknown(std::string_view path, const std::string& name_of_field) {
  const std::string shown = printable(utf8::truncate(name_of_field, 60));
  {
    const std::scoped_lock lock(mutex_);
    if (unknown_.size() >= kUnknownMax || !unknown_.insert(shown).second) {
      return;
    }
  }
  log(format_text("{}: '{}' is not known here and is ignored", path, shown));
}

}  // namespace puna::server
