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
};

struct ConsumerOrders {
  platform::TargetRequest target;
  std::uint32_t seat = 0;
  bool verify = false, heal = false;
};

std::string to_line(const ProducerOrders& orders);
std::string to_line(const ConsumerOrders& orders);
Result<ProducerOrders> producer_orders(const json::Value& line);
Result<ConsumerOrders> consumer_orders(const json::Value& line);

}  // namespace carousel
