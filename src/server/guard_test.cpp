// Who may ask: hosts, origins, keys, content types.
#include "server/guard.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>

namespace puna::server {
namespace {

HttpRequestIn request(std::initializer_list<std::pair<std::string, std::string>> headers) {
  HttpRequestIn made;
  made.method = "POST";
  for (const auto& [name, value] : headers) {
    made.headers.push_back({.name = name, .value = value});
  }
  return made;
}

Guard guard(GuardOptions options = {}) {
  options.address = options.address.empty() ? "127.0.0.1" : options.address;
  options.port = 8080;
  auto made = Guard::create(std::move(options));
  EXPECT_TRUE(made);
  return *std::move(made);
}

int place(const Guard& guard, std::initializer_list<std::pair<std::string, std::string>> headers) {
  const Answer<void> answer = guard.check_place(request(headers));
  return answer ? 200 : answer.error().status;
}

TEST(Guard, KnowsTheNamesOfThisMachineOnly) {
  const Guard here = guard({.hosts = {"puna.example"}});
  for (const char* host : {"127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080", "127.1.2.3:8080",
                           "puna.example", "puna.example:443"}) {
    EXPECT_EQ(place(here, {{"host", host}}), 200) << host;
  }
  for (const char* host :
       {"attacker.example", "attacker.example:8080", "localhost.attacker.example:8080", "127.0.0.1", "127.0.0.1:80",
        "127.0.0.1.attacker.example:8080", ":8080", "[::1]", "127.x:8080", "10.0.0.1:8080", "puna.example.attacker"}) {
    EXPECT_EQ(place(here, {{"host", host}}), 421) << host;
  }
  EXPECT_EQ(place(here, {}), 400);
  EXPECT_EQ(place(here, {{"host", ""}}), 400);
}

TEST(Guard, IsCalledByTheAddressThatItListensOn) {
  EXPECT_EQ(place(guard({.address = "10.0.0.1"}), {{"host", "10.0.0.1:8080"}}), 200);
  EXPECT_EQ(place(guard({.address = "fe80::1"}), {{"host", "[fe80::1]:8080"}}), 200);
}

TEST(Guard, LetsNoForeignPageAsk) {
  const Guard here = guard({.origins = {"https://app.example"}});
  const std::string host = "127.0.0.1:8080";
  EXPECT_EQ(place(here, {{"host", host}, {"origin", "http://127.0.0.1:8080"}}), 200);
  EXPECT_EQ(place(here, {{"host", host}, {"origin", "https://app.example"}}), 200);
  for (const char* origin :
       {"null", "https://evil.example", "http://127.0.0.1:9", "https://app.example.evil", "*", ""}) {
    EXPECT_EQ(place(here, {{"host", host}, {"origin", origin}}), 403) << origin;
  }
  EXPECT_TRUE(here.cross_origin_headers(request({{"origin", "https://evil.example"}})).empty());
  EXPECT_EQ(here.cross_origin_headers(request({{"origin", "https://app.example"}})).front().second,
            "https://app.example");
  EXPECT_FALSE(Guard::create({.origins = {"*"}}));
  EXPECT_FALSE(Guard::create({.origins = {"https://*.example"}}));
}

TEST(Guard, TakesTheKeyAndNothingLikeIt) {
  const Guard locked = guard({.api_key = Secret("sesame-12345")});
  const auto status = [&](const char* name, const std::string& value) {
    const Answer<void> answer = locked.check_key(request({{name, value}}));
    return answer ? 200 : answer.error().status;
  };
  EXPECT_EQ(status("authorization", "Bearer sesame-12345"), 200);
  EXPECT_EQ(status("authorization", "bearer sesame-12345"), 200);
  EXPECT_EQ(status("x-api-key", "sesame-12345"), 200);
  for (const std::string& wrong :
       {std::string("Bearer sesame-1234"), std::string("Bearer sesame-123456"), std::string("Bearer "),
        std::string("sesame-12345"), std::string("Basic sesame-12345"), "Bearer " + std::string(60'000, 's'),
        std::string("Bearer sesame-12345sesame-12345")}) {
    EXPECT_EQ(status("authorization", wrong), 401) << wrong.substr(0, 40);
  }
  EXPECT_EQ(status("other", ""), 401);
  EXPECT_TRUE(guard().check_key(request({})));
}

TEST(Guard, SecretsAreEqualOnlyToThemselves) {
  EXPECT_TRUE(is_same_secret("abc", "abc"));
  EXPECT_FALSE(is_same_secret("abcabc", "abc"));
  EXPECT_FALSE(is_same_secret("", "abc"));
  EXPECT_FALSE(is_same_secret("abc", ""));
  EXPECT_FALSE(is_same_secret("abd", "abc"));
}

TEST(Guard, WantsJsonThatSaysSo) {
  EXPECT_TRUE(Guard::check_type(request({{"content-type", "application/json"}})));
  EXPECT_TRUE(Guard::check_type(request({{"content-type", "Application/JSON ; charset=utf-8"}})));
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "",
                           "application/jsonx", "text/plain; application/json"}) {
    EXPECT_FALSE(Guard::check_type(request({{"content-type", type}}))) << type;
  }
  EXPECT_FALSE(Guard::check_type(request({})));
}

}  // namespace
}  // namespace puna::server
