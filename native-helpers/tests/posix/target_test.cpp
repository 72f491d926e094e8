#include "engine/target/target.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/test.hpp"

using namespace carousel;

namespace {

struct Folder {
  Folder() { CHECK(mkdtemp(path.data()) != nullptr); }
  ~Folder() {
    std::remove((path + "/t").c_str());
    rmdir(path.c_str());
  }
  std::string path = "/tmp/carousel-test-XXXXXX";
};

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST("target: any size, blocks in rotated order; the ends come last") {
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{511}, std::uint64_t{4096}, 64 * KiB, 64 * KiB + 1, 3 * 64 * KiB - 5, 5 * MiB + 12345}) {
    for (const std::uint64_t block : {64 * KiB, 2 * MiB}) {
      const Folder folder;
      platform::TargetRequest request;
      request.path = folder.path + "/t";
      request.create = true;
      int answers = 0;
      Result<Target> target = Target::open(request, size, block, [&] { ++answers; });
      CHECK(target.ok());
      if (!target) continue;
      CHECK(target->prepare().ok());
      const std::uint64_t blocks = (size + block - 1) / block;
      std::string want;
      for (std::uint64_t i = 0; i < size; ++i) want += static_cast<char>(1 + (i * 2654435761U >> 7) % 251);
      AlignedBuffer slot(static_cast<std::size_t>(block));
      std::uint64_t counted = 0;
      for (std::uint64_t i = 0; i < blocks; ++i) {
        const std::uint64_t b = (i + blocks / 2) % blocks, length = std::min(block, size - b * block);
        std::memcpy(slot.data(), want.data() + b * block, static_cast<std::size_t>(length));
        CHECK(target->write_block(b, slot.span().first(static_cast<std::size_t>(length))).ok());
        counted += target->written_now(b, length);
      }
      const std::string before = content(request.path);
      CHECK(before.size() == size && before[0] == 0 && counted < size);
      CHECK(target->finish().ok());
      CHECK(content(request.path) == want);
      CHECK(answers > 0);
    }
  }
}

TEST("target: an existing larger file: both ends are cleared first, what lies between source and end stays") {
  const Folder folder;
  const std::string path = folder.path + "/t";
  std::ofstream(path, std::ios::binary) << std::string(4 * MiB, 'o');
  struct stat st{};
  CHECK(stat(path.c_str(), &st) == 0);
  platform::TargetRequest request;
  request.path = path;
  request.expected = {false, major(st.st_dev), minor(st.st_dev), st.st_ino, 0};
  Result<Target> target = Target::open(request, MiB + 5, 64 * KiB, [] {});
  CHECK(target.ok() && target->prepare().ok());
  const std::string text = content(path);
  CHECK(text.size() == 4 * MiB && text[0] == 0 && text[4 * MiB - 1] == 0 && text[MiB + 4] == 0 && text[2 * MiB] == 'o');
}

TEST("target: a file that is not the one that was checked is refused, and not touched") {
  const Folder folder;
  const std::string path = folder.path + "/t";
  std::ofstream(path, std::ios::binary) << std::string(MiB, 'o');
  struct stat st{};
  CHECK(stat(path.c_str(), &st) == 0);
  platform::TargetRequest request;
  request.path = path;
  request.expected = {false, major(st.st_dev), minor(st.st_dev), st.st_ino + 1, 0};
  const Result<Target> target = Target::open(request, 100, 64 * KiB, [] {});
  CHECK(!target.ok() && target.error().code == Code::changed_device);
  CHECK(content(path) == std::string(MiB, 'o'));
}

TEST("target: a file that came into being since it was looked for is another one: not opened, not touched") {
  const Folder folder;
  const std::string path = folder.path + "/t";
  std::ofstream(path, std::ios::binary) << "theirs";
  platform::TargetRequest request;
  request.path = path;
  request.create = true;
  const Result<Target> target = Target::open(request, 100, 64 * KiB, [] {});
  CHECK(!target.ok() && target.error().code == Code::changed_device);
  CHECK(content(path) == "theirs");
}
