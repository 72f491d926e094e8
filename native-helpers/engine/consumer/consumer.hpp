// A consumer: ring -> target. Steps on wherever the head is, rides one full turn, makes it durable and gets off.
// Runs in a process of its own (carousel-helper consume TARGET), one for each target.
#pragma once

#include <cstdint>
#include <string_view>

namespace carousel {

/// What a consumer does now; shown by the supervisor.
enum class Phase : std::uint32_t { preparing = 0, copying = 1, flushing = 2 };

/// The whole life of a consumer process; returns its exit code.
int run_consumer();

}  // namespace carousel
