// Server-sent events out of bytes. Source: HTML standard, 9.2.6 (Interpreting an event stream).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "puna/base.h"

namespace puna {

struct ServerEvent {
  std::string type = "message";
  std::string data;  // bytes as sent, lines joined by newlines

  bool operator==(const ServerEvent&) const = default;
};

// Reads events as their bytes arrive: lines that end in CR, LF or CRLF, a byte order mark at the start, comments.
// Pieces may end anywhere: the events are the same. Nothing here reconnects; a caller who does needs last_id() and
// retry(). Thread  one owner.
class EventReader {
 public:
  // bytes_max  of one event, its line in progress included
  explicit EventReader(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Appends the events that end in these bytes; an event without data is none.
  // Errors  limit  an event of more than bytes_max; the reader is of no use afterwards
  [[nodiscard]] Result<void> feed(std::string_view bytes, std::vector<ServerEvent>& events);
  // The end of the stream as the end of the last event too: for servers that leave out its empty line.
  void finish(std::vector<ServerEvent>& events);

  // The last id of an event that ended, with or without data; empty: none. It fits a header.
  [[nodiscard]] const std::string& last_id() const { return last_id_; }
  // How long to wait before asking for what comes behind last_id(); at most an hour.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const { return retry_; }
  // The connection is a new one: what had begun is forgotten, last_id() and retry() stay.
  void begin_again();

 private:
  void end_line(std::vector<ServerEvent>& events);
  void take_field(std::string_view field, std::string_view value);

  std::size_t bytes_max_;
  std::string line_;
  std::string data_;
  std::string type_;
  std::string id_;  // of the event that is read
  std::string last_id_;
  std::optional<std::chrono::milliseconds> retry_;
  bool has_data_ = false;
  bool is_first_line_ = true;
  bool after_return_ = false;  // a newline that follows belongs to it
};

}  // namespace puna
