// A type that JSON cannot hold is refused where it is asked for, and the compiler says what to do.
// expect: Puna cannot describe this type as JSON
#include <string>

#include "puna/chat/typed.h"

struct Employee {
  std::string name;
#ifdef MISUSE
  const Employee* manager = nullptr;
#else
  int manager = 0;
#endif
};

puna::Json employee_schema() { return puna::schema_of<Employee>(); }
