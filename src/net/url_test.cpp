// What a URL names, in one form, and what is refused before anything is looked up.
#include "puna/net/url.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "puna/net/address.h"

namespace puna {
namespace {

std::string host_of(std::string_view text) {
  const auto url = Url::parse(text);
  return url ? url->host : "refused";
}
std::string why(std::string_view text) {
  const auto url = Url::parse(text);
  return url ? "accepted as " + url->text : url.error().message;
}

TEST(Url, HasOneFormForEverythingThatNamesTheSameHost) {
  for (const char* text :
       {"http://127.0.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7F.0.0.0x1/", "http://0177.0.0.01/",
        "http://127.1/", "http://127.0.1/", "http://017700000001/", "http://127.0.0.1./", "http://%31%32%37.0.0.1/",
        "http://\uff11\uff12\uff17.0.0.1/", "http://127\u30020\u30020\u30021/"}) {
    EXPECT_EQ(host_of(text), "127.0.0.1") << text;
  }
  EXPECT_EQ(host_of("http://EXAMPLE.org"), "example.org");
  EXPECT_EQ(host_of("http://example.org."), "example.org");
  EXPECT_EQ(host_of("http://b\u00fccher.example/"), "xn--bcher-kva.example");
  EXPECT_EQ(host_of("http://B\u00dcCHER.example/"), "xn--bcher-kva.example");
  EXPECT_EQ(host_of("http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54/"), "localhost");
  EXPECT_EQ(host_of("http://[::1]:8080/"), "::1");
  EXPECT_EQ(host_of("http://[0:0:0:0:0:0:0:1]/"), "::1");
  EXPECT_EQ(host_of("http://[::ffff:7f00:1]/"), "::ffff:127.0.0.1");
  EXPECT_EQ(host_of("http://[::]/"), "::");
  EXPECT_EQ(host_of("http://0/"), "0.0.0.0");
}

TEST(Url, TakesItsPartsApart) {
  const auto url = Url::parse("HTTPS://Example.org:8443/a/./b/../c?q=1&x=%20#there");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->text, "https://example.org:8443/a/c?q=1&x=%20");
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "example.org");
  EXPECT_EQ(url->port, 8'443);
  EXPECT_EQ(url->path, "/a/c");
  EXPECT_EQ(url->shown(), "https://example.org:8443/a/c");
  EXPECT_EQ(Url::parse("http://example.org:80")->text, "http://example.org/");
  EXPECT_EQ(Url::parse("https://example.org:443/x")->text, "https://example.org/x");
  EXPECT_EQ(Url::parse("http://example.org/caf\u00e9?\u00e4")->text, "http://example.org/caf%C3%A9?%C3%A4");
}

TEST(Url, RefusesWhatIsNotAPlainAddressOfTheWeb) {
  for (const char* text : {"",
                           "example.org",
                           "//example.org/",
                           "file:///etc/passwd",
                           "gopher://example.org/",
                           "ftp://example.org/",
                           "dict://127.0.0.1:11211/stat",
                           "javascript:alert(1)",
                           "data:text/html,x",
                           "http:/example.org",
                           "http:example.org",
                           "http:///path",
                           "http://",
                           "http://user@example.org/",
                           "http://user:pw@example.org/",
                           "http://@example.org/",
                           "http://example.org:0/",
                           "http://example.org:65536/",
                           "http://example.org:-1/",
                           "http://example.org:8a/",
                           "http://exa mple.org/",
                           " http://example.org/",
                           "http://example.org/ ",
                           "http://example.org/a b",
                           "http://example.org/\r\nX: y",
                           "http://exam\tple.org/",
                           "http://example..org/",
                           "http://.example.org/",
                           "http://example.org../",
                           "http://./",
                           "http://[::1/",
                           "http://[fe80::1%25eth0]/",
                           "http://[fe80::1%eth0]/",
                           "http://[v1.x]/",
                           "http://[127.0.0.1]/",
                           "http://256.1.1.1/",
                           "http://1.2.3.4.5/",
                           "http://1.2.3.0x/",
                           "http://example.1/",
                           "http://4294967296/",
                           "http://0x100000000/",
                           "http://exa%00mple.org/",
                           "http://exa%0ample.org/",
                           "http://exa%2fmple.org/",
                           "http://a<b/",
                           "http://example.org\\@127.0.0.1/",
                           "http://\xff\xfe.org/",
                           "http://exa\u200bmple\uffff.org/",
                           "http://xn--\u00fc.org/"}) {
    EXPECT_FALSE(Url::parse(text)) << text << " became " << why(text);
  }
  EXPECT_FALSE(Url::parse(std::string_view("http://a\0b.org/", 15)));
  EXPECT_FALSE(Url::parse("http://" + std::string(64, 'a') + ".org/")) << "a label of 64 letters";
  EXPECT_TRUE(Url::parse("http://" + std::string(63, 'a') + ".org/"));
  EXPECT_FALSE(Url::parse("http://example.org/" + std::string(kUrlBytesMax, 'a')));
  EXPECT_FALSE(Url::parse("http://example.org/" + std::string(kUrlBytesMax / 2, '\xff'))) << "%FF is three bytes";
}

TEST(Url, SaysWhatIsWrong) {
  EXPECT_EQ(why("file:///etc/passwd"),
            "the URL 'file:///etc/passwd': only absolute addresses that begin with http:// or https:// are served");
  EXPECT_EQ(why("http://me:pw@example.org/"),
            "the URL 'http://me:pw@example.org/': a user name or password in it is refused");
  EXPECT_EQ(why("http://1.2.3.4.5/"), "the URL 'http://1.2.3.4.5/': its host is neither a name nor an address");
}

TEST(Url, ReadsReferencesFromWhereTheyStand) {
  const Url page = *Url::parse("https://example.org/a/b/page.html?x=1");
  const std::vector<std::pair<std::string, std::string>> rows{
      {"other.html", "https://example.org/a/b/other.html"},
      {"../up", "https://example.org/a/up"},
      {"/root?q", "https://example.org/root?q"},
      {"//other.example/x", "https://other.example/x"},
      {"?y=2", "https://example.org/a/b/page.html?y=2"},
      {"", "https://example.org/a/b/page.html?x=1"},
      {"#part", "https://example.org/a/b/page.html?x=1"},
      {"  spaced name.html \n", "https://example.org/a/b/spaced%20name.html"},
      {"HTTP://127.1:81/", "http://127.0.0.1:81/"},
      {"\u00e9t\u00e9", "https://example.org/a/b/%C3%A9t%C3%A9"},
      {"htt>p://127.1/", "https://example.org/a/b/htt%3Ep://127.1/"},  // ">" is in no scheme
      {"../../../../x", "https://example.org/x"}};
  for (const auto& [reference, expected] : rows) {
    const auto url = page.resolve(reference);
    EXPECT_EQ(url ? url->text : url.error().message, expected) << reference;
  }
  for (const char* reference : {"file:///etc/passwd", "javascript:alert(1)", "mailto:a@b.org", "//user@host/",
                                "gopher://example.org:70/_x", "http://[::1", "data:text/plain,x", "//exa mple.org/"}) {
    EXPECT_FALSE(page.resolve(reference)) << reference;
  }
}

TEST(Url, CanonicalTextReadsBackAsItself) {
  for (const char* text :
       {"http://127.1:81/a/../b?c=d#e", "https://[::FFFF:1.2.3.4]:99/", "http://b\u00fccher.example/\u00fc",
        "http://example.org?x", "http://example.org/%7Euser/%zz"}) {
    const auto once = Url::parse(text);
    ASSERT_TRUE(once) << text;
    const auto twice = Url::parse(once->text);
    ASSERT_TRUE(twice) << once->text;
    EXPECT_EQ(*once, *twice);
  }
}

TEST(Url, QueryValuesComeBackFromTheirEncoding) {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) {
    every += static_cast<char>(byte);
  }
  const std::string encoded = percent_encoded(every);
  EXPECT_EQ(encoded.find_first_of(" &=+#?/%\"", 0), encoded.find('%'));
  EXPECT_EQ(percent_decoded(encoded), every);
  EXPECT_EQ(percent_decoded("a+b%2B%zz%4"), "a b+%zz%4");
}

}  // namespace
}  // namespace puna
