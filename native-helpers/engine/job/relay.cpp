#include "engine/job/relay.hpp"

#include <array>

namespace carousel {
namespace {

/// With this much unread by the front end, nothing more is taken from the job, which then drops progress by itself.
constexpr std::size_t kBacklog = 262'144;

}  // namespace

RelayEnd relay(LineChannel& front, LineChannel job, const std::string& first, platform::NativeHandle termination) {
  job.send(first);
  bool heard = false;
  for (;;) {
    std::array<platform::PollItem, 5> items = {platform::PollItem{termination, true, false}, front.poll_item(), job.poll_item(),
                                               platform::PollItem{front.endpoint().write_handle(), false, front.pending() > 0},
                                               platform::PollItem{job.endpoint().write_handle(), false, job.pending() > 0}};
    items[2].want_read = front.pending() < kBacklog;
    platform::poll(items, -1);
    if (items[0].can_read) {
      std::array<std::byte, 16> drained;
      (void)platform::Endpoint::read_some(termination, drained);
      job.send(R"({"verb":"cancel"})");
    }
    if (!front.closed()) front.receive();
    while (const std::optional<std::string> line = front.next_line()) job.send(*line);
    job.receive();
    while (const std::optional<std::string> line = job.next_line()) {
      heard = true;
      front.send(*line);
    }
    front.flush();
    job.flush();
    if (job.closed()) break;
  }
  if (heard) front.drain(10'000);
  return heard ? RelayEnd::served : RelayEnd::too_late;
}

}  // namespace carousel
