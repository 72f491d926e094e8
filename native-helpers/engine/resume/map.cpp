#include "engine/resume/map.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "base/bytes.hpp"

namespace carousel::resume {
namespace {

constexpr std::size_t kCheck = 8;
constexpr std::size_t kRecord = 8 + sizeof(Digest) + kCheck;
/// Heads are made of two paths and a few numbers.
constexpr std::size_t kLongestHead = 32768;
constexpr std::size_t kRecordsAtOnce = 8192;

std::string beginning(const std::string& head) { return "carousel-resume 1\n" + head + "\n"; }

using Packed = std::array<std::byte, kRecord>;

Packed pack(const Record& record, const Digest& key) {
  Packed out;
  const std::uint64_t word = record.block << 1 | (record.finished ? 1U : 0U);
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::byte>(word >> (8 * i));
  std::copy(record.digest.begin(), record.digest.end(), out.begin() + 8);
  std::array<std::byte, sizeof(Digest) + kRecord - kCheck> checked;
  std::copy(key.begin(), key.end(), checked.begin());
  std::copy(out.begin(), out.end() - kCheck, checked.begin() + sizeof(Digest));
  const Digest check = digest_of(checked);
  std::copy_n(check.begin(), kCheck, out.end() - kCheck);
  return out;
}

Record unpack(std::span<const std::byte> from) {
  Record record;
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i) word |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
  record.block = word >> 1;
  record.finished = (word & 1U) != 0;
  std::copy_n(from.begin() + 8, sizeof(Digest), record.digest.begin());
  return record;
}

}  // namespace

std::string map_path(const std::string& folder, const std::string& target) {
  return folder + "/" + hex(digest_of(std::as_bytes(std::span(target)))) + ".map";
}

Status read_map(const std::string& path, const std::string& head, const std::function<void(const Record&)>& each) {
  Result<platform::PlainReader> file = platform::PlainReader::open(path);
  if (!file) return std::move(file).error();
  const std::string expected = beginning(head);
  const Digest key = digest_of(std::as_bytes(std::span(expected)));
  std::vector<std::byte> begin(expected.size() + sizeof(Digest));
  const Result<std::size_t> n = file->read(begin);
  if (!n) return n.error();
  if (*n != begin.size() || std::memcmp(begin.data(), expected.data(), expected.size()) != 0) {
    return Error{Code::internal, "it was left by a copy of another source, to another target, or with other blocks"};
  }
  if (std::memcmp(begin.data() + expected.size(), key.data(), key.size()) != 0) return Error{Code::internal, "it is damaged"};
  std::vector<std::byte> buffer(kRecordsAtOnce * kRecord);
  for (;;) {
    const Result<std::size_t> got = file->read(buffer);
    if (!got) return got.error();
    for (std::size_t at = 0; at + kRecord <= *got; at += kRecord) {
      const auto from = std::span<const std::byte>(buffer).subspan(at, kRecord);
      const Record record = unpack(from);
      const Packed right = pack(record, key);
      if (!std::equal(right.begin(), right.end(), from.begin())) return {};
      each(record);
    }
    if (*got < buffer.size()) return {};
  }
}

Result<MapWriter> MapWriter::create(const std::string& path, const std::string& head) {
  if (head.size() > kLongestHead || head.find('\n') != std::string::npos) return Error{Code::internal, "a map's head must be one line of at most 32768 bytes"};
  Result<platform::PlainWriter> file = platform::PlainWriter::create(path);
  if (!file) return std::move(file).error();
  const std::string begin = beginning(head);
  const Digest key = digest_of(std::as_bytes(std::span(begin)));
  if (Status status = file->append(std::as_bytes(std::span(begin))); !status) return std::move(status).error();
  if (Status status = file->append(key); !status) return std::move(status).error();
  return MapWriter(std::move(*file), path, key);
}

Status MapWriter::commit() {
  std::vector<std::byte> bytes;
  bytes.reserve(pending_.size() * kRecord);
  for (const Record& record : pending_) {
    const Packed packed = pack(record, key_);
    bytes.insert(bytes.end(), packed.begin(), packed.end());
  }
  if (Status status = file_.append(bytes); !status) return status;
  pending_.clear();
  if (named_) return file_.flush();
  named_ = true;
  return file_.replace();
}

Status MapWriter::remove() { return platform::remove_file(path_); }

}  // namespace carousel::resume
