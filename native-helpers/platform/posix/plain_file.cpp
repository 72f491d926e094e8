#include "platform/plain_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "platform/system_error.hpp"

namespace carousel::platform {
namespace {

Error file_error(const std::string& what, int error) {
  switch (fault_of(error)) {
    case Fault::no_permission:
    case Fault::read_only: return system_error(Code::no_permission, what, error);
    case Fault::not_found: return system_error(Code::not_found, what, error);
    case Fault::no_space: return system_error(Code::no_space, what, error);
    default: return system_error(Code::internal, what, error);
  }
}

/// Behind the name of a file that is not whole yet.
constexpr const char* kUnfinished = ".carousel-part";

int fd_of(const Handle& handle) { return static_cast<int>(handle.get()); }

/// Some file systems (FUSE, network) cannot flush a folder and say EINVAL; the name is then as durable as it gets.
Status flush_folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const Handle handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.valid()) return file_error("cannot open " + folder, errno);
  if (fsync(fd_of(handle)) != 0 && errno != EINVAL) return system_error(Code::flush_error, "cannot flush " + folder, errno);
  return {};
}

}  // namespace

Result<PlainReader> PlainReader::open(const std::string& path) {
  PlainReader file;
  // Without waiting: opening a pipe would otherwise block until somebody writes to it.
  file.handle_ = Handle(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.handle_.valid()) return file_error("cannot open " + path, errno);
  struct stat st{};
  if (fstat(fd_of(file.handle_), &st) != 0) return file_error("cannot look at " + path, errno);
  if (!S_ISREG(st.st_mode)) return Error{Code::not_a_drive, path + " is not an ordinary file"};
  return file;
}

Result<std::size_t> PlainReader::read(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = pread(fd_of(handle_), out.data() + done, out.size() - done, static_cast<off_t>(at_));
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(Code::internal, "cannot read", errno);
    done += static_cast<std::size_t>(n);
    at_ += static_cast<std::uint64_t>(n);
  }
  return done;
}

Result<PlainWriter> PlainWriter::create(const std::string& path) {
  PlainWriter file;
  file.path_ = path;
  const std::string temporary = path + kUnfinished;
  // What a process that was killed has left behind.
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) return file_error("cannot make " + path, errno);
  file.handle_ = Handle(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file.handle_.valid()) return file_error("cannot make " + path, errno);
  file.temporary_ = temporary;
  return file;
}

PlainWriter::PlainWriter(PlainWriter&& other) noexcept
    : handle_(std::move(other.handle_)), at_(other.at_), path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})) {}

PlainWriter& PlainWriter::operator=(PlainWriter&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(at_, other.at_);
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  return *this;
}

PlainWriter::~PlainWriter() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status PlainWriter::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(fd_of(handle_), bytes.data(), bytes.size(), static_cast<off_t>(at_));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return file_error("cannot write " + path_, n < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    at_ += static_cast<std::uint64_t>(n);
  }
  return {};
}

Status PlainWriter::flush() {
  while (fsync(fd_of(handle_)) != 0) {
    if (errno != EINTR) return system_error(Code::flush_error, "cannot flush " + path_, errno);
  }
  return {};
}

Status PlainWriter::settle(bool over_another) {
  if (Status status = flush(); !status) return status;
  if (over_another) {
    if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return file_error("cannot make " + path_, errno);
    temporary_.clear();
    return flush_folder_of(path_);
  }
  // A second name never takes the place of another file, as renaming would.
  if (::link(temporary_.c_str(), path_.c_str()) == 0) {
    ::unlink(temporary_.c_str());
  } else if (errno == EEXIST || name_taken(path_)) {
    return Error{Code::in_use, path_ + " is there already"};
  } else if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {  // a file system without second names
    return file_error("cannot make " + path_, errno);
  }
  temporary_.clear();
  return flush_folder_of(path_);
}

Status PlainWriter::publish() { return settle(false); }
Status PlainWriter::replace() { return settle(true); }

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return file_error("cannot remove " + path, errno);
  }
  return flush_folder_of(path);
}

bool name_taken(const std::string& path) {
  struct stat st{};
  return lstat(path.c_str(), &st) == 0 || errno != ENOENT;
}

}  // namespace carousel::platform
