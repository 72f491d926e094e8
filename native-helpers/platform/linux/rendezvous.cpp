// An abstract unix socket per source: bind() lets exactly one process have the name, and the kernel takes it back when that process
// ends, however it ends (unix(7)). Names are visible to all users, so both ends look at who the other is before a word is said.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>

#include "platform/clock.hpp"
#include "platform/endpoint.hpp"
#include "platform/system_error.hpp"
#include "posix/peer.hpp"

namespace carousel::platform {
namespace {

constexpr std::string_view kPrefix = "carousel/1/";
// The owner binds and listens in two steps; in between a connect is refused, and that is not worth giving up for.
constexpr int kTries = 400;
constexpr std::uint32_t kPauseMs = 5;

struct Address {
  sockaddr_un un{};
  socklen_t size = 0;
};

Address address_of(const std::string& key) {
  Address a;
  a.un.sun_family = AF_UNIX;
  const std::string name = std::string(kPrefix) + key;
  const std::size_t n = std::min(name.size(), sizeof a.un.sun_path - 1);
  std::memcpy(a.un.sun_path + 1, name.data(), n);
  a.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + n);
  return a;
}

Handle new_socket() { return Handle(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

bool same_user(int fd) { return peer_user(fd) == geteuid(); }

/// Connected, refused for now (0 and no endpoint), or an error.
Result<Endpoint> try_connect(const Address& to, bool& refused) {
  Handle s = new_socket();
  refused = false;
  if (!s.valid()) return system_error(Code::internal, "cannot make a socket", errno);
  if (connect(static_cast<int>(s.get()), reinterpret_cast<const sockaddr*>(&to.un), to.size) != 0) {
    refused = errno == ECONNREFUSED || errno == EINTR;
    return system_error(Code::internal, "cannot reach the running job", errno);
  }
  if (!same_user(static_cast<int>(s.get()))) return Error{Code::other_user, "another user is copying this source"};
  return Endpoint(std::move(s));
}

}  // namespace

Result<std::variant<Rendezvous, Endpoint>> Rendezvous::claim(const std::string& key) {
  using Either = std::variant<Rendezvous, Endpoint>;
  const Address at = address_of(key);
  for (int i = 0; i < kTries; ++i) {
    Handle s = new_socket();
    if (!s.valid()) return system_error(Code::internal, "cannot make a socket", errno);
    if (bind(static_cast<int>(s.get()), reinterpret_cast<const sockaddr*>(&at.un), at.size) == 0) {
      if (listen(static_cast<int>(s.get()), 64) != 0) return system_error(Code::internal, "cannot listen for joiners", errno);
      fcntl(static_cast<int>(s.get()), F_SETFL, O_NONBLOCK);
      Rendezvous owner;
      owner.listener_ = std::move(s);
      return Either(std::move(owner));
    }
    if (errno != EADDRINUSE) return system_error(Code::internal, "cannot claim the source", errno);
    bool refused = false;
    Result<Endpoint> peer = try_connect(at, refused);
    if (peer) return Either(std::move(*peer));
    if (!refused) return std::move(peer).error();
    sleep_ms(kPauseMs);
  }
  return Error{Code::in_use, "the running job of this source does not answer"};
}

Result<Endpoint> Rendezvous::connect(const std::string& key) {
  bool refused = false;
  return try_connect(address_of(key), refused);
}

std::vector<std::string> Rendezvous::list() {
  std::vector<std::string> keys;
  std::ifstream table("/proc/net/unix");
  const std::string mark = " @" + std::string(kPrefix);
  for (std::string line; std::getline(table, line);) {
    const std::size_t at = line.find(mark);
    // Flags 00010000 (__SO_ACCEPTCON): the listening socket, not the connected ones that share its name.
    if (at != std::string::npos && line.find(" 00010000 ") != std::string::npos) keys.push_back(line.substr(at + mark.size()));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

Endpoint Rendezvous::accept() {
  Handle s(accept4(static_cast<int>(listener_.get()), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!s.valid() || !same_user(static_cast<int>(s.get()))) return {};
  return Endpoint(std::move(s));
}

}  // namespace carousel::platform
