// A bound that nothing would hold is refused.
// expect: bounds are for numbers, strings, vectors and maps
#include "puna/chat/typed.h"

struct Part {
  int number;
};
struct Whole {
  Part part;
  int count;
};

template <>
struct puna::Described<Whole> {
#ifdef MISUSE
  static constexpr std::tuple members{puna::member("part", &Whole::part, "A part", {.min = 1})};
#else
  static constexpr std::tuple members{puna::member("count", &Whole::count, "How many", {.min = 1})};
#endif
};

puna::Json whole_schema() { return puna::schema_of<Whole>(); }
