// A front end that is connected to the job: the one that started it, a later starter of the same source, or an observer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/session/line_channel.hpp"

namespace carousel {

/// With this much unread, a front end gets no more progress.
inline constexpr std::size_t kBacklog = 262'144;
/// How long the end of the job waits for front ends that do not read, for all of them together.
inline constexpr int kLastWordsMs = 10'000;

enum class ClientKind { fresh, starter, joiner, observer };

struct Client {
  std::uint64_t id = 0;
  ClientKind kind = ClientKind::fresh;  ///< fresh: has not said what it wants
  LineChannel link;
  bool verify = false, heal = false;    ///< what it wants for the targets it asks for
  std::string resume;                   ///< the folder of its maps of unfinished copies; empty: none
  bool take_up = false;                 ///< go on where those say that a copy was left
  bool told_summary = false;
  bool gone = false;
};

}  // namespace carousel
