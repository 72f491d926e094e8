#include "engine/safety/rules.hpp"

#include <cerrno>
#include <functional>

#include "tests/test.hpp"

using namespace carousel;
using platform::PathFacts;
using platform::PathKind;

namespace {

PathFacts stick() {
  PathFacts f;
  f.path = f.resolved = "/dev/sdc";
  f.kind = PathKind::device;
  f.identity = {true, 8, 32, 0, 7};
  f.size = 1000;
  f.removable = true;
  f.in_device_folder = true;
  f.below = {"8:32"};
  return f;
}

PathFacts source_stick() {
  PathFacts f = stick();
  f.path = f.resolved = "/dev/sdb";
  f.identity = {true, 8, 16, 0, 6};
  f.below = {"8:16"};
  return f;
}

PathFacts image() {
  PathFacts f;
  f.path = f.resolved = "/home/a/image.img";
  f.kind = PathKind::file;
  f.identity = {false, 8, 1, 99, 0};
  f.size = 1000;
  f.below = {"8:0", "8:1"};
  return f;
}

std::vector<Code> codes(const safety::Reasons& reasons) {
  std::vector<Code> out;
  for (const Error& r : reasons) out.push_back(r.code);
  return out;
}

}  // namespace

TEST("rules: targets, one reason each") {
  struct Row {
    const char* what;
    std::function<void(PathFacts& target, PathFacts& source)> change;
    std::vector<Code> want;
  };
  const Row rows[] = {
      {"a blank stick", [](auto&, auto&) {}, {}},
      {"exactly as large", [](auto& t, auto& s) { t.size = s.size; }, {}},
      {"one byte too small", [](auto& t, auto& s) { t.size = s.size - 1; }, {Code::too_small}},
      {"system disk, however removable", [](auto& t, auto&) { t.backs_system = true, t.mounts = {"/"}; }, {Code::system_disk}},
      {"system disk without a mount (swap)", [](auto& t, auto&) { t.backs_system = t.swap = true; }, {Code::system_disk}},
      {"mounted", [](auto& t, auto&) { t.mounts = {"/media/x"}; }, {Code::mounted}},
      {"a partition", [](auto& t, auto&) { t.partition = true; }, {Code::partition}},
      {"a mounted partition", [](auto& t, auto&) { t.partition = true, t.mounts = {"/mnt"}; }, {Code::partition, Code::mounted}},
      {"protected", [](auto& t, auto&) { t.protected_drive = true; }, {Code::protected_drive}},
      {"a list of protected drives that cannot be read", [](auto& t, auto&) { t.protection_problem = "x"; }, {Code::protection_not_known}},
      {"member of an array", [](auto& t, auto&) { t.holders = {"md0"}; }, {Code::in_use}},
      {"empty card reader", [](auto& t, auto& s) { t.size = 0, s.size = 0; }, {Code::not_found}},
      {"write-protected", [](auto& t, auto&) { t.read_only = true; }, {Code::read_only}},
      {"write-protected, and the node says so too", [](auto& t, auto&) { t.read_only = true, t.write_error = EROFS; }, {Code::read_only}},
      {"not allowed", [](auto& t, auto&) { t.write_error = EACCES; }, {Code::no_permission}},
      {"the source itself", [](auto& t, auto& s) { t = s; }, {Code::is_source}},
      {"whole disk of a source partition", [](auto& t, auto& s) { s.partition = true, s.below = {"8:17", "8:32"}, t.size = 5000; }, {Code::holds_source}},
      {"disk that holds the source image", [](auto&, auto& s) { s = image(), s.below = {"8:32", "8:33"}; }, {Code::holds_source}},
      {"loop over the source image", [](auto& t, auto& s) { s = image(), t.backing = s.identity; }, {Code::is_source}},
      {"neither device nor file", [](auto& t, auto&) { t.kind = PathKind::other; }, {Code::not_a_drive}},
      {"no such device: never created", [](auto& t, auto&) { t.kind = PathKind::missing; }, {Code::not_found}},
      {"a file hiding in /dev", [](auto& t, auto&) { t.kind = PathKind::file; }, {Code::not_a_drive}},
      {"a new file", [](auto& t, auto&) { t = image(), t.kind = PathKind::missing, t.size = 0; }, {}},
      {"a new file in a folder of others", [](auto& t, auto&) { t = image(), t.kind = PathKind::missing, t.write_error = EACCES; }, {Code::no_permission}},
      {"a file on the source drive", [](auto& t, auto&) { t = image(), t.kind = PathKind::missing, t.below = {"8:16", "8:17"}; }, {Code::is_source}},
      {"a file that a mounted file system lies in", [](auto& t, auto& s) { t = image(), t.size = s.size, t.mounts = {"/mnt"}; }, {Code::in_use}},
      {"a file that the running system lies in", [](auto& t, auto& s) { t = image(), t.size = s.size, t.backs_system = true; }, {Code::system_disk}},
      {"a file too small", [](auto& t, auto&) { t = image(), t.size = 1; }, {Code::too_small}},
  };
  for (const Row& row : rows) {
    PathFacts target = stick(), source = source_stick();
    row.change(target, source);
    const auto got = codes(safety::against_target(target, &source));
    if (got != row.want) test::fail(__FILE__, __LINE__, row.what);
  }
}

TEST("rules: sources") {
  PathFacts s = source_stick();
  CHECK(safety::against_source(s).empty());
  s.mounts = {"/mnt"};
  CHECK(safety::against_source(s).empty());
  s.size = 0;
  CHECK(codes(safety::against_source(s)) == std::vector{Code::empty_source});
  s.kind = PathKind::missing, s.read_error = ENOENT;
  CHECK(codes(safety::against_source(s)) == std::vector{Code::not_found});
  s.kind = PathKind::other;
  CHECK(codes(safety::against_source(s)) == std::vector{Code::not_a_drive});
  s = source_stick();
  s.read_error = EACCES;
  CHECK(codes(safety::against_source(s)) == std::vector{Code::no_permission});
}

TEST("rules: a key names one device or file, and a replugged stick is another") {
  platform::Identity a = stick().identity, b = a;
  b.sequence = 8;
  CHECK(safety::key_of(a) != safety::key_of(b) && safety::key_of(a) != safety::key_of(image().identity));
}
