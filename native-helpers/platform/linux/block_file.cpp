#include "platform/block_file.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/bytes.hpp"
#include "linux/change_mark.hpp"
#include "linux/mounts.hpp"
#include "linux/sysfs.hpp"
#include "platform/rights.hpp"
#include "platform/system_error.hpp"

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, std::uint64_t)  // Linux 5.15, linux/fs.h
#endif

namespace carousel::platform {
namespace {

/// Alignment of direct transfers where the file system does not tell: right for every sector size in use.
constexpr std::uint32_t kSafeAlignment = 4096;

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

/// Opens past the page cache if that can be had, else through it; all other flags hold in both cases.
Handle open_direct(const std::string& path, int flags, bool& direct) {
  int fd = ::open(path.c_str(), flags | O_DIRECT | O_CLOEXEC);
  direct = fd >= 0;
  if (fd < 0 && errno == EINVAL) fd = ::open(path.c_str(), flags | O_CLOEXEC);
  return Handle(fd);
}

std::uint32_t file_alignment(int fd) {
#ifdef STATX_DIOALIGN
  struct statx info{};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &info) == 0 && (info.stx_mask & STATX_DIOALIGN) != 0 &&
      info.stx_dio_offset_align != 0 && info.stx_dio_mem_align <= kPage && info.stx_dio_offset_align <= kSafeAlignment) {
    return std::max(info.stx_dio_offset_align, 512U);
  }
#else
  (void)fd;
#endif
  return kSafeAlignment;
}

Identity identity_of(int fd, const struct stat& st) {
  Identity id;
  id.device = S_ISBLK(st.st_mode);
  const dev_t number = id.device ? st.st_rdev : st.st_dev;
  id.major = major(number), id.minor = minor(number);
  if (id.device) {
    std::uint64_t sequence = 0;
    if (ioctl(fd, BLKGETDISKSEQ, &sequence) == 0) id.sequence = sequence;
  } else {
    id.inode = st.st_ino;
  }
  return id;
}

Result<Geometry> geometry_of(int fd, const struct stat& st, bool direct) {
  Geometry g;
  g.device = S_ISBLK(st.st_mode);
  g.direct = direct;
  if (g.device) {
    int sector = 0;
    if (ioctl(fd, BLKGETSIZE64, &g.size) != 0 || ioctl(fd, BLKSSZGET, &sector) != 0 || sector <= 0) {
      return system_error(Code::device_gone, "cannot ask the device for its size", errno);
    }
    g.sector = static_cast<std::uint32_t>(sector);
  } else {
    g.size = static_cast<std::uint64_t>(st.st_size);
    g.sector = direct ? file_alignment(fd) : 1;
  }
  return g;
}

bool mounted(const std::string& device, bool& writable) {
  bool any = false;
  for (const Use& use : uses_of_devices()) {
    if (use.mount_point.empty() || !use.devices.contains(device)) continue;
    any = true;
    writable = writable || use.writable;
  }
  return any;
}

Error at(Code code, const char* what, int error, std::uint64_t offset) {
  Error e = system_error(code, what, error);
  e.offset = offset;
  return e;
}

}  // namespace

Result<BlockFile> BlockFile::open_source(const std::string& path) {
  BlockFile file;
  file.path_ = path;
  struct stat st{};
  if (stat(path.c_str(), &st) != 0) return open_error(path, errno);
  if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode)) return Error{Code::not_a_drive, path + " is neither a block device nor an ordinary file"};
  bool direct = false;
  if (S_ISBLK(st.st_mode)) {
    // Holding it exclusively keeps others from mounting or writing it meanwhile. What is mounted already cannot be held; that is the
    // one case in which a source is read all the same, and the job says so.
    const bool is_mounted = mounted(sysfs::name_of(st.st_rdev), file.mounted_writable_);
    const Raised raised;
    file.handle_ = open_direct(path, O_RDONLY | O_NOFOLLOW | (is_mounted ? 0 : O_EXCL), direct);
  } else {
    file.handle_ = open_direct(path, O_RDONLY | O_NOFOLLOW, direct);
  }
  if (!file.handle_.valid()) return open_error(path, errno);
  const int fd = static_cast<int>(file.handle_.get());
  const bool device = S_ISBLK(st.st_mode);
  if (fstat(fd, &st) != 0) return open_error(path, errno);
  if (device != S_ISBLK(st.st_mode)) return Error{Code::changed_device, path + " is something else now than when it was checked"};
  if (S_ISREG(st.st_mode) && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return Error{Code::in_use, path + " is being written by another job"};
  }
  Result<Geometry> geometry = geometry_of(fd, st, direct);
  if (!geometry) return std::move(geometry).error();
  file.geometry_ = *geometry;
  file.identity_ = identity_of(fd, st);
  return file;
}

Result<BlockFile> BlockFile::open_to_look(const std::string& path) {
  BlockFile file;
  file.path_ = path;
  bool direct = false;
  {
    const Raised raised;
    file.handle_ = open_direct(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, direct);
  }
  struct stat st{};
  if (!file.handle_.valid() || fstat(static_cast<int>(file.handle_.get()), &st) != 0) return open_error(path, errno);
  if (!S_ISBLK(st.st_mode)) return Error{Code::not_a_drive, path + " is no block device"};
  Result<Geometry> geometry = geometry_of(static_cast<int>(file.handle_.get()), st, direct);
  if (!geometry) return std::move(geometry).error();
  file.geometry_ = *geometry;
  file.identity_ = identity_of(static_cast<int>(file.handle_.get()), st);
  return file;
}

Result<BlockFile> BlockFile::open_target(const TargetRequest& request) {
  BlockFile file;
  file.path_ = request.path;
  file.created_ = request.create;
  bool direct = false;
  if (request.device) {
    const Raised raised;
    file.handle_ = open_direct(request.path, O_RDWR | O_EXCL | O_NOFOLLOW, direct);
  } else {
    file.buffered_ = Handle(::open(request.path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | (request.create ? O_CREAT | O_EXCL : 0), 0644));
    if (!file.buffered_.valid() && request.create && errno == EEXIST) {
      return Error{Code::changed_device, request.path + " was not there when it was checked, and is now"};
    }
    if (!file.buffered_.valid()) return open_error(request.path, errno);
    // Through /proc so that it is the same file whatever becomes of its name.
    file.handle_ = open_direct("/proc/self/fd/" + std::to_string(file.buffered_.get()), O_RDWR, direct);
  }
  if (!file.handle_.valid()) return open_error(request.path, errno);
  const int fd = static_cast<int>(file.handle_.get());
  struct stat st{};
  if (fstat(fd, &st) != 0) return open_error(request.path, errno);
  if (request.device ? !S_ISBLK(st.st_mode) : !S_ISREG(st.st_mode)) {
    return Error{Code::changed_device, request.path + " is something else now than when it was checked"};
  }
  file.identity_ = identity_of(fd, st);
  if (!request.create && file.identity_ != request.expected) {
    return Error{Code::changed_device, request.path + " is another device now than when it was checked"};
  }
  if (request.device) {
    int read_only = 0;
    if (ioctl(fd, BLKROGET, &read_only) == 0 && read_only != 0) return Error{Code::read_only, request.path + " is write-protected"};
  } else {
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) return Error{Code::in_use, request.path + " is in use by another job"};
    if (request.allocate > 0 && fallocate(fd, 0, 0, static_cast<off_t>(request.allocate)) != 0 && errno != EOPNOTSUPP) {
      Error error = system_error(code_of(errno), "cannot allocate " + request.path, errno);
      file.discard_created();
      return error;
    }
    if (fstat(fd, &st) != 0) return open_error(request.path, errno);
    if (static_cast<std::uint64_t>(st.st_size) < request.allocate && ftruncate(fd, static_cast<off_t>(request.allocate)) != 0) {
      Error error = system_error(code_of(errno), "cannot extend " + request.path, errno);
      file.discard_created();
      return error;
    }
    if (fstat(fd, &st) != 0) return open_error(request.path, errno);
  }
  Result<Geometry> geometry = geometry_of(fd, st, direct);
  if (!geometry) return std::move(geometry).error();
  file.geometry_ = *geometry;
  if (request.device && file.geometry_.size != request.expected_size) {
    return Error{Code::changed_device, request.path + " has another size now than when it was checked"};
  }
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

Status BlockFile::write(std::uint64_t offset, std::span<const std::byte> data) {
  std::size_t done = 0;
  while (done < data.size()) {
    const ssize_t n =
        pwrite(static_cast<int>(handle_.get()), data.data() + done, data.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return at(Code::write_error, "cannot write", errno, offset + done);
    // A device that takes nothing and reports no error is at its end: treat it as the error it hides.
    if (n == 0) return at(Code::write_error, "cannot write", ENOSPC, offset + done);
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Status BlockFile::write_unaligned(std::uint64_t offset, std::span<const std::byte> data) {
  std::size_t done = 0;
  while (done < data.size()) {
    const ssize_t n =
        pwrite(static_cast<int>(buffered_.get()), data.data() + done, data.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return at(Code::write_error, "cannot write", n < 0 ? errno : ENOSPC, offset + done);
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Status BlockFile::flush() {
  while (fsync(static_cast<int>(handle_.get())) != 0) {
    if (errno != EINTR) return system_error(Code::flush_error, "cannot flush", errno);
  }
  return {};
}

Status BlockFile::flush_name() {
  const std::size_t slash = path_.rfind('/');
  const Handle folder(::open(slash == 0 ? "/" : path_.substr(0, slash).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return open_error(path_, errno);
  // Some file systems (FUSE, network) cannot flush a folder and say EINVAL; the name is then as durable as it gets.
  if (fsync(static_cast<int>(folder.get())) != 0 && errno != EINVAL) return system_error(Code::flush_error, "cannot flush the folder", errno);
  return {};
}

void BlockFile::forget_cached(std::uint64_t, std::uint64_t) {
  // Direct reads of a file see what the page cache has of it (the unaligned end was written through it), so it is dropped there too. All of the
  // file: the kernel keeps every page, large ones too, of which only a part lies in the range that it is given.
  const int fd = static_cast<int>(buffered_.valid() ? buffered_.get() : handle_.get());
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

void BlockFile::reread_partitions() { ioctl(static_cast<int>(handle_.get()), BLKRRPART); }

void BlockFile::discard_created() {
  struct stat named{}, ours{};
  if (!created_ || fstat(static_cast<int>(handle_.get()), &ours) != 0 || lstat(path_.c_str(), &named) != 0) return;
  if (named.st_dev == ours.st_dev && named.st_ino == ours.st_ino) unlink(path_.c_str());
}

std::string BlockFile::change_mark() const {
  struct stat st{};
  return fstat(static_cast<int>(handle_.get()), &st) == 0 ? change_mark_of(st) : std::string();
}

bool BlockFile::still_named() const {
  struct stat named{}, ours{};
  if (geometry_.device) return true;
  return fstat(static_cast<int>(handle_.get()), &ours) == 0 && lstat(path_.c_str(), &named) == 0 && named.st_dev == ours.st_dev && named.st_ino == ours.st_ino;
}

bool BlockFile::present() const {
  if (!geometry_.device) return true;
  const std::string device = std::to_string(identity_.major) + ":" + std::to_string(identity_.minor);
  struct stat node{};
  if (!sysfs::attribute(device, "size")) return false;
  // The node goes with the device, even while an open handle keeps the rest of it alive.
  if (stat(path_.c_str(), &node) != 0 || !S_ISBLK(node.st_mode) || node.st_rdev != makedev(static_cast<unsigned>(identity_.major), static_cast<unsigned>(identity_.minor))) return false;
  std::uint64_t size = 0;
  return ioctl(static_cast<int>(handle_.get()), BLKGETSIZE64, &size) == 0 && size != 0;
}

}  // namespace carousel::platform
