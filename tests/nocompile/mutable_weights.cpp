// Weights are shared between engines, so nobody gets them for writing.
// expect: invalid conversion|no matching conversion|conversion from|no viable conversion
#include <memory>

#include "puna/engine.h"

std::shared_ptr<const puna::Weights> opened(puna::Result<std::shared_ptr<const puna::Weights>> loaded) {
#ifdef MISUSE
  std::shared_ptr<puna::Weights> writable = *loaded;
  return writable;
#else
  return *loaded;
#endif
}
