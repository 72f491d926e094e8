#include "engine/manifest/writer.hpp"

#include <ctime>

#include "base/bytes.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"

namespace carousel::manifest {
namespace {

/// Written in pieces of about this size.
constexpr std::size_t kPiece = 256 * KiB;

/// Counts everything into the checksum that its last line holds.
class Lines {
 public:
  explicit Lines(platform::PlainWriter& file) : file_(file) {}
  Status add(std::string_view line) {
    text_ += line;
    text_ += '\n';
    return text_.size() < kPiece ? Status() : write();
  }
  Status end() {
    if (Status status = write(); !status) return status;
    text_ = "sha256 " + hex(sha_.finish()) + "\n";
    return write();
  }

 private:
  Status write() {
    const auto bytes = std::as_bytes(std::span(text_));
    sha_.update(bytes);
    Status status = file_.append(bytes);
    text_.clear();
    return status;
  }
  platform::PlainWriter& file_;
  Sha256 sha_;
  std::string text_;
};

std::string head_line(const Head& head) {
  json::Fields source, all;
  source.add("path", head.source_path).add("kind", head.source_is_device ? "device" : "file").add("size", head.size);
  source.add("identity", head.source_identity);
  all.add("program", head.program).add("time", head.time).raw("source", source.str());
  all.add("blockSize", head.block_size).add("blockCount", head.block_count()).add("unreadable", std::uint64_t{head.unreadable.size()});
  all.add("rootDigest", head.root);
  if (head.sha256) {
    all.add("sha256", *head.sha256);
  } else {
    all.null("sha256");
  }
  return all.str();
}

}  // namespace

Status write(platform::PlainWriter& file, const Head& head, const std::function<Digest(std::uint64_t)>& digest_of) {
  if (head.unreadable.size() > kMostRanges) return Error{Code::internal, "more unreadable ranges than a manifest may name"};
  const std::string first = head_line(head);
  if (first.size() > kLongestLine) return Error{Code::internal, "the first lines of the manifest would be too long"};
  Lines lines(file);
  if (Status status = lines.add(kFirstLine); !status) return status;
  if (Status status = lines.add(first); !status) return status;
  for (const Range& range : head.unreadable) {
    if (Status status = lines.add("unreadable " + std::to_string(range.offset) + " " + std::to_string(range.length)); !status) return status;
  }
  for (std::uint64_t block = 0; block < head.block_count(); ++block) {
    if (Status status = lines.add(hex(digest_of(block))); !status) return status;
  }
  if (Status status = lines.end(); !status) return status;
  return file.publish();
}

std::string time_now() {
  const std::time_t now = std::time(nullptr);
  char text[32] = {};
  if (const std::tm* utc = std::gmtime(&now); utc != nullptr) std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", utc);
  return text;
}

}  // namespace carousel::manifest
