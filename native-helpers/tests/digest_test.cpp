#include "base/digest.hpp"

#include <string>

#include "base/bytes.hpp"
#include "base/sha256.hpp"
#include "tests/test.hpp"

using namespace carousel;

namespace {
std::string sha(const std::string& text, std::size_t step) {
  Sha256 s;
  for (std::size_t i = 0; i < text.size(); i += step) s.update(std::as_bytes(std::span(text)).subspan(i, std::min(step, text.size() - i)));
  return hex(s.finish());
}
}  // namespace

TEST("digest: XXH3-128 of abc is the published value") {
  const std::string abc = "abc";
  CHECK(hex(digest_of(std::as_bytes(std::span(abc)))) == "06b05ab6733a618578af5f94892f3950");
}

TEST("sha256: the examples of FIPS 180-4, in pieces of any size") {
  CHECK(hex(Sha256().finish()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::string two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", million(1000000, 'a');
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{64}, std::size_t{1000}}) {
    CHECK(sha("abc", step) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha(two_blocks, step) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  }
  CHECK(sha(million, 777) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
