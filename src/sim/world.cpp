// What all worlds share: actions and their schemas, others' text, the network, the list of worlds.
#include "puna/sim/world.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "puna/chat.h"
#include "puna/chat/schema.h"
#include "sim/worlds.h"

namespace puna::sim {
namespace {

Json schema_of(const ActionKind& kind) {
  Json properties = Json::object({{"action", Json::object({{"const", kind.name}})}});
  Json required = Json::array({"action"});
  for (const Parameter& parameter : kind.parameters) {
    properties.set(parameter.name, parameter.schema);
    required.push(parameter.name);
  }
  return Json::object({{"type", "object"},
                       {"properties", std::move(properties)},
                       {"required", std::move(required)},
                       {"additionalProperties", false}});
}

const ActionKind& noop_kind() {
  static const ActionKind kind{.name = kNoop, .what = "do nothing", .parameters = {}};
  return kind;
}

// In [0, count)
std::size_t pick(Random& random, std::size_t count) {
  return static_cast<std::size_t>(random.uniform() * static_cast<double>(count));
}

Json random_value(const Json& schema, Random& random) {
  if (const Json* values = schema.find("enum")) {
    return values->as_array()[pick(random, values->as_array().size())];
  }
  if (const Json* min = schema.find("minimum")) {
    const std::int64_t from = min->as_integer();
    const auto count = static_cast<std::size_t>(schema.find("maximum")->as_integer() - from + 1);
    return from + static_cast<std::int64_t>(pick(random, count));
  }
  return "";
}

}  // namespace

Parameter Parameter::integer(std::string name, std::int64_t min, std::int64_t max) {
  PUNA_CHECK(min <= max, "a parameter has no values: " + name);
  return {.name = std::move(name), .schema = Json::object({{"type", "integer"}, {"minimum", min}, {"maximum", max}})};
}

Parameter Parameter::choice(std::string name, std::span<const std::string> values) {
  PUNA_CHECK(!values.empty(), "a parameter has no values: " + name);
  Json list = Json::array();
  for (const std::string& value : values) {
    list.push(value);
  }
  return {.name = std::move(name), .schema = Json::object({{"enum", std::move(list)}})};
}

Parameter Parameter::text(std::string name, int characters_max) {
  return {.name = std::move(name), .schema = Json::object({{"type", "string"}, {"maxLength", characters_max}})};
}

std::int64_t Action::integer(std::string_view name) const {
  const Json* value = arguments.find(name);
  PUNA_CHECK(value != nullptr && value->is_integer(), "no whole number in this action: " + std::string(name));
  return value->as_integer();
}

const std::string& Action::text(std::string_view name) const {
  const Json* value = arguments.find(name);
  PUNA_CHECK(value != nullptr && value->is_string(), "no text in this action: " + std::string(name));
  return value->as_string();
}

Json to_json(const Action& action) {
  Json json = Json::object({{"action", action.kind}});
  for (const Json::Member& member : action.arguments.as_object()) {
    json.set(member.key, member.value);
  }
  return json;
}

Json schema_of(std::span<const ActionKind> kinds) {
  Json choices = Json::array();
  for (const ActionKind& kind : kinds) {
    choices.push(schema_of(kind));
  }
  choices.push(schema_of(noop_kind()));
  return Json::object({{"anyOf", std::move(choices)}});
}

Result<Action> action_from_json(const Json& json, std::span<const ActionKind> kinds) {
  const std::string_view name = json.text_or("action");
  const auto kind = std::ranges::find(kinds, name, &ActionKind::name);
  if (kind == kinds.end() && name != kNoop) {
    return fail(ErrorCode::corrupt, format_text("no action is called '{}' now", printable(utf8::truncate(name, 40))));
  }
  const ActionKind& found = kind == kinds.end() ? noop_kind() : *kind;
  const std::vector<std::string> violations = schema_violations(schema_of(found), json);
  if (!violations.empty()) {
    return fail(ErrorCode::corrupt, violations.front());
  }
  Action action{.kind = found.name};
  for (const Parameter& parameter : found.parameters) {
    action.arguments.set(parameter.name, *json.find(parameter.name));
  }
  return action;
}

Action random_action(std::span<const ActionKind> kinds, Random& random) {
  if (kinds.empty()) {
    return {.kind = kNoop};
  }
  const ActionKind& kind = kinds[pick(random, kinds.size())];
  Action action{.kind = kind.name};
  for (const Parameter& parameter : kind.parameters) {
    action.arguments.set(parameter.name, random_value(parameter.schema, random));
  }
  return action;
}

std::string said(std::string_view text) {
  std::string line;
  for (const char c : utf8::sanitize(text)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_space = byte <= 0x20;
    if (byte == 0x7F || std::string_view("#`<>|*[]{}\"\\").contains(c)) {
      continue;
    }
    if (!is_space) {
      line += c;
    } else if (!line.empty() && !line.ends_with(' ')) {
      line += ' ';
    }
  }
  line = utf8::truncate(line, kTextBytes);
  return "\"" + line.substr(0, line.find_last_not_of(' ') + 1) + "\"";
}

Network Network::create(const NetworkOptions& options, int agents, std::uint64_t seed) {
  Network made;
  made.agents_ = agents;
  if (options.topology == Topology::complete) {
    return made;
  }
  const auto n = static_cast<std::size_t>(agents);
  made.edges_.assign(n * n, false);
  const auto join = [&](std::size_t a, std::size_t b, bool joined = true) {
    if (a != b) {
      made.edges_[a * n + b] = joined;
      made.edges_[b * n + a] = joined;
    }
  };
  Random random(seed);
  const std::size_t reach = options.topology == Topology::ring ? 1 : static_cast<std::size_t>(options.k) / 2;
  for (std::size_t a = 0; a < n; ++a) {
    switch (options.topology) {
      case Topology::star:
        join(0, a);
        break;
      case Topology::random:
        for (std::size_t b = a + 1; b < n; ++b) {
          join(a, b, random.uniform() < options.p);
        }
        break;
      case Topology::complete:
      case Topology::ring:
      case Topology::small_world:
        for (std::size_t step = 1; step <= reach; ++step) {
          const bool is_moved = options.topology == Topology::small_world && random.uniform() < options.p;
          join(a, is_moved ? pick(random, n) : (a + step) % n);
        }
        break;
    }
  }
  return made;
}

bool Network::joins(int a, int b) const {
  return a != b &&
         (edges_.empty() ||
          edges_[static_cast<std::size_t>(a) * static_cast<std::size_t>(agents_) + static_cast<std::size_t>(b)]);
}

std::vector<int> Network::neighbours(int agent) const {
  std::vector<int> found;
  for (int other = 0; other < agents_; ++other) {
    if (joins(agent, other)) {
      found.push_back(other);
    }
  }
  return found;
}

double WorldSetup::number(std::string_view parameter) const {
  const Json* value = parameters.find(parameter);
  PUNA_CHECK(value != nullptr && value->is_number(), "a world asks for a parameter that it has not");
  return value->as_double();
}

const WorldKind* Worlds::find(std::string_view name) const {
  const auto found = std::ranges::find(kinds_, name, &WorldKind::name);
  return found == kinds_.end() ? nullptr : &*found;
}

Worlds Worlds::built_in() {
  Worlds worlds;
  worlds.add(swarm_world());
  worlds.add(public_goods_world());
  worlds.add(market_world());
  worlds.add(debate_world());
  return worlds;
}

}  // namespace puna::sim
