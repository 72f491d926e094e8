// The role `receive`: the producer of a station. Its source is another machine's ring, of which blocks come over a network through a local
// process; they go into the ring of this machine, whose consumers write them as any other source's.
#pragma once

namespace carousel {

/// The body of `carousel-helper receive NAME`; the exit code.
int run_receiver();

}  // namespace carousel
