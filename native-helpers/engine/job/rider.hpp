// One target of the job as the supervisor sees it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/meter.hpp"
#include "engine/session/line_channel.hpp"
#include "platform/block_file.hpp"
#include "platform/process.hpp"

namespace carousel {

enum class State { waiting, copying, aside, flushing, verifying, healing, done, verified, sampled, failed, removed, cancelled, refused };

constexpr bool is_final(State s) { return s >= State::done; }
constexpr bool is_good(State s) { return s == State::done || s == State::verified || s == State::sampled; }
const char* to_word(State state);

struct Rider {
  std::uint64_t id = 0;
  std::uint64_t owner = 0;                ///< the client that asked for it
  std::string path;                       ///< as the client named it
  std::string resolved;                   ///< symbolic links resolved
  bool device = false;
  std::uint64_t size = 0;                 ///< bytes of the target
  platform::Identity identity;
  platform::Identity backing;             ///< loop devices only: the file behind them
  State state = State::waiting;
  std::optional<Error> error;
  std::optional<std::uint64_t> joined_block, joined_sequence;
  std::uint64_t bytes = 0;                ///< acknowledged by the device
  std::uint64_t bytes_checked = 0;        ///< read back and compared, in the present phase
  std::uint64_t begun_ns = 0, ended_ns = 0;
  bool compared = false;                  ///< it holds a copy already, and is only read back (or healed)
  bool verify = false, heal = false;      ///< read it back, and write again what is wrong
  std::string map, map_head;              ///< where its map is kept, and for what copy; empty: none
  std::vector<bool> claimed;              ///< blocks that an earlier job says it holds; empty: none
  std::uint64_t resumed = 0;              ///< of these, found there and right

  std::optional<std::uint32_t> seat;      ///< its place in the ring, until its process is gone
  std::optional<platform::Child> process;
  LineChannel link;
  bool reported = false;                  ///< its process has said how it ended
  bool complete = false;                  ///< ... and that was: everything written and durable
  bool verified = false;                  ///< ... and read back right
  std::uint32_t bad_blocks = 0, healed_blocks = 0;
  std::vector<std::string> evidence;      ///< what its process said of bad blocks, one object for each time it read back
  std::uint64_t device_bytes = 0, device_ms = 0;  ///< what the device took, and how long it took for it

  Meter meter;
  Stopwatch still;                        ///< how long the device has given no answer
  std::uint64_t last_activity = 0, last_phase = 0;
  bool was_waiting = false;
  double stall_told = 0;
  std::uint64_t gated_ns = 0;             ///< at the last look, for who paces the job
  double holds_back = 0;                  ///< share of the time the producer waits for it, over the last looks
  std::string shown;                      ///< the progress event sent last
};

}  // namespace carousel
