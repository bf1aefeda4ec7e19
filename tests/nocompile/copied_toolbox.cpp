// A toolbox owns its tools, and a tool may hold files open: there is no silent copy.
// expect: use of deleted function|implicitly-deleted copy constructor
#include <utility>

#include "puna/tools.h"

puna::Toolbox other_toolbox(puna::Toolbox& tools) {
#ifdef MISUSE
  puna::Toolbox copy(tools);
  return copy;
#else
  return std::move(tools);
#endif
}
