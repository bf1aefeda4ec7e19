// A generation has one owner: dropping it cancels, so two copies could not both be right.
// expect: use of deleted function|implicitly-deleted copy constructor
#include <utility>

#include "puna/engine.h"

puna::Generation second_handle(puna::Generation& generation) {
#ifdef MISUSE
  return generation;
#else
  return std::move(generation);
#endif
}
