#include "chat/schema_facts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "chat/schema_opposite.h"

namespace puna::schema {
namespace {

// Where $id and anchors do not count: values, not schemas.
constexpr std::array<std::string_view, 5> kValues = {"enum", "const", "default", "examples", "example"};

// Where the dialects are published whose keywords mean here what they mean there. An unknown dialect may switch
// keywords off (JSON Schema core 8.1.2), so that text which it takes would be refused.
bool is_known_dialect(std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  const std::string_view host = scheme == std::string_view::npos ? "" : uri.substr(scheme + 3);
  return host.empty() ||
         std::ranges::any_of(std::to_array<std::string_view>({"json-schema.org/", "spec.openapis.org/", "swagger.io/"}),
                             [&](std::string_view known) { return host.starts_with(known); });
}

std::string without_fragment(std::string_view uri) { return std::string(uri.substr(0, uri.find('#'))); }

// Source: RFC 3986 section 5.2, as far as schemas use it.
std::string resolved(std::string_view base, std::string_view reference) {
  if (reference.empty() || reference.starts_with('#')) {
    return without_fragment(base) + std::string(reference);
  }
  const std::size_t colon = reference.find(':');
  if (colon != std::string_view::npos && reference.substr(0, colon).find_first_of("/?#") == std::string_view::npos) {
    return std::string(reference);
  }
  const std::string folder = without_fragment(base);
  const std::size_t host = folder.find("://");
  const std::size_t root = host == std::string::npos ? 0 : std::min(folder.find('/', host + 3), folder.size());
  if (reference.starts_with('/')) {
    return folder.substr(0, root) + std::string(reference);
  }
  const std::size_t last = folder.rfind('/');
  if (last == std::string::npos || last < root) {
    return folder.substr(0, root) + (root == 0 ? "" : "/") + std::string(reference);
  }
  return folder.substr(0, last + 1) + std::string(reference);
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Source: RFC 6901.
const Json* pointed_at(const Json& from, std::string_view pointer) {
  const Json* at = &from;
  while (!pointer.empty() && at != nullptr) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    std::string token;
    for (std::size_t i = 1; i < end; ++i) {
      const bool is_escape = pointer[i] == '~' && i + 1 < end;
      token += is_escape ? (pointer[i + 1] == '1' ? '/' : '~') : pointer[i];
      i += is_escape ? 1 : 0;
    }
    pointer.remove_prefix(end);
    if (at->is_array()) {
      std::size_t index = 0;
      const auto [rest, error] = std::from_chars(token.data(), token.data() + token.size(), index);
      const bool fits = error == std::errc() && rest == token.data() + token.size() && index < at->as_array().size();
      at = fits ? &at->as_array()[index] : nullptr;
    } else {
      at = at->find(token);
    }
  }
  return at;
}

std::unexpected<Error> too_deep(std::string_view path) {
  return fail(ErrorCode::limit, format_text("the schema is nested deeper than {} {}", kSchemaDepthMax, at_path(path)));
}

}  // namespace

std::string pointer_token(std::string_view key) {
  std::string token;
  for (const char c : key) {
    token += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return token;
}

std::string at_path(std::string_view path) {
  return path.empty() ? "at the schema's root" : format_text("at '{}'", path);
}

Result<Facts> Facts::read(const Json& document) {
  Facts facts;
  facts.document_ = &document;
  const std::string_view draft = document.text_or("$schema");
  if (!is_known_dialect(draft)) {
    return fail(ErrorCode::invalid_argument,
                format_text("'$schema' names '{}', whose keywords are not known: leave it out, or write "
                            "'https://json-schema.org/draft/2020-12/schema'",
                            draft.substr(0, 200)));
  }
  facts.ref_stands_alone_ = draft.contains("draft-03") || draft.contains("draft-04") || draft.contains("draft-06") ||
                            draft.contains("draft-07");
  PUNA_TRY_VOID(facts.enter(document, "", "", 0));
  static_cast<void>(facts.add(document, "", ""));  // `true` and `false` were not entered
  return facts;
}

FactId Facts::add(const Json& schema, std::string path, std::string base) {
  const auto [known, added] = ids_.try_emplace(&schema, static_cast<FactId>(facts_.size()));
  if (added) {
    facts_.push_back({.json = &schema, .path = std::move(path), .base = std::move(base)});
  }
  return known->second;
}

// Our own links to facts look like keywords.
Result<void> Facts::check_key(std::string_view key, const std::string& path) {
  if (key.starts_with("$puna-")) {
    return fail(ErrorCode::invalid_argument,
                format_text("schema keyword '{}' {} is not one of JSON Schema", key, at_path(path)));
  }
  return {};
}

// A value, which a reference may take for a schema all the same.
Result<void> Facts::check_value(const Json& value, const std::string& path, int depth) {
  if (depth > kSchemaDepthMax) {
    return too_deep(path);
  }
  if (value.is_array()) {
    for (const Json& item : value.as_array()) {
      PUNA_TRY_VOID(check_value(item, path, depth + 1));
    }
  } else if (value.is_object()) {
    for (const Json::Member& member : value.as_object()) {
      PUNA_TRY_VOID(check_key(member.key, path));
      PUNA_TRY_VOID(check_value(member.value, path, depth + 1));
    }
  }
  return {};
}

// Finds identifiers and counts; what stands where a schema may stand is checked by its keywords.
Result<void> Facts::enter(const Json& schema, const std::string& path, std::string base, int depth) {
  if (depth > kSchemaDepthMax) {
    return too_deep(path);
  }
  if (schema.is_array()) {
    for (std::size_t i = 0; i < schema.as_array().size(); ++i) {
      PUNA_TRY_VOID(enter(schema.as_array()[i], format_text("{}/{}", path, i), base, depth + 1));
    }
    return {};
  }
  if (!schema.is_object()) {
    return {};
  }
  const Json* id = schema.find("$id");
  id = id == nullptr ? schema.find("id") : id;
  if (id != nullptr && id->is_string() && !(ref_stands_alone_ && schema.find("$ref") != nullptr)) {
    base = resolved(base, id->as_string());
    by_uri_.try_emplace(base.ends_with('#') ? without_fragment(base) : base, &schema);
  }
  for (const std::string_view key : {"$anchor", "$dynamicAnchor"}) {
    if (const std::string_view anchor = schema.text_or(key); !anchor.empty()) {
      by_uri_.try_emplace(without_fragment(base) + "#" + std::string(anchor), &schema);
    }
  }
  if (add(schema, path, base) >= kSchemaNodesMax) {
    return fail(ErrorCode::limit, format_text("the schema has more than {} objects", kSchemaNodesMax));
  }
  for (const Json::Member& member : schema.as_object()) {
    PUNA_TRY_VOID(check_key(member.key, path));
    const std::string inside = path + "/" + pointer_token(member.key);
    const bool is_value = std::ranges::contains(kValues, member.key);
    PUNA_TRY_VOID(is_value ? check_value(member.value, inside, depth + 1)
                           : enter(member.value, inside, base, depth + 1));
  }
  return {};
}

FactId Facts::inside(FactId parent, const Json& schema) {
  if (schema.is_object()) {
    if (const Json* is = schema.find(kIs)) {
      return static_cast<FactId>(is->as_integer());
    }
  }
  return add(schema, facts_[parent].path, facts_[parent].base);
}

FactId Facts::derive(FactId from, Json schema) {
  derived_.push_back(std::move(schema));
  return add(derived_.back(), std::string(facts_[from].path), std::string(facts_[from].base));
}

Result<FactId> Facts::target(FactId from, std::string_view reference) {
  const std::string uri = resolved(facts_[from].base, reference);
  const std::size_t hash = std::min(uri.find('#'), uri.size());
  const std::string fragment = percent_decoded(std::string_view(uri).substr(std::min(hash + 1, uri.size())));
  const std::string resource = uri.substr(0, hash);
  const Json* found = nullptr;
  if (fragment.empty() || fragment.starts_with('/')) {
    const auto known = by_uri_.find(resource);
    const Json* start = known != by_uri_.end() ? known->second : resource.empty() ? document_ : nullptr;
    // A document's own name may be relative or unknown to it.
    if (start == nullptr && resource == without_fragment(facts_[0].base)) {
      start = document_;
    }
    found = start == nullptr ? nullptr : pointed_at(*start, fragment);
  } else if (const auto known = by_uri_.find(resource + "#" + fragment); known != by_uri_.end()) {
    found = known->second;
  }
  if (found == nullptr) {
    return fail(ErrorCode::invalid_argument,
                format_text("schema keyword '$ref' {}: '{}' is not in this document", at_path(path(from)), reference),
                "put the schema under $defs and refer to it as #/$defs/name");
  }
  return add(*found, "", std::string(facts_[from].base));
}

Result<FactId> Facts::dynamic_target(FactId from, std::string_view reference, std::span<const FactId> applied) {
  PUNA_TRY(const FactId plain, target(from, reference));
  const std::size_t hash = reference.find('#');
  const std::string_view name = hash == std::string_view::npos ? "" : reference.substr(hash + 1);
  if (name.empty() || at(plain).text_or("$dynamicAnchor") != name) {
    return plain;
  }
  for (const FactId outer : applied) {
    const auto known = by_uri_.find(without_fragment(facts_[outer].base) + "#" + std::string(name));
    if (known != by_uri_.end() && known->second->text_or("$dynamicAnchor") == name) {
      return add(*known->second, "", std::string(facts_[outer].base));
    }
  }
  return plain;
}

Result<FactId> Facts::recursive_target(FactId from, std::string_view reference) {
  const auto recurses = [this](FactId id) {
    const Json* anchor = at(id).find("$recursiveAnchor");
    return anchor != nullptr && anchor->is_bool() && anchor->as_bool();
  };
  if (reference != "#") {
    return fail(ErrorCode::invalid_argument, format_text("schema keyword '$recursiveRef' {}: must be \"#\", not '{}'",
                                                         at_path(path(from)), reference));
  }
  PUNA_TRY(const FactId nearest, target(from, reference));
  if (nearest == root() || !recurses(nearest)) {
    return nearest;
  }
  if (!recurses(root())) {
    return fail(ErrorCode::invalid_argument,
                format_text("schema keyword '$recursiveRef' {}: what it means depends on the schemas that led there",
                            at_path(path(from))),
                "refer to the schema with $ref");
  }
  return root();  // where every way begins
}

std::optional<FactId> Facts::opposite(FactId id, std::string& why) {
  if (const auto known = opposites_.find(id); known != opposites_.end()) {
    why = known->second.why;
    return known->second.id;
  }
  Derived made;
  // Its number first: the opposite of a schema that refers to itself refers to itself.
  const FactId number = derive(id, Json(true));
  opposites_[id] = {.id = number, .why = {}};
  if (auto schema = opposite_schema(*this, id, made.why)) {
    derived_.push_back(*std::move(schema));
    ids_.erase(facts_[number].json);
    facts_[number].json = &derived_.back();
    ids_[facts_[number].json] = number;
    made.id = number;
  }
  why = made.why;
  opposites_[id] = made;
  return made.id;
}

}  // namespace puna::schema
