// The orders a supervisor gives its producer and its consumers: one line each, written and read here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/range.hpp"
#include "base/result.hpp"
#include "platform/block_file.hpp"

namespace carousel {

struct ProducerOrders {
  std::string path;
  platform::Identity identity;
  std::uint64_t limit = 0;  ///< bytes a second at most, 0: no limit
  bool zero_fill = true;  ///< unreadable sectors: fill with zeros and go on, or end the job
  std::vector<Range> skip;  ///< of the source: not to be touched
  bool hash = false;      ///< the SHA-256 of the whole source is wanted
  std::vector<Range> again;  ///< blocks (not bytes): those of them whose digest an earlier job has left are read and compared before anything else
  std::string mark;       ///< the change mark of the source when the job was made; empty: it has none
};

/// What a consumer compares with the digests of the ring before it may write.
enum class Check {
  none,     ///< nothing: a copy from the beginning
  claimed,  ///< the blocks that an earlier job has left (those not needed); then the copy goes on
  all,      ///< every block: the target is verified, nothing is copied
  sample    ///< the first, the last and some in between, and no more than that
};

struct ConsumerOrders {
  platform::TargetRequest target;
  std::uint32_t seat = 0;
  bool verify = false, heal = false;
  std::string approval;  ///< devices only: what was approved
  Check check = Check::none;
  std::string map, map_head;  ///< where to keep what is on the target, for a later job (engine/resume); empty: nowhere
  std::string source_mark;    ///< see ProducerOrders::mark
};

/// Of a process that hands blocks to, or takes them from, a process that speaks with the network.
struct FeedOrders {
  std::string path;        ///< the local socket of that process
  std::uint32_t seat = 0;  ///< of the one that hands out; the one that takes has none
};

std::string to_line(const FeedOrders& orders);
Result<FeedOrders> feed_orders(const json::Value& line);
std::string to_line(const ProducerOrders& orders);
std::string to_line(const ConsumerOrders& orders);
Result<ProducerOrders> producer_orders(const json::Value& line);
Result<ConsumerOrders> consumer_orders(const json::Value& line);

}  // namespace carousel
