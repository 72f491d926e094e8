#include "engine/safety/rules.hpp"

#include <algorithm>

#include "platform/system_error.hpp"

namespace carousel::safety {
namespace {

using platform::PathFacts;
using platform::PathKind;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

bool overlaps(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& x) { return std::find(b.begin(), b.end(), x) != b.end(); });
}

Error open_problem(int error, const std::string& path) {
  switch (platform::fault_of(error)) {
    case platform::Fault::no_permission: return platform::system_error(Code::no_permission, path, error);
    case platform::Fault::read_only: return platform::system_error(Code::read_only, path, error);
    default: return platform::system_error(Code::not_found, path, error);
  }
}

std::string device_name(const PathFacts& facts) { return std::to_string(facts.identity.major) + ":" + std::to_string(facts.identity.minor); }

/// A device, or the file behind a loop device.
void against_system(const PathFacts& t, Reasons& reasons) {
  if (!t.backs_system) return;
  reasons.push_back({Code::system_disk, "the running system uses it" + (t.mounts.empty() ? std::string() : " (" + joined(t.mounts) + ")")});
}

void against_device_target(const PathFacts& t, Reasons& reasons) {
  against_system(t, reasons);
  if (t.protected_drive) reasons.push_back({Code::protected_drive, "its serial number is on the list of protected drives"});
  if (!t.protection_problem.empty()) reasons.push_back({Code::protection_not_known, "which drives are protected cannot be known: " + t.protection_problem});
  if (t.partition) reasons.push_back({Code::partition, "it is a partition; a copy goes to a whole disk"});
  if (!t.mounts.empty() && !t.backs_system) reasons.push_back({Code::mounted, "mounted at " + joined(t.mounts)});
  if (!t.holders.empty()) reasons.push_back({Code::in_use, joined(t.holders) + " is built on it"});
  if (t.size == 0) reasons.push_back({Code::not_found, "no medium in it"});
  if (t.read_only) reasons.push_back({Code::read_only, "it is write-protected"});
}

void against_pair(const PathFacts& t, const PathFacts& s, Reasons& reasons) {
  const bool same = t.kind != PathKind::missing && t.identity == s.identity;
  const bool through_loop = (t.backing.inode != 0 && t.backing == s.identity) || (s.backing.inode != 0 && s.backing == t.identity);
  if (same || through_loop) {
    reasons.push_back({Code::is_source, "it is the source"});
    return;
  }
  if (t.kind == PathKind::device) {
    // One device made of the other: a whole disk and its partition, an array and its member.
    if (overlaps(t.below, {device_name(s)}) && s.kind == PathKind::device) reasons.push_back({Code::is_source, "the source is part of it"});
    if (overlaps(s.below, {device_name(t)})) reasons.push_back({Code::holds_source, "the source lies on it"});
  } else if (s.kind == PathKind::device && overlaps(t.below, s.below)) {
    reasons.push_back({Code::is_source, "the file would be written onto the source drive"});
  }
  if (t.kind != PathKind::missing && t.size < s.size) {
    reasons.push_back({Code::too_small, "too small by " + std::to_string(s.size - t.size) + " bytes"});
  }
}

}  // namespace

Reasons against_source(const PathFacts& s) {
  Reasons reasons;
  if (s.kind == PathKind::missing) return {open_problem(s.read_error != 0 ? s.read_error : s.write_error, s.path)};
  if (s.kind == PathKind::other) return {Error{Code::not_a_drive, s.path + " is neither a block device nor an ordinary file"}};
  if (s.read_error != 0) reasons.push_back(open_problem(s.read_error, s.path));
  if (s.size == 0) reasons.push_back({Code::empty_source, s.path + " has no bytes"});
  return reasons;
}

Reasons against_target(const PathFacts& t, const PathFacts* source) {
  Reasons reasons;
  if (t.kind == PathKind::other) return {Error{Code::not_a_drive, t.path + " is neither a block device nor an ordinary file"}};
  if (t.kind == PathKind::missing) {
    if (t.in_device_folder) return {Error{Code::not_found, "there is no such device"}};
    if (t.write_error != 0) return {open_problem(t.write_error, t.path)};
  }
  if (t.kind == PathKind::device) against_device_target(t, reasons);
  if (t.kind == PathKind::file) {
    against_system(t, reasons);
    if (!t.mounts.empty() && !t.backs_system) reasons.push_back({Code::in_use, "what is mounted at " + joined(t.mounts) + " lies in it"});
  }
  if (t.kind == PathKind::file && t.in_device_folder) reasons.push_back({Code::not_a_drive, "an ordinary file where only devices belong"});
  if (source != nullptr) against_pair(t, *source, reasons);
  if (t.kind != PathKind::missing && t.write_error != 0) {
    const Error error = open_problem(t.write_error, t.path);
    const bool known = std::any_of(reasons.begin(), reasons.end(), [&](const Error& r) { return r.code == error.code; });
    if (!known) reasons.push_back(error);
  }
  return reasons;
}

Reasons against_checked(const PathFacts& t, std::uint64_t source_size) {
  Reasons reasons = against_source(t);
  if (reasons.empty() && t.size < source_size) reasons.push_back({Code::too_small, "too small by " + std::to_string(source_size - t.size) + " bytes"});
  return reasons;
}

std::string key_of(const platform::Identity& id) {
  std::string key = id.device ? "device-" : "file-";
  key += std::to_string(id.major) + "-" + std::to_string(id.minor) + "-" + std::to_string(id.device ? id.sequence : id.inode);
  return key;
}

}  // namespace carousel::safety
