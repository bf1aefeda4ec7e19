// One answer that must be JSON of a given shape, printed as it is generated.
#include <iostream>
#include <variant>

#include "puna/model.h"

namespace {

class Printer : public puna::EventSink {
 public:
  void on(const puna::Event& event) override {
    if (const auto* delta = std::get_if<puna::event::TextDelta>(&event); delta != nullptr) {
      std::cout << delta->text << std::flush;
    }
  }
};

}  // namespace

int main() {
  auto model = puna::LocalModel::open({.load = {.file = "models/demo/puna-demo-Q8_0.gguf"}});
  if (!model) {
    std::cerr << model.error().message << "\n";
    return 1;
  }
  puna::Request request{
      .messages = {{.role = puna::Role::user, .content = "Extract name and age as JSON: Mira Holt is 34 years old."}},
      .sampling = {.temperature = 0}};
  request.format = puna::format::Schema{*puna::Json::parse(R"({"type": "object", "required": ["name", "age"],
      "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}})")};
  Printer printer;
  auto reply = (*model)->ask(request, printer);
  std::cout << "\n";
  return reply ? 0 : 1;
}
