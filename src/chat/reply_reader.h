// The streaming readers behind ReplyParser, one for each way in which a reply is laid out.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "puna/chat/reply.h"

namespace puna {

class ReplyReader {
 public:
  ReplyReader() = default;
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;
  virtual ~ReplyReader() = default;

  // As ReplyParser's.
  [[nodiscard]] virtual ReplyParser::Delta feed(std::string_view text) = 0;
  [[nodiscard]] virtual ParsedReply finish(ReplyParser::End end) = 0;
};

// One text in which tags stand. tag_reader.cpp
[[nodiscard]] std::unique_ptr<ReplyReader> make_tag_reader(const ReplyFormat& format, const ReplyParser::Setup& setup);
// Messages with headers (Channels); what is said in them goes through a tag reader. channel_reader.cpp
[[nodiscard]] std::unique_ptr<ReplyReader> make_channel_reader(const ReplyFormat& format,
                                                               const ReplyParser::Setup& setup);

// Text that grows by pieces; white space at its end waits until more text comes.
class GrowingText {
 public:
  // `whole` is borrowed.
  explicit GrowingText(std::string& whole) : whole_(whole) {}

  void add(std::string_view text, std::string& delta);
  void put(std::string_view text, std::string& delta) {
    whole_ += text;
    delta += text;
  }
  void drop_space() { space_.clear(); }
  [[nodiscard]] const std::string& space() const { return space_; }

 private:
  std::string& whole_;
  std::string space_;
};

}  // namespace puna
