// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "darwin/bells.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "darwin/private_folder.hpp"

namespace carousel::platform::darwin::bells {
namespace {

/// Doorbells one process can make in its life: about 60 rings.
constexpr std::uint64_t kMost = 4096;
constexpr const char* kRecord = "bells-";

/// 31 characters are the most this system takes; these are 26.
std::string text_of(std::uint64_t family, std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "/crsl%016" PRIx64 ".%04x", family, static_cast<unsigned>(number));
  return text;
}

/// A file names each maker and is locked by it: one that can be locked belongs to a dead one.
void clear_up_after_the_dead(const std::string& folder) {
  for (const std::string& name : names_in(folder, kRecord)) {
    const std::string path = folder + "/" + name;
    const Handle record = lock_file(path);
    if (!record.valid()) continue;
    const std::uint64_t family = std::strtoull(name.c_str() + std::string(kRecord).size(), nullptr, 16);
    for (std::uint64_t i = 0; i < kMost; ++i) sem_unlink(text_of(family, i).c_str());
    unlink(path.c_str());
  }
}

struct Made {
  const std::byte* doorbell;
  std::uint64_t number;
};

/// What this process has made.
struct Maker {
  std::mutex lock;
  std::uint64_t family = 0;  ///< 0: nothing yet
  std::uint64_t next = 0;
  Handle record;
  std::string record_path;
  std::vector<Made> made;
};

Maker& maker() {
  static Maker& the = *new Maker;
  return the;
}

bool begin(Maker& m) {
  const Result<std::string> folder = private_folder();
  if (!folder) return false;
  clear_up_after_the_dead(*folder);
  std::uint64_t family = 0;
  arc4random_buf(&family, sizeof family);
  char name[32];
  std::snprintf(name, sizeof name, "%s%016" PRIx64, kRecord, family);
  m.record_path = *folder + "/" + name;
  m.record = lock_file(m.record_path);
  if (!m.record.valid() || family == 0) return false;
  m.family = family;
  return true;
}

}  // namespace

sem_t* make(const void* doorbell, Name& name) {
  Maker& m = maker();
  const std::lock_guard guard(m.lock);
  if ((m.family == 0 && !begin(m)) || m.next >= kMost) return nullptr;
  const std::uint64_t number = m.next++;
  sem_t* const made = sem_open(text_of(m.family, number).c_str(), O_CREAT | O_EXCL, 0600, 0);
  if (made == SEM_FAILED) return nullptr;
  m.made.push_back({static_cast<const std::byte*>(doorbell), number});
  name = {m.family, number};
  return made;
}

sem_t* open(const Name& name) {
  if (name.family == 0 || name.number >= kMost) return nullptr;
  sem_t* const opened = sem_open(text_of(name.family, name.number).c_str(), 0);
  return opened == SEM_FAILED ? nullptr : opened;
}

void remove_within(const void* memory, std::size_t size) {
  Maker& m = maker();
  const std::lock_guard guard(m.lock);
  const auto* const from = static_cast<const std::byte*>(memory);
  std::erase_if(m.made, [&](const Made& bell) {
    if (std::less<>()(bell.doorbell, from) || !std::less<>()(bell.doorbell, from + size)) return false;
    sem_unlink(text_of(m.family, bell.number).c_str());
    return true;
  });
  if (!m.made.empty() || m.family == 0) return;
  // Nothing is left to clear up after us; another ring begins another family.
  unlink(m.record_path.c_str());
  m.record.reset();
  m.family = 0;
  m.next = 0;
}

}  // namespace carousel::platform::darwin::bells
