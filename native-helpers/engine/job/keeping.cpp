// The manifests that front ends asked for: written when their part of the job is over.
#include "engine/job/job.hpp"
#include "engine/manifest/writer.hpp"

namespace carousel {

void Job::write_manifest(ManifestWish& wish) {
  if (wish.settled) return;
  wish.settled = true;
  const std::optional<std::string> root = root_digest();
  if (source_error_ || !root) {
    wish.error = Error{Code::manifest_not_written, source_error_ ? "the source failed" : "not all of the source was read"};
    return;
  }
  manifest::Head head;
  head.program = kHelperVersion;
  head.time = manifest::time_now();
  head.source_path = source_.resolved;
  head.source_identity = source_.lasting;
  head.source_is_device = source_.kind == platform::PathKind::device;
  head.size = source_.size;
  head.block_size = options_.block;
  head.root = *root;
  head.sha256 = sha256_;
  head.unreadable = unreadable_;
  Result<platform::PlainWriter> file = platform::name_taken(wish.path) ? Error{Code::in_use, wish.path + " is there already"}
                                                                      : platform::PlainWriter::create(wish.path);
  if (!file) {
    wish.error = std::move(file).error();
    return;
  }
  const Status written = manifest::write(*file, head, [this](std::uint64_t block) { return ring_->record(block).digest; });
  if (!written) wish.error = written.error();
}

ManifestWish* Job::wish_of(const Client& client) {
  for (ManifestWish& wish : manifests_) {
    if (client.kind == ClientKind::observer || wish.client == client.id) return &wish;
  }
  return nullptr;
}

}  // namespace carousel
