// Keeps the map of what a target holds up to date while it is written (engine/resume). That there can be none never ends a copy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/resume/map.hpp"
#include "engine/ring/ring.hpp"
#include "engine/session/worker_link.hpp"
#include "engine/target/target.hpp"

namespace carousel {

class Keeper {
 public:
  /// With an empty path nothing is kept. `source_mark`: the change mark of the source before the job read any of it; empty: it has none.
  Keeper(const ring::Ring& ring, const std::string& path, const std::string& head, const std::string& source_mark, WorkerLink& link);

  [[nodiscard]] bool active() const { return map_.has_value(); }
  /// The block is on the target, or only its digest is known because a part of it is still held back.
  void note(std::uint64_t block, bool finished);
  /// Time to write down what is new?
  [[nodiscard]] bool due() const;
  /// Makes the target durable, then writes down what was noted before. The target's error, if it has one.
  Status keep(Target& target);
  /// The copy is whole: the map goes.
  void done();
  /// The process is about to end without destructors: a map that has no name yet must not be left behind.
  void close() { map_.reset(); }

 private:
  void give_up(const Status& why);

  const ring::Ring& ring_;
  WorkerLink& link_;
  std::optional<resume::MapWriter> map_;
  std::uint64_t not_before_ns_ = 0;
};

}  // namespace carousel
