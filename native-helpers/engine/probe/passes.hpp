// The two ways to look at a drive: quick (chosen places, everything put back) and full (every byte, left blank).
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <span>

#include "base/result.hpp"
#include "engine/probe/drive.hpp"
#include "engine/probe/findings.hpp"
#include "engine/probe/pattern.hpp"

namespace carousel::probe {

/// What a probe is doing, and how far it is: `bytes` of `of`, in phases.
struct Progress {
  const char* phase = "saving";  ///< saving, writing, reading, narrowing, restoring, clearing
  std::uint64_t bytes = 0, of = 0;
  void begin(const char* name, std::uint64_t total) { phase = name, bytes = 0, of = total; }
};

/// What both passes work with; lives as long as the probe.
struct Run {
  Drive& drive;
  Pattern pattern;
  std::mt19937_64 random;
  Findings findings;
  Report report;
  Progress progress;
};

/// The stretch at the start that a quick probe writes and reads as a whole, bytes: what a stick can cache without being caught is less.
inline constexpr std::uint64_t kStretch = 64 * MiB;

/// Bytes a second since that time of platform::now_ns().
std::uint64_t rate_since(std::uint64_t bytes, std::uint64_t since_ns);
/// The size of the cache that push_out_of_cache() beats: F, or half of a drive that is smaller than two of it.
std::uint64_t beaten_cache(const Run& run);
/// Writes the start of the drive once more, so that a cache of the drive keeps nothing of what lies behind it.
Status push_out_of_cache(Run& run, AlignedBuffer& buffer);
/// Notes for every stamp of what was read at `offset` whether it belongs there.
void note(Run& run, std::uint64_t offset, std::span<const std::byte> read);

/// Tests chosen places. Puts back what was there, whatever happened, if the drive lets it. An Error: no verdict.
Status probe_quick(Run& run);
/// Writes all, reads all. Clears both ends in the end, whatever happened, if the drive lets it. An Error: no verdict.
Status probe_full(Run& run);

}  // namespace carousel::probe
