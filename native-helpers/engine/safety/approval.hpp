// Approvals: what a person agreed to erase, as a token over what the drive is and what is on it. The token is no secret and grants nothing by
// itself: it is the answer to "which drive, exactly?", worked out again on the open device just before the first write. An identity is the same
// without what is on it: for drives that are only read.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "engine/safety/contents.hpp"
#include "platform/block_file.hpp"
#include "platform/inspect.hpp"

namespace carousel::safety {

/// How much of a yes erasing a drive needs: 0 none (it is blank), 1 one yes for a batch, 2 the end of its serial number typed.
/// (3, refused, is not a level of a token: rules.hpp.)
int level_of(const platform::PathFacts& facts, const Contents& contents);

/// Drives larger than this (bytes) are rarely meant to be overwritten without a second look.
inline constexpr std::uint64_t kLargeDrive = 256'000'000'000;

/// What a person is shown before the yes, and the token that stands for the yes.
struct Survey {
  int level = 2;
  Contents contents;
  std::string token;          ///< for erasing
  std::string unmount_token;  ///< for unmounting and erasing; who only erases takes it, too
};

/// What a token is a yes to: erasing the drive, or taking its file systems out of use before that as well.
enum class Grants { erasing, unmounting_too };

/// A version, a level, `unmount` where it grants that, and the SHA-256 over bus path, serial number, world-wide name, exact size, disk sequence number,
/// the level, the SHA-256 of the first MiB, which is `first`, and `unmount` again.
std::string token_of(const platform::PathFacts& facts, int level, const std::array<std::byte, 32>& first, Grants grants = Grants::erasing);

/// Reads what is on the device and makes the token. Code::changed_device if `facts` are about another device.
Result<Survey> survey(platform::BlockFile& device, const platform::PathFacts& facts);

/// Which drive that is: a version and the SHA-256 over bus path, serial number, world-wide name, exact size and disk sequence number. Empty for
/// anything but a device.
std::string identity_of(const platform::PathFacts& facts);

/// Code::changed_device unless it is the drive that was meant; an empty `identity` means whatever is there. Whoever opens it then must demand
/// `facts.identity` of the open descriptor.
Status demand_identity(const platform::PathFacts& facts, const std::string& identity);

/// The last look before the first write, on the open device itself: the rules once more, then the token. Code::other_than_approved,
/// Code::changed_device, or the reason of the rule.
Status confirm(platform::BlockFile& device, const std::string& path, const std::string& token);

}  // namespace carousel::safety
