// What the machine can do at all: one reader of the source and N writers from a hot buffer, side by side, without any coordination.
// The bench divides by its time. Usage: limit SOURCE SIZE TARGET...; prints the seconds until everything is durable.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/bytes.hpp"
#include "platform/clock.hpp"

namespace {

constexpr std::size_t kBlock = carousel::MiB;

int open_direct(const char* path, int flags) {
  const int fd = open(path, flags | O_DIRECT, 0644);
  return fd >= 0 ? fd : open(path, flags, 0644);
}

int transfer(const char* path, unsigned long long size, bool writing) {
  struct stat st{};
  const bool device = stat(path, &st) == 0 && S_ISBLK(st.st_mode);
  const int fd = open_direct(path, writing ? O_RDWR | (device ? 0 : O_CREAT) : O_RDONLY);
  if (fd < 0) return 1;
  if (writing && !device && fallocate(fd, 0, 0, static_cast<off_t>(size)) != 0) return 1;
  carousel::AlignedBuffer buffer(kBlock);
  std::memset(buffer.data(), 0x5A, kBlock);
  for (unsigned long long at = 0; at + kBlock <= size; at += kBlock) {
    const ssize_t n = writing ? pwrite(fd, buffer.data(), kBlock, static_cast<off_t>(at)) : pread(fd, buffer.data(), kBlock, static_cast<off_t>(at));
    if (n != static_cast<ssize_t>(kBlock)) return 1;
  }
  return writing && fsync(fd) != 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const unsigned long long size = std::strtoull(argv[2], nullptr, 10);
  const std::uint64_t from = carousel::platform::now_ns();
  for (int i = 1; i < argc; ++i) {
    if (i != 2 && fork() == 0) _exit(transfer(argv[i], size, i > 2));
  }
  int status = 0, failed = 0;
  while (wait(&status) > 0) failed += WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
  std::printf("%.4f\n", static_cast<double>(carousel::platform::now_ns() - from) * 1e-9);
  return failed == 0 ? 0 : 1;
}
