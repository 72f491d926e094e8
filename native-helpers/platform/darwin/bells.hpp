// Names of the semaphores behind the doorbells. This system has no semaphores in shared memory, only named ones, and a named one stays
// until somebody removes it: the maker does so when it unmaps the ring, and the next maker does it for one that died.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#pragma once

#include <semaphore.h>

#include <cstddef>
#include <cstdint>

namespace carousel::platform::darwin::bells {

/// What lies in the ring: who made it, and its number there.
struct Name {
  std::uint64_t family;
  std::uint64_t number;
};

/// Makes a semaphore with count 0, known by a name of its own, for the doorbell at that address. Null if the system cannot.
sem_t* make(const void* doorbell, Name& name);
/// Opens one that another process of this user has made. Null if it is gone.
sem_t* open(const Name& name);
/// Removes the names of all that this process has made for doorbells within this memory. Processes that have them open go on.
void remove_within(const void* memory, std::size_t size);

}  // namespace carousel::platform::darwin::bells
