// How often a random test tries, and PUNA_UNDER_SANITIZER where there is one. For tests.
#pragma once

namespace puna::test {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PUNA_UNDER_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PUNA_UNDER_SANITIZER 1
#endif

// All of them, or a tenth under a sanitizer, where each costs about ten times as much.
constexpr int rounds(int all) {
#ifdef PUNA_UNDER_SANITIZER
  return (all + 9) / 10;
#else
  return all;
#endif
}

// The step of a loop over everything, such as every decode that could fail: one, or ten under a sanitizer.
constexpr int stride() { return 10 / rounds(10); }

}  // namespace puna::test
