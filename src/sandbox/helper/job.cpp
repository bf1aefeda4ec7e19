#include "sandbox/helper/job.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

namespace puna::sandbox {
namespace {

constexpr unsigned kParts = 7;

unsigned count_of(const Plan& plan, unsigned part) {
  const unsigned counts[kParts] = {plan.bwrap_count,  plan.argument_count, plan.environment_count, plan.readable_count,
                                   plan.device_count, plan.writable_count, plan.protected_count};
  return counts[part];
}

// Whether the text holds exactly as many strings as the plan says.
bool counts_fit(const Plan& plan, const char* text) {
  std::uint64_t wanted = 0;
  for (unsigned part = 0; part < kParts; ++part) {
    wanted += count_of(plan, part);
  }
  std::uint64_t ends = 0;
  for (std::uint32_t i = 0; i < plan.text_bytes; ++i) {
    ends += text[i] == '\0' ? 1U : 0U;
  }
  return ends == wanted && plan.argument_count > 0 && text[plan.text_bytes - 1] == '\0';
}

}  // namespace

bool Job::load() {
  step_ = Step::plan;
  struct stat status{};
  if (::fstat(kPlanFd, &status) != 0) {
    return false;
  }
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes <= sizeof(Plan)) {
    errno = EPROTO;
    return false;
  }
  void* memory = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, kPlanFd, 0);
  if (memory == MAP_FAILED) {
    return false;
  }
  plan_ = static_cast<const Plan*>(memory);
  text_ = static_cast<const char*>(memory) + sizeof(Plan);
  const bool whole = plan_->magic == kPlanMagic && plan_->size == sizeof(Plan) &&
                     plan_->text_bytes == bytes - sizeof(Plan) && counts_fit(*plan_, text_);
  if (!whole) {
    errno = EPROTO;
    return false;
  }
#ifndef PUNA_SANDBOX_FAULTS
  if (plan_->fail_step != 0 || plan_->left_out != 0) {
    errno = EPERM;
    return false;
  }
#endif
  return step(Step::plan);
}

bool Job::step(Step step) {
  step_ = step;
#ifdef PUNA_SANDBOX_FAULTS
  if (plan_->fail_step == static_cast<std::uint32_t>(step)) {
    errno = EIO;
    return false;
  }
#endif
  return true;
}

bool Job::without([[maybe_unused]] Layer layer) const {
#ifdef PUNA_SANDBOX_FAULTS
  return (plan_->left_out & layer) != 0;
#else
  return false;
#endif
}

Strings Job::strings(Part part) const {
  const char* at = text_;
  for (unsigned before = 0; before < static_cast<unsigned>(part); ++before) {
    for (unsigned i = 0; i < count_of(*plan_, before); ++i) {
      at = Strings::next(at);
    }
  }
  return {at, count_of(*plan_, static_cast<unsigned>(part))};
}

char** Job::list(Part part) const {
  const Strings texts = strings(part);
  auto** list = static_cast<char**>(std::calloc(texts.count() + 1, sizeof(char*)));
  unsigned at = 0;
  if (list != nullptr) {
    (void)texts.each([&](const char* text) {
      list[at++] = const_cast<char*>(text);
      return true;
    });
  }
  return list;
}

bool Job::report(int fd, Report report) const {
  return ::write(fd, &report, sizeof report) == static_cast<ssize_t>(sizeof report);
}

bool Job::report_failure(int fd) const {
  Report failure;
  failure.kind = static_cast<std::uint32_t>(ReportKind::failed);
  failure.step = static_cast<std::uint32_t>(step_);
  failure.error = errno;
  return report(fd, failure);
}

}  // namespace puna::sandbox
