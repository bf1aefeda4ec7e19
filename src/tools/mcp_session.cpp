// One server: which revision it speaks, its tools, its calls, and what happens when it ends.
#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

#include "tools/mcp_answers.h"
#include "tools/mcp_header.h"
#include "tools/mcp_listing.h"
#include "tools/mcp_transport.h"
#include "tools/observation.h"
#include "tools/plain_text.h"

namespace puna {
namespace {

using std::chrono::milliseconds;
using tools::McpListing;
using tools::RpcMessage;

constexpr std::array<std::string_view, 4> kSessionRevisions{"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};
constexpr std::int64_t kHeaderMismatch = -32020;
constexpr std::int64_t kMissingCapability = -32021;
constexpr std::int64_t kUnsupportedRevision = -32022;
constexpr int kRestartsMax = 5;
constexpr int kRoundsMax = 8;  // of one call that the server wants to be repeated
constexpr std::size_t kShownBytesMax = 100;
constexpr std::size_t kInstructionBytesMax = 8'192;
constexpr milliseconds kLockWait{20};

std::string one_line(std::string_view text) {
  return printable(utf8::truncate(tools::collapsed(utf8::sanitize(text)), kShownBytesMax));
}

Json client_info() { return Json::object({{"name", "puna"}, {"version", "0.1.0"}}); }

bool is_modern_error(const tools::RpcError& error) {
  return error.code == kHeaderMismatch || error.code == kMissingCapability || error.code == kUnsupportedRevision;
}

bool lists(const Json* versions, std::string_view version) {
  return versions != nullptr && versions->is_array() && std::ranges::contains(versions->as_array(), Json(version));
}

class Server final : public McpServer {
 public:
  Server(const McpServerConfig& config, McpOptions options)
      : name_(config.name), options_(std::move(options)), answers_(name_, options_.user, config.roots) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() override { close(); }

  Result<void> connect(const McpServerConfig& config, const std::stop_token& stop);

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const McpServerFacts& facts() const override { return facts_; }
  [[nodiscard]] const std::vector<McpToolFacts>& tools() const override { return tools_; }
  [[nodiscard]] const std::vector<std::string>& problems() const override { return problems_; }
  [[nodiscard]] Result<Json> call(const std::string& tool, const Json& arguments, std::stop_token stop) override;
  void close() override {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    if (transport_ != nullptr) {
      transport_->close();
    }
  }

 private:
  // With the lock held.
  Result<void> agree(const std::stop_token& stop);
  Result<bool> probe(const std::stop_token& stop);
  Result<void> begin_session(const std::stop_token& stop);
  Result<void> keep_alive(const std::stop_token& stop);
  Result<McpListing> list_tools(const std::stop_token& stop);
  Result<void> look_again(const std::stop_token& stop);
  Result<Json> call_in_rounds(const McpToolFacts& tool, const Json& arguments, const std::stop_token& stop);
  Result<Json> inputs(const Json& wanted, const std::string& tool, const std::stop_token& stop);
  Result<Json> ask(std::string_view method, Json params, milliseconds time, const std::stop_token& stop,
                   std::vector<HttpField> headers = {}, std::string_view tool = {});
  Result<RpcMessage> exchange(std::string_view method, Json params, milliseconds time, const std::stop_token& stop,
                              std::vector<HttpField> headers = {}, std::string_view tool = {});
  void report(const RpcMessage& notification, std::int64_t id, std::string_view tool);
  void read_facts(const Json& result);
  [[nodiscard]] std::unexpected<Error> failed(ErrorCode code, std::string_view why) const {
    return fail(code, format_text("MCP server '{}': {}", name_, why));
  }

  std::string name_;
  McpOptions options_;
  tools::McpAnswers answers_;
  std::timed_mutex mutex_;
  std::unique_ptr<tools::McpTransport> transport_;
  McpServerFacts facts_;
  std::vector<McpToolFacts> tools_;
  std::vector<std::string> problems_;
  std::map<std::string, std::string> changed_;  // tools that must not be called any more, and why
  bool has_other_tools_ = false;                // the server said so, and they were not looked at yet
  bool is_modern_ = false;
  bool is_closed_ = false;
  std::int64_t next_id_ = 1;
  int restarts_ = 0;
};

Result<RpcMessage> Server::exchange(std::string_view method, Json params, milliseconds time,
                                    const std::stop_token& stop, std::vector<HttpField> headers,
                                    std::string_view tool) {
  const std::int64_t id = next_id_++;
  if (params.is_null()) {
    params = Json::object();
  }
  Json meta = Json::object();
  if (is_modern_) {
    meta.set("io.modelcontextprotocol/protocolVersion", tools::kModernRevision);
    meta.set("io.modelcontextprotocol/clientInfo", client_info());
    meta.set("io.modelcontextprotocol/clientCapabilities", answers_.capabilities());
  }
  if (!tool.empty()) {
    meta.set("progressToken", id);
  }
  if (!meta.as_object().empty()) {
    params.set("_meta", std::move(meta));
  }
  return transport_->request(
      {.id = id, .method = method, .params = std::move(params), .time = time, .headers = std::move(headers)},
      {.on_notification = [&](const RpcMessage& notification) { report(notification, id, tool); },
       .answer = [&](const RpcMessage& request,
                     const std::stop_token& asked) { return answers_.reply_to(request, asked); }},
      stop);
}

Result<Json> Server::ask(std::string_view method, Json params, milliseconds time, const std::stop_token& stop,
                         std::vector<HttpField> headers, std::string_view tool) {
  PUNA_TRY(RpcMessage response, exchange(method, std::move(params), time, stop, std::move(headers), tool));
  if (response.error) {
    return failed(ErrorCode::invalid_argument,
                  format_text("{} was refused: {} ({})", method, response.error->message, response.error->code));
  }
  if (!response.result.is_object()) {
    return failed(ErrorCode::corrupt, format_text("its result of {} is no object", method));
  }
  return std::move(response.result);
}

void Server::report(const RpcMessage& notification, std::int64_t id, std::string_view tool) {
  has_other_tools_ = has_other_tools_ || notification.method == "notifications/tools/list_changed";
  const Json* token = notification.params.find("progressToken");
  const Json* done = notification.params.find("progress");
  const Json* total = notification.params.find("total");
  if (!options_.on_progress || notification.method != "notifications/progress" || token == nullptr ||
      *token != Json(id) || done == nullptr || !done->is_number()) {
    return;
  }
  options_.on_progress(
      {.tool = std::string(tool),
       .done = done->as_double(),
       .total = total != nullptr && total->is_number() ? std::optional(total->as_double()) : std::nullopt,
       .message = one_line(notification.params.text_or("message"))});
}

void Server::read_facts(const Json& result) {
  const Json* info = result.find("serverInfo");
  if (const Json* meta = result.find("_meta"); info == nullptr && meta != nullptr) {
    info = meta->find("io.modelcontextprotocol/serverInfo");
  }
  if (info != nullptr) {
    facts_.name = one_line(info->text_or("name"));
    facts_.version = one_line(info->text_or("version"));
  }
  facts_.instructions = std::string(utf8::truncate(result.text_or("instructions"), kInstructionBytesMax));
}

// Whether it speaks the modern revision. Whatever is no sign of that is a sign of the older ones, as the specification
// has it: refusals of any kind, silence, and a program that ends.
Result<bool> Server::probe(const std::stop_token& stop) {
  is_modern_ = true;
  transport_->set_revision(std::string(tools::kModernRevision));
  const milliseconds time = transport_->may_stay_silent() ? options_.probe_time : options_.start_time;
  auto response = exchange("server/discover", Json(), time, stop);
  if (response && response->error && response->error->code == kUnsupportedRevision &&
      lists(response->error->data.find("supported"), tools::kModernRevision)) {
    response = exchange("server/discover", Json(), time, stop);  // what it wants is what it got: once more
  }
  if (!response) {
    const ErrorCode code = response.error().code;
    const bool is_silent = transport_->may_stay_silent() && code == ErrorCode::unavailable;
    if (code == ErrorCode::corrupt || is_silent) {
      return false;
    }
    return std::unexpected(response.error());
  }
  if (response->error) {
    const Json* supported = response->error->data.find("supported");
    const bool knows_older =
        std::ranges::any_of(kSessionRevisions, [&](std::string_view one) { return lists(supported, one); });
    if (!is_modern_error(*response->error) || knows_older) {
      return false;
    }
    return failed(ErrorCode::invalid_argument,
                  format_text("server/discover was refused: {} ({})", response->error->message, response->error->code));
  }
  if (!lists(response->result.find("supportedVersions"), tools::kModernRevision)) {
    return false;
  }
  facts_.protocol = tools::kModernRevision;
  read_facts(response->result);
  return true;
}

Result<void> Server::begin_session(const std::stop_token& stop) {
  is_modern_ = false;
  transport_->set_revision("");
  PUNA_TRY(const Json result, ask("initialize",
                                  Json::object({{"protocolVersion", kSessionRevisions.front()},
                                                {"capabilities", answers_.capabilities()},
                                                {"clientInfo", client_info()}}),
                                  options_.start_time, stop));
  const std::string_view revision = result.text_or("protocolVersion");
  if (!std::ranges::contains(kSessionRevisions, revision)) {
    return failed(ErrorCode::invalid_argument,
                  format_text("it speaks the revision '{}', which is not known here", one_line(revision)));
  }
  transport_->set_revision(std::string(revision));
  facts_.protocol = revision;
  read_facts(result);
  return transport_->notify("notifications/initialized", Json());
}

Result<void> Server::agree(const std::stop_token& stop) {
  PUNA_TRY_VOID(transport_->start());
  PUNA_TRY(const bool is_modern, probe(stop));
  if (is_modern) {
    return {};
  }
  if (!transport_->is_alive()) {  // some programs end when the first message is not theirs
    PUNA_TRY_VOID(transport_->start());
  }
  return begin_session(stop);
}

Result<void> Server::keep_alive(const std::stop_token& stop) {
  if (is_closed_) {
    return failed(ErrorCode::unavailable, "it was closed");
  }
  if (transport_->is_alive()) {
    return {};
  }
  if (++restarts_ > kRestartsMax) {
    return failed(ErrorCode::unavailable, format_text("it ended {} times", restarts_));
  }
  PUNA_TRY_VOID(transport_->start());
  if (!is_modern_) {
    return begin_session(stop);
  }
  transport_->set_revision(std::string(tools::kModernRevision));
  return {};
}

Result<McpListing> Server::list_tools(const std::stop_token& stop) {
  McpListing listing(options_.tools_max);
  Json params;
  while (true) {
    PUNA_TRY(const Json result, ask("tools/list", params, options_.start_time, stop));
    const auto next = listing.add_page(result);
    if (!next) {
      return failed(next.error().code, next.error().message);
    }
    if (!*next) {
      return listing;
    }
    params = Json::object({{"cursor", **next}});
  }
}

// The prompt keeps the tools that were listed first. One that is no more what it was must not be called under the old
// words: whoever allowed it allowed another one.
Result<void> Server::look_again(const std::stop_token& stop) {
  PUNA_TRY(McpListing listing, list_tools(stop));
  has_other_tools_ = false;
  const std::vector<McpToolFacts> now = listing.take_tools();
  changed_.clear();
  for (const McpToolFacts& tool : tools_) {
    const auto found = std::ranges::find(now, tool.name, &McpToolFacts::name);
    if (found == now.end() || *found != tool) {
      changed_[tool.name] = found == now.end() ? "is not offered any more" : "is not what it was when it was listed";
    }
  }
  return {};
}

Result<void> Server::connect(const McpServerConfig& config, const std::stop_token& stop) {
  if (const auto* program = std::get_if<McpProgram>(&config.place)) {
    transport_ = tools::make_stdio_transport(name_, *program, options_);
  } else {
    PUNA_TRY(transport_, tools::make_http_transport(name_, std::get<McpAddress>(config.place), options_));
  }
  auto listing = agree(stop).and_then([&] { return list_tools(stop); });
  if (!listing) {
    if (listing.error().code == ErrorCode::cancelled) {
      transport_->hurry();
    }
    return std::unexpected(std::move(listing).error());
  }
  tools_ = listing->take_tools();
  problems_ = listing->take_problems();
  return {};
}

Result<Json> Server::call(const std::string& tool, const Json& arguments, std::stop_token stop) {
  const auto known = std::ranges::find(tools_, tool, &McpToolFacts::name);
  if (known == tools_.end()) {
    return failed(ErrorCode::invalid_argument, format_text("it has no tool '{}'", tools::shown(tool)));
  }
  std::unique_lock lock(mutex_, std::defer_lock);
  while (!lock.try_lock_for(kLockWait)) {
    if (stop.stop_requested()) {
      return failed(ErrorCode::cancelled, "stopped");
    }
  }
  PUNA_TRY_VOID(keep_alive(stop));
  if (has_other_tools_) {
    PUNA_TRY_VOID(look_again(stop));
  }
  if (const auto changed = changed_.find(tool); changed != changed_.end()) {
    return failed(ErrorCode::invalid_argument, format_text("'{}' {}", tools::shown(tool), changed->second));
  }
  answers_.begin_call();
  return call_in_rounds(*known, arguments, stop);
}

// A modern server that wants to know something ends the call with its questions, and is called again with the answers.
Result<Json> Server::call_in_rounds(const McpToolFacts& tool, const Json& arguments, const std::stop_token& stop) {
  Json params = Json::object({{"name", tool.name}, {"arguments", arguments}});
  for (int round = 0; round < kRoundsMax; ++round) {
    PUNA_TRY(Json result,
             ask("tools/call", params, options_.call_time, stop, tools::mcp_call_headers(tool, arguments), tool.name));
    const std::string_view type = result.text_or("resultType", "complete");
    if (type == "complete") {
      return result;
    }
    const Json* wanted = result.find("inputRequests");
    const Json* state = result.find("requestState");
    if (type != "input_required" || (wanted == nullptr && state == nullptr)) {
      return failed(ErrorCode::corrupt,
                    format_text("'{}' has a result of the unknown kind '{}'", tools::shown(tool.name), one_line(type)));
    }
    params = Json::object({{"name", tool.name}, {"arguments", arguments}});
    if (wanted != nullptr) {
      PUNA_TRY(Json responses, inputs(*wanted, tool.name, stop));
      params.set("inputResponses", std::move(responses));
    }
    if (state != nullptr) {
      params.set("requestState", *state);
    }
  }
  return failed(ErrorCode::unavailable,
                format_text("'{}' wants to be called again and again", tools::shown(tool.name)));
}

Result<Json> Server::inputs(const Json& wanted, const std::string& tool, const std::stop_token& stop) {
  if (!wanted.is_object()) {
    return failed(ErrorCode::corrupt, format_text("what '{}' asks for is no object", tools::shown(tool)));
  }
  Json responses = Json::object();
  for (const Json::Member& one : wanted.as_object()) {
    const Json* params = one.value.find("params");
    auto answer = answers_.answer(one.value.text_or("method"), params == nullptr ? Json() : *params, stop);
    if (!answer) {
      return failed(ErrorCode::invalid_argument, format_text("'{}' asks for input that it cannot be given: {}",
                                                             tools::shown(tool), answer.error().message));
    }
    responses.set(one.key, *std::move(answer));
  }
  return responses;
}

}  // namespace

Result<std::unique_ptr<McpServer>> McpServer::open(const McpServerConfig& config, const McpOptions& options,
                                                   std::stop_token stop) {
  auto server = std::make_unique<Server>(config, options);
  PUNA_TRY_VOID(server->connect(config, stop));
  return server;
}

}  // namespace puna
