#include "engine/session/verbs.hpp"

#include <random>

#include "tests/test.hpp"

using namespace carousel;

TEST("verbs: start with everything") {
  const auto v = decode_verb(
      R"({"verb":"start","version":1,"request":"r1","source":{"path":"/a"},"targets":[{"path":"/b"},{"path":"/c","approval":"A1"}],"options":{"block":65536,"slots":2,"slow":"catch-up","onReadError":"stop","waitForJoin":5,"stallTimeout":7,"verify":false,"heal":false}})");
  CHECK(v.ok());
  const auto& s = std::get<StartVerb>(v->what);
  CHECK(v->request == "r1" && s.source == "/a" && s.targets.size() == 2 && s.targets[0].path == "/b" && s.targets[1].approval == "A1");
  CHECK(s.options.block == 65536 && s.options.slots == 2 && s.options.catch_up && s.options.stop_on_read_error);
  CHECK(s.options.wait_for_join == 5 && s.options.stall_timeout == 7);
}

TEST("verbs: verify is a job of its own kind") {
  const auto v = decode_verb(R"({"verb":"verify","version":1,"manifest":"/m","targets":[{"path":"/b","identity":"I1-b"}],"options":{"sample":true,"stallTimeout":7}})");
  CHECK(v.ok());
  CHECK(std::get<StartVerb>(v->what).targets[0].identity == "I1-b" && std::get<StartVerb>(v->what).targets[0].approval.empty());
  const auto& s = std::get<StartVerb>(v->what);
  CHECK(s.reference == "/m" && s.source.empty() && s.targets.size() == 1 && s.targets[0].path == "/b");
  CHECK(s.options.verify && s.options.sample && !s.options.heal && s.options.stall_timeout == 7);
  const auto heal = decode_verb(R"({"verb":"verify","version":1,"manifest":"/m","source":{"path":"/s","identity":"I1-s"},"targets":[],"options":{"heal":true}})");
  CHECK(heal.ok() && std::get<StartVerb>(heal->what).source_identity == "I1-s" && std::get<StartVerb>(heal->what).source == "/s" && std::get<StartVerb>(heal->what).options.heal);
}

TEST("verbs: where a copy keeps what it knows") {
  const auto v = decode_verb(
      R"({"verb":"start","version":1,"source":{"path":"/a"},"targets":[],"options":{"manifest":"/m","resume":"/r","takeUp":true}})");
  CHECK(v.ok());
  const auto& s = std::get<StartVerb>(v->what);
  CHECK(s.reference.empty() && s.options.manifest == "/m" && s.options.resume == "/r" && s.options.take_up);
}

TEST("verbs: a target that comes later may go on too") {
  const auto anew = decode_verb(R"({"verb":"add","targets":[{"path":"/b"}]})");
  CHECK(anew.ok() && !std::get<AddVerb>(anew->what).take_up);
  const auto on = decode_verb(R"({"verb":"add","targets":[{"path":"/b"}],"takeUp":true})");
  CHECK(on.ok() && std::get<AddVerb>(on->what).take_up && std::get<AddVerb>(on->what).targets.size() == 1);
  CHECK(!decode_verb(R"({"verb":"add","targets":[{"path":"/b"}],"takeUp":1})").ok());
}

TEST("verbs: every bad line is refused with the right code") {
  const std::string start = R"({"verb":"start","version":1,"source":{"path":"/a"},"targets":[)";
  const std::string verify = R"({"verb":"verify","version":1,"manifest":"/m","targets":[)";
  const std::pair<std::string, Code> table[] = {
      {R"({"verb":"verify","version":1,"targets":[]})", Code::protocol},
      {R"({"verb":"verify","version":1,"manifest":"m","targets":[]})", Code::protocol},
      {R"({"verb":"verify","version":2,"manifest":"/m","targets":[]})", Code::version_mismatch},
      {verify + R"(],"options":{"heal":true}})", Code::bad_option},
      {verify + R"(],"source":{"path":"/s"}})", Code::bad_option},
      {verify + R"(],"source":{"path":"/s"},"options":{"heal":true,"sample":true}})", Code::bad_option},
      {verify + R"(],"options":{"block":65536}})", Code::protocol},
      {start + R"(],"options":{"takeUp":true}})", Code::bad_option},
      {start + R"(],"options":{"resume":"here"}})", Code::protocol},
      {start + R"(],"options":{"manifest":7}})", Code::protocol},
      {start + R"(],"options":{"sample":true}})", Code::protocol},
      {"null", Code::protocol},
      {"[]", Code::protocol},
      {"{}", Code::protocol},
      {R"({"verb":"nothing"})", Code::protocol},
      {R"({"verb":["start"]})", Code::protocol},
      {R"({"verb":"cancel","extra":1})", Code::protocol},
      {R"({"verb":"cancel","request":7})", Code::protocol},
      {R"({"verb":"cancel","request":")" + std::string(65, 'x') + "\"}", Code::protocol},
      {R"({"verb":"remove"})", Code::protocol},
      {R"({"verb":"slow"})", Code::protocol},
      {R"({"verb":"digests"})", Code::protocol},
      {R"({"verb":"remove","id":-1})", Code::bad_option},
      {R"({"verb":"remove","id":1.5})", Code::bad_option},
      {R"({"verb":"slow","policy":"fast"})", Code::bad_option},
      {R"({"verb":"digests","from":0,"count":1025})", Code::bad_option},
      {R"({"verb":"add"})", Code::protocol},
      {R"({"verb":"add","targets":[{"path":"relative"}]})", Code::protocol},
      {R"({"verb":"add","targets":[{"path":"/a","x":1}]})", Code::protocol},
      {R"({"verb":"add","targets":["/a"]})", Code::protocol},
      {R"({"verb":"add","targets":[{"path":"/a","approval":1}]})", Code::protocol},
      {R"({"verb":"add","targets":[{"approval":"A1"}]})", Code::protocol},
      {R"({"verb":"add","targets":[{"path":"/a","identity":1}]})", Code::protocol},
      {R"({"verb":"add","targets":[{"path":"/a","identity":")" + std::string(129, 'I') + "\"}]}", Code::protocol},
      {R"({"verb":"start","version":1,"source":{"path":"/a","identity":[]},"targets":[]})", Code::protocol},
      {R"({"verb":"start","version":1,"source":{"path":"/a","approval":"A1"},"targets":[]})", Code::protocol},
      {R"({"verb":"add","targets":[{"path":"/a","approval":")" + std::string(129, 'x') + "\"}]}", Code::protocol},
      {R"({"verb":"start","version":2,"source":{"path":"/a"},"targets":[]})", Code::version_mismatch},
      {start + R"(],"options":{"block":65537}})", Code::bad_option},
      {start + R"(],"options":{"block":32768}})", Code::bad_option},
      {start + R"(],"options":{"slots":1}})", Code::bad_option},
      {start + R"(],"options":{"slots":1025}})", Code::bad_option},
      {start + R"(],"options":{"stallTimeout":0}})", Code::bad_option},
      {start + R"(],"options":{"skipRanges":7}})", Code::bad_option},
      {start + R"(],"options":{"skipRanges":[{"offset":0}]}})", Code::bad_option},
      {start + R"(],"options":{"skipRanges":[7]}})", Code::bad_option},
      {start + R"(],"options":{"skipRanges":[{"offset":0,"length":0}]}})", Code::bad_option},
      {start + R"(],"options":{"skipRanges":[{"offset":0,"length":8},{"offset":7,"length":1}]}})", Code::bad_option},
      {start + R"(],"options":{"skipRanges":[{"offset":8,"length":8},{"offset":0,"length":8}]}})", Code::bad_option},
      {R"({"verb":"probe","version":2,"target":{"path":"/a"}})", Code::version_mismatch},
      {R"({"verb":"probe","version":1})", Code::protocol},
      {R"({"verb":"probe","version":1,"target":{"path":"a"}})", Code::protocol},
      {R"({"verb":"probe","version":1,"target":{"path":"/a"},"options":{"full":"yes"}})", Code::bad_option},
      {R"({"verb":"probe","version":1,"target":{"path":"/a"},"options":{"block":65536}})", Code::protocol},
      {start + R"(],"options":{"verify":1}})", Code::bad_option},
      {start + R"(],"options":{"heal":true}})", Code::bad_option},
      {start + R"(],"options":{"wat":1}})", Code::protocol},
      {start + R"(],"options":7})", Code::protocol},
  };
  for (const auto& [line, code] : table) {
    const auto v = decode_verb(line);
    CHECK(!v.ok() && v.error().code == code);
  }
}

TEST("verbs: at most 64 targets") {
  std::string targets;
  for (int i = 0; i < 65; ++i) targets += std::string(i == 0 ? "" : ",") + R"({"path":"/t)" + std::to_string(i) + "\"}";
  CHECK(!decode_verb(R"({"verb":"add","targets":[)" + targets + "]}").ok());
}

TEST("verbs: ranges to skip, and a probe") {
  const auto v = decode_verb(
      R"({"verb":"start","version":1,"source":{"path":"/a"},"targets":[],"options":{"skipRanges":[{"offset":0,"length":5},{"offset":5,"length":1}]}})");
  CHECK(v.ok());
  const auto& skip = std::get<StartVerb>(v->what).options.skip;
  CHECK(skip.size() == 2 && skip[1].offset == 5 && skip[1].length == 1);
  const auto p = decode_verb(R"({"verb":"probe","version":1,"target":{"path":"/a","approval":"A1"},"options":{"full":true,"stallTimeout":9}})");
  CHECK(p.ok());
  const auto& probe = std::get<ProbeVerb>(p->what);
  CHECK(probe.target.path == "/a" && probe.target.approval == "A1" && probe.full && probe.stall_timeout == 9);
}

TEST("verbs: who hands out says a mark of its own, or none") {
  const auto marked = decode_verb(R"({"verb":"tap","path":"/s","by":"a1"})");
  CHECK(marked.ok() && std::get<TapVerb>(marked->what).path == "/s" && std::get<TapVerb>(marked->what).by == "a1");
  const auto plain = decode_verb(R"({"verb":"tap","path":"/s"})");
  CHECK(plain.ok() && std::get<TapVerb>(plain->what).by.empty());
  for (const std::string bad : {R"("")", R"("A")", R"("a\"b")", "7", R"("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")"})
    CHECK(!decode_verb(R"({"verb":"tap","path":"/s","by":)" + bad + "}").ok());
}
