// Disks are read and written by their raw nodes (/dev/rdiskN), which go past the cache; files with F_NOCACHE, which also takes ends of any
// length, so that one descriptor is enough.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "platform/block_file.hpp"

#include <fcntl.h>
#include <sys/disk.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

#include "base/bytes.hpp"
#include "darwin/device_path.hpp"
#include "darwin/media.hpp"
#include "darwin/mounts.hpp"
#include "platform/clock.hpp"
#include "platform/rights.hpp"
#include "platform/system_error.hpp"

namespace carousel::platform {

using namespace darwin;

namespace {

/// The disk arbitration daemon looks into a disk for a moment when it comes or was unmounted; the same exclusive open is tried again for so long.
constexpr int kTries = 20;
constexpr std::uint32_t kPauseMs = 100;

Code code_of(int error) {
  switch (fault_of(error)) {
    case Fault::gone: return Code::device_gone;
    case Fault::no_space: return Code::no_space;
    case Fault::read_only: return Code::read_only;
    case Fault::no_permission: return Code::no_permission;
    case Fault::not_found: return Code::not_found;
    case Fault::busy: return Code::in_use;
    case Fault::no_memory: return Code::no_memory;
    default: return Code::internal;
  }
}

Error open_error(const std::string& path, int error) { return system_error(code_of(error), "cannot open " + path, error); }

Error changed(const std::string& path, const char* how) { return {Code::changed_device, path + how + " now than when it was checked"}; }

Identity identity_of(const std::string& disk, const struct stat& st) {
  Identity id;
  id.device = !disk.empty();
  const dev_t number = id.device ? st.st_rdev : st.st_dev;
  id.major = static_cast<std::uint64_t>(major(number)), id.minor = static_cast<std::uint64_t>(minor(number));
  if (id.device) {
    // A name that was given to another disk after the open gives that one's number, which is then not the expected one.
    const std::optional<Media> whole = whole_disk_of(disk);
    id.sequence = whole ? whole->entry : 0;
  } else {
    id.inode = st.st_ino;
  }
  return id;
}

/// O_EXLOCK: the kernel gives the disk to one opener and refuses all others; a mounted volume on it counts as one. Without O_NONBLOCK it
/// would wait for the other to close instead.
Handle open_alone(const std::string& disk, int how) {
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) sleep_ms(kPauseMs);
    const int fd = ::open(raw_node_of(disk).c_str(), how | O_EXLOCK | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
      fcntl(fd, F_SETFL, 0);  // transfers wait for the disk
      return Handle(fd);
    }
    if (errno != EBUSY && errno != EAGAIN && errno != EINTR) break;
  }
  return Handle();
}

Result<Geometry> geometry_of_disk(int fd) {
  std::uint32_t sector = 0;
  std::uint64_t count = 0;
  if (ioctl(fd, DKIOCGETBLOCKSIZE, &sector) != 0 || ioctl(fd, DKIOCGETBLOCKCOUNT, &count) != 0 || sector == 0) {
    return system_error(Code::device_gone, "cannot ask the device for its size", errno);
  }
  return Geometry{true, true, count * sector, sector};
}

/// Past the cache if that can be had. Whole pages are moved without a copy; other lengths work and go through the cache.
Geometry geometry_of_file(int fd, const struct stat& st) {
  Geometry g;
  g.direct = fcntl(fd, F_NOCACHE, 1) == 0;
  g.size = static_cast<std::uint64_t>(st.st_size);
  g.sector = g.direct ? static_cast<std::uint32_t>(kPage) : 1;
  return g;
}

Error at(Code code, const char* what, int error, std::uint64_t offset) {
  Error e = system_error(code, what, error);
  e.offset = offset;
  return e;
}

Status write_all(int fd, std::uint64_t offset, std::span<const std::byte> data) {
  std::size_t done = 0;
  while (done < data.size()) {
    const ssize_t n = pwrite(fd, data.data() + done, data.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return at(Code::write_error, "cannot write", errno, offset + done);
    // A device that takes nothing and reports no error is at its end: treat it as the error it hides.
    if (n == 0) return at(Code::write_error, "cannot write", ENOSPC, offset + done);
    done += static_cast<std::size_t>(n);
  }
  return {};
}

/// Claims room in the file system before the first write, then makes the file that long. 0 or an error number.
int allocate(int fd, std::uint64_t size) {
  struct stat st{};
  if (fstat(fd, &st) != 0) return errno;
  const std::uint64_t have = static_cast<std::uint64_t>(st.st_blocks) * 512;
  if (have < size) {
    // Counted from the end of what the file has on the disk already.
    fstore_t room{};
    room.fst_flags = F_ALLOCATEALL;
    room.fst_posmode = F_PEOFPOSMODE;
    room.fst_length = static_cast<off_t>(size - have);
    if (fcntl(fd, F_PREALLOCATE, &room) != 0 && errno != ENOTSUP && errno != EOPNOTSUPP && errno != EINVAL && errno != ENOTTY) return errno;
  }
  if (static_cast<std::uint64_t>(st.st_size) < size && ftruncate(fd, static_cast<off_t>(size)) != 0) return errno;
  return 0;
}

/// F_FULLFSYNC reaches the medium; fsync alone stops at the drive's own cache and is only for file systems that have nothing better.
int flush_file(int fd) {
  for (;;) {
    if (fcntl(fd, F_FULLFSYNC) == 0) return 0;
    if (errno == EINTR) continue;
    if (errno != ENOTSUP && errno != EOPNOTSUPP && errno != EINVAL && errno != ENOTTY) return errno;
    if (fsync(fd) == 0) return 0;
    if (errno != EINTR) return errno;
  }
}

int flush_disk(int fd) {
  dk_synchronize_t all{};  // offset and length 0: everything
  while (ioctl(fd, DKIOCSYNCHRONIZE, &all) != 0) {
    // A device without the command has no cache of its own to write back.
    if (errno == ENOTSUP || errno == EOPNOTSUPP) return 0;
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

Result<BlockFile> BlockFile::open_source(const std::string& path) {
  BlockFile file;
  file.path_ = path;
  struct stat st{};
  if (stat(path.c_str(), &st) != 0) return open_error(path, errno);
  const std::string disk = disk_name(path, st);
  if (disk.empty() && !S_ISREG(st.st_mode)) return Error{Code::not_a_drive, path + " is neither a disk nor an ordinary file"};
  constexpr int kHow = O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
  if (disk.empty()) {
    file.handle_ = Handle(::open(path.c_str(), kHow));
  } else {
    // Holding it exclusively keeps others from mounting or writing it meanwhile. What is mounted already cannot be held; that is the
    // one case in which a source is read all the same, and the job says so.
    const InUse use = in_use(disk);
    file.mounted_writable_ = use.writable;
    const Raised raised;
    file.handle_ = use.points.empty() ? open_alone(disk, O_RDONLY) : Handle(::open(raw_node_of(disk).c_str(), kHow));
  }
  if (!file.handle_.valid()) return open_error(path, errno);
  const int fd = static_cast<int>(file.handle_.get());
  if (fstat(fd, &st) != 0) return open_error(path, errno);
  if (disk.empty() && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Error{Code::in_use, path + " is being written by another job"};
  }
  Result<Geometry> geometry = disk.empty() ? Result<Geometry>(geometry_of_file(fd, st)) : geometry_of_disk(fd);
  if (!geometry) return std::move(geometry).error();
  file.geometry_ = *geometry;
  file.identity_ = identity_of(disk, st);
  return file;
}

Result<BlockFile> BlockFile::open_to_look(const std::string& path) {
  BlockFile file;
  file.path_ = path;
  struct stat st{};
  if (stat(path.c_str(), &st) != 0) return open_error(path, errno);
  const std::string disk = disk_name(path, st);
  if (disk.empty()) return Error{Code::not_a_drive, path + " is no disk"};
  {
    const Raised raised;
    file.handle_ = Handle(::open(raw_node_of(disk).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  }
  if (!file.handle_.valid() || fstat(static_cast<int>(file.handle_.get()), &st) != 0) return open_error(path, errno);
  Result<Geometry> geometry = geometry_of_disk(static_cast<int>(file.handle_.get()));
  if (!geometry) return std::move(geometry).error();
  file.geometry_ = *geometry;
  file.identity_ = identity_of(disk, st);
  return file;
}

Result<BlockFile> BlockFile::open_target(const TargetRequest& request) {
  BlockFile file;
  file.path_ = request.path;
  file.created_ = request.create;
  struct stat st{};
  std::string disk;
  if (request.device) {
    if (stat(request.path.c_str(), &st) != 0) return open_error(request.path, errno);
    disk = disk_name(request.path, st);
    if (disk.empty()) return changed(request.path, " is something else");
    const Raised raised;
    file.handle_ = open_alone(disk, O_RDWR);
  } else {
    file.handle_ = Handle(::open(request.path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | (request.create ? O_CREAT | O_EXCL : 0), 0644));
  }
  if (!file.handle_.valid()) {
    const int error = errno;
    const std::optional<Media> media = request.device ? media_of(disk) : std::nullopt;
    if (request.create && error == EEXIST) return Error{Code::changed_device, request.path + " was not there when it was checked, and is now"};
    if (error == EACCES && media && !media->writable) return Error{Code::read_only, request.path + " is write-protected"};
    return open_error(request.path, error);
  }
  const int fd = static_cast<int>(file.handle_.get());
  if (fstat(fd, &st) != 0) return open_error(request.path, errno);
  if (request.device ? !S_ISCHR(st.st_mode) : !S_ISREG(st.st_mode)) {
    return changed(request.path, " is something else");
  }
  file.identity_ = identity_of(disk, st);
  if (!request.create && file.identity_ != request.expected) {
    return changed(request.path, " is another device");
  }
  if (request.device) {
    std::uint32_t writable = 0;
    if (ioctl(fd, DKIOCISWRITABLE, &writable) == 0 && writable == 0) return Error{Code::read_only, request.path + " is write-protected"};
    Result<Geometry> geometry = geometry_of_disk(fd);
    if (!geometry) return std::move(geometry).error();
    file.geometry_ = *geometry;
    if (file.geometry_.size != request.expected_size) return changed(request.path, " has another size");
    return file;
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) return Error{Code::in_use, request.path + " is in use by another job"};
  if (const int error = allocate(fd, request.allocate)) {
    Error e = system_error(code_of(error), "cannot allocate " + request.path, error);
    file.discard_created();
    return e;
  }
  if (fstat(fd, &st) != 0) return open_error(request.path, errno);
  file.geometry_ = geometry_of_file(fd, st);
  return file;
}

Result<std::size_t> BlockFile::read(std::uint64_t offset, std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = pread(static_cast<int>(handle_.get()), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return at(Code::read_error, "cannot read", errno, offset + done);
    done += static_cast<std::size_t>(n);
    // An odd end: the rest would not be aligned any more, and there is no rest.
    if (geometry_.direct && done % geometry_.sector != 0) break;
  }
  return done;
}

Status BlockFile::write(std::uint64_t offset, std::span<const std::byte> data) { return write_all(static_cast<int>(handle_.get()), offset, data); }

Status BlockFile::write_unaligned(std::uint64_t offset, std::span<const std::byte> data) {
  return write_all(static_cast<int>(handle_.get()), offset, data);
}

Status BlockFile::flush() {
  const int fd = static_cast<int>(handle_.get());
  if (const int error = geometry_.device ? flush_disk(fd) : flush_file(fd)) return system_error(Code::flush_error, "cannot flush", error);
  return {};
}

Status BlockFile::flush_name() {
  const std::size_t slash = path_.rfind('/');
  const Handle folder(::open(slash == 0 ? "/" : path_.substr(0, slash).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return open_error(path_, errno);
  // Some file systems (FUSE, network) cannot flush a folder and say EINVAL; the name is then as durable as it gets.
  const int error = flush_file(static_cast<int>(folder.get()));
  if (error != 0 && error != EINVAL && error != ENOTSUP) return system_error(Code::flush_error, "cannot flush the folder", error);
  return {};
}

void BlockFile::forget_cached(std::uint64_t offset, std::uint64_t length) {
  if (geometry_.device) return;  // a raw node has no cache
  // F_NOCACHE keeps reads from filling the cache, not from finding what is there: the unaligned end was written through it.
  const auto page = static_cast<std::uint64_t>(getpagesize());
  const std::uint64_t from = round_down(offset, page);
  const auto size = static_cast<std::size_t>(round_up(offset + length, page) - from);
  void* at = mmap(nullptr, size, PROT_READ, MAP_SHARED, static_cast<int>(handle_.get()), static_cast<off_t>(from));
  if (at == MAP_FAILED) return;
  msync(at, size, MS_INVALIDATE);
  munmap(at, size);
}

/// Nothing to ask for: the kernel looks for a partition table again when the last writer closes the disk.
void BlockFile::reread_partitions() {}

void BlockFile::discard_created() {
  struct stat named{}, ours{};
  if (!created_ || fstat(static_cast<int>(handle_.get()), &ours) != 0 || lstat(path_.c_str(), &named) != 0) return;
  if (named.st_dev == ours.st_dev && named.st_ino == ours.st_ino) unlink(path_.c_str());
}

std::string BlockFile::change_mark() const {
  struct stat st{};
  if (geometry_.device || fstat(static_cast<int>(handle_.get()), &st) != 0) return {};
  const auto text = [](const timespec& time) { return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec); };
  return text(st.st_mtimespec) + " " + text(st.st_ctimespec);
}

bool BlockFile::still_named() const {
  struct stat named{}, ours{};
  if (geometry_.device) return true;
  return fstat(static_cast<int>(handle_.get()), &ours) == 0 && lstat(path_.c_str(), &named) == 0 && named.st_dev == ours.st_dev && named.st_ino == ours.st_ino;
}

bool BlockFile::present() const {
  if (!geometry_.device) return true;
  if (identity_.sequence != 0 && !is_present(identity_.sequence)) return false;
  std::uint64_t count = 0;
  return ioctl(static_cast<int>(handle_.get()), DKIOCGETBLOCKCOUNT, &count) == 0 && count != 0;
}

}  // namespace carousel::platform
