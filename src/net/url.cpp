// libcurl's URL parser takes the text apart; what a host is, is decided here once more, from its canonical form.
#include "puna/net/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>
#include <optional>

#include "net/idna.h"
#include "net/shown.h"
#include "puna/net/address.h"

namespace puna {
namespace {

constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;
constexpr unsigned kReadFlags = CURLU_DISALLOW_USER;

struct Cleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, Cleanup>;

std::unexpected<Error> bad_url(std::string_view text, std::string_view why) {
  return fail(ErrorCode::invalid_argument, format_text("the URL '{}': {}", net::shown(text), why),
              "write an absolute address such as https://example.org/page");
}

std::optional<std::string> part(const Handle& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) {
    return std::nullopt;
  }
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool is_host_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return lower;
}

// As the URL standard has it: a name whose last label is a number is an IPv4 address, or nothing.
bool ends_in_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);  // npos + 1 = 0
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_hex = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  return std::ranges::all_of(last, is_digit) || (last.starts_with("0x") && std::ranges::all_of(last.substr(2), is_hex));
}

Result<std::string> canonical_host(std::string_view raw, std::string_view url) {
  if (raw.starts_with('[')) {
    const auto address = raw.ends_with(']') ? IpAddress::parse(raw.substr(1, raw.size() - 2)) : std::nullopt;
    if (!address || !address->is_v6) {
      return bad_url(url, "what stands in brackets is no IPv6 address");
    }
    return address->to_text();
  }
  std::string host = lowered(raw);
  if (!std::ranges::all_of(host, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    PUNA_TRY(std::string ascii, net::ascii_host(host));
    host = lowered(ascii);
  }
  if (host.ends_with('.')) {
    host.pop_back();
  }
  if (host.empty() || host.size() > kHostBytesMax || !std::ranges::all_of(host, is_host_letter)) {
    return bad_url(url, "its host is no host name");
  }
  for (std::size_t begin = 0; begin <= host.size();) {
    const std::size_t end = std::min(host.find('.', begin), host.size());
    if (end == begin || end - begin > kLabelBytesMax) {
      return bad_url(url, "its host is no host name");
    }
    begin = end + 1;
  }
  if (ends_in_number(host)) {
    const auto address = IpAddress::parse(host);
    if (!address || address->is_v6) {
      return bad_url(url, "its host is neither a name nor an address");
    }
  }
  return host;
}

// "" or "http:": what may stand in front of "//" and a host. RFC 3986 section 3.1
bool is_scheme(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::string_view name = text.substr(0, text.empty() ? 0 : text.size() - 1);
  return text.empty() || (text.ends_with(':') && kLetters.contains(text.front()) &&
                          name.find_first_not_of(std::string(kLetters) + "0123456789+-.") == std::string_view::npos);
}

// Bytes that stand in no URL, as %XX; in the host (which has its own rules) as they are.
std::string with_encoded_bytes(std::string_view text) {
  const std::size_t slashes = text.find("//");
  const bool has_host = slashes != std::string_view::npos && is_scheme(text.substr(0, slashes));
  const std::size_t host_end = has_host ? text.find_first_of("/?#", slashes + 2) : 0;
  std::string encoded(text.substr(0, host_end));
  for (const char c : text.substr(encoded.size())) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += byte <= 0x20 || byte >= 0x7f || c == '"' || c == '<' || c == '>' ? format_text("%{:02X}", byte)
                                                                                : std::string(1, c);
  }
  return encoded;
}

Result<Url> read_parts(const Handle& handle, std::string_view text) {
  Url url;
  url.scheme = part(handle, CURLUPART_SCHEME).value_or("");
  if (url.scheme != "http" && url.scheme != "https") {
    return bad_url(text, "only http and https are served");
  }
  if (part(handle, CURLUPART_USER) || part(handle, CURLUPART_PASSWORD)) {
    return bad_url(text, "a user name or password in it is refused");
  }
  if (part(handle, CURLUPART_ZONEID)) {
    return bad_url(text, "an address with a zone is refused");
  }
  PUNA_TRY(url.host, canonical_host(part(handle, CURLUPART_HOST).value_or(""), text));
  const std::string port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("");
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (failed != std::errc{} || end != port.data() + port.size() || url.port == 0) {
    return bad_url(text, "its port is not in 1 to 65535");
  }
  url.path = part(handle, CURLUPART_PATH).value_or("/");
  const auto query = part(handle, CURLUPART_QUERY);
  const bool usual_port = url.port == (url.scheme == "http" ? 80 : 443);
  const bool bracketed = url.host.find(':') != std::string::npos;
  url.text = format_text("{}://{}{}{}{}{}", url.scheme, bracketed ? "[" : "", url.host, bracketed ? "]" : "",
                         usual_port ? "" : format_text(":{}", url.port), url.path);
  url.text += query ? "?" + *query : "";
  if (url.text.size() > kUrlBytesMax) {
    return bad_url(text, format_text("longer than {} bytes", kUrlBytesMax));
  }
  return url;
}

bool has_odd_byte(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (text.size() > kUrlBytesMax) {
    return bad_url(text, format_text("longer than {} bytes", kUrlBytesMax));
  }
  if (has_odd_byte(text)) {
    return bad_url(text, "spaces and control characters are refused");
  }
  const std::string begin = lowered(text.substr(0, 8));
  const std::size_t host_at = begin.starts_with("http://") ? 7 : begin == "https://" ? 8 : 0;
  if (host_at == 0 || text.substr(host_at).starts_with('/')) {
    return bad_url(text, "only absolute addresses that begin with http:// or https:// are served");
  }
  const Handle handle(curl_url());
  const CURLUcode code = handle == nullptr
                             ? CURLUE_OUT_OF_MEMORY
                             : curl_url_set(handle.get(), CURLUPART_URL, with_encoded_bytes(text).c_str(), kReadFlags);
  if (code == CURLUE_USER_NOT_ALLOWED) {
    return bad_url(text, "a user name or password in it is refused");
  }
  if (code != CURLUE_OK) {
    return bad_url(text, curl_url_strerror(code));
  }
  return read_parts(handle, text);
}

Result<Url> Url::resolve(std::string_view reference) const {
  if (reference.size() > kUrlBytesMax || reference.find('\0') != std::string_view::npos) {
    return bad_url(reference, "a NUL byte, or too long");
  }
  std::string clean;  // as browsers do: no line ends and tabs, no spaces around
  std::ranges::copy_if(reference, std::back_inserter(clean),
                       [](char c) { return c != '\n' && c != '\r' && c != '\t'; });
  clean.erase(0, clean.find_first_not_of(' '));
  clean.erase(clean.find_last_not_of(' ') + 1);
  const Handle handle(curl_url());
  if (handle == nullptr || curl_url_set(handle.get(), CURLUPART_URL, this->text.c_str(), kReadFlags) != CURLUE_OK) {
    return bad_url(this->text, "cannot be read back");
  }
  const CURLUcode code = clean.empty()
                             ? CURLUE_OK
                             : curl_url_set(handle.get(), CURLUPART_URL, with_encoded_bytes(clean).c_str(), kReadFlags);
  if (code != CURLUE_OK) {
    return bad_url(reference, curl_url_strerror(code));
  }
  return read_parts(handle, reference);
}

bool Url::same_origin(const Url& other) const {
  return scheme == other.scheme && host == other.host && port == other.port;
}

std::string Url::shown() const { return net::shown(std::string_view(text).substr(0, text.find('?'))); }

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' || c == '~';
    encoded += plain && static_cast<unsigned char>(c) < 0x80 ? std::string(1, c)
                                                             : format_text("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

}  // namespace puna
