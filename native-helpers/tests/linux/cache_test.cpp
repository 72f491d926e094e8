// What is read back comes from the medium: nothing of it may lie in the page cache any more.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "engine/target/target.hpp"
#include "tests/test.hpp"

using namespace carousel;

namespace {

/// Pages of the file that the system holds in memory. Looking at them in this way brings none in.
std::size_t pages_in_memory(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat st{};
  CHECK(fd >= 0 && fstat(fd, &st) == 0);
  const auto size = static_cast<std::size_t>(st.st_size);
  void* const at = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  std::vector<unsigned char> there((size + kPage - 1) / kPage);
  CHECK(at != MAP_FAILED && mincore(at, size, there.data()) == 0);
  std::size_t count = 0;
  for (const unsigned char page : there) count += page & 1U;
  munmap(at, size);
  close(fd);
  return count;
}

}  // namespace

TEST("cache: the end of a copy in the midst of a page of a larger file is read back from the medium") {
  std::string folder = "/var/tmp/carousel-test-XXXXXX";
  CHECK(mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/t";
  std::ofstream(path, std::ios::binary) << std::string(256 * KiB, 'o');
  struct stat st{};
  struct statfs system{};
  CHECK(stat(path.c_str(), &st) == 0 && statfs(path.c_str(), &system) == 0);
  if (system.f_type != TMPFS_MAGIC) {  // there the page cache is the medium
    platform::TargetRequest request;
    request.path = path;
    request.expected = {false, major(st.st_dev), minor(st.st_dev), st.st_ino, 0};
    const std::uint64_t size = 64 * KiB + 100;
    Result<Target> target = Target::open(request, size, 64 * KiB, [] {});
    CHECK(target.ok() && target->prepare().ok());
    AlignedBuffer block(64 * KiB);
    std::memset(block.data(), 'x', block.size());
    CHECK(target->write_block(0, block.span()).ok() && target->write_block(1, block.span().first(100)).ok() && target->finish().ok());
    CHECK(pages_in_memory(path) > 0);  // its end goes through the page cache
    bool held = true;
    CHECK(target->read_back(1, block.span(), 100, held).ok() && !held);
    CHECK(pages_in_memory(path) == 0);
  }
  unlink(path.c_str());
  rmdir(folder.c_str());
}
