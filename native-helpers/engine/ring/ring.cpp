#include "engine/ring/ring.hpp"

#include <algorithm>
#include <new>

#include "platform/memory.hpp"

namespace carousel::ring {
namespace {

/// Slots in play at first. Few, so that blocks are still in the processor's cache when the consumers write them; enough that eight consumers
/// of one speed do not wait for each other. The producer puts more in play when somebody starves, or is about to.
constexpr std::uint32_t kFirstWindow = 8;

/// Where the parts lie for given dimensions: one rule for making and for checking.
struct Plan {
  std::uint64_t block_count, entries_at, needs_at, needs_stride, slots_at, records_at, records_end, data_at, total;
};

Plan plan(const Dimensions& d) {
  Plan p{};
  p.block_count = (d.source_size + d.block_size - 1) / d.block_size;
  p.entries_at = sizeof(Header);
  p.needs_at = round_up(p.entries_at + kMaxConsumers * sizeof(Entry), kPage);
  p.needs_stride = round_up((p.block_count + 63) / 64 * 8, 64);
  p.slots_at = round_up(p.needs_at + kMaxConsumers * p.needs_stride, kPage);
  p.records_at = round_up(p.slots_at + std::uint64_t{d.slot_count} * sizeof(Slot), kPage);
  p.records_end = p.records_at + p.block_count * sizeof(BlockRecord);
  p.data_at = round_up(p.records_end, platform::kLargePage);
  p.total = p.data_at + std::uint64_t{d.slot_count} * d.block_size;
  return p;
}

bool sane(const Dimensions& d) {
  return d.source_size > 0 && d.source_size <= std::uint64_t{1} << 53 && is_power_of_two(d.block_size) && d.block_size >= kMinBlock &&
         d.block_size <= kMaxBlock && d.slot_count >= kMinSlots && d.slot_count <= kMaxSlots;
}

}  // namespace

Result<Ring> Ring::create(const Dimensions& d) {
  if (!sane(d)) return Error{Code::bad_option, "block size, slots or source size out of range"};
  const Plan p = plan(d);
  Result<platform::SharedMap> map = platform::SharedMap::create(p.total, p.records_end);
  if (!map) return std::move(map).error();
  if (Status status = map->allocate(p.data_at, std::min(kFirstWindow, d.slot_count) * d.block_size); !status) return std::move(status).error();

  Header* h = new (map->data()) Header{};
  h->magic = kMagic;
  h->version = kVersion;
  h->slot_count = d.slot_count;
  h->total_bytes = p.total;
  h->source_size = d.source_size;
  h->block_size = d.block_size;
  h->block_count = p.block_count;
  h->window.store(std::min(kFirstWindow, d.slot_count));
  h->hold.store(1);
  h->entries_at = p.entries_at, h->needs_at = p.needs_at, h->needs_stride = p.needs_stride;
  h->slots_at = p.slots_at, h->records_at = p.records_at, h->data_at = p.data_at;
  bool bells = h->producer_bell.init();
  for (std::uint32_t i = 0; i < kMaxConsumers; ++i) {
    Entry* e = new (map->data() + p.entries_at + i * sizeof(Entry)) Entry{};
    e->joined = kNone;
    bells = bells && e->bell.init();
  }
  for (std::uint32_t i = 0; i < d.slot_count; ++i) {
    Slot* s = new (map->data() + p.slots_at + i * sizeof(Slot)) Slot{};
    s->sequence = kNone;
  }
  if (!bells) return Error{Code::internal, "the system has no process-shared semaphores"};
  Ring ring;
  if (Status bound = ring.bind(std::move(*map)); !bound) return std::move(bound).error();
  return ring;
}

Result<Ring> Ring::adopt(platform::NativeHandle handle) {
  Result<platform::SharedMap> map = platform::SharedMap::adopt(handle);
  if (!map) return std::move(map).error();
  Ring ring;
  if (Status bound = ring.bind(std::move(*map)); !bound) return std::move(bound).error();
  return ring;
}

Status Ring::bind(platform::SharedMap map) {
  if (map.size() < sizeof(Header)) return Error{Code::ring_broken, "the ring is too short"};
  map_ = std::move(map);
  const Header& h = header();
  if (h.magic != kMagic || h.version != kVersion) return Error{Code::ring_broken, "this is no ring of version 2"};
  const Dimensions d{h.source_size, h.block_size, h.slot_count};
  if (!sane(d)) return Error{Code::ring_broken, "the ring's dimensions are out of range"};
  const Plan p = plan(d);
  const bool same = h.block_count == p.block_count && h.entries_at == p.entries_at && h.needs_at == p.needs_at &&
                    h.needs_stride == p.needs_stride && h.slots_at == p.slots_at && h.records_at == p.records_at &&
                    h.data_at == p.data_at && h.total_bytes == p.total && map_.size() == p.total;
  if (!same) return Error{Code::ring_broken, "the ring's parts are not where they must be"};
  source_size_ = d.source_size, block_size_ = d.block_size, block_count_ = p.block_count, slot_count_ = d.slot_count;
  entries_at_ = p.entries_at, needs_at_ = p.needs_at, needs_stride_ = p.needs_stride, slots_at_ = p.slots_at;
  records_at_ = p.records_at, data_at_ = p.data_at;
  return {};
}

bool Ring::needs(std::uint32_t index, std::uint64_t block) const {
  return ((need_word(index, block).load() >> (block % 64)) & 1U) != 0;
}

void Ring::need_all(std::uint32_t index) const {
  for (std::uint64_t first = 0; first < block_count_; first += 64) {
    const std::uint64_t n = block_count_ - first;
    need_word(index, first).store(n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1);
  }
  entry(index).missing.store(block_count_);
}

void Ring::need(std::uint32_t index, std::uint64_t block) const {
  const std::uint64_t bit = std::uint64_t{1} << (block % 64);
  if ((need_word(index, block).fetch_or(bit) & bit) == 0) entry(index).missing.fetch_add(1);
}

// In need() the count goes up after the bit, here it goes down before: who looks at the bits first and at the count then never finds more missing
// than there are bits (Writer::needs_more).
void Ring::got(std::uint32_t index, std::uint64_t block) const {
  const std::uint64_t bit = std::uint64_t{1} << (block % 64);
  if (!needs(index, block)) return;
  entry(index).missing.fetch_sub(1);
  if ((need_word(index, block).fetch_and(~bit) & bit) == 0) entry(index).missing.fetch_add(1);  // somebody else was quicker
}

}  // namespace carousel::ring
