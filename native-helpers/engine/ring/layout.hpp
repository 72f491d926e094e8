// The ring file, version 2: what lies where in the memory that producer, consumers and supervisor share (docs/ring-format.md).
// Sequences and cursors are the truth; doorbells are only how a process sleeps and is woken.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "platform/doorbell.hpp"

namespace carousel::ring {

inline constexpr std::array<char, 8> kMagic = {'C', 'R', 'S', 'L', 'R', 'I', 'N', 'G'};
inline constexpr std::uint32_t kVersion = 2;
/// Targets that can ride at the same time.
inline constexpr std::uint32_t kMaxConsumers = 64;
inline constexpr std::uint32_t kMinSlots = 2, kMaxSlots = 1024;
inline constexpr std::uint64_t kMinBlock = 64 * KiB, kMaxBlock = 16 * MiB;
/// "No sequence yet".
inline constexpr std::uint64_t kNone = ~std::uint64_t{0};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free,
              "atomics in shared memory must not hide a lock");

/// What one entry of the consumer table is used for.
enum class Seat : std::uint32_t {
  free = 0,
  reserved = 1,  ///< given to a process that has not joined yet
  attached = 2,  ///< rides: its cursor holds the producer back
  aside = 3,     ///< rides without holding anybody back, and takes what it finds
  left = 4       ///< off: by itself, or detached by the supervisor
};

/// What a slot holds.
enum class Content : std::uint32_t {
  good = 0,
  unreadable = 1,  ///< at least one sector could not be read and is zero-filled
  skipped = 2      ///< nothing: no target needs this block in this lap
};

/// What a consumer does now, for the supervisor's eyes.
enum class Phase : std::uint32_t { preparing = 0, copying = 1, flushing = 2, verifying = 3, healing = 4 };

/// What the producer does now, for the supervisor's eyes.
enum class ProducerPhase : std::uint32_t { starting = 0, reading = 1, gated = 2, idle = 3, stopped = 4 };

/// One target's place in the ring; the supervisor reserves it, the consumer rides with it.
struct alignas(64) Entry {
  std::atomic<std::uint32_t> seat;       ///< Seat
  std::atomic<std::uint32_t> waiting;    ///< 1: asleep until the producer publishes
  std::atomic<std::uint64_t> cursor;     ///< next sequence it wants
  std::atomic<std::uint32_t> may_step_aside;  ///< 1: the producer may set it aside when it holds others back
  std::atomic<std::uint32_t> stop;       ///< 1: leave at the next block border
  std::atomic<std::uint64_t> joined;     ///< first sequence of its ride, or kNone
  alignas(64) std::atomic<std::uint64_t> bytes_done;  ///< bytes acknowledged by the device, each block once
  std::atomic<std::uint64_t> missing;    ///< blocks it still needs
  std::atomic<std::uint64_t> activity;   ///< grows with every answer of the device; standing still means hung
  std::atomic<std::uint32_t> phase;      ///< Phase
  std::atomic<std::uint64_t> gated_ns;   ///< time the producer has waited for this one, or for it and others
  std::atomic<std::uint64_t> bytes_checked;  ///< bytes read back and compared in the present phase
  std::atomic<std::uint32_t> bad_blocks;     ///< blocks that read back wrong, or not at all
  std::atomic<std::uint32_t> healed_blocks;  ///< of these, written again and right now
  platform::Doorbell bell;
};

/// One slot's label; its bytes lie in the data area, at a place that the producer chooses (writer.cpp).
struct alignas(64) Slot {
  std::atomic<std::uint64_t> sequence;  ///< kNone while the producer fills it
  std::atomic<std::uint64_t> block;
  std::atomic<std::uint32_t> length;    ///< bytes of the source in it
  std::atomic<std::uint32_t> content;   ///< Content
  std::atomic<std::uint32_t> place;     ///< where in the data area its bytes lie, in blocks
};

/// What is known of one block of the source once it has been read.
struct BlockRecord {
  std::atomic<std::uint32_t> state;  ///< 0 not read yet, else 1 + Content
  std::uint32_t reserved;
  Digest digest;
};

struct alignas(kPage) Header {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t slot_count;
  std::uint64_t total_bytes;
  std::uint64_t source_size;
  std::uint64_t block_size;
  std::uint64_t block_count;
  std::uint64_t entries_at, needs_at, needs_stride, slots_at, records_at, data_at;  ///< byte offsets from the start of the file

  alignas(64) std::atomic<std::uint64_t> head;     ///< sequences published so far; the newest is head - 1
  std::atomic<std::uint32_t> producer_waiting;     ///< 1: asleep in the gate, or idle
  std::atomic<std::uint32_t> stop;                 ///< 1: everybody leaves at the next block border
  std::atomic<std::uint32_t> hold;                 ///< 1: the producer has not been let go yet; who gets a seat now begins with block 0
  std::atomic<std::uint32_t> entries_used;         ///< entries ever used: no higher one needs a look
  alignas(64) std::atomic<std::uint32_t> window;   ///< slots in play, 2 .. slot_count
  std::atomic<std::uint32_t> producer_phase;       ///< ProducerPhase
  std::atomic<std::uint64_t> bytes_read;           ///< bytes of the source read so far, over all laps
  std::atomic<std::uint64_t> reading_ns;           ///< time spent reading the source
  std::atomic<std::uint64_t> source_activity;      ///< grows with every answer of the source; standing still while reading means hung
  platform::Doorbell producer_bell;
};

static_assert(sizeof(Header) == kPage);
static_assert(sizeof(Slot) == 64);
static_assert(sizeof(BlockRecord) == 24);
static_assert(sizeof(Entry) % 64 == 0);

}  // namespace carousel::ring
