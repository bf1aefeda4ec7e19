// Bytes of the web as UTF-8: whose word counts, and what becomes of lies.
#include "tools/charset.h"

#include <gtest/gtest.h>

#include "puna/base.h"

namespace puna::tools {
namespace {

TEST(Charset, AByteOrderMarkOutweighsTheHeaderAndTheHeaderOutweighsThePage) {
  EXPECT_EQ(decoded_text("\xef\xbb\xbf"
                         "caf\xc3\xa9",
                         "text/html; charset=iso-8859-1", true),
            "café");
  EXPECT_EQ(decoded_text(std::string_view("\xff\xfe"
                                          "A\0\xe9\0",
                                          6),
                         "text/html; charset=utf-8", true),
            "Aé");
  EXPECT_EQ(decoded_text(std::string_view("\xfe\xff\0A\0\xe9", 6), "", false), "Aé");
  EXPECT_EQ(decoded_text("caf\xe9<meta charset=utf-8>", "text/html;CHARSET=\"ISO-8859-1\"", true),
            "café<meta charset=utf-8>");
}

TEST(Charset, APageMayNameItsOwnAndATextMayNot) {
  const std::string_view page = "<meta charset='shift_jis'>\x93\xfa\x96\x7b";
  EXPECT_EQ(decoded_text(page, "text/html", true), "<meta charset='shift_jis'>日本");
  EXPECT_EQ(decoded_text(page, "text/plain", false).find("日本"), std::string::npos);
  EXPECT_EQ(decoded_text("<meta http-equiv=content-type content='text/html; charset=koi8-r'>\xd4", "", true).substr(66),
            "т");
}

TEST(Charset, WithoutAKnownNameItIsUtf8WhereThatFitsAndElseWindows1252) {
  EXPECT_EQ(decoded_text("na\xc3\xafve \xe2\x82\xac", "", true), "naïve €");
  EXPECT_EQ(decoded_text("na\xefve \x80", "", true), "naïve €");
  EXPECT_EQ(decoded_text("na\xc3\xafve", "text/html; charset=no-such-name", true), "naïve");
  EXPECT_EQ(decoded_text("cut \xe2\x82", "", false), "cut \xef\xbf\xbd\xef\xbf\xbd");  // UTF-8 that ends too early
}

TEST(Charset, ALyingNameGivesReplacementsAndNeverInvalidText) {
  EXPECT_EQ(decoded_text("caf\xe9!", "text/html; charset=utf-8", true), "caf\xef\xbf\xbd!");
  std::string every;
  for (int i = 0; i < 256; ++i) {
    every += static_cast<char>(i);
  }
  for (int i = 255; i >= 0; --i) {
    every += static_cast<char>(i);
  }
  for (const char* name :
       {"utf-8", "utf-16le", "utf-16be", "iso-2022-jp", "shift_jis", "euc-jp", "euc-kr", "gb18030", "gbk", "big5",
        "windows-1251", "koi8-u", "macintosh", "x-user-defined", "replacement", "iso-8859-8-i", "", "\"", "utf-7"}) {
    const std::string type = format_text("text/html; charset={}", name);
    for (std::size_t cut = 0; cut <= every.size(); cut += 7) {
      EXPECT_TRUE(utf8::is_valid(decoded_text(std::string_view(every).substr(cut), type, true))) << name << cut;
    }
  }
}

TEST(Charset, LongTextsPassTheDecodersBuffer) {
  std::string latin;
  std::string wanted;
  for (int i = 0; i < 20'001; ++i) {
    latin += '\xe9';
    wanted += "é";
  }
  EXPECT_TRUE(decoded_text(latin, "text/plain; charset=latin1", false) == wanted);
  std::string wide = "\xff\xfe";
  for (int i = 0; i < 20'001; ++i) {
    wide += "\x3d\xd8\x00\xde"[i % 2 * 2];
    wide += std::string_view("\x3d\xd8\x00\xde", 4)[static_cast<std::size_t>(i % 2 * 2 + 1)];
  }
  const std::string faces = decoded_text(wide, "", false);
  EXPECT_EQ(faces.substr(0, 8), "😀😀");
  EXPECT_EQ(faces.size(), 10'000U * 4 + 3);  // the last half of a pair is replaced
}

TEST(Charset, CharactersThatStandAcrossTwoPiecesAreWhole) {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string bytes(shift, 'a');
    std::string wanted(shift, 'a');
    for (int i = 0; i < 3'000; ++i) {
      bytes += "\x81\x30\x89\x37\xd6\xd0";  // gb18030: four bytes, then two
      wanted += "Þ中";
    }
    EXPECT_TRUE(decoded_text(bytes, "text/html; charset=gb18030", true) == wanted) << shift;
  }
}

TEST(Charset, MediaTypesLoseTheirParametersAndCase) {
  EXPECT_EQ(media_type(" Text/HTML ;charset=x"), "text/html");
  EXPECT_EQ(media_type(""), "");
  EXPECT_EQ(media_type(";"), "");
}

}  // namespace
}  // namespace puna::tools
