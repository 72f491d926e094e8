// One target drive or image file: what is written when, so that a stick pulled half-way looks blank and never plausible.
//   1. prepare(): old partition tables at both ends are removed and that is made durable;
//   2. write_block(): everything but the first and the last bytes, in any order of blocks;
//   3. finish(): flush, the last bytes, flush, the first bytes, flush.
// read_back() gives what the device holds, past every cache this side of it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "platform/block_file.hpp"

namespace carousel {

class Target {
 public:
  /// Opens and (files) allocates the target for a source of that many bytes, copied in blocks of `block_size` bytes.
  /// `answered` is called after every answer of the device. A device that is not what `approval` was given for is refused, unwritten.
  static Result<Target> open(const platform::TargetRequest& request, std::uint64_t source_size, std::uint64_t block_size,
                             std::function<void()> answered, const std::string& approval = {});

  /// Opens a target that holds a copy already: nothing is held back, whatever is written lies in its place at once. Read only unless `writing`,
  /// and then a device must be what `approval` was given for.
  static Result<Target> open_in_place(const platform::TargetRequest& request, std::uint64_t source_size, std::uint64_t block_size, bool writing,
                                      std::function<void()> answered, const std::string& approval = {});

  Status prepare();
  /// Writes block `number`; its held-back end parts are kept in memory until finish().
  Status write_block(std::uint64_t number, std::span<const std::byte> data);
  /// Bytes of a block that are on the device after write_block(); the rest comes with finish().
  [[nodiscard]] std::uint64_t written_now(std::uint64_t number, std::uint64_t length) const;
  Status finish();
  /// Good is said of a path: an error if a file that was opened by it has been renamed, replaced or taken away.
  [[nodiscard]] Status check_name() const;
  /// The blocks that have a part which only finish() writes.
  [[nodiscard]] std::vector<std::uint64_t> end_blocks() const;
  /// Reads block `number` back into `out` (page-aligned, a whole block long); parts still held back come from memory, and `held` says so.
  Status read_back(std::uint64_t number, std::span<std::byte> out, std::uint64_t length, bool& held);
  /// Clears both ends again: what was found bad must not look like a copy.
  Status blank();
  /// Where reading goes through the page cache, that must hold nothing the medium does not: makes it durable.
  Status flush_cached() { return file_.geometry().direct ? Status() : flush(); }
  /// Makes durable what has been written so far.
  Status flush();

 private:
  Target(platform::BlockFile file, bool created, std::uint64_t source_size, std::uint64_t block_size, std::function<void()> answered);
  Status write_range(std::uint64_t offset, std::span<const std::byte> data);
  Status write_aligned(std::uint64_t offset, std::span<const std::byte> data);
  Status write_device_end(std::uint64_t offset, std::span<const std::byte> data);
  Status zero(std::uint64_t offset, std::uint64_t length);
  Error explain(Error error) const;

  platform::BlockFile file_;
  bool created_;
  std::uint64_t source_size_, block_size_;
  std::uint64_t head_end_;    ///< bytes [0, head_end_) are written last
  std::uint64_t tail_start_;  ///< bytes [tail_start_, source_size_) are written last but one; they may lie in several blocks
  std::uint64_t unflushed_ = 0;
  bool ends_written_ = false;
  AlignedBuffer ends_;
  std::span<std::byte> head_, tail_;  ///< in `ends_`
  std::function<void()> answered_;
};

}  // namespace carousel
