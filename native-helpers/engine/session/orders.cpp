#include "engine/session/orders.hpp"

#include "engine/ring/layout.hpp"

namespace carousel {
namespace {

void add_identity(json::Fields& to, const platform::Identity& id) {
  to.add("device", id.device).add("major", id.major).add("minor", id.minor);
  // Inodes and disk sequences use all 64 bits; JSON numbers do not.
  to.add("inode", std::to_string(id.inode)).add("sequence", std::to_string(id.sequence));
}

/// Reads fields one by one and remembers whether any was missing or wrong.
class Fields {
 public:
  explicit Fields(const json::Value& from) : from_(from) {}
  std::string text(const char* key) {
    const json::Value* v = from_.find(key);
    return v != nullptr && v->string() != nullptr ? *v->string() : bad<std::string>();
  }
  bool flag(const char* key) {
    const json::Value* v = from_.find(key);
    return v != nullptr && v->boolean() != nullptr ? *v->boolean() : bad<bool>();
  }
  std::uint64_t whole(const char* key) {
    const json::Value* v = from_.find(key);
    return v != nullptr && v->whole() ? *v->whole() : bad<std::uint64_t>();
  }
  std::uint64_t decimal(const char* key) {
    const std::string s = text(key);
    if (s.empty() || s.size() > 20 || s.find_first_not_of("0123456789") != std::string::npos) return bad<std::uint64_t>();
    return std::stoull(s);
  }
  platform::Identity identity() {
    platform::Identity id;
    id.device = flag("device");
    id.major = whole("major"), id.minor = whole("minor");
    id.inode = decimal("inode"), id.sequence = decimal("sequence");
    return id;
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  template <class T>
  T bad() {
    good_ = false;
    return {};
  }
  const json::Value& from_;
  bool good_ = true;
};

}  // namespace

std::string to_line(const ProducerOrders& orders) {
  json::Fields f;
  f.add("path", orders.path).add("limit", orders.limit).add("zeroFill", orders.zero_fill);
  add_identity(f, orders.identity);
  return f.str();
}

std::string to_line(const ConsumerOrders& orders) {
  json::Fields f;
  f.add("path", orders.target.path).add("create", orders.target.create).add("size", orders.target.expected_size);
  f.add("seat", orders.seat).add("verify", orders.verify).add("heal", orders.heal).add("approval", orders.approval);
  add_identity(f, orders.target.expected);
  return f.str();
}

Result<ProducerOrders> producer_orders(const json::Value& line) {
  Fields f(line);
  ProducerOrders orders{f.text("path"), f.identity(), f.whole("limit"), f.flag("zeroFill")};
  if (!f.good()) return Error{Code::protocol, "the producer's orders are not complete"};
  return orders;
}

Result<ConsumerOrders> consumer_orders(const json::Value& line) {
  Fields f(line);
  ConsumerOrders orders;
  orders.target.path = f.text("path");
  orders.target.create = f.flag("create");
  orders.target.expected_size = f.whole("size");
  orders.target.expected = f.identity();
  orders.target.device = orders.target.expected.device;
  orders.seat = static_cast<std::uint32_t>(f.whole("seat"));
  orders.verify = f.flag("verify"), orders.heal = f.flag("heal");
  orders.approval = f.text("approval");
  if (!f.good() || orders.seat >= ring::kMaxConsumers) return Error{Code::protocol, "the consumer's orders are not complete"};
  return orders;
}

}  // namespace carousel
