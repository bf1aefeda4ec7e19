// Reading a recording back. A line that is damaged is an error: half a recording would be another run.
#include <utility>

#include "agent/recording_json.h"
#include "puna/agent/recording.h"

namespace puna {
namespace {

class RecordingReader {
 public:
  Result<void> take(std::string_view text) {
    PUNA_TRY(Json line, Json::parse(text));
    const std::string type(line.text_or("type"));
    if (!is_begun_ && type != "recording") {
      return fail(ErrorCode::corrupt, "not a recording");
    }
    PUNA_TRY_VOID(take(type, line));
    if (type != "event") {
      recording_.lines.push_back(std::move(line));
    }
    return {};
  }

  Result<Recording> whole() && {
    if (!is_begun_) {
      return fail(ErrorCode::corrupt, "not a recording: it is empty", "puna run --record FILE writes one");
    }
    recording_.is_cut = !is_ended_;
    return std::move(recording_);
  }

 private:
  Result<void> take(std::string_view type, const Json& line) {
    if (is_ended_) {
      return fail(ErrorCode::corrupt, "there are lines behind the end");
    }
    if (type == "recording") {
      return take_head(line);
    }
    if (type == "event") {
      const Json* event = line.find("event");
      recording_.events.push_back(event == nullptr ? Json() : *event);
      return {};
    }
    if (type == "model") {
      const RecordedCall* before = recording_.model.calls.empty() ? nullptr : &recording_.model.calls.back();
      PUNA_TRY(RecordedCall call, recorded_call_from_json(line, before));
      recording_.model.calls.push_back(std::move(call));
      return {};
    }
    if (type == "counted") {
      const Json* tokens = line.find("tokens");
      recording_.model.counts[std::string(line.text_or("request_hash"))] =
          tokens != nullptr && tokens->is_integer() ? tokens->as_integer() : 0;
      return {};
    }
    return take_rest(type, line);
  }

  Result<void> take_rest(std::string_view type, const Json& line) {
    if (type == "tool") {
      recording_.results.push_back(agent::result_from(line));
    } else if (type == "permit") {
      PUNA_TRY(RecordedPermit permit, agent::permit_from(line));
      recording_.permits.push_back(std::move(permit));
    } else if (type == "code") {
      PUNA_TRY(RecordedCode code, agent::code_from(line));
      recording_.code.push_back(std::move(code));
    } else if (type == "interpreter") {
      recording_.dialect = line.text_or("dialect");
      const Json* is_small = line.find("is_micropython");
      recording_.is_micropython = is_small != nullptr && is_small->is_bool() && is_small->as_bool();
    } else if (type == "message") {
      const Json* message = line.find("message");
      PUNA_TRY(Message read, message_from_json(message == nullptr ? Json() : *message));
      recording_.messages.push_back(std::move(read));
    } else if (type == "end") {
      is_ended_ = true;
      const Json* error = line.find("error");
      recording_.failure = error == nullptr ? std::nullopt : agent::failure_from(*error);
    } else {
      return fail(ErrorCode::corrupt, format_text("'{}' is no record", printable(utf8::truncate(type, 40))));
    }
    return {};
  }

  Result<void> take_head(const Json& line) {
    if (is_begun_) {
      return fail(ErrorCode::corrupt, "a second first line");
    }
    const Json* version = line.find("version");
    if (version == nullptr || !version->is_integer()) {
      return fail(ErrorCode::corrupt, "its first line has no version");
    }
    if (version->as_integer() > kRecordingVersion) {
      return fail(ErrorCode::unavailable,
                  format_text("the recording is of version {}; this program reads up to {}", version->as_integer(),
                              kRecordingVersion),
                  "a newer puna");
    }
    is_begun_ = true;
    recording_.head = line;
    return agent::read_head(line, recording_);
  }

  Recording recording_;
  bool is_begun_ = false;
  bool is_ended_ = false;
};

}  // namespace

Result<Recording> read_recording(std::string_view text) {
  RecordingReader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {  // every round takes at least one byte
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos && number > 1) {  // half a line: whoever wrote it was stopped
      break;
    }
    if (auto taken = reader.take(text.substr(0, end)); !taken) {
      Error error = std::move(taken).error();
      error.code = error.code == ErrorCode::unavailable ? error.code : ErrorCode::corrupt;
      error.message = format_text("line {}: {}", number, error.message);
      error.hint = error.hint.empty() ? "puna run --record FILE writes one" : error.hint;
      return std::unexpected(std::move(error));
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return std::move(reader).whole();
}

Transcript transcript_of(const Recording& recording) {
  Transcript whole = recording.run.transcript;
  whole.append_range(recording.messages);
  return whole;
}

}  // namespace puna
