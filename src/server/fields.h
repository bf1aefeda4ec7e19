// The members of a request's body, each with the type that it must have. A null is an absent member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"
#include "puna/model.h"
#include "server/refusal.h"

namespace puna::server {

// nullptr when absent or null.
[[nodiscard]] const Json* field(const Json& body, std::string_view name);
[[nodiscard]] Answer<bool> flag(const Json& body, std::string_view name, bool otherwise = false);
[[nodiscard]] Answer<std::string> text(const Json& body, std::string_view name, std::string otherwise = {});
[[nodiscard]] Answer<std::optional<std::int64_t>> integer(const Json& body, std::string_view name, std::int64_t least,
                                                          std::int64_t most);
// Tokens of output at most: 0 = no limit. -1 says so, too.
[[nodiscard]] Answer<int> tokens_max(const Json& body, std::initializer_list<std::string_view> names);
// One text or a list of texts.
[[nodiscard]] Answer<std::vector<std::string>> stop_texts(const Json& body, std::string_view name = "stop");

// The engine's sampling parameters among the members of `body`, in the spellings that clients have for them. A
// parameter that would have no effect beside the others is left out: clients send whole sets. Without a seed (or with
// one below 0) every request draws its own.
[[nodiscard]] Answer<Sampling> read_sampling(const Json& body, const Sampling& defaults);
[[nodiscard]] bool is_sampling_name(std::string_view name);

}  // namespace puna::server
