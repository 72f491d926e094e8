// The process that has the one drive of a probe open (carousel-helper examine TARGET); the supervisor of the probe starts it.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "platform/block_file.hpp"

namespace carousel::probe {

struct Orders {
  platform::TargetRequest target;
  bool full = false;
  std::string approval;  ///< devices only: what was approved (engine/safety/approval.hpp)
};
std::string to_line(const Orders& orders);
/// Code::protocol if anything is missing or wrong.
Result<Orders> orders_from(const json::Value& line);

/// The whole life of such a process; returns its exit code.
int run_examiner();

}  // namespace carousel::probe
