// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "platform/rights.hpp"

#include <stdlib.h>
#include <unistd.h>

#include "platform/meeting.hpp"
#include "posix/own_program.hpp"

namespace carousel::platform {

// There is no elevated helper on this system yet (docs/security.md): one that was started for somebody else ends at once, because it could
// not keep that user's files apart from root's.
Status act_as_caller() {
  if (getuid() == 0 && getenv("SUDO_UID") != nullptr) return Error{Code::no_permission, "the elevated helper is not available on macOS"};
  return {};
}

bool acting_for_caller() { return false; }
Raised::Raised() = default;
Raised::~Raised() = default;
Status give_up_rights() { return {}; }
void to_start_a_role() {}

Result<Meeting> Meeting::come(const std::string&, std::size_t) { return Error{Code::no_permission, "the elevated helper is not available on macOS"}; }
Result<Endpoint> Meeting::connect() const { return Error{Code::no_permission, "the elevated helper is not available on macOS"}; }

}  // namespace carousel::platform
