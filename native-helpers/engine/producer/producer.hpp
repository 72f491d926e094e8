// The producer: source -> ring, one block after the other, lap after lap, as long as anybody needs blocks.
// Runs in a process of its own (carousel-helper produce SOURCE) and tells the supervisor what happens.
#pragma once

namespace carousel {

/// The whole life of a producer process; returns its exit code.
int run_producer();

}  // namespace carousel
