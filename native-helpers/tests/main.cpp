#include <cstdio>
#include <string_view>

#include "tests/test.hpp"

namespace carousel::test {
namespace {
int failures_in_case = 0;
}

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

void fail(const char* file, int line, const std::string& what) {
  if (++failures_in_case > 5) return;  // the first few tell enough
  std::printf("  %s:%d: %s\n", file, line, what.c_str());
}

}  // namespace carousel::test

int main(int argc, char** argv) {
  const std::string_view prefix = argc > 1 ? argv[1] : "";
  int passed = 0, failed = 0;
  for (const carousel::test::Case& c : carousel::test::cases()) {
    if (!std::string_view(c.name).starts_with(prefix)) continue;
    carousel::test::failures_in_case = 0;
    c.run();
    const bool good = carousel::test::failures_in_case == 0;
    std::printf("%s %s\n", good ? "ok  " : "FAIL", c.name.c_str());
    std::fflush(stdout);
    ++(good ? passed : failed);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
