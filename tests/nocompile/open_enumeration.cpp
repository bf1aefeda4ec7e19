// Not every value of an enumeration without a stated type may be looked at, so its enumerators must be listed.
// expect: list them in puna::Described
#include "puna/chat/typed.h"

#ifdef MISUSE
enum Size { small, large };
#else
enum class Size { small, large };
#endif

puna::Json size_schema() { return puna::schema_of<Size>(); }
