// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "posix/peer.hpp"

#include <unistd.h>

namespace carousel::platform {

std::optional<uid_t> peer_user(int socket) {
  uid_t user = 0;
  gid_t group = 0;
  if (getpeereid(socket, &user, &group) != 0) return std::nullopt;
  return user;
}

}  // namespace carousel::platform
