// The one elevated process of an app run: starts helpers when the core that asked for it says so, and ends with that core. What it started
// goes on. It opens nothing itself.
#pragma once

#include <string>

namespace carousel {

/// The exit code of a broker that failed by itself: another one than sudo's own, 1, for a password that was not given.
inline constexpr int kBrokerFailed = 3;

/// Meets the core in `folder` (platform/meeting.hpp). Exit code of the process: 0 when the core has gone, kBrokerFailed when they did not come together.
int run_broker(const std::string& folder);

}  // namespace carousel
