// A mapped ring: its parts by name. Made by the supervisor, inherited by producer and consumers.
#pragma once

#include <span>

#include "base/result.hpp"
#include "engine/ring/layout.hpp"
#include "platform/shared_map.hpp"

namespace carousel::ring {

struct Dimensions {
  std::uint64_t source_size = 0;      ///< bytes, at least 1
  std::uint64_t block_size = MiB;     ///< bytes, a power of two kMinBlock .. kMaxBlock
  std::uint32_t slot_count = 64;      ///< kMinSlots .. kMaxSlots
};

class Ring {
 public:
  /// Makes an empty ring; all but the places beyond the first window is allocated when this returns. Code::no_memory, Code::bad_option.
  static Result<Ring> create(const Dimensions& dimensions);
  /// Maps an inherited ring and checks that every part of it lies inside the file. Code::ring_broken.
  static Result<Ring> adopt(platform::NativeHandle handle);

  [[nodiscard]] platform::NativeHandle handle() const { return map_.handle(); }
  [[nodiscard]] Header& header() const { return *reinterpret_cast<Header*>(map_.data()); }
  [[nodiscard]] std::uint64_t source_size() const { return source_size_; }
  [[nodiscard]] std::uint64_t block_size() const { return block_size_; }
  [[nodiscard]] std::uint64_t block_count() const { return block_count_; }
  [[nodiscard]] std::uint32_t slot_count() const { return slot_count_; }

  [[nodiscard]] Entry& entry(std::uint32_t index) const { return at<Entry>(entries_at_)[index]; }
  [[nodiscard]] Slot& slot(std::uint64_t sequence) const { return at<Slot>(slots_at_)[sequence % slot_count_]; }
  /// The bytes at a place, 0 .. slot_count - 1.
  [[nodiscard]] std::span<std::byte> data(std::uint32_t place) const {
    return {map_.data() + data_at_ + place * block_size_, static_cast<std::size_t>(block_size_)};
  }
  /// Allocates the places `from` .. `to` - 1 before they are put in play. Code::no_memory.
  [[nodiscard]] Status allocate(std::uint32_t from, std::uint32_t to) const { return map_.allocate(data_at_ + from * block_size_, (to - from) * block_size_); }
  /// Puts places that are allocated and not in play yet into large pages, where there are any.
  void gather(std::uint32_t from, std::uint32_t to) const noexcept { map_.gather(data_at_ + from * block_size_, (to - from) * block_size_); }
  [[nodiscard]] BlockRecord& record(std::uint64_t block) const { return at<BlockRecord>(records_at_)[block]; }

  [[nodiscard]] std::uint64_t block_of(std::uint64_t sequence) const { return sequence % block_count_; }
  /// Bytes of the source in a block; only the last one may be short.
  [[nodiscard]] std::uint64_t length_of(std::uint64_t block) const {
    return block + 1 == block_count_ ? source_size_ - block * block_size_ : block_size_;
  }

  /// Does the target of this entry still need the block?
  [[nodiscard]] bool needs(std::uint32_t index, std::uint64_t block) const;
  /// Marks all blocks, or one, as needed; before the consumer rides, or by itself.
  void need_all(std::uint32_t index) const;
  void need(std::uint32_t index, std::uint64_t block) const;
  /// The block is on the target.
  void got(std::uint32_t index, std::uint64_t block) const;

 private:
  Status bind(platform::SharedMap map);
  template <class T>
  T* at(std::uint64_t offset) const {
    return reinterpret_cast<T*>(map_.data() + offset);
  }
  std::atomic<std::uint64_t>& need_word(std::uint32_t index, std::uint64_t block) const {
    return at<std::atomic<std::uint64_t>>(needs_at_ + index * needs_stride_)[block / 64];
  }

  platform::SharedMap map_;
  // Copies made once after checking, so that a damaged header cannot move a pointer later.
  std::uint64_t source_size_ = 0, block_size_ = 0, block_count_ = 0;
  std::uint64_t entries_at_ = 0, needs_at_ = 0, needs_stride_ = 0, slots_at_ = 0, records_at_ = 0, data_at_ = 0;
  std::uint32_t slot_count_ = 0;
};

}  // namespace carousel::ring
