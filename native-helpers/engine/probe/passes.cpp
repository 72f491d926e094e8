#include "engine/probe/passes.hpp"

#include <algorithm>

#include "platform/clock.hpp"

namespace carousel::probe {

std::uint64_t rate_since(std::uint64_t bytes, std::uint64_t since_ns) {
  const std::uint64_t took = platform::now_ns() - since_ns;
  return took == 0 ? 0 : static_cast<std::uint64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(took));
}

std::uint64_t beaten_cache(const Run& run) {
  const std::uint64_t unit = run.drive.unit();
  return std::min(kStretch, run.drive.whole_units() / 2 / unit * unit);
}

Status push_out_of_cache(Run& run, AlignedBuffer& buffer) {
  const std::uint64_t length = beaten_cache(run);
  for (std::uint64_t at = 0; at < length; at += kPiece) {
    const std::span<std::byte> data = buffer.span().first(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, length - at)));
    run.pattern.fill(at, data);
    // Whether it took it or not, what reads back decides.
    if (const Result<bool> put = run.drive.write(at, data); !put) return put.error();
  }
  return run.drive.flush();
}

void note(Run& run, std::uint64_t offset, std::span<const std::byte> read) {
  for (std::size_t i = 0; i + kStamp <= read.size(); i += kStamp) {
    const std::uint64_t at = offset + i;
    const std::optional<std::uint64_t> origin = run.pattern.origin(read.subspan(i, kStamp));
    if (!origin) {
      run.findings.bad({at, kStamp});
    } else if (*origin == at) {
      run.findings.good({at, kStamp});
    } else {
      run.findings.wrapped({at, kStamp}, *origin < at ? at - *origin : *origin - at);
    }
  }
}

}  // namespace carousel::probe
