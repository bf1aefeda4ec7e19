#include "bench/mcp_tools.h"

namespace puna::bench {
namespace {

// [{name, description, parameters, task, arguments}, ...]
constexpr const char* kTools = R"json([
{"name": "create_issue", "description": "Open an issue in a repository",
 "parameters": {"type": "object", "properties": {
   "owner": {"type": "string"}, "repo": {"type": "string"}, "title": {"type": "string", "maxLength": 256},
   "body": {"type": "string"}, "labels": {"type": "array", "items": {"type": "string"}, "maxItems": 10},
   "assignees": {"type": "array", "items": {"type": "string"}}, "milestone": {"type": "integer", "minimum": 1}},
   "required": ["owner", "repo", "title"]},
 "task": "Open an issue titled 'Crash on start' in harbor/crane and label it bug.",
 "arguments": {"owner": "harbor", "repo": "crane", "title": "Crash on start", "labels": ["bug"]}},
{"name": "list_pull_requests", "description": "List pull requests of a repository",
 "parameters": {"type": "object", "properties": {
   "owner": {"type": "string"}, "repo": {"type": "string"}, "state": {"enum": ["open", "closed", "all"]},
   "sort": {"enum": ["created", "updated", "popularity", "long-running"]}, "direction": {"enum": ["asc", "desc"]},
   "per_page": {"type": "integer", "minimum": 1, "maximum": 100}, "page": {"type": "integer", "minimum": 1}},
   "required": ["owner", "repo"]},
 "task": "Show the open pull requests of harbor/crane, newest first.",
 "arguments": {"owner": "harbor", "repo": "crane", "state": "open", "sort": "created", "direction": "desc"}},
{"name": "search_code", "description": "Search the text of all files of the workspace",
 "parameters": {"type": "object", "properties": {
   "query": {"type": "string", "minLength": 1}, "is_regular_expression": {"type": "boolean"},
   "case_sensitive": {"type": "boolean"}, "include_globs": {"type": "array", "items": {"type": "string"}},
   "exclude_globs": {"type": "array", "items": {"type": "string"}},
   "max_results": {"type": "integer", "minimum": 1, "maximum": 500}},
   "required": ["query"]},
 "task": "Where is parse_header used? Look in C files only.",
 "arguments": {"query": "parse_header", "case_sensitive": true, "include_globs": ["*.c", "*.h"]}},
{"name": "edit_file", "description": "Replace pieces of a file",
 "parameters": {"type": "object", "properties": {
   "path": {"type": "string"}, "edits": {"type": "array", "minItems": 1, "items": {"type": "object", "properties": {
     "old_text": {"type": "string"}, "new_text": {"type": "string"}, "replace_all": {"type": "boolean"}},
     "required": ["old_text", "new_text"], "additionalProperties": false}},
   "dry_run": {"type": "boolean"}}, "required": ["path", "edits"]},
 "task": "In notes.txt change the word red to green.",
 "arguments": {"path": "notes.txt", "edits": [{"old_text": "red", "new_text": "green"}]}},
{"name": "read_multiple_files", "description": "Read several files at once",
 "parameters": {"type": "object", "properties": {
   "paths": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 20},
   "encoding": {"enum": ["utf-8", "latin-1", "base64"]}, "head_lines": {"type": "integer", "minimum": 0}},
   "required": ["paths"]},
 "task": "Read a.txt and b.txt.",
 "arguments": {"paths": ["a.txt", "b.txt"], "encoding": "utf-8"}},
{"name": "post_message", "description": "Send a message to a channel",
 "parameters": {"type": "object", "properties": {
   "channel_id": {"type": "string", "pattern": "^C[A-Z0-9]{8}$"}, "text": {"type": "string"},
   "thread_timestamp": {"type": "string"}, "unfurl_links": {"type": "boolean"},
   "attachments": {"type": "array", "items": {"type": "object", "properties": {
     "title": {"type": "string"}, "color": {"enum": ["good", "warning", "danger"]}, "url": {"type": "string", "format": "uri"}},
     "required": ["title"]}}}, "required": ["channel_id", "text"]},
 "task": "Tell channel C0PUNA123 that the build is done.",
 "arguments": {"channel_id": "C0PUNA123", "text": "The build is done."}},
{"name": "query_database", "description": "Run a read-only SQL query",
 "parameters": {"type": "object", "properties": {
   "sql": {"type": "string"}, "parameters": {"type": "array", "items": {"type": ["string", "number", "boolean", "null"]}},
   "row_limit": {"type": "integer", "minimum": 1, "maximum": 10000}, "timeout_seconds": {"type": "number", "exclusiveMinimum": 0},
   "format": {"enum": ["json", "csv", "markdown"]}}, "required": ["sql"]},
 "task": "How many rows has the table users? Give markdown.",
 "arguments": {"sql": "SELECT count(*) FROM users", "row_limit": 1, "format": "markdown"}},
{"name": "create_event", "description": "Put an event into a calendar",
 "parameters": {"type": "object", "properties": {
   "calendar_id": {"type": "string"}, "summary": {"type": "string"},
   "start": {"type": "object", "properties": {"date_time": {"type": "string", "format": "date-time"}, "time_zone": {"type": "string"}}, "required": ["date_time"]},
   "end": {"type": "object", "properties": {"date_time": {"type": "string", "format": "date-time"}, "time_zone": {"type": "string"}}, "required": ["date_time"]},
   "attendees": {"type": "array", "items": {"type": "object", "properties": {"email": {"type": "string", "format": "email"}, "optional": {"type": "boolean"}}, "required": ["email"]}},
   "visibility": {"enum": ["default", "public", "private"]}}, "required": ["summary", "start", "end"]},
 "task": "Lunch with mira@example.com on 2026-03-04 from 12:00 to 13:00 UTC.",
 "arguments": {"summary": "Lunch", "start": {"date_time": "2026-03-04T12:00:00Z"}, "end": {"date_time": "2026-03-04T13:00:00Z"}, "attendees": [{"email": "mira@example.com"}]}},
{"name": "get_forecast", "description": "The weather of the next days",
 "parameters": {"type": "object", "properties": {
   "latitude": {"type": "number", "minimum": -90, "maximum": 90}, "longitude": {"type": "number", "minimum": -180, "maximum": 180},
   "days": {"type": "integer", "minimum": 1, "maximum": 16}, "temperature_unit": {"enum": ["celsius", "fahrenheit"]},
   "hourly": {"type": "array", "items": {"enum": ["temperature", "precipitation", "wind_speed", "cloud_cover", "humidity"]}, "uniqueItems": true}},
   "required": ["latitude", "longitude"]},
 "task": "Will it rain at latitude 52.5, longitude 13.4 in the next 3 days?",
 "arguments": {"latitude": 52.5, "longitude": 13.4, "days": 3, "hourly": ["precipitation"]}},
{"name": "browser_click", "description": "Click an element of the page",
 "parameters": {"type": "object", "properties": {
   "element": {"type": "string", "description": "what it is, in words"}, "reference": {"type": "string", "pattern": "^e[0-9]{1,4}$"},
   "button": {"enum": ["left", "right", "middle"]}, "double_click": {"type": "boolean"},
   "modifiers": {"type": "array", "items": {"enum": ["Alt", "Control", "Meta", "Shift"]}}},
   "required": ["element", "reference"]},
 "task": "Click the Save button, it is e12.",
 "arguments": {"element": "Save button", "reference": "e12", "button": "left"}},
{"name": "send_email", "description": "Send an e-mail",
 "parameters": {"type": "object", "properties": {
   "to": {"type": "array", "items": {"type": "string", "format": "email"}, "minItems": 1},
   "cc": {"type": "array", "items": {"type": "string", "format": "email"}}, "subject": {"type": "string"},
   "body": {"type": "string"}, "body_type": {"enum": ["text/plain", "text/html"]},
   "importance": {"enum": ["low", "normal", "high"]}, "save_to_sent_items": {"type": "boolean"}},
   "required": ["to", "subject", "body"]},
 "task": "Write to ota@example.org with the subject Keys: the keys are at the desk.",
 "arguments": {"to": ["ota@example.org"], "subject": "Keys", "body": "The keys are at the desk.", "body_type": "text/plain"}},
{"name": "run_container", "description": "Start a container from an image",
 "parameters": {"type": "object", "properties": {
   "image": {"type": "string"}, "command": {"type": "array", "items": {"type": "string"}},
   "environment": {"type": "object", "additionalProperties": {"type": "string"}},
   "ports": {"type": "array", "items": {"type": "object", "properties": {"container_port": {"type": "integer", "minimum": 1, "maximum": 65535}, "host_port": {"type": "integer", "minimum": 1, "maximum": 65535}, "protocol": {"enum": ["tcp", "udp"]}}, "required": ["container_port"]}},
   "restart_policy": {"enum": ["no", "always", "on-failure", "unless-stopped"]}, "detach": {"type": "boolean"}},
   "required": ["image"]},
 "task": "Start postgres:17 in the background with container port 5432.",
 "arguments": {"image": "postgres:17", "ports": [{"container_port": 5432, "protocol": "tcp"}], "detach": true}},
{"name": "update_ticket", "description": "Change a ticket of the tracker",
 "parameters": {"type": "object", "properties": {
   "ticket_key": {"type": "string", "pattern": "^[A-Z]{2,10}-[0-9]{1,6}$"}, "status": {"enum": ["To Do", "In Progress", "In Review", "Done", "Won't Do"]},
   "priority": {"enum": ["Lowest", "Low", "Medium", "High", "Highest"]}, "story_points": {"type": "number", "minimum": 0, "maximum": 100},
   "due_date": {"type": "string", "format": "date"}, "assignee": {"type": ["string", "null"]}, "comment": {"type": "string"}},
   "required": ["ticket_key"]},
 "task": "Set PUNA-41 to In Review with priority High.",
 "arguments": {"ticket_key": "PUNA-41", "status": "In Review", "priority": "High"}},
{"name": "create_payment_link", "description": "Make a link with which a customer pays",
 "parameters": {"type": "object", "properties": {
   "amount": {"type": "integer", "minimum": 50, "description": "in the smallest unit of the currency"}, "currency": {"enum": ["eur", "usd", "gbp", "jpy", "chf", "sek"]},
   "product_name": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1}, "allow_promotion_codes": {"type": "boolean"},
   "metadata": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 20}},
   "required": ["amount", "currency", "product_name"]},
 "task": "A link for one Chair at 120 euros.",
 "arguments": {"amount": 12000, "currency": "eur", "product_name": "Chair", "quantity": 1}},
{"name": "find_places", "description": "Places near a point",
 "parameters": {"type": "object", "properties": {
   "location": {"type": "object", "properties": {"latitude": {"type": "number"}, "longitude": {"type": "number"}}, "required": ["latitude", "longitude"]},
   "radius_meters": {"type": "integer", "minimum": 1, "maximum": 50000}, "categories": {"type": "array", "items": {"enum": ["restaurant", "cafe", "pharmacy", "hospital", "fuel_station", "supermarket", "hotel"]}, "minItems": 1},
   "open_now": {"type": "boolean"}, "language_code": {"type": "string", "pattern": "^[a-z]{2}(-[A-Z]{2})?$"}},
   "required": ["location", "categories"]},
 "task": "Which pharmacies within 800 meters of 48.86, 2.34 are open now?",
 "arguments": {"location": {"latitude": 48.86, "longitude": 2.34}, "radius_meters": 800, "categories": ["pharmacy"], "open_now": true}},
{"name": "add_memory", "description": "Remember facts about entities",
 "parameters": {"type": "object", "properties": {
   "entities": {"type": "array", "minItems": 1, "items": {"type": "object", "properties": {
     "name": {"type": "string"}, "entity_type": {"enum": ["person", "place", "project", "thing"]}, "observations": {"type": "array", "items": {"type": "string"}}},
     "required": ["name", "entity_type", "observations"]}}}, "required": ["entities"]},
 "task": "Remember that Mira is a person who likes tea.",
 "arguments": {"entities": [{"name": "Mira", "entity_type": "person", "observations": ["likes tea"]}]}},
{"name": "convert_units", "description": "Convert a quantity",
 "parameters": {"type": "object", "properties": {
   "value": {"type": "number"}, "from_unit": {"enum": ["meter", "kilometer", "mile", "foot", "inch", "kilogram", "pound", "gram", "celsius", "fahrenheit"]},
   "to_unit": {"enum": ["meter", "kilometer", "mile", "foot", "inch", "kilogram", "pound", "gram", "celsius", "fahrenheit"]},
   "decimal_places": {"type": "integer", "minimum": 0, "maximum": 10}}, "required": ["value", "from_unit", "to_unit"]},
 "task": "How many kilometers are 26 miles? One decimal place.",
 "arguments": {"value": 26, "from_unit": "mile", "to_unit": "kilometer", "decimal_places": 1}},
{"name": "deploy_service", "description": "Deploy a version of a service",
 "parameters": {"type": "object", "properties": {
   "service": {"type": "string"}, "environment": {"enum": ["development", "staging", "production"]}, "version": {"type": "string", "pattern": "^v[0-9]+\\.[0-9]+\\.[0-9]+$"},
   "strategy": {"oneOf": [{"type": "object", "properties": {"kind": {"const": "rolling"}, "max_unavailable": {"type": "integer", "minimum": 0}}, "required": ["kind"]},
     {"type": "object", "properties": {"kind": {"const": "blue_green"}, "keep_old_minutes": {"type": "integer", "minimum": 0}}, "required": ["kind"]}]},
   "notify": {"type": "boolean"}}, "required": ["service", "environment", "version"]},
 "task": "Deploy v2.4.1 of billing to staging, rolling.",
 "arguments": {"service": "billing", "environment": "staging", "version": "v2.4.1", "strategy": {"kind": "rolling"}}},
{"name": "manage_lights", "description": "Switch the lights of a room",
 "parameters": {"type": "object", "properties": {
   "room": {"enum": ["kitchen", "living_room", "bedroom", "bathroom", "office", "hallway"]}, "action": {"enum": ["turn_on", "turn_off", "toggle", "set_brightness"]},
   "brightness_percent": {"type": "integer", "minimum": 0, "maximum": 100}, "color_temperature_kelvin": {"type": "integer", "minimum": 1500, "maximum": 9000},
   "transition_seconds": {"type": "number", "minimum": 0}}, "required": ["room", "action"]},
 "task": "Set the bedroom lights to 40 percent.",
 "arguments": {"room": "bedroom", "action": "set_brightness", "brightness_percent": 40}},
{"name": "search_flights", "description": "Flights between two airports",
 "parameters": {"type": "object", "properties": {
   "origin_airport": {"type": "string", "pattern": "^[A-Z]{3}$"}, "destination_airport": {"type": "string", "pattern": "^[A-Z]{3}$"},
   "departure_date": {"type": "string", "format": "date"}, "return_date": {"type": "string", "format": "date"},
   "passengers": {"type": "object", "properties": {"adults": {"type": "integer", "minimum": 1, "maximum": 9}, "children": {"type": "integer", "minimum": 0, "maximum": 9}}, "required": ["adults"]},
   "cabin_class": {"enum": ["economy", "premium_economy", "business", "first"]}, "nonstop_only": {"type": "boolean"}, "max_price": {"type": "number", "exclusiveMinimum": 0}},
   "required": ["origin_airport", "destination_airport", "departure_date", "passengers"]},
 "task": "Two adults from TXL to OSL on 2026-05-01, nonstop.",
 "arguments": {"origin_airport": "TXL", "destination_airport": "OSL", "departure_date": "2026-05-01", "passengers": {"adults": 2}, "nonstop_only": true}}
])json";

}  // namespace

const std::vector<McpTool>& mcp_tools() {
  static const std::vector<McpTool> tools = [] {
    const auto parsed = Json::parse(kTools);
    PUNA_CHECK(parsed.has_value(), "the list is JSON");
    std::vector<McpTool> all;
    for (const Json& tool : parsed->as_array()) {
      all.push_back({.spec = {.name = std::string(tool.text_or("name")),
                              .description = std::string(tool.text_or("description")),
                              .parameters = *tool.find("parameters")},
                     .task = std::string(tool.text_or("task")),
                     .arguments = *tool.find("arguments")});
    }
    return all;
  }();
  return tools;
}

}  // namespace puna::bench
