// Which drives the lists of the administrator and of a person protect, on every system.
#include "base/protected_list.hpp"

#include "tests/test.hpp"

using namespace carousel;

TEST("protected list: drives that the administrator or the person protects") {
  struct Row {
    const char* what;
    const char *administrators, *persons, *serial, *wwn;
    bool has;
  };
  const Row rows[] = {
      {"no list", "", "", "S1", "eui.1", false},
      {"a drive without a serial number", "# nobody\n\n", "\n", "", "", false},
      {"the administrator's, by serial number", "S1 # the archive\n", "", "S1", "", true},
      {"the administrator's, by world-wide name", "S0\neui.1\n", "", "S1", "eui.1", true},
      {"the last line has no end", "S0\nS1", "", "S1", "", true},
      {"lines end as on Windows", "S0\r\nS1\r\n", "", "S0", "", true},
      {"another", "S1\n", "S2\n", "S12", "S", false},
      {"only a comment", "# S1\n", "", "S1", "", false},
      {"the person's", "", "S0\nS1\n", "S1", "", true},
      {"the person's cannot shorten the administrator's", "S1\n", "S0\n", "S1", "", true},
      {"as udev writes it", "", "WD_1__A\n", "WD 1  A ", "", true},
      {"a star among the administrator's is a mark as any other", "*\n", "", "S1", "", false},
  };
  for (const Row& row : rows) {
    ProtectedList list;
    list.add_administrators(row.administrators, "list");
    list.add_persons(row.persons);
    if (list.has(row.serial, row.wwn) != row.has || !list.problem().empty()) test::fail(__FILE__, __LINE__, row.what);
  }
}

TEST("protected list: what cannot be known is said, and the first reason stays") {
  std::string longest;
  for (std::size_t i = 0; i < ProtectedList::kMost; ++i) longest += "S" + std::to_string(i) + "\n";
  ProtectedList full;
  full.add_administrators(longest, "list"), full.add_persons(longest);
  CHECK(full.problem().empty());
  ProtectedList endless;
  endless.add_administrators(longest + "S\n", "/the/list");
  CHECK(endless.problem() == "/the/list is too long");
  ProtectedList person;
  person.add_persons("S1\n*\nS2\n");
  CHECK(person.problem() == "the settings of this user cannot be read");
  person.not_known("more");
  CHECK(person.problem() == "the settings of this user cannot be read");
  ProtectedList many;
  many.add_persons(longest + "S\n");
  CHECK(many.problem() == "the list of this user is too long");
}
