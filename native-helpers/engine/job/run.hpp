// The verbs of the command line that deal with jobs: `job`, `attach`, `jobs`, `check`.
#pragma once

#include <string>
#include <vector>

namespace carousel {

/// Reads `start` from standard input, finds out by itself whether it is first (and becomes the supervisor) or later (and joins).
int run_job();
/// Front end of a job that runs already.
int run_attach(const std::string& key);
/// Prints for each target how much of a copy of `source` an earlier job has left on it, by the maps in `folder`.
int run_resumable(const std::string& folder, const std::string& block_size, const std::string& source, const std::vector<std::string>& targets);
/// Prints the running jobs of this user.
int run_jobs();
/// Prints for each path whether it may be a source or a target, and why not; `looking` (`survey`): and what is on a drive, the level of yes that
/// erasing it needs, and the token of an approval. That reads the drive, and so needs the right to.
int run_check(const std::vector<std::string>& paths, bool looking);

}  // namespace carousel
