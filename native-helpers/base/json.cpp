#include "base/json.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace carousel::json {
namespace {

/// Length of the well-formed UTF-8 sequence at the start (1..4), or 0 (Unicode 15, table 3-7).
std::size_t utf8_length(std::string_view s) {
  const auto at = [&](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0U; };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) { return at(i) >= low && at(i) <= high; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    return follows(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    return follows(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6)), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18)), put(0x80 | ((c >> 12) & 0x3F)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::optional<Value> document() {
    std::optional<Value> value = any(0);
    space();
    if (!rest_.empty()) return std::nullopt;
    return value;
  }

 private:
  void space() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\n' || rest_[0] == '\r')) rest_.remove_prefix(1);
  }
  bool eat(char c) {
    space();
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool word(std::string_view w) {
    if (!rest_.starts_with(w)) return false;
    rest_.remove_prefix(w.size());
    return true;
  }

  std::optional<Value> any(int depth) {
    if (depth > kMaxDepth) return std::nullopt;
    space();
    if (rest_.empty()) return std::nullopt;
    switch (rest_[0]) {
      case '{': return object(depth);
      case '[': return array(depth);
      case '"': {
        std::optional<std::string> s = string();
        if (!s) return std::nullopt;
        return Value(std::move(*s));
      }
      case 't': return word("true") ? std::optional(Value(true)) : std::nullopt;
      case 'f': return word("false") ? std::optional(Value(false)) : std::nullopt;
      case 'n': return word("null") ? std::optional(Value()) : std::nullopt;
      default: return number();
    }
  }

  std::optional<Value> object(int depth) {
    Object members;
    if (!eat('{')) return std::nullopt;
    if (eat('}')) return Value(std::move(members));
    do {
      space();
      std::optional<std::string> key = string();
      if (!key || !eat(':')) return std::nullopt;
      std::optional<Value> value = any(depth + 1);
      if (!value || !members.emplace(std::move(*key), std::move(*value)).second) return std::nullopt;
    } while (eat(','));
    if (!eat('}')) return std::nullopt;
    return Value(std::move(members));
  }

  std::optional<Value> array(int depth) {
    Array items;
    if (!eat('[')) return std::nullopt;
    if (eat(']')) return Value(std::move(items));
    do {
      std::optional<Value> value = any(depth + 1);
      if (!value) return std::nullopt;
      items.push_back(std::move(*value));
    } while (eat(','));
    if (!eat(']')) return std::nullopt;
    return Value(std::move(items));
  }

  std::optional<std::uint32_t> hex4() {
    std::uint32_t value = 0;
    if (rest_.size() < 4) return std::nullopt;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 4, value, 16);
    if (error != std::errc() || end != rest_.data() + 4) return std::nullopt;
    rest_.remove_prefix(4);
    return value;
  }

  bool escape(std::string& out) {
    if (rest_.empty()) return false;
    const char c = rest_[0];
    rest_.remove_prefix(1);
    static constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
    if (const std::size_t i = from.find(c); i != std::string_view::npos) {
      out += to[i];
      return true;
    }
    if (c != 'u') return false;
    std::optional<std::uint32_t> unit = hex4();
    if (!unit || *unit == 0 || (*unit >= 0xDC00 && *unit <= 0xDFFF)) return false;
    if (*unit >= 0xD800 && *unit <= 0xDBFF) {
      if (!word("\\u")) return false;
      const std::optional<std::uint32_t> low = hex4();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
      unit = 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00);
    }
    append_utf8(out, *unit);
    return true;
  }

  std::optional<std::string> string() {
    std::string out;
    if (rest_.empty() || rest_[0] != '"') return std::nullopt;
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      const char c = rest_[0];
      if (c == '"') {
        rest_.remove_prefix(1);
        return out;
      }
      if (c == '\\') {
        rest_.remove_prefix(1);
        if (!escape(out)) return std::nullopt;
        continue;
      }
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      const std::size_t n = utf8_length(rest_);
      if (n == 0) return std::nullopt;
      out.append(rest_.substr(0, n));
      rest_.remove_prefix(n);
    }
    return std::nullopt;
  }

  std::optional<Value> number() {
    // RFC 8259 section 6; from_chars alone would take "inf", "1." and leading zeros.
    std::size_t i = 0;
    const auto digits = [&] {
      const std::size_t from = i;
      while (i < rest_.size() && rest_[i] >= '0' && rest_[i] <= '9') ++i;
      return i - from;
    };
    if (i < rest_.size() && rest_[i] == '-') ++i;
    const std::size_t whole_at = i, whole = digits();
    if (whole == 0 || (whole > 1 && rest_[whole_at] == '0')) return std::nullopt;
    if (i < rest_.size() && rest_[i] == '.') {
      ++i;
      if (digits() == 0) return std::nullopt;
    }
    if (i < rest_.size() && (rest_[i] == 'e' || rest_[i] == 'E')) {
      ++i;
      if (i < rest_.size() && (rest_[i] == '+' || rest_[i] == '-')) ++i;
      if (digits() == 0) return std::nullopt;
    }
    double value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + i, value);
    if (error != std::errc() || end != rest_.data() + i || !std::isfinite(value)) return std::nullopt;
    rest_.remove_prefix(i);
    return Value(value);
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::uint64_t> Value::whole() const {
  const double* n = number();
  if (n == nullptr || *n < 0 || *n >= 9007199254740992.0 || *n != std::floor(*n)) return std::nullopt;
  return static_cast<std::uint64_t>(*n);
}

const Value* Value::find(std::string_view key) const {
  const Object* o = object();
  if (o == nullptr) return nullptr;
  const auto it = o->find(key);
  return it == o->end() ? nullptr : &it->second;
}

Result<Value> parse(std::string_view text) {
  if (text.size() > kMaxEvent) return Error{Code::protocol, "the line is too long"};
  std::optional<Value> value = Parser(text).document();
  if (!value) return Error{Code::protocol, "the line is not valid JSON"};
  return std::move(*value);
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const unsigned char c = static_cast<unsigned char>(text[0]);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[0];
    } else if (c == 0) {
      out += "\xEF\xBF\xBD";  // our own reader takes no NUL
    } else if (c < 0x20 || c == 0x7F) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      const std::size_t n = utf8_length(text);
      if (n == 0) {
        out += "\xEF\xBF\xBD";
      } else {
        out.append(text.substr(0, n));
        text.remove_prefix(n - 1);
      }
    }
    text.remove_prefix(1);
  }
  out += '"';
}

void Fields::name(std::string_view key) {
  if (text_.size() > 1) text_ += ',';
  append_string(text_, key);
  text_ += ':';
}
Fields& Fields::add(std::string_view key, std::string_view value) {
  name(key);
  append_string(text_, value);
  return *this;
}
Fields& Fields::add(std::string_view key, std::uint64_t value) {
  name(key);
  text_ += std::to_string(value);
  return *this;
}
Fields& Fields::add(std::string_view key, int value) {
  name(key);
  text_ += std::to_string(value);
  return *this;
}
Fields& Fields::add(std::string_view key, bool value) {
  name(key);
  text_ += value ? "true" : "false";
  return *this;
}
Fields& Fields::add(std::string_view key, double value) {
  name(key);
  char text[64];
  std::snprintf(text, sizeof text, "%.3f", value);
  text_ += text;
  return *this;
}
Fields& Fields::null(std::string_view key) { return raw(key, "null"); }
Fields& Fields::raw(std::string_view key, std::string_view value) {
  name(key);
  text_ += value;
  return *this;
}

std::string list(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) {
    if (text.size() > 1) text += ',';
    text += item;
  }
  return text + "]";
}

}  // namespace carousel::json
