// See puna/model/prompt_audit.h.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string>

#include "puna/model/prompt_audit.h"

namespace puna {
namespace {

constexpr std::string_view kInstead = "[secret]";
constexpr std::size_t kSecretBytesMin = 6;  // a shorter value would be found in innocent words

struct SecretForm {
  const char* expression;
  const char* instead;
};

// Sources: the prefixes that these services publish for secret scanning; RFC 6750 and 7617 (Authorization), RFC 3986
// (a password in a URL), RFC 7468 (PEM), RFC 7519 (JWT).
constexpr std::array kForms{
    SecretForm{R"((?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z))", "[secret]"},
    SecretForm{R"(\b(?:sk|pk|rk)[-_](?:[A-Za-z0-9]+[-_])*[A-Za-z0-9_-]{16,})", "[secret]"},
    SecretForm{R"(\b(?:gh[pousr]_|github_pat_|glpat-|hf_|npm_|pypi-|dop_v1_|shpat_)[A-Za-z0-9_-]{16,})", "[secret]"},
    SecretForm{R"(\bxox[a-z]-[A-Za-z0-9-]{10,})", "[secret]"},
    SecretForm{R"(\b(?:AKIA|ASIA)[0-9A-Z]{16}\b)", "[secret]"},
    SecretForm{R"(\bAIza[0-9A-Za-z_-]{35})", "[secret]"},
    SecretForm{R"(\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)", "[secret]"},
    SecretForm{R"((?i)\b(bearer|basic)[ \t]+[A-Za-z0-9._~+/-]{16,}=*)", R"(\1 [secret])"},
    SecretForm{R"((://[^/\s:@]*:)[^/\s@]+@)", R"(\1[secret]@)"},
    // A name, in whatever notation, and its value: in quotes up to the closing one, else one word.
    SecretForm{
        R"re((?i)((?:api|access|auth|secret|private|client)[_-]?(?:key|token|secret)\\?["']?\s*[:=]\s*\\?["'])[^"'\\]{6,})re",
        R"(\1[secret])"},
    SecretForm{R"re((?i)((?:token|secret|passwd|password|passphrase|pwd)\\?["']?\s*[:=]\s*\\?["'])[^"'\\]{6,})re",
               R"(\1[secret])"},
    SecretForm{
        R"re((?i)((?:api|access|auth|secret|private|client)[_-]?(?:key|token|secret)\s*[:=]\s*)[^\s"',;\\\[]{6,})re",
        R"(\1[secret])"},
    SecretForm{R"re((?i)((?:token|secret|passwd|password|passphrase|pwd)\s*[:=]\s*)[^\s"',;\\\[]{6,})re",
               R"(\1[secret])"},
};

// Bytes, not characters: what a tool gave need not be valid UTF-8.
std::vector<std::unique_ptr<RE2>> compiled_forms() {
  std::vector<std::unique_ptr<RE2>> forms;
  for (const SecretForm& form : kForms) {
    forms.push_back(std::make_unique<RE2>(form.expression, RE2::Latin1));
    PUNA_CHECK(forms.back()->ok(), "a form of a secret is no expression");
  }
  return forms;
}

int replace_all(std::string& text, const std::string& value) {
  int count = 0;
  for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, at + kInstead.size())) {
    text.replace(at, value.size(), kInstead);
    ++count;
  }
  return count;
}

}  // namespace

Redacted redact(std::string_view text, std::span<const Secret> secrets) {
  static const std::vector<std::unique_ptr<RE2>> forms = compiled_forms();
  Redacted result{.text = std::string(text)};
  std::vector<std::string> values;
  for (const Secret& secret : secrets) {
    if (secret.reveal().size() >= kSecretBytesMin) {
      values.push_back(secret.reveal());
    }
  }
  std::ranges::sort(values, std::ranges::greater(), &std::string::size);  // one may begin with another
  for (const std::string& value : values) {
    result.secrets += replace_all(result.text, value);
  }
  for (std::size_t i = 0; i < forms.size(); ++i) {
    result.secrets += RE2::GlobalReplace(&result.text, *forms[i], kForms[i].instead);
  }
  return result;
}

}  // namespace puna
