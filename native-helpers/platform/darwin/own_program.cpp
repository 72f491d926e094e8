// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "posix/own_program.hpp"

#include <limits.h>
#include <mach-o/dyld.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "platform/process.hpp"

namespace carousel::platform {

// The path as it was at first; there is no way to run again a program that was replaced since.
std::string own_program() {
  static const std::string& path = *new std::string([] {
    char given[PATH_MAX], real[PATH_MAX];
    std::uint32_t size = sizeof given;
    if (_NSGetExecutablePath(given, &size) != 0) return std::string();
    return std::string(realpath(given, real) != nullptr ? real : given);
  }());
  return path;
}

Handle end_of(pid_t) { return {}; }

void prepare_process() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);  // a dump would hold the source's data
  own_program();                  // before anything is renamed
}

}  // namespace carousel::platform
