// A test harness in one page: TEST("name") { CHECK(...); } registers itself; main.cpp runs all, or those whose name starts with argv[1].
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace carousel::test {

struct Case {
  std::string name;
  std::function<void()> run;
};

std::vector<Case>& cases();
/// Notes a failed check; the test goes on.
void fail(const char* file, int line, const std::string& what);

struct Register {
  Register(const char* name, std::function<void()> run) { cases().push_back({name, std::move(run)}); }
};

}  // namespace carousel::test

#define CAROUSEL_JOIN2(a, b) a##b
#define CAROUSEL_JOIN(a, b) CAROUSEL_JOIN2(a, b)
#define TEST(name)                                                                                                          \
  static void CAROUSEL_JOIN(test_, __LINE__)();                                                                             \
  static const ::carousel::test::Register CAROUSEL_JOIN(register_, __LINE__)(name, CAROUSEL_JOIN(test_, __LINE__)); /*NOLINT*/ \
  static void CAROUSEL_JOIN(test_, __LINE__)()
#define CHECK(condition) \
  if (!(condition)) ::carousel::test::fail(__FILE__, __LINE__, #condition)
