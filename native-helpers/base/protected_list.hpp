// Drives that are never a target, by the administrator's list and the person's own. Pure text; the platform brings the lists.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace carousel {

/// Serial numbers and world-wide names. A list that cannot be known protects every drive.
class ProtectedList {
 public:
  /// In place of a person's list: which drives the person protects cannot be known.
  static constexpr std::string_view kNotKnown = "*";
  /// The administrator's list has this many lines at most, and so has the person's.
  static constexpr std::size_t kMost = 4096;

  /// The text of the administrator's file: one a line, `#` begins a comment. `file`: its name, for messages.
  void add_administrators(std::string_view text, const std::string& file);
  /// The person's: one a line, or `kNotKnown`.
  void add_persons(std::string_view lines);
  /// The list of which `what` tells cannot be read.
  void not_known(const std::string& what);

  /// Why it cannot be known what is protected; empty if it is known.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// Is a drive with these marks on a list? Blanks and `_`, which udev puts for them, are the same. An empty mark is on none.
  [[nodiscard]] bool has(const std::string& serial, const std::string& wwn) const;

 private:
  std::vector<std::string> drives_;
  std::string problem_;
};

}  // namespace carousel
