// This system has no socket names outside of file systems. In a folder of this user each source has a lock file and a socket: who holds
// the lock is the owner, and the system takes it back when that process ends, however it ends. A socket left behind by a dead owner is
// replaced under the lock. Both ends look at who the other is before a word is said.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "darwin/on_close.hpp"
#include "darwin/private_folder.hpp"
#include "platform/clock.hpp"
#include "platform/endpoint.hpp"
#include "platform/system_error.hpp"
#include "posix/peer.hpp"

namespace carousel::platform {

using darwin::lock_file;
using darwin::private_folder;

namespace {

constexpr const char* kPrefix = "job-";
constexpr const char* kLock = ".lock";
// The owner locks and listens in two steps; in between a connect is refused, and that is not worth giving up for.
constexpr int kTries = 400;
constexpr std::uint32_t kPauseMs = 5;

/// Where the parts of one rendezvous lie.
struct Place {
  std::string lock;
  sockaddr_un socket{};
};

Result<Place> place_of(const std::string& key) {
  Result<std::string> folder = private_folder();
  if (!folder) return std::move(folder).error();
  Place place;
  place.lock = *folder + "/" + kPrefix + key + kLock;
  const std::string path = *folder + "/" + key;
  if (key.empty() || key.find('/') != std::string::npos || path.size() >= sizeof place.socket.sun_path) {
    return Error{Code::internal, "the name of the source is not usable"};
  }
  place.socket.sun_family = AF_UNIX;
  std::memcpy(place.socket.sun_path, path.c_str(), path.size() + 1);
  place.socket.sun_len = static_cast<unsigned char>(SUN_LEN(&place.socket));
  return place;
}

const sockaddr* address(const Place& place) { return reinterpret_cast<const sockaddr*>(&place.socket); }

Handle new_socket() {
  Handle s(socket(AF_UNIX, SOCK_STREAM, 0));
  if (s.valid()) fcntl(static_cast<int>(s.get()), F_SETFD, FD_CLOEXEC);
  return s;
}

/// A connected socket that is ours alone: it never blocks, and a closed other end is no signal.
void prepare(int fd) {
  const int on = 1;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
}

bool same_user(int fd) { return peer_user(fd) == geteuid(); }

/// Connected, refused for now (no endpoint and `refused`), or an error.
Result<Endpoint> try_connect(const Place& to, bool& refused) {
  Handle s = new_socket();
  refused = false;
  if (!s.valid()) return system_error(Code::internal, "cannot make a socket", errno);
  const int fd = static_cast<int>(s.get());
  if (connect(fd, address(to), sizeof to.socket) != 0) {
    refused = errno == ECONNREFUSED || errno == ENOENT || errno == EINTR;
    return system_error(Code::internal, "cannot reach the running job", errno);
  }
  if (!same_user(fd)) return Error{Code::other_user, "another user is copying this source"};
  prepare(fd);
  return Endpoint(std::move(s));
}

}  // namespace

Result<std::variant<Rendezvous, Endpoint>> Rendezvous::claim(const std::string& key) {
  using Either = std::variant<Rendezvous, Endpoint>;
  const Result<Place> place = place_of(key);
  if (!place) return place.error();
  for (int i = 0; i < kTries; ++i) {
    if (Handle lock = lock_file(place->lock); lock.valid()) {
      Handle s = new_socket();
      if (!s.valid()) return system_error(Code::internal, "cannot make a socket", errno);
      const int fd = static_cast<int>(s.get());
      unlink(place->socket.sun_path);  // of a dead owner: a live one would have the lock
      if (bind(fd, address(*place), sizeof place->socket) != 0) return system_error(Code::internal, "cannot claim the source", errno);
      if (listen(fd, 64) != 0) return system_error(Code::internal, "cannot listen for joiners", errno);
      fcntl(fd, F_SETFL, O_NONBLOCK);
      // The names go while the lock is still held, the lock goes last.
      darwin::on_close(s.get(), [place = *place, lock = std::make_shared<Handle>(std::move(lock))] {
        unlink(place.socket.sun_path);
        unlink(place.lock.c_str());
        lock->reset();
      });
      Rendezvous owner;
      owner.listener_ = std::move(s);
      return Either(std::move(owner));
    }
    bool refused = false;
    Result<Endpoint> peer = try_connect(*place, refused);
    if (peer) return Either(std::move(*peer));
    if (!refused) return std::move(peer).error();
    sleep_ms(kPauseMs);
  }
  return Error{Code::in_use, "the running job of this source does not answer"};
}

Result<Endpoint> Rendezvous::connect(const std::string& key) {
  const Result<Place> place = place_of(key);
  if (!place) return place.error();
  bool refused = false;
  return try_connect(*place, refused);
}

std::vector<std::string> Rendezvous::list() {
  std::vector<std::string> keys;
  const Result<std::string> folder = private_folder();
  if (!folder) return keys;
  const std::size_t before = std::strlen(kPrefix), after = std::strlen(kLock);
  for (const std::string& name : darwin::names_in(*folder, kPrefix)) {
    if (!name.ends_with(kLock) || name.size() <= before + after) continue;
    // Whose lock can be had has died: its names are removed. Whose cannot is alive.
    const std::string key = name.substr(before, name.size() - before - after);
    const Handle lock = lock_file(*folder + "/" + name);
    if (!lock.valid()) {
      keys.push_back(key);
      continue;
    }
    unlink((*folder + "/" + key).c_str());
    unlink((*folder + "/" + name).c_str());
  }
  return keys;
}

Endpoint Rendezvous::accept() {
  Handle s(::accept(static_cast<int>(listener_.get()), nullptr, nullptr));
  if (!s.valid()) return {};
  const int fd = static_cast<int>(s.get());
  prepare(fd);
  if (!same_user(fd)) return {};
  return Endpoint(std::move(s));
}

}  // namespace carousel::platform
