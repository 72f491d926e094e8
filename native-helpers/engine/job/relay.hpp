// A helper that found its source being copied already: passes lines between its own front end and the running job.
#pragma once

#include "engine/session/line_channel.hpp"

namespace carousel {

/// How a relay ended.
enum class RelayEnd {
  served,    ///< the job has spoken to us; whatever there was to say has been passed on
  too_late   ///< the job ended before it took us: the source is free, or somebody else's by now
};

/// `first` is sent to the job before anything else. `termination` readable means: cancel what this front end asked for.
RelayEnd relay(LineChannel& front, LineChannel job, const std::string& first, platform::NativeHandle termination);

}  // namespace carousel
