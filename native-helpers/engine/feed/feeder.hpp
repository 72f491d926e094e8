// The role `feed`: rides on the ring like any consumer and hands the blocks it is asked for to the process that sends them over the network.
#pragma once

namespace carousel {

/// The body of `carousel-helper feed PATH`; the exit code.
int run_feeder();

}  // namespace carousel
