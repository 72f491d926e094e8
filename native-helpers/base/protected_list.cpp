#include "base/protected_list.hpp"

#include <algorithm>

namespace carousel {
namespace {

/// The same serial number as the system and as udev write it, which puts `_` for blanks.
std::string plain_mark(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '_' || c == '\t' || c == '\r';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

/// Calls back with each line, without its end; false as soon as there are too many.
template <class Take>
bool each_line(std::string_view text, Take take) {
  for (std::size_t lines = 0; !text.empty(); ++lines) {
    if (lines == ProtectedList::kMost) return false;
    const std::size_t end = std::min(text.find('\n'), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

}  // namespace

void ProtectedList::add_administrators(std::string_view text, const std::string& file) {
  const bool all = each_line(text, [&](std::string_view line) { drives_.push_back(plain_mark(line.substr(0, line.find('#')))); });
  if (!all) not_known(file + " is too long");
}

void ProtectedList::add_persons(std::string_view lines) {
  bool known = true;
  const bool all = each_line(lines, [&](std::string_view line) {
    known = known && line != kNotKnown;
    drives_.push_back(plain_mark(line));
  });
  if (!known) not_known("the settings of this user cannot be read");
  if (!all) not_known("the list of this user is too long");
}

void ProtectedList::not_known(const std::string& what) {
  if (problem_.empty()) problem_ = what;
}

bool ProtectedList::has(const std::string& serial, const std::string& wwn) const {
  const std::string marks[] = {plain_mark(serial), plain_mark(wwn)};
  return std::any_of(drives_.begin(), drives_.end(), [&](const std::string& one) { return !one.empty() && (one == marks[0] || one == marks[1]); });
}

}  // namespace carousel
