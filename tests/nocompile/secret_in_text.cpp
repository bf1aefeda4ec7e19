// A secret cannot be put into a text.
// expect: Secret|format_string|consteval|formatter
#include "puna/base.h"

int main() {
  const puna::Secret key("k");
#ifdef MISUSE
  return static_cast<int>(puna::format_text("{}", key).size());
#else
  return static_cast<int>(puna::format_text("{}", key.reveal()).size());
#endif
}
