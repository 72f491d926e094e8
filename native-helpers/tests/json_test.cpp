#include "base/json.hpp"

#include <random>

#include "tests/test.hpp"

namespace json = carousel::json;

TEST("json: reads what RFC 8259 allows") {
  const auto v = json::parse(R"( {"a":[1,-2.5e1,true,null,"x\u00e9\ud83d\ude00\n"],"b":{}} )");
  CHECK(v.ok());
  const json::Array& a = *v->find("a")->array();
  CHECK(a.size() == 5 && *a[0].whole() == 1 && *a[1].number() == -25 && *a[2].boolean() && a[3].is_null());
  CHECK(*a[4].string() == "x\xC3\xA9\xF0\x9F\x98\x80\n");
  CHECK(!a[1].whole() && v->find("c") == nullptr && v->find("b")->object()->empty());
}

TEST("json: refuses everything else") {
  for (const char* bad : {"", " ", "{", "{]", "[1,]", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{a:1}", "'a'", "01", "1.", ".5", "+1", "1e", "-", "NaN", "inf",
                          "tru", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\u0000\"", "\"\t\"", "\"\xff\"", "\"\xc0\xaf\"",
                          "\"\xed\xa0\x80\"", "1 2", "{} {}", "{\"a\":1,\"a\":2}", "[[[[[[[[[[1]]]]]]]]]]", "1e999"}) {
    CHECK(!json::parse(bad).ok());
  }
}

TEST("json: what is written can be read back") {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int n = static_cast<int>(random() % 40); n > 0; --n) text += static_cast<char>(random() % 256);
    const auto v = json::parse(json::Fields().add("t", text).add("n", std::uint64_t{random()}).str());
    CHECK(v.ok() && v->find("t")->string() != nullptr);
  }
  CHECK(json::Fields().add("p", "/dev/\"x\\\n").str() == R"({"p":"/dev/\"x\\\u000a"})");
}

TEST("json: survives a hundred thousand damaged lines") {
  std::mt19937 random(42);
  const std::string seed = R"({"verb":"start","version":1,"source":{"path":"/dev/sdb"},"targets":[{"path":"/dev/sdc"}],"options":{"block":1048576,"slow":"catch-up"}})";
  for (int i = 0; i < 100000; ++i) {
    std::string line = seed;
    for (int n = 1 + static_cast<int>(random() % 4); n > 0; --n) {
      const std::size_t at = random() % line.size();
      switch (random() % 3) {
        case 0: line[at] = static_cast<char>(random() % 256); break;
        case 1: line.erase(at, 1 + random() % 5); break;
        default: line.insert(at, line.substr(random() % line.size(), random() % 9));
      }
      if (line.empty()) line = "x";
    }
    (void)json::parse(line).ok();  // any answer will do; the sanitizers watch
  }
}
