// The source drive or image: reads one block; what cannot be read is narrowed down to the sector and zero-filled, or ends the job.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "platform/block_file.hpp"

namespace carousel {

/// A stretch of the source that could not be read. Bytes.
struct Range {
  std::uint64_t offset = 0, length = 0;
};

class Source {
 public:
  static Result<Source> open(const std::string& path);

  [[nodiscard]] std::uint64_t size() const { return file_.geometry().size; }
  [[nodiscard]] const platform::BlockFile& file() const { return file_; }

  /// Fills `out` with `length` bytes from `offset`. `out` is page-aligned and may be longer than `length`, up to the next full sector.
  /// Unreadable sectors are zero-filled and added to `bad` when `zero_fill`, else they are an error. Code::source_error, source_gone.
  Status read_block(std::uint64_t offset, std::uint64_t length, std::span<std::byte> out, bool zero_fill, std::vector<Range>& bad);

 private:
  explicit Source(platform::BlockFile file) : file_(std::move(file)) {}
  Status narrow(std::uint64_t offset, std::span<std::byte> out, std::uint64_t piece, std::vector<Range>& bad);
  Status give_up(const Error& error) const;

  platform::BlockFile file_;
};

}  // namespace carousel
