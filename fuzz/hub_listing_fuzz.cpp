// Any bytes as a hub's list of files: what is taken from it stays in the cache's folders, and every model that is found
// has the parts that it says.
#include <set>
#include <string>
#include <vector>

#include "input.h"
#include "model/hub_client.h"
#include "model/hub_name.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto listing = puna::model::read_listing(puna::fuzz::text_of(data, size));
  if (!listing) {
    return 0;
  }
  PUNA_CHECK(puna::model::is_commit(listing->commit), "a commit names a folder");
  std::vector<std::string> paths;
  for (const puna::model::HubFile& file : listing->files) {
    PUNA_CHECK(puna::model::is_plain_path(file.path), "a path stays in its folder");
    PUNA_CHECK(file.blob.empty() || puna::model::is_blob_name(file.blob), "a hash names a file");
    paths.push_back(file.path);
  }
  const std::vector<puna::model::ModelGroup> models = puna::model::models_among(paths);
  for (const puna::model::ModelGroup& model : models) {
    PUNA_CHECK(!model.parts.empty(), "a model has a file");
    PUNA_CHECK(std::set(model.parts.begin(), model.parts.end()).size() == model.parts.size(), "each part is a file");
    for (const std::size_t part : model.parts) {
      PUNA_CHECK(part < paths.size(), "a part is one of the files");
    }
    PUNA_CHECK(!puna::model::models_named(models, model.label()).empty(), "what a message lists can be asked for");
  }
  (void)puna::model::chosen_model(models, {.repo = "a/b", .quant = {}});
  return 0;
}
