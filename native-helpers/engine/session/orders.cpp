#include "engine/session/orders.hpp"

#include "engine/ring/layout.hpp"
#include "engine/session/order_fields.hpp"

namespace carousel {

std::string to_line(const ProducerOrders& orders) {
  json::Fields f;
  f.add("path", orders.path).add("limit", orders.limit).add("zeroFill", orders.zero_fill).add("hash", orders.hash).add("mark", orders.mark);
  add_ranges(f, "again", orders.again);
  add_identity(f, orders.identity);
  add_ranges(f, "skip", orders.skip);
  return f.str();
}

std::string to_line(const ConsumerOrders& orders) {
  json::Fields f;
  f.add("path", orders.target.path).add("create", orders.target.create).add("size", orders.target.expected_size);
  f.add("seat", orders.seat).add("verify", orders.verify).add("heal", orders.heal).add("approval", orders.approval);
  f.add("check", std::uint64_t{static_cast<std::uint32_t>(orders.check)}).add("map", orders.map).add("mapHead", orders.map_head);
  f.add("sourceMark", orders.source_mark);
  add_identity(f, orders.target.expected);
  return f.str();
}

std::string to_line(const FeedOrders& orders) { return json::Fields().add("path", orders.path).add("seat", orders.seat).str(); }

Result<FeedOrders> feed_orders(const json::Value& line) {
  OrderFields f(line);
  const FeedOrders orders{f.text("path"), static_cast<std::uint32_t>(f.whole("seat"))};
  if (!f.good() || orders.seat >= ring::kMaxConsumers) return Error{Code::protocol, "the orders of the feed are not complete"};
  return orders;
}

Result<ProducerOrders> producer_orders(const json::Value& line) {
  OrderFields f(line);
  ProducerOrders orders{f.text("path"), f.identity(), f.whole("limit"), f.flag("zeroFill"), f.ranges("skip"), f.flag("hash"), f.ranges("again"), f.text("mark")};
  if (!f.good()) return Error{Code::protocol, "the producer's orders are not complete"};
  return orders;
}

Result<ConsumerOrders> consumer_orders(const json::Value& line) {
  OrderFields f(line);
  ConsumerOrders orders;
  orders.target.path = f.text("path");
  orders.target.create = f.flag("create");
  orders.target.expected_size = f.whole("size");
  orders.target.expected = f.identity();
  orders.target.device = orders.target.expected.device;
  orders.seat = static_cast<std::uint32_t>(f.whole("seat"));
  orders.verify = f.flag("verify"), orders.heal = f.flag("heal");
  orders.approval = f.text("approval");
  const std::uint64_t check = f.whole("check");
  orders.check = static_cast<Check>(check);
  orders.map = f.text("map"), orders.map_head = f.text("mapHead"), orders.source_mark = f.text("sourceMark");
  const bool known = check <= static_cast<std::uint64_t>(Check::sample);
  if (!f.good() || !known || orders.seat >= ring::kMaxConsumers) return Error{Code::protocol, "the consumer's orders are not complete"};
  return orders;
}

}  // namespace carousel
