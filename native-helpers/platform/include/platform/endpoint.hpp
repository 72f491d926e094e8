// Byte streams between processes of one machine, and waiting for several of them at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "platform/handle.hpp"

namespace carousel::platform {

/// The result of one non-blocking transfer: bytes moved, or that it would have to wait, or that the other side is gone.
struct Transfer {
  std::size_t bytes = 0;
  bool closed = false;
};

/// One end of a stream (a socket, or a pair of pipes). Reads and writes do not block.
class Endpoint {
 public:
  Endpoint() = default;
  Endpoint(Handle in, Handle out) : in_(std::move(in)), out_(std::move(out)) {}
  explicit Endpoint(Handle both) : in_(std::move(both)) {}

  /// Two connected ends for a parent and a child.
  static Result<std::pair<Endpoint, Endpoint>> pair();
  /// Connects to a local socket (Windows: a named pipe) that another process of the same person listens on. Code::not_found, no_permission,
  /// bad_option for a name that cannot be one.
  static Result<Endpoint> connect(const std::string& path);
  /// Standard input and output of this process.
  static Endpoint standard();
  /// An inherited handle.
  static Endpoint adopt(NativeHandle handle);

  [[nodiscard]] bool valid() const { return in_.valid(); }
  [[nodiscard]] NativeHandle read_handle() const { return in_.get(); }
  [[nodiscard]] NativeHandle write_handle() const { return out_.valid() ? out_.get() : in_.get(); }
  [[nodiscard]] NativeHandle release() { return in_.release(); }

  Transfer read(std::span<std::byte> into);
  /// The same for a handle that belongs to somebody else.
  static Transfer read_some(NativeHandle handle, std::span<std::byte> into);
  Transfer write(std::span<const std::byte> data);
  void close() { in_.reset(), out_.reset(); }

 private:
  Handle in_, out_;
};

/// What to wait for, and what was found.
struct PollItem {
  NativeHandle handle = kNoHandle;
  bool want_read = false, want_write = false;
  bool can_read = false, can_write = false;
};

/// Waits until something can be done or the time is over (milliseconds; negative: for ever).
void poll(std::span<PollItem> items, int timeout_ms);

/// Listens for later starters of the same source; the name vanishes with the process, however that ends.
class Rendezvous {
 public:
  /// Becomes the one owner of `key`, or connects to the owner: exactly one of several racing processes gets the first.
  /// Code::other_user if the owner belongs to somebody else.
  static Result<std::variant<Rendezvous, Endpoint>> claim(const std::string& key);
  /// Connects to a running owner only.
  static Result<Endpoint> connect(const std::string& key);
  /// Keys of all owners of this user that can be seen.
  static std::vector<std::string> list();

  /// The next waiting peer of the same user, or an invalid endpoint. Peers of other users are turned away.
  Endpoint accept();
  [[nodiscard]] NativeHandle handle() const { return listener_.get(); }
  void close() { listener_.reset(); }

 private:
  Handle listener_;
};

}  // namespace carousel::platform
