// Who is at the other end of a local socket; one per system.
#pragma once

#include <sys/types.h>

#include <optional>

namespace carousel::platform {

/// The user whose process connected, or listens; nothing if the system does not tell.
std::optional<uid_t> peer_user(int socket);

}  // namespace carousel::platform
