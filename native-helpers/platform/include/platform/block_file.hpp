// One open source or target: a block device or an ordinary file, read and written at byte offsets, past the page cache
// wherever the device allows that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"
#include "platform/handle.hpp"

namespace carousel::platform {

/// What tells one device or file from another while the machine runs. `sequence` is the disk sequence number
/// (a stick plugged in again gets a new one), 0 where the system has none.
struct Identity {
  bool device = false;
  std::uint64_t major = 0, minor = 0;  ///< of the device, or of the file system that holds the file
  std::uint64_t inode = 0;             ///< files only
  std::uint64_t sequence = 0;          ///< devices only
  bool operator==(const Identity&) const = default;
};

struct Geometry {
  bool device = false;
  bool direct = false;              ///< transfers go past the page cache
  std::uint64_t size = 0;           ///< bytes
  std::uint32_t sector = 512;       ///< smallest transfer in bytes; offsets and lengths are multiples of it when `direct`
};

/// How a target is to be opened.
struct TargetRequest {
  std::string path;                 ///< absolute, symbolic links resolved
  bool device = false;
  bool create = false;              ///< files only: it must not exist yet
  std::uint64_t allocate = 0;       ///< files only: bytes to allocate before the first write
  Identity expected;                ///< ignored when `create`
  std::uint64_t expected_size = 0;  ///< devices only: exact size in bytes
};

/// Move-only owner of the open device or file.
class BlockFile {
 public:
  /// Opens for reading only. A device is held exclusively if nothing has it mounted. Code::in_use, no_permission, not_found ...
  static Result<BlockFile> open_source(const std::string& path);
  /// Devices only: opens for reading and holds nobody off, for a look at what is on it.
  static Result<BlockFile> open_to_look(const std::string& path);
  /// Opens for reading and writing, exclusively, never creating a device node and never falling back to a shared open.
  /// Code::changed_device if it is not the one expected; Code::no_space if the file cannot be allocated (a file made here is removed again).
  static Result<BlockFile> open_target(const TargetRequest& request);

  [[nodiscard]] const Geometry& geometry() const { return geometry_; }
  [[nodiscard]] const Identity& identity() const { return identity_; }
  /// Sources: something has a file system of this device mounted for writing.
  [[nodiscard]] bool mounted_writable() const { return mounted_writable_; }
  /// Sources: a text that is another one after anybody has written to it (or has started the machine anew, for devices). Empty where the system
  /// cannot tell. Devices: what was written past the system's own drivers does not show (a disk below a loop device, for one).
  [[nodiscard]] std::string change_mark() const;

  /// Reads up to out.size() bytes; fewer only at the end. `out` is page-aligned, its size a multiple of the sector.
  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> out);
  /// Writes all bytes, or fails; offset and size are multiples of the sector, data is page-aligned.
  Status write(std::uint64_t offset, std::span<const std::byte> data);
  /// Files only: writes an end piece of any length through the page cache (flush() makes it durable).
  Status write_unaligned(std::uint64_t offset, std::span<const std::byte> data);
  /// Returns when the device says that everything written is durable. After a failure nothing may be called good any more.
  Status flush();
  /// Files only, for a file made by open_target: its name is durable after this.
  Status flush_name();
  /// Where transfers go through the page cache: drops what it holds of this range, so that the next read comes from the medium. Only after flush().
  void forget_cached(std::uint64_t offset, std::uint64_t length);
  /// Devices: asks the system to read the partition table again. Linux grants that to CAP_SYS_ADMIN alone; for everybody else udev does it when the
  /// drive is closed after writing, so a refusal does not matter.
  void reread_partitions();
  /// Files made by open_target: removes the file again.
  void discard_created();
  /// Files: does the path by which it was opened lead to it still? Devices: true.
  [[nodiscard]] bool still_named() const;
  /// False when the device behind the handle is known to be gone.
  [[nodiscard]] bool present() const;

 private:
  BlockFile() = default;
  Handle handle_;
  Handle buffered_;  ///< files only: a second handle through the page cache, for unaligned ends
  std::string path_;
  Geometry geometry_;
  Identity identity_;
  bool created_ = false;
  bool mounted_writable_ = false;
};

}  // namespace carousel::platform
