// Reads a manifest strictly and within bounds, however large it is: what is not exactly as docs/manifest-format.md says is refused.
#pragma once

#include <functional>
#include <string>

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/sha256.hpp"
#include "engine/manifest/manifest.hpp"
#include "platform/plain_file.hpp"

namespace carousel::manifest {

class Reader {
 public:
  /// Opens it and reads all but the digests. Code::manifest_damaged, or not_found, no_permission, not_a_drive.
  static Result<Reader> open(const std::string& path);

  [[nodiscard]] const Head& head() const { return head_; }
  /// Reads the digests in order, once, and checks the rest of the file. Nothing that was given out counts before this has succeeded.
  Status digests(const std::function<void(std::uint64_t block, const Digest&)>& each);

 private:
  explicit Reader(platform::PlainReader file) : file_(std::move(file)), buffer_(kBuffer) {}
  Status read_head();
  /// The next line without its end; an error if there is none or it is too long. What it holds is valid until the next call.
  Result<std::string_view> line();

  static constexpr std::size_t kBuffer = 256 * KiB;
  platform::PlainReader file_;
  AlignedBuffer buffer_;
  std::size_t from_ = 0, to_ = 0;  ///< what has been read and not been used
  Sha256 sha_;
  std::string last_;
  Head head_;
};

}  // namespace carousel::manifest
