// The view of a run, and beside it the trace and the audit where they were asked for.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "cli/view.h"
#include "puna/agent/trace.h"
#include "puna/model/prompt_audit.h"

namespace puna::cli {

class TracedView {
 public:
  // trace, audit  may be absent
  TracedView(std::unique_ptr<EventSink> view, std::unique_ptr<Trace> trace, std::unique_ptr<PromptAudit> audit)
      : view_(std::move(view)),
        trace_(std::move(trace)),
        audit_(std::move(audit)),
        tee_(trace_ ? trace_->watch(*view_) : nullptr) {}

  [[nodiscard]] EventSink& events() { return tee_ ? *tee_ : *view_; }
  // The model to ask: `model` itself, or one that trace and audit listen to and that lives as long as this. Borrows.
  [[nodiscard]] Model& model(Model& model) {
    watched_ = trace_ == nullptr ? nullptr : trace_->watch(model);
    Model& traced = watched_ == nullptr ? model : *watched_;
    audited_ = audit_ == nullptr ? nullptr : make_audited_model(traced, *audit_);
    return audited_ == nullptr ? traced : *audited_;
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
  std::unique_ptr<PromptAudit> audit_;
  std::unique_ptr<EventSink> tee_;
  std::unique_ptr<Model> watched_;
  std::unique_ptr<Model> audited_;
};

// Values of variables whose names say that they are secret (..._KEY, ..._TOKEN and the like): no audit may have them.
[[nodiscard]] std::vector<Secret> secrets_of_environment();

// Creates options.trace_file, opens options.prompt_audit_file.  Errors  those of Trace::create and PromptAudit::open
[[nodiscard]] Result<std::unique_ptr<TracedView>> open_traced_view(Console& console, const Options& options,
                                                                   std::string_view command);

}  // namespace puna::cli
