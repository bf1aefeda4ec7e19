// One HTTP/1.1 request out of bytes, strictly: what two readers could understand differently is refused.
// Source: RFC 9110, RFC 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace puna::server {

// The letters A to Z as a to z.
[[nodiscard]] std::string lowered(std::string_view text);

struct ReaderLimits {
  std::size_t head_bytes = 65'536;
  std::size_t headers = 100;
  std::size_t body_bytes = std::size_t{16} << 20U;
};

struct HttpRequestIn {
  struct Header {
    std::string name;  // lower case
    std::string value;
  };
  std::string method;
  std::string path;   // as sent: nothing is decoded
  std::string query;  // behind '?'
  std::vector<Header> headers;
  std::string body;
  bool keep_alive = true;
  bool may_have_chunks = true;  // of the answer: HTTP/1.0 knows none

  // The only value of a header; empty when it is absent. A repeated one has its values joined by ", ".
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
};

// Why a request is none, as an answer to it.
struct BadRequest {
  int status = 400;
  std::string message;
};

// Feeding bytes in any pieces gives the same request as feeding them whole.
// Thread  one owner.
class RequestReader {
 public:
  enum class State : std::uint8_t { empty, head, body, done, bad };

  explicit RequestReader(const ReaderLimits& limits) : limits_(limits) {}

  // Takes bytes until the request is complete or bad.
  // Returns  how many were taken; the rest belongs to the next request
  std::size_t feed(std::string_view bytes);
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const BadRequest& problem() const { return problem_; }
  // The head is there, the body is not, and the client waits to be told to send it. True once.
  [[nodiscard]] bool take_expectation();
  // The request; the reader begins a new one.   Requires  done.
  [[nodiscard]] HttpRequestIn take();

 private:
  enum class Part : std::uint8_t { size, data, data_end, trailers };  // of a chunked body

  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_chunked(std::string_view bytes);
  void on_line(std::string_view line);
  void read_head();
  bool read_request_line(std::string_view line);
  bool read_header(std::string_view line);
  bool read_framing();
  bool read_length(std::string_view text);
  bool refuse(int status, std::string message);

  ReaderLimits limits_;
  State state_ = State::empty;
  std::string head_;
  std::string line_;  // of a chunked body
  Part part_ = Part::size;
  std::size_t left_ = 0;  // bytes of the body or of the chunk
  std::size_t trailer_bytes_ = 0;
  bool is_chunked_ = false;
  bool expects_ = false;
  BadRequest problem_;
  HttpRequestIn request_;
};

}  // namespace puna::server
