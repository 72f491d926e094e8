#include "engine/session/order_fields.hpp"

#include <charconv>

namespace carousel {

void add_identity(json::Fields& to, const platform::Identity& id) {
  to.add("device", id.device).add("major", id.major).add("minor", id.minor);
  // Inodes and disk sequences use all 64 bits; JSON numbers do not.
  to.add("inode", std::to_string(id.inode)).add("sequence", std::to_string(id.sequence));
}

void add_ranges(json::Fields& to, const char* key, const std::vector<Range>& ranges) {
  std::vector<std::string> items;
  for (const Range& range : ranges) items.push_back("[" + std::to_string(range.offset) + "," + std::to_string(range.length) + "]");
  to.raw(key, json::list(items));
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

std::vector<Range> OrderFields::ranges(const char* key) {
  std::vector<Range> ranges;
  const json::Value* list = from_.find(key);
  if (list == nullptr || list->array() == nullptr) return bad<std::vector<Range>>();
  for (const json::Value& item : *list->array()) {
    const json::Array* pair = item.array();
    if (pair == nullptr || pair->size() != 2 || !(*pair)[0].whole() || !(*pair)[1].whole()) return bad<std::vector<Range>>();
    ranges.push_back({*(*pair)[0].whole(), *(*pair)[1].whole()});
  }
  return ranges;
}

platform::Identity OrderFields::identity() {
  platform::Identity id;
  id.device = flag("device");
  id.major = whole("major"), id.minor = whole("minor");
  id.inode = decimal("inode"), id.sequence = decimal("sequence");
  return id;
}

}  // namespace carousel
