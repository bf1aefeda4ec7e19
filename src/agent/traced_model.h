// A model whose requests and replies are events, for a trace.
#pragma once

#include <memory>

#include "puna/model.h"

namespace puna::agent {

// Borrows the model. Emits, as event::Traced: model.asked, then (local models) model.prompted, then model.answered.
[[nodiscard]] std::unique_ptr<Model> make_traced_model(Model& model);

}  // namespace puna::agent
