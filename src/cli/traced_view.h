// The view of a run, and the trace beside it where one was asked for.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "cli/view.h"
#include "puna/agent/trace.h"

namespace puna::cli {

class TracedView {
 public:
  // trace  may be absent
  TracedView(std::unique_ptr<EventSink> view, std::unique_ptr<Trace> trace)
      : view_(std::move(view)), trace_(std::move(trace)), tee_(trace_ ? trace_->watch(*view_) : nullptr) {}

  [[nodiscard]] EventSink& events() { return tee_ ? *tee_ : *view_; }
  // The model to ask: `model` itself, or one that the trace listens to and that lives as long as this. Borrows.
  [[nodiscard]] Model& model(Model& model) {
    if (trace_ == nullptr) {
      return model;
    }
    watched_ = trace_->watch(model);
    return *watched_;
  }
  // What a run gave, for the trace where it is an error.
  template <class T>
  [[nodiscard]] Result<T> noted(Result<T> result) {
    if (!result && trace_ != nullptr) {
      trace_->failed(result.error());
    }
    return result;
  }

 private:
  std::unique_ptr<EventSink> view_;
  std::unique_ptr<Trace> trace_;
  std::unique_ptr<EventSink> tee_;
  std::unique_ptr<Model> watched_;
};

// Creates options.trace_file.  Errors  those of Trace::create
[[nodiscard]] Result<std::unique_ptr<TracedView>> open_traced_view(Console& console, const Options& options,
                                                                   std::string_view command);

}  // namespace puna::cli
