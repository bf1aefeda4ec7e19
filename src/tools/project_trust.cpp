// See project_trust.h.
#include "tools/project_trust.h"

namespace puna::tools {

bool is_trusted(const ProjectText& text, Approvals& approvals, Approver* approver, const std::stop_token& stop) {
  const Json key = Json::object({{text.kind == "skill" ? "skill" : "agent_file", text.name}, {"hash", text.hash}});
  if (approvals.holds(key)) {
    return true;
  }
  if (approver == nullptr) {
    return false;
  }
  PermissionQuestion question;
  question.call.name = format_text("{} {}", text.kind, text.name);
  question.call.arguments.set("description", text.description);
  question.call.arguments.set("folder", text.place.string());
  question.call.arguments.set("text", text.text);
  question.call_hash = text.hash;
  question.rule = format_text("the project brings this {}", text.kind);
  question.argument = format_text("{} {} with this text", text.kind, text.name);
  const Result<Approval> approval = approver->decide(question, stop);
  if (!approval || approval->answer == Approval::Answer::no || approval->call_hash != text.hash) {
    return false;
  }
  if (approval->answer == Approval::Answer::always_this) {
    (void)approvals.add(key);  // what cannot be kept is asked again
  }
  return true;
}

}  // namespace puna::tools
