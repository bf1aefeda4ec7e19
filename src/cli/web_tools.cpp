// web_search and visit_page, as the options want them.
#include <utility>

#include "cli/commands.h"
#include "puna/tools/web.h"

namespace puna::cli {
namespace {

// What pages and models name is held to public hosts and to those that the user allows.
Result<HttpClient> guarded_client(const WebOptions& options) {
  AddressPolicy policy = AddressPolicy::public_only();
  for (const std::string& host : options.hosts_allowed) {
    if (auto granted = policy.grant(host); !granted) {
      granted.error().message = "--allow-host: " + granted.error().message;
      return std::unexpected(std::move(granted).error());
    }
  }
  return HttpClient(std::move(policy));
}

Result<std::unique_ptr<SearchEngine>> open_engine(const WebOptions& options) {
  if (options.engine == "searxng") {
    if (auto url = Url::parse(options.searxng); !url) {
      return fail(ErrorCode::invalid_argument, "--searxng: " + url.error().message,
                  "--searxng http://localhost:8888, the address of your server");
    }
    return make_searxng_search(HttpClient(AddressPolicy::any()), options.searxng);  // the user wrote its address
  }
  if (options.engine == "duckduckgo") {
    return make_duckduckgo_search(HttpClient(AddressPolicy::public_only()));
  }
  if (options.engine == "bing") {
    return make_bing_search(HttpClient(AddressPolicy::public_only()));
  }
  if (!options.facts_folder.empty()) {
    return open_local_search(options.facts_folder);
  }
  PUNA_TRY(const std::filesystem::path folder, facts_folder());
  return open_local_search(folder, SearchedTexts::bundled);
}

}  // namespace

Result<std::unique_ptr<Tool>> open_web_tool(const std::string& name, const WebOptions& options) {
  if (name == "visit_page") {
    PUNA_TRY(HttpClient client, guarded_client(options));
    return make_visit_page(std::move(client));
  }
  PUNA_TRY(std::unique_ptr<SearchEngine> engine, open_engine(options));
  return make_web_search(std::move(engine));
}

}  // namespace puna::cli
