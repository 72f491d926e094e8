#include "engine/job/relay.hpp"

#include <array>

#include "engine/job/client.hpp"

namespace carousel {

RelayEnd relay(LineChannel& front, LineChannel job, const std::string& first, platform::NativeHandle termination) {
  job.send(first);
  bool heard = false;
  for (;;) {
    std::array<platform::PollItem, 5> items = {platform::PollItem{termination, true, false}, front.poll_item(), job.poll_item(),
                                               platform::PollItem{front.endpoint().write_handle(), false, front.pending() > 0},
                                               platform::PollItem{job.endpoint().write_handle(), false, job.pending() > 0}};
    items[2].want_read = front.pending() < kBacklog;  // what is not taken from the job makes it drop progress by itself
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
