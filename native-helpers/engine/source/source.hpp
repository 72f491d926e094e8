// The source drive or image: reads one block; what cannot be read is narrowed down to the sector and zero-filled, or ends the job.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/range.hpp"
#include "base/result.hpp"
#include "platform/block_file.hpp"

namespace carousel {

class Source {
 public:
  /// `answered` is called after every answer of the device, good or bad.
  static Result<Source> open(const std::string& path, std::function<void()> answered);

  [[nodiscard]] std::uint64_t size() const { return file_.geometry().size; }
  [[nodiscard]] const platform::BlockFile& file() const { return file_; }

  /// These ranges (in order, apart from each other) are known to be unreadable: they are never read again, and read_block() gives zeros for
  /// every sector they touch.
  void skip(const std::vector<Range>& ranges);

  /// Fills `out` with `length` bytes from `offset`. `out` is page-aligned and may be longer than `length`, up to the next full sector.
  /// Skipped ones are zero-filled and added to `bad`. Unreadable sectors are zero-filled and added to `bad` when `zero_fill`, else they are an error. Code::source_error, source_gone.
  Status read_block(std::uint64_t offset, std::uint64_t length, std::span<std::byte> out, bool zero_fill, std::vector<Range>& bad);

 private:
  Source(platform::BlockFile file, std::function<void()> answered) : file_(std::move(file)), answered_(std::move(answered)) {}
  Status read_all(std::uint64_t offset, std::uint64_t length, std::span<std::byte> out, bool zero_fill, std::vector<Range>& bad);
  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> out);
  Status narrow(std::uint64_t offset, std::span<std::byte> out, std::uint64_t piece, std::vector<Range>& bad);
  Status give_up(const Error& error) const;

  platform::BlockFile file_;
  std::function<void()> answered_;
  std::vector<Range> skip_;  ///< whole sectors
};

}  // namespace carousel
