// The bricks that orders to worker processes are made of: strict reading of fields, and a device's identity.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/range.hpp"
#include "platform/block_file.hpp"

namespace carousel {

/// Writes an identity as fields of a line.
void add_identity(json::Fields& to, const platform::Identity& id);

/// Writes ranges as `[[offset,length],...]`, short enough for a thousand of them in a line.
void add_ranges(json::Fields& to, const char* key, const std::vector<Range>& ranges);

/// Reads fields one by one and remembers whether any was missing or wrong.
class OrderFields {
 public:
  explicit OrderFields(const json::Value& from) : from_(from) {}
  std::string text(const char* key);
  bool flag(const char* key);
  std::uint64_t whole(const char* key);
  /// A number of up to 64 bits, written as text.
  std::uint64_t decimal(const char* key);
  std::vector<Range> ranges(const char* key);
  platform::Identity identity();
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

}  // namespace carousel
