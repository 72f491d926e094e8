// The map of a copy that is not whole yet: which blocks the target holds, and their digests, so that a later job need not begin again
// (docs/resume-format.md). It lies in a folder of the caller's, never on the target, and claims nothing that the target has not made durable.
// Whatever becomes of its end (power loss, a full disk): a record that is not whole and right ends the map, and what stands before it counts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "platform/plain_file.hpp"

namespace carousel::resume {

/// The number in place of a block that says in which state the source was when the map was begun: the digest is that of its change mark.
inline constexpr std::uint64_t kSourceState = (std::uint64_t{1} << 63) - 1;

/// What is known of one block of the source.
struct Record {
  std::uint64_t block = 0;
  bool finished = false;  ///< the target has all of it, durably; else only its digest is known
  Digest digest{};
};

/// The file in `folder` that belongs to a target, named by what lasts about it.
std::string map_path(const std::string& folder, const std::string& target);

/// Calls `each` with every record of a map that begins with exactly this head, in the order in which they were written.
/// Code::not_found if there is none; Code::internal, with words, if it is damaged or of something else.
Status read_map(const std::string& path, const std::string& head, const std::function<void(const Record&)>& each);

/// Keeps a map up to date while its target is being written.
class MapWriter {
 public:
  /// `head` is one line that says what the map is about. What is there under this name stays until the first commit().
  static Result<MapWriter> create(const std::string& path, const std::string& head);
  /// Remembers a record for the next commit().
  void note(const Record& record) { pending_.push_back(record); }
  [[nodiscard]] bool has_news() const { return !pending_.empty(); }
  /// Writes down what was noted, durably. Only after the target has made it durable.
  Status commit();
  /// The copy is whole: the map goes.
  Status remove();

 private:
  MapWriter(platform::PlainWriter file, std::string path, const Digest& key) : file_(std::move(file)), path_(std::move(path)), key_(key) {}
  platform::PlainWriter file_;
  std::string path_;
  Digest key_;  ///< of the head; part of each record's check, so that a record of another map never fits
  bool named_ = false;
  std::vector<Record> pending_;
};

}  // namespace carousel::resume
