// A million frames that no client would send, through everything that reads frames. What it must show stands in what does not happen: under the
// sanitizers no byte is read outside of a frame, and no frame is taken for a verb that it is not.
#include <random>

#include "engine/session/orders.hpp"
#include "engine/session/verbs.hpp"
#include "tests/test.hpp"

using namespace carousel;

TEST("frames: a million random ones are refused or mean what they say") {
  const std::string_view good[] = {
      R"({"verb":"start","version":1,"source":{"path":"/a"},"targets":[{"path":"/b","approval":"A1-1-00"}],"options":{"block":65536,"slots":2}})",
      R"({"verb":"add","targets":[{"path":"/b","identity":"I1-00"}],"request":"r"})", R"({"verb":"remove","id":3})", R"({"verb":"slow","policy":"together"})",
      R"({"verb":"digests","from":0,"count":4})", R"({"verb":"tap","path":"/s"})",
      R"({"verb":"start","version":1,"source":{"feed":"/s","job":"abc","size":65536,"digests":"/d"},"targets":[],"options":{}})", R"({"path":"/dev/sdb","create":false,"size":1,"seat":0,"verify":true,"heal":false})",
  };
  std::mt19937_64 random(1);
  std::size_t taken = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    std::string frame;
    if (i % 4 == 0) {
      for (std::size_t n = random() % 24; n > 0; --n) frame += static_cast<char>(random());
    } else {
      frame = good[random() % std::size(good)];
      for (std::size_t n = 1 + random() % 3; n > 0 && !frame.empty(); --n) {
        const std::size_t at = random() % frame.size();
        if (random() % 3 == 0) {
          frame.resize(at);
        } else if (random() % 2 == 0) {
          frame[at] = static_cast<char>(random());
        } else {
          frame.insert(at, frame.substr(at, random() % 9));
        }
      }
    }
    if (const Result<Verb> verb = decode_verb(frame)) {
      ++taken;
      if (const auto* add = std::get_if<AddVerb>(&verb->what)) {
        for (const TargetAsk& target : add->targets) CHECK(target.path.starts_with('/') && target.approval.size() <= 128);
      }
    } else {
      CHECK(class_of(verb.error().code) == CodeClass::usage);
    }
    if (i % 8 == 0) {
      if (const Result<json::Value> value = json::parse(frame)) (void)consumer_orders(*value);
    }
  }
  CHECK(taken > 0 && taken < 500'000);
}
