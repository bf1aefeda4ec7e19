// A recorded call asked again, and the first token that is another one.
#include <algorithm>
#include <utility>

#include "puna/base/json_difference.h"
#include "puna/model/recorded_model.h"

namespace puna {
namespace {

constexpr std::size_t kTokensBefore = 8;  // shown in front of the one that differs

using TokenText = std::function<std::string(Token)>;

std::string side(std::span<const Token> tokens, std::size_t at, const TokenText& piece) {
  return at < tokens.size() ? format_text("{} {}", tokens[at], Json(utf8::sanitize(piece(tokens[at]))).dump())
                            : std::string("the end");
}

std::optional<std::string> token_difference(std::string_view of, std::span<const Token> was, std::span<const Token> is,
                                            const TokenText& piece) {
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(was, is).in1 - was.begin());
  if (at == was.size() && at == is.size()) {
    return std::nullopt;
  }
  std::string before;
  for (std::size_t i = at - std::min(at, kTokensBefore); i < at; ++i) {
    before += piece(was[i]);
  }
  return format_text("token {} of the {}: was {}, is {}; before it {}", at + 1, of, side(was, at, piece),
                     side(is, at, piece), Json(utf8::sanitize(before)).dump());
}

std::string_view end_of(const Result<Reply>& reply) {
  return reply ? name_of(reply->finish) : name_of(reply.error().code);
}

std::string raw_of(const RecordedCall& call) {
  for (const Event& event : call.events) {
    if (const auto* ready = std::get_if<event::ReplyReady>(&event)) {
      return ready->raw;
    }
  }
  return call.reply ? call.reply->message.content : std::string();
}

std::size_t same_bytes(std::string_view was, std::string_view is) {
  return static_cast<std::size_t>(std::ranges::mismatch(was, is).in1 - was.begin());
}

}  // namespace

Result<AskedAgain> ask_again(Model& model, const RecordedCall& call, const std::function<std::string(Token)>& piece,
                             const std::stop_token& stop) {
  const RecordedCall again = ask_recorded(model, call.request, EventSink::none(), stop);
  if (!again.reply && again.reply.error().code == ErrorCode::cancelled && stop.stop_requested()) {
    return std::unexpected(again.reply.error());
  }
  AskedAgain compared;
  const bool has_tokens = piece && call.reply && again.reply && !call.reply->tokens.empty();
  if (has_tokens) {
    const std::vector<Token>& was = call.reply->tokens;
    const std::vector<Token>& is = again.reply->tokens;
    compared.tokens = static_cast<std::size_t>(std::ranges::mismatch(was, is).in1 - was.begin());
    compared.difference = token_difference("prompt", call.prompt, again.prompt, piece);
    if (!compared.difference) {
      compared.difference = token_difference("reply", was, is, piece);
    }
  } else if (call.reply && again.reply) {
    const std::string was = raw_of(call);
    const std::string is = raw_of(again);
    compared.tokens = same_bytes(was, is);
    if (const auto where = first_difference(Json(was), Json(is))) {
      compared.difference = "the reply, " + where->text();
    }
  }
  if (!compared.difference && end_of(call.reply) != end_of(again.reply)) {
    compared.difference = format_text("the end: was {}, is {}{}", end_of(call.reply), end_of(again.reply),
                                      again.reply ? "" : " (" + again.reply.error().message + ")");
  }
  return compared;
}

}  // namespace puna
