// Manifests and maps, cut off at every byte and with any bit turned.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/consumer/sample.hpp"
#include "engine/manifest/reader.hpp"
#include "engine/manifest/root.hpp"
#include "engine/manifest/writer.hpp"
#include "engine/resume/map.hpp"
#include "tests/test.hpp"

using namespace carousel;

namespace {

struct Folder {
  Folder() { CHECK(mkdtemp(path.data()) != nullptr); }
  ~Folder() {
    for (const char* name : {"/m", "/bad", "/link", "/pipe"}) std::remove((path + name).c_str());
    CHECK(rmdir(path.c_str()) == 0);  // nothing unfinished is left behind
  }
  [[nodiscard]] std::string at(const char* name) const { return path + "/" + name; }
  std::string path = "/tmp/carousel-test-XXXXXX";
};

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary | std::ios::trunc) << text; }

Digest digest_for(std::uint64_t block) {
  const std::string text = std::to_string(block);
  return digest_of(std::as_bytes(std::span(text)));
}

manifest::Head head_for(std::uint64_t blocks) {
  manifest::Head head;
  head.program = "1.2.3", head.time = manifest::time_now(), head.source_path = "/dev/\"x\"\n", head.source_identity = "usb 1";
  head.source_is_device = true;
  head.block_size = 65536, head.size = blocks * 65536 - 5;
  manifest::RootDigest root(head.size, head.block_size);
  for (std::uint64_t block = 0; block < blocks; ++block) root.add(digest_for(block));
  head.root = root.finish();
  head.sha256 = std::string(64, 'a');
  head.unreadable = {{512, 512}, {70000, 4}};
  return head;
}

Status written(const std::string& path, const manifest::Head& head) {
  Result<platform::PlainWriter> file = platform::PlainWriter::create(path);
  if (!file) return file.error();
  return manifest::write(*file, head, digest_for);
}

/// The code with which the whole file is refused; nothing if it is taken.
std::optional<Code> refusal(const std::string& path) {
  Result<manifest::Reader> reader = manifest::Reader::open(path);
  if (!reader) return reader.error().code;
  const Status rest = reader->digests([](std::uint64_t, const Digest&) {});
  return rest ? std::nullopt : std::optional(rest.error().code);
}

std::vector<resume::Record> records_in(const std::string& path, const std::string& head, Status& status) {
  std::vector<resume::Record> records;
  status = resume::read_map(path, head, [&](const resume::Record& record) { records.push_back(record); });
  return records;
}

}  // namespace

TEST("manifest: what is written is read, all of it") {
  const Folder folder;
  const manifest::Head head = head_for(7);
  CHECK(written(folder.at("m"), head).ok());
  Result<manifest::Reader> reader = manifest::Reader::open(folder.at("m"));
  CHECK(reader.ok());
  const manifest::Head& got = reader->head();
  CHECK(got.program == head.program && got.time == head.time && got.source_path == head.source_path && got.source_identity == head.source_identity);
  CHECK(got.source_is_device && got.size == head.size && got.block_size == head.block_size && got.root == head.root && got.sha256 == head.sha256);
  CHECK(got.unreadable.size() == 2 && got.unreadable[1].offset == 70000 && got.unreadable[1].length == 4);
  std::uint64_t seen = 0;
  CHECK(reader->digests([&](std::uint64_t block, const Digest& digest) { seen += block == seen && digest == digest_for(block) ? 1U : 0U; }).ok());
  CHECK(seen == 7);
}

TEST("manifest: cut off at any byte, with any byte changed, or longer, it is damaged") {
  const Folder folder;
  CHECK(written(folder.at("m"), head_for(5)).ok());
  const std::string whole = content(folder.at("m"));
  const std::string bad = folder.at("bad");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    write(bad, whole.substr(0, n));
    CHECK(refusal(bad) == Code::manifest_damaged);
  }
  for (std::size_t n = 0; n < whole.size(); ++n) {
    std::string turned = whole;
    turned[n] = static_cast<char>(turned[n] ^ (1 << (n % 8)));
    write(bad, turned);
    CHECK(refusal(bad) == Code::manifest_damaged);
  }
  for (const std::string& more : {std::string("\n"), std::string("x"), whole, std::string(300000, 'f')}) {
    write(bad, whole + more);
    CHECK(refusal(bad) == Code::manifest_damaged);
  }
  write(bad, std::string(1 << 20, '0'));
  CHECK(refusal(bad) == Code::manifest_damaged);
}

TEST("manifest: is an ordinary file, and takes the place of none") {
  const Folder folder;
  const std::string pipe = folder.at("pipe"), link = folder.at("link"), there = folder.at("m");
  CHECK(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(refusal(pipe) == Code::not_a_drive);
  CHECK(refusal(folder.path) == Code::not_a_drive);
  CHECK(refusal(folder.at("bad")) == Code::not_found);
  write(there, "mine");
  CHECK(symlink("nowhere", link.c_str()) == 0);
  for (const std::string& taken : {there, link}) {
    const Status status = written(taken, head_for(2));
    CHECK(!status.ok() && status.error().code == Code::in_use);
  }
  CHECK(content(there) == "mine");
}

TEST("map: whatever becomes of its end, what stands before it counts, and nothing else") {
  const Folder folder;
  const std::string path = folder.at("m"), bad = folder.at("bad"), head = R"({"of":"a","to":"b"})";
  {
    Result<resume::MapWriter> map = resume::MapWriter::create(path, head);
    CHECK(map.ok());
    for (std::uint64_t block = 0; block < 6; ++block) {
      map->note({block, block != 2, digest_for(block)});
      if (block % 2 == 1) CHECK(map->commit().ok());
    }
  }
  Status status;
  const std::vector<resume::Record> all = records_in(path, head, status);
  CHECK(status.ok() && all.size() == 6 && !all[2].finished && all[3].finished && all[5].block == 5 && all[5].digest == digest_for(5));
  const std::string whole = content(path);
  const std::size_t begin = whole.size() - 6 * 32;
  const auto honest = [&](const std::string& text) {
    write(bad, text);
    const std::vector<resume::Record> got = records_in(bad, head, status);
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i].block == i && got[i].finished == all[i].finished && got[i].digest == all[i].digest);
    return got.size();
  };
  for (std::size_t n = 0; n <= whole.size(); ++n) CHECK(honest(whole.substr(0, n)) == (n < begin ? 0 : (n - begin) / 32));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    std::string turned = whole;
    turned[n] = static_cast<char>(turned[n] ^ (1 << (n % 8)));
    CHECK(honest(turned) == (n < begin ? 0 : (n - begin) / 32));
  }
  CHECK(honest(whole + std::string(100, '\0')) == 6);
  CHECK(records_in(path, R"({"of":"a","to":"c"})", status).empty() && !status.ok());
  CHECK(records_in(folder.at("link"), head, status).empty() && status.error().code == Code::not_found);
}

TEST("map: the records of one do not fit another") {
  const Folder folder;
  const std::string first = folder.at("m"), second = folder.at("bad");
  for (const std::string& path : {first, second}) {
    Result<resume::MapWriter> map = resume::MapWriter::create(path, path == first ? "{}" : "[]");
    map->note({1, true, digest_for(1)});
    CHECK(map->commit().ok());
  }
  const std::string mixed = content(second).substr(0, content(second).size() - 32) + content(first).substr(content(first).size() - 32);
  write(second, mixed);
  Status status;
  CHECK(records_in(second, "[]", status).empty() && status.ok());
}

TEST("sample: first, last, in order, spread, at most 64, each once") {
  for (const std::uint64_t count : {1ULL, 2ULL, 64ULL, 65ULL, 1000000ULL}) {
    const std::vector<std::uint64_t> blocks = sample_of(count);
    CHECK(blocks.size() == std::min<std::uint64_t>(count, 64));
    CHECK(blocks.front() == 0 && blocks.back() == count - 1);
    for (std::size_t i = 1; i < blocks.size(); ++i) CHECK(blocks[i] > blocks[i - 1] && blocks[i] - blocks[i - 1] <= 2 * (count / 62 + 1));
  }
}

TEST("ranges: merged in order, and known ones are not told twice") {
  std::vector<Range> ranges;
  CHECK(merge_range(ranges, {100, 10}) && merge_range(ranges, {10, 5}) && merge_range(ranges, {50, 1}));
  CHECK(!merge_range(ranges, {102, 3}) && !merge_range(ranges, {10, 5}));
  CHECK(ranges.size() == 3 && ranges[0].offset == 10 && ranges[2].offset == 100);
  CHECK(merge_range(ranges, {15, 35}) && ranges.size() == 2 && ranges[0].offset == 10 && ranges[0].length == 41);
  CHECK(merge_range(ranges, {0, 1000}) && ranges.size() == 1 && ranges[0].length == 1000);
}
