// How a process that works on the ring begins: with its stream to the supervisor, the ring that it has inherited, and its orders.
#pragma once

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/ring/ring.hpp"
#include "engine/session/worker_link.hpp"
#include "platform/process.hpp"

namespace carousel {

/// Runs a `Worker`, made of the ring, its orders and the link, to its end; the exit code of the process. Without orders that is 3, with a ring or
/// orders that are wrong 1, and the supervisor is told why.
template <class Worker, class Orders>
int run_worker(Result<Orders> (*orders_in)(const json::Value&)) {
  platform::ignore_interrupts();
  // These live as long as the process: its threads may call into them to the very end.
  auto& link = *new WorkerLink;
  auto& ring = *new Result<ring::Ring>(ring::Ring::adopt(platform::inherited_ring()));
  if (!ring) {
    link.say_error("failed", ring.error());
    return 1;
  }
  const Result<json::Value> line = link.orders();
  if (!line) return 3;
  const Result<Orders> orders = orders_in(*line);
  if (!orders) {
    link.say_error("failed", orders.error());
    return 1;
  }
  return (new Worker(*ring, *orders, link))->run();
}

}  // namespace carousel
