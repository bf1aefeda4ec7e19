// user_input: a question to whoever sits before the program.
#include "puna/tools/files.h"
#include "tools/observation.h"
#include "tools/text_argument.h"

namespace puna {
namespace {

constexpr std::size_t kUserAnswerBytesMax = 16'384;

class UserInput final : public Tool {
 public:
  explicit UserInput(User* user) : user_(user) {}

  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  [[nodiscard]] std::optional<ToolTraits> traits() const override { return ToolTraits(); }

  [[nodiscard]] ToolResult run(const Json& arguments, std::stop_token stop) override {
    if (user_ == nullptr) {
      return tool_error("nobody is there to answer. Go on without an answer.");
    }
    const auto answer = user_->answer(arguments.text_or("question"), stop);
    if (!answer) {
      return tool_error(answer.error().message);
    }
    return {.content = answer->empty() ? "(no answer)" : tools::fit_observation(*answer, kUserAnswerBytesMax)};
  }

 private:
  User* const user_;
  const ToolSpec spec_ = tools::text_argument_spec("user_input", "Ask the user a question.",
                                                   {.name = "question", .description = "The question."});
};

}  // namespace

std::unique_ptr<Tool> make_user_input(User* user) { return std::make_unique<UserInput>(user); }

}  // namespace puna
