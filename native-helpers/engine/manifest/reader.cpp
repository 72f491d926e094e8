#include "engine/manifest/reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/json.hpp"
#include "engine/manifest/root.hpp"

namespace carousel::manifest {
namespace {

Error damaged(const std::string& how) { return Error{Code::manifest_damaged, "the manifest is damaged: " + how}; }

constexpr std::size_t kSha256Digits = 64;

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// A decimal number without sign, blanks or leading zeros.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > kMaxSize) return std::nullopt;
  return value;
}

std::optional<Range> range_in(std::string_view line) {
  static constexpr std::string_view word = "unreadable ";
  if (!line.starts_with(word)) return std::nullopt;
  line.remove_prefix(word.size());
  const std::size_t gap = line.find(' ');
  if (gap == std::string_view::npos) return std::nullopt;
  const auto offset = number(line.substr(0, gap)), length = number(line.substr(gap + 1));
  if (!offset || !length) return std::nullopt;
  return Range{*offset, *length};
}

Digest digest_in(std::string_view text) {
  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    std::uint8_t byte = 0;
    std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, byte, 16);
    digest[i] = std::byte{byte};
  }
  return digest;
}

/// Takes the members of an object that must have exactly these.
class Members {
 public:
  Members(const json::Value* of, std::size_t count) : of_(of), good_(of != nullptr && of->object() != nullptr && of->object()->size() == count) {}
  const json::Value* at(const char* key) {
    const json::Value* value = good_ ? of_->find(key) : nullptr;
    good_ = value != nullptr;
    return value;
  }
  std::string text(const char* key) {
    const json::Value* value = at(key);
    good_ = good_ && value->string() != nullptr;
    return good_ ? *value->string() : std::string();
  }
  std::uint64_t whole(const char* key, std::uint64_t low, std::uint64_t high) {
    const json::Value* value = at(key);
    const auto n = value != nullptr ? value->whole() : std::nullopt;
    good_ = n && *n >= low && *n <= high;
    return good_ ? *n : 0;
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  const json::Value* of_;
  bool good_;
};

}  // namespace

Result<Reader> Reader::open(const std::string& path) {
  Result<platform::PlainReader> file = platform::PlainReader::open(path);
  if (!file) return std::move(file).error();
  Reader reader(std::move(*file));
  if (Status status = reader.read_head(); !status) return std::move(status).error();
  return reader;
}

Result<std::string_view> Reader::line() {
  last_.clear();
  for (;;) {
    if (from_ == to_) {
      const Result<std::size_t> n = file_.read(buffer_.span());
      if (!n) return damaged(n.error().what);
      if (*n == 0) return damaged("it ends too early");
      from_ = 0, to_ = *n;
    }
    const auto* begin = reinterpret_cast<const char*>(buffer_.data()) + from_;
    const auto* end = static_cast<const char*>(std::memchr(begin, '\n', to_ - from_));
    const std::size_t take = end != nullptr ? static_cast<std::size_t>(end - begin) : to_ - from_;
    if (last_.size() + take > kLongestLine) return damaged("a line is too long");
    last_.append(begin, take);
    from_ += take;
    if (end == nullptr) continue;
    ++from_;
    return std::string_view(last_);
  }
}

Status Reader::read_head() {
  const auto next = [this]() -> Result<std::string_view> {
    Result<std::string_view> got = line();
    if (got) {
      sha_.update(std::as_bytes(std::span(*got)));
      sha_.update(std::as_bytes(std::span("\n", 1)));
    }
    return got;
  };
  const Result<std::string_view> first = next();
  if (!first) return first.error();
  if (*first != kFirstLine) return damaged("its first line is not that of a manifest of version 1");
  const Result<std::string_view> second = next();
  if (!second) return second.error();
  const Result<json::Value> parsed = json::parse(*second);
  if (!parsed) return damaged("its second line is not JSON");
  Members all(&*parsed, 8);
  head_.program = all.text("program");
  head_.time = all.text("time");
  Members source(all.at("source"), 4);
  head_.source_path = source.text("path");
  head_.source_identity = source.text("identity");
  const std::string kind = source.text("kind");
  head_.source_is_device = kind == "device";
  head_.size = source.whole("size", 1, kMaxSize);
  head_.block_size = all.whole("blockSize", kMinBlock, kMaxBlock);
  const std::uint64_t count = all.whole("blockCount", 1, kMaxSize), ranges = all.whole("unreadable", 0, kMostRanges);
  head_.root = all.text("rootDigest");
  const json::Value* sha256 = all.at("sha256");
  const bool good = all.good() && source.good() && (kind == "device" || kind == "file") && is_power_of_two(head_.block_size) &&
                    count == head_.block_count() && is_hex(head_.root, kSha256Digits) &&
                    (sha256->is_null() || (sha256->string() != nullptr && is_hex(*sha256->string(), kSha256Digits)));
  if (!good) return damaged("its second line does not say what it must");
  if (sha256->string() != nullptr) head_.sha256 = *sha256->string();
  std::uint64_t after = 0;
  for (std::uint64_t i = 0; i < ranges; ++i) {
    const Result<std::string_view> text = next();
    if (!text) return text.error();
    const std::optional<Range> range = range_in(*text);
    const bool right = range && range->length > 0 && (i == 0 || range->offset > after) && range->offset < head_.size &&
                       range->length <= head_.size - range->offset;
    if (!right) return damaged("a range that could not be read makes no sense");
    after = range->offset + range->length;
    head_.unreadable.push_back(*range);
  }
  return {};
}

Status Reader::digests(const std::function<void(std::uint64_t, const Digest&)>& each) {
  RootDigest root(head_.size, head_.block_size);
  for (std::uint64_t block = 0; block < head_.block_count(); ++block) {
    const Result<std::string_view> text = line();
    if (!text) return text.error();
    if (!is_hex(*text, 2 * std::tuple_size_v<Digest>)) return damaged("the digest of block " + std::to_string(block) + " is none");
    sha_.update(std::as_bytes(std::span(*text)));
    sha_.update(std::as_bytes(std::span("\n", 1)));
    const Digest digest = digest_in(*text);
    root.add(digest);
    each(block, digest);
  }
  const Result<std::string_view> last = line();
  if (!last) return last.error();
  if (*last != "sha256 " + hex(sha_.finish())) return damaged("its checksum is wrong");
  if (root.finish() != head_.root) return damaged("its root digest is not that of its blocks");
  std::byte more{};
  const Result<std::size_t> rest = file_.read({&more, 1});
  if (from_ != to_ || !rest || *rest != 0) return damaged("something follows its end");
  return {};
}

}  // namespace carousel::manifest
