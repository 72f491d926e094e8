#include "posix/protected_drives.hpp"

#include <stdlib.h>

#include <cerrno>
#include <fstream>

#include "platform/inspect.hpp"

namespace carousel::platform {
namespace {

/// What a person protects: it reaches every process of a job with the environment. It can only add to the administrator's list.
constexpr const char* kPersons = "CAROUSEL_PROTECTED";

void add_file(ProtectedList& list, const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (!file) {
    if (errno != ENOENT && errno != ENOTDIR) list.not_known(path + " cannot be read");
    return;
  }
  std::string text;
  std::size_t lines = 0;
  for (std::string line; lines <= ProtectedList::kMost && std::getline(file, line); ++lines) text += line + "\n";
  // A folder can be opened; only reading it fails.
  if (file.bad()) return list.not_known(path + " cannot be read");
  list.add_administrators(text, path);
}

}  // namespace

ProtectedList read_protected_drives(const std::string& administrators_file) {
  ProtectedList list;
  add_file(list, administrators_file);
  const char* const persons = getenv(kPersons);
  list.add_persons(persons != nullptr ? persons : "");
  return list;
}

Status protect_also(const std::vector<std::string>& drives) {
  std::string list;
  for (const std::string& one : drives) list += one + "\n";
  if (setenv(kPersons, list.c_str(), 1) != 0) return Error{Code::internal, "the list of protected drives cannot be passed on"};
  return {};
}

}  // namespace carousel::platform
