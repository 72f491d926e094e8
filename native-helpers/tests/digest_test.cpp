#include "base/digest.hpp"

#include <string>

#include "base/bytes.hpp"
#include "base/sha256.hpp"
#include "tests/test.hpp"

using namespace carousel;

namespace {
std::string sha(const std::string& text, std::size_t step, bool plain = false) {
  Sha256 s(plain);
  for (std::size_t i = 0; i < text.size(); i += step) s.update(std::as_bytes(std::span(text)).subspan(i, std::min(step, text.size() - i)));
  return hex(s.finish());
}
}  // namespace

TEST("digest: XXH3-128 of abc is the published value") {
  const std::string abc = "abc";
  CHECK(hex(digest_of(std::as_bytes(std::span(abc)))) == "06b05ab6733a618578af5f94892f3950");
}

TEST("digest: XXH3-128 of something long, which takes the processor's vectors, is xxHash's own test vector") {
  // xxHash's tests/sanity_test_vectors.h: this generator, 2367 bytes, no seed.
  std::string long_text(2367, '\0');
  std::uint64_t generator = 2654435761U;
  for (char& c : long_text) {
    c = static_cast<char>(generator >> 56);
    generator *= 11400714785074694797ULL;
  }
  CHECK(hex(digest_of(std::as_bytes(std::span(long_text)))) == "e89c0f6ff369b427cb37aeb9e5d361ed");
}

TEST("sha256: the processor's instructions and plain C++ agree on every length") {
  std::string text;
  for (std::size_t length = 0; length < 400; ++length) {
    CHECK(sha(text, 1000) == sha(text, 1000, true));
    text += static_cast<char>(length * 167 + length / 7);
  }
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
