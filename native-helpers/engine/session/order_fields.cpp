#include "engine/session/order_fields.hpp"

#include <charconv>

namespace carousel {

void add_identity(json::Fields& to, const platform::Identity& id) {
  to.add("device", id.device).add("major", id.major).add("minor", id.minor);
  // Inodes and disk sequences use all 64 bits; JSON numbers do not.
  to.add("inode", std::to_string(id.inode)).add("sequence", std::to_string(id.sequence));
}

std::string OrderFields::text(const char* key) {
  const json::Value* v = from_.find(key);
  return v != nullptr && v->string() != nullptr ? *v->string() : bad<std::string>();
}

bool OrderFields::flag(const char* key) {
  const json::Value* v = from_.find(key);
  return v != nullptr && v->boolean() != nullptr ? *v->boolean() : bad<bool>();
}

std::uint64_t OrderFields::whole(const char* key) {
  const json::Value* v = from_.find(key);
  return v != nullptr && v->whole() ? *v->whole() : bad<std::uint64_t>();
}

std::uint64_t OrderFields::decimal(const char* key) {
  const std::string s = text(key);
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
  return error == std::errc() && end == s.data() + s.size() ? n : bad<std::uint64_t>();
}

platform::Identity OrderFields::identity() {
  platform::Identity id;
  id.device = flag("device");
  id.major = whole("major"), id.minor = whole("minor");
  id.inode = decimal("inode"), id.sequence = decimal("sequence");
  return id;
}

}  // namespace carousel
