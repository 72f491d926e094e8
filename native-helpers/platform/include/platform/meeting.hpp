// Meeting the unprivileged side in a folder that only it can write to: how an elevated process and the core that asked for it find each other
// where no pipe survives the elevation.
#pragma once

#include <string>

#include "base/result.hpp"
#include "platform/endpoint.hpp"

namespace carousel::platform {

/// A folder of mode 0700 that belongs to the caller, with a listening socket `s` and, once, a file `secret`. Everything in it is opened as the
/// caller (rights.hpp), nothing is followed.
class Meeting {
 public:
  /// Checks the folder and takes the secret, which is one line of `length` characters in a file of mode 0600 with one name; it is removed.
  /// Code::no_permission if anything about it is not as it must be.
  static Result<Meeting> come(const std::string& folder, std::size_t length);

  [[nodiscard]] const std::string& secret() const { return secret_; }
  /// A new connection; Code::other_user if somebody else answers.
  [[nodiscard]] Result<Endpoint> connect() const;

 private:
  std::string folder_, secret_;
};

}  // namespace carousel::platform
