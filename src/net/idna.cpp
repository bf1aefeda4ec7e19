// UTS 46 is lexbor's. libcurl's own would depend on the process' locale.
#include "net/idna.h"

#include <lexbor/unicode/unicode.h>

#include "net/shown.h"

namespace puna::net {
namespace {

lxb_status_t append(const lxb_char_t* data, std::size_t size, void* text) {
  static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(data), size);
  return LXB_STATUS_OK;
}

// lexbor's own create() leaves memory that destroy() would read.
class Idna {
 public:
  Idna() : ready_(lxb_unicode_idna_init(&idna_) == LXB_STATUS_OK) {}
  Idna(const Idna&) = delete;
  Idna& operator=(const Idna&) = delete;
  ~Idna() { lxb_unicode_idna_destroy(&idna_, false); }

  bool to_ascii(std::string_view host, std::string& ascii) {
    const auto flags = static_cast<lxb_unicode_idna_flag_t>(LXB_UNICODE_IDNA_FLAG_USE_STD3ASCII_RULES |
                                                            LXB_UNICODE_IDNA_FLAG_VERIFY_DNS_LENGTH);
    return ready_ && lxb_unicode_idna_to_ascii(&idna_, reinterpret_cast<const lxb_char_t*>(host.data()), host.size(),
                                               append, &ascii, flags) == LXB_STATUS_OK;
  }

 private:
  lxb_unicode_idna_t idna_{};
  bool ready_;
};

}  // namespace

Result<std::string> ascii_host(std::string_view host) {
  std::string ascii;
  if (!utf8::is_valid(host) || !Idna().to_ascii(host, ascii)) {
    return fail(ErrorCode::invalid_argument, format_text("'{}' is no host name", shown(host)));
  }
  return ascii;
}

}  // namespace puna::net
