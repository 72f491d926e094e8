// A strict, bounded JSON reader and a small writer (RFC 8259), enough for the helper protocol.
// The reader refuses what a careful peer never sends: duplicate keys, NUL characters, broken UTF-8, deep nesting.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace carousel::json {

/// Longest accepted line of the protocol in bytes, to the helper and from it, and deepest nesting.
inline constexpr std::size_t kMaxLine = 65536;
inline constexpr std::size_t kMaxEvent = 1048576;
inline constexpr int kMaxDepth = 8;

class Value;
using Array = std::vector<Value>;
using Object = std::map<std::string, Value, std::less<>>;

/// One parsed JSON value.
class Value {
 public:
  Value() = default;
  explicit Value(bool b) : v_(b) {}
  explicit Value(double n) : v_(n) {}
  explicit Value(std::string s) : v_(std::move(s)) {}
  explicit Value(Array a) : v_(std::move(a)) {}
  explicit Value(Object o) : v_(std::move(o)) {}

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(v_); }
  [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&v_); }
  [[nodiscard]] const double* number() const { return std::get_if<double>(&v_); }
  [[nodiscard]] const std::string* string() const { return std::get_if<std::string>(&v_); }
  [[nodiscard]] const Array* array() const { return std::get_if<Array>(&v_); }
  [[nodiscard]] const Object* object() const { return std::get_if<Object>(&v_); }

  /// A whole number 0 .. 2^53-1, or nothing.
  [[nodiscard]] std::optional<std::uint64_t> whole() const;
  /// The member of an object, or null pointer.
  [[nodiscard]] const Value* find(std::string_view key) const;

 private:
  std::variant<std::monostate, bool, double, std::string, Array, Object> v_;
};

/// Parses exactly one JSON value of at most kMaxEvent bytes; Code::protocol if it is anything else.
Result<Value> parse(std::string_view text);

/// Appends the text as a JSON string; NUL and bytes that are not UTF-8 become U+FFFD.
void append_string(std::string& out, std::string_view text);

/// Writes one object field by field.
class Fields {
 public:
  Fields& add(std::string_view key, std::string_view value);
  Fields& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  Fields& add(std::string_view key, std::uint64_t value);
  Fields& add(std::string_view key, std::uint32_t value) { return add(key, std::uint64_t{value}); }
  Fields& add(std::string_view key, int value);
  Fields& add(std::string_view key, bool value);
  /// Seconds or another fraction, 3 decimals.
  Fields& add(std::string_view key, double value);
  Fields& null(std::string_view key);
  /// `value` is JSON already.
  Fields& raw(std::string_view key, std::string_view value);
  /// The finished object.
  [[nodiscard]] std::string str() const { return text_ + "}"; }

 private:
  void name(std::string_view key);
  std::string text_ = "{";
};

/// `[a,b,...]` of values that are JSON already.
std::string list(const std::vector<std::string>& items);

}  // namespace carousel::json
