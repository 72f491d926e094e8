// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/rights.hpp"

#include "platform/meeting.hpp"
#include "platform/process.hpp"

namespace carousel::platform {

// An elevated process of Windows acts as the same user, so there is nobody else to act for. There is no elevated helper of its own yet
// (docs/security.md): the whole program is started as administrator.
Status act_as_caller() { return {}; }
bool acting_for_caller() { return false; }
Raised::Raised() = default;
Raised::~Raised() = default;
Status give_up_rights() { return {}; }

Result<Meeting> Meeting::come(const std::string&, std::size_t) { return Error{Code::no_permission, "the elevated helper is not available on Windows"}; }
Result<Endpoint> Meeting::connect() const { return Error{Code::no_permission, "the elevated helper is not available on Windows"}; }
Result<Child> Child::serve(const std::vector<std::string>&, Endpoint) { return Error{Code::no_permission, "the elevated helper is not available on Windows"}; }

}  // namespace carousel::platform
