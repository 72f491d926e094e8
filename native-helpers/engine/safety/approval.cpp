#include "engine/safety/approval.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "base/sha256.hpp"
#include "engine/safety/rules.hpp"

namespace carousel::safety {
namespace {

constexpr std::string_view kVersion = "A1";
constexpr std::string_view kIdentityVersion = "I1";
constexpr std::string_view kUnmount = "unmount";

std::string hex(std::span<const std::byte> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte b : bytes) {
    text += digits[std::to_integer<unsigned>(b) >> 4];
    text += digits[std::to_integer<unsigned>(b) & 15U];
  }
  return text;
}

/// Each field with its length before it, so that no two sets of fields read the same.
void add(Sha256& sum, std::string_view field) {
  const std::string length = std::to_string(field.size()) + ":";
  sum.update(std::as_bytes(std::span(length)));
  sum.update(std::as_bytes(std::span(field)));
}

void add_identity(Sha256& sum, const platform::PathFacts& facts) {
  for (const std::string& field : {facts.bus_path, facts.serial, facts.wwn}) add(sum, field);
  for (const std::uint64_t number : {facts.size, facts.identity.sequence}) add(sum, std::to_string(number));
}

}  // namespace

std::string token_of(const platform::PathFacts& facts, int level, const std::array<std::byte, 32>& first, Grants grants) {
  const bool unmounts = grants == Grants::unmounting_too;
  Sha256 sum;
  add_identity(sum, facts);
  add(sum, std::to_string(level));
  add(sum, hex(first));
  if (unmounts) add(sum, kUnmount);
  const std::array<std::byte, 32> digest = sum.finish();
  return std::string(kVersion) + "-" + std::to_string(level) + "-" + (unmounts ? std::string(kUnmount) + "-" : "") + hex(digest);
}

int level_of(const platform::PathFacts& facts, const Contents& contents) {
  if (!facts.removable || facts.size > kLargeDrive || contents.weighty || !contents.readable) return 2;
  return contents.blank ? 0 : 1;
}

std::string identity_of(const platform::PathFacts& facts) {
  if (facts.kind != platform::PathKind::device) return {};
  Sha256 sum;
  add_identity(sum, facts);
  const std::array<std::byte, 32> digest = sum.finish();
  return std::string(kIdentityVersion) + "-" + hex(digest);
}

Status demand_identity(const platform::PathFacts& facts, const std::string& identity) {
  if (identity.empty() || identity_of(facts) == identity) return {};
  return Error{Code::changed_device, facts.path + " is not the drive that was meant"};
}

Result<Survey> survey(platform::BlockFile& device, const platform::PathFacts& facts) {
  if (device.identity() != facts.identity || device.geometry().size != facts.size) {
    return Error{Code::changed_device, facts.path + " is another device now than when it was checked"};
  }
  Survey found;
  std::array<std::byte, 32> first{};
  const ReadAt read = [&](std::uint64_t offset, std::span<std::byte> out) {
    const Result<std::size_t> n = device.read(offset, out);
    const bool good = n.ok() && *n == out.size();
    if (offset == 0 && out.size() == std::min(round_up(kApproved, kPage), facts.size)) {
      Sha256 sum;
      if (good) sum.update(out);
      first = sum.finish();
    }
    return good;
  };
  found.contents = contents_of(facts.size, facts.sector, read);
  found.level = level_of(facts, found.contents);
  found.token = token_of(facts, found.level, first);
  found.unmount_token = token_of(facts, found.level, first, Grants::unmounting_too);
  return found;
}

Status confirm(platform::BlockFile& device, const std::string& path, const std::string& token) {
  platform::PathFacts facts = platform::inspect(path);
  facts.write_error = 0;  // it is open for writing already
  if (const Reasons reasons = against_target(facts, nullptr); !reasons.empty()) return reasons.front();
  Result<Survey> now = survey(device, facts);
  if (!now) return std::move(now).error();
  if (token == now->token || token == now->unmount_token) return {};
  // Does it differ from what was approved, or from itself? Only the first can be helped by approving it again.
  Result<Survey> again = survey(device, facts);
  if (again && again->token != now->token) return Error{Code::unsteady_drive, path + " reads differently each time at its beginning"};
  return Error{Code::other_than_approved, path + " is not, or does not hold any more, what was approved"};
}

}  // namespace carousel::safety
