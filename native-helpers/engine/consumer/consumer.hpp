// A consumer: ring -> target. Steps on wherever the head is, rides one full turn, makes it durable and gets off.
// Runs in a process of its own (carousel-helper consume TARGET), one for each target.
#pragma once

namespace carousel {

/// The whole life of a consumer process; returns its exit code.
int run_consumer();

}  // namespace carousel
