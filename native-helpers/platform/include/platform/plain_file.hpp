// Ordinary files of the program's own (manifests, resume maps), read and written from front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"
#include "platform/handle.hpp"

namespace carousel::platform {

/// An ordinary file open for reading; a link to one is followed, anything else (a pipe, a device, a folder) is refused without waiting for it.
class PlainReader {
 public:
  /// Code::not_found, no_permission, not_a_drive.
  static Result<PlainReader> open(const std::string& path);
  /// The next bytes; fewer than out.size() only at the end.
  Result<std::size_t> read(std::span<std::byte> out);

 private:
  Handle handle_;
  std::uint64_t at_ = 0;
};

/// A new file that has its name only once it is whole and durable. Until then it stands beside it under a name of its own, which goes with
/// this object. Nothing that is there is ever written into, and no link is followed.
class PlainWriter {
 public:
  /// Code::no_permission, not_found (no such folder), internal.
  static Result<PlainWriter> create(const std::string& path);
  PlainWriter(PlainWriter&& other) noexcept;
  PlainWriter& operator=(PlainWriter&& other) noexcept;
  ~PlainWriter();

  Status append(std::span<const std::byte> bytes);
  Status flush();
  /// Durable, and under its name from now on. Code::in_use if something has that name by now.
  Status publish();
  /// The same, taking the place of what has that name.
  Status replace();

 private:
  PlainWriter() = default;
  Status settle(bool over_another);
  Handle handle_;
  std::uint64_t at_ = 0;
  std::string path_, temporary_;  ///< `temporary_` is empty once it has its name
};

/// Removes a file durably; that there is none is no error.
Status remove_file(const std::string& path);

/// Is something there, be it a link that leads nowhere?
bool name_taken(const std::string& path);

}  // namespace carousel::platform
