// A sink is borrowed for the whole run: a temporary one would be gone before a run that is kept.
// expect: cannot bind non-const lvalue reference|binds? to a temporary|no matching member function
#include "puna/model.h"

struct CountingSink : puna::EventSink {
  int count = 0;
  void on(const puna::Event&) override { ++count; }
};

bool answers(puna::Model& model, const puna::Request& request) {
#ifdef MISUSE
  return model.ask(request, CountingSink()).has_value();
#else
  CountingSink sink;
  return model.ask(request, sink).has_value() && sink.count > 0;
#endif
}
