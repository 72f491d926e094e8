// The one open drive of a probe: transfers that tell "this place is bad" from "the drive is gone", an undo log of what was
// overwritten, and the pulse by which the supervisor sees that the drive still answers.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "platform/block_file.hpp"

namespace carousel::probe {

/// Bytes of one transfer.
inline constexpr std::size_t kPiece = static_cast<std::size_t>(MiB);

class Drive {
 public:
  /// `pulse` is called after every answer of the drive and says whether to go on.
  Drive(platform::BlockFile file, std::function<bool()> pulse) : file_(std::move(file)), pulse_(std::move(pulse)) {}

  [[nodiscard]] std::uint64_t size() const { return file_.geometry().size; }
  /// Offsets and lengths of transfers are multiples of this: at least 512.
  [[nodiscard]] std::uint64_t unit() const;
  /// The part of the drive that whole units fill.
  [[nodiscard]] std::uint64_t whole_units() const { return size() / unit() * unit(); }

  /// Writes all of it, at most kPiece bytes. False: this place is bad. An Error: there is no use in going on.
  Result<bool> write(std::uint64_t offset, std::span<const std::byte> data);
  /// Reads all of it past this side's caches. The same answers.
  Result<bool> read(std::uint64_t offset, std::span<std::byte> out);
  /// A failed flush ends the probe: nothing that was written before can be judged any more.
  Status flush();

  /// Remembers what is at a place, to be put back by restore(). What cannot be read cannot be put back either.
  Status save(std::uint64_t offset, std::uint64_t length);
  /// Puts everything back, the newest first, and reads it back as far as `real` bytes. False: not all of it is as it was.
  Result<bool> restore(std::uint64_t real);
  /// Whether anything was written that restore() would have to undo.
  [[nodiscard]] bool touched() const { return touched_; }

  /// From now on the pulse cannot stop anything: what is left to do is to clean up.
  void finish_regardless() { regardless_ = true; }
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  struct Saved {
    std::uint64_t offset;
    AlignedBuffer bytes;
  };
  Error explain(Error error) const;
  [[nodiscard]] bool fatal(const Error& error) const;
  Status answered();

  platform::BlockFile file_;
  std::function<bool()> pulse_;
  std::vector<Saved> saved_;
  std::uint64_t unflushed_ = 0;
  bool touched_ = false, lost_ = false, regardless_ = false, stopped_ = false;
};

}  // namespace carousel::probe
