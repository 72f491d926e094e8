// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/block_file.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"
#include "platform/clock.hpp"
#include "platform/system_error.hpp"
#include "win32/disk.hpp"
#include "win32/identity.hpp"
#include "win32/ioctl.hpp"
#include "win32/path.hpp"
#include "win32/text.hpp"
#include "win32/transfer.hpp"
#include "win32/volume_locks.hpp"

namespace carousel::platform {

using namespace win32;

namespace {

/// Alignment of transfers past the cache where the file system does not tell: right for every sector size in use.
constexpr std::uint32_t kSafeAlignment = 4096;
/// A byte no file reaches. Holding it says to other jobs, and to nobody else, that a file is read (shared) or written (alone).
constexpr DWORD kTokenHigh = 0x40000000;
/// Scanners open a disk for a moment when it comes; the same exclusive open is tried again for so long.
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

Handle open(const std::wstring& path, DWORD access, DWORD share, DWORD how, DWORD flags) {
  return Handle(native(CreateFileW(path.c_str(), access, share, nullptr, how, FILE_ATTRIBUTE_NORMAL | flags, nullptr)));
}

/// Takes or shares the token of a file; false if another job has it.
bool take_token(HANDLE file, bool alone) {
  OVERLAPPED place{};
  place.OffsetHigh = kTokenHigh;
  return LockFileEx(file, LOCKFILE_FAIL_IMMEDIATELY | (alone ? LOCKFILE_EXCLUSIVE_LOCK : 0U), 0, 1, 0, &place) != FALSE ||
         GetLastError() != ERROR_LOCK_VIOLATION;  // some network file systems have no locks
}

std::uint32_t file_alignment(HANDLE file) {
  FILE_STORAGE_INFO info{};
  if (GetFileInformationByHandleEx(file, FileStorageInfo, &info, sizeof info) == FALSE) return kSafeAlignment;
  const auto sector = std::uint32_t{info.LogicalBytesPerSector};
  return is_power_of_two(sector) && sector <= kSafeAlignment ? std::max(sector, std::uint32_t{512}) : kSafeAlignment;
}

std::uint64_t file_size(HANDLE file) {
  LARGE_INTEGER size{};
  return GetFileSizeEx(file, &size) != FALSE ? static_cast<std::uint64_t>(size.QuadPart) : 0;
}

Geometry geometry_of_file(HANDLE file, bool direct) { return {false, direct, file_size(file), direct ? file_alignment(file) : 1}; }

Result<Geometry> geometry_of_device(HANDLE device) {
  const DiskFacts facts = facts_of(device);
  if (facts.size == 0) return system_error(Code::device_gone, "cannot ask the device for its size", ERROR_NOT_READY);
  return Geometry{true, true, facts.size, facts.sector};
}

/// On an open handle "no such file" is how the system says that there is no such device any more.
int meaning_of(int error) { return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? ERROR_DEV_NOT_EXIST : error; }

Error at(Code code, const char* what, int error, std::uint64_t offset) {
  Error e = system_error(code, what, meaning_of(error));
  e.offset = offset;
  return e;
}

Status write_all(HANDLE file, std::uint64_t offset, std::span<const std::byte> data) {
  std::size_t done = 0;
  while (done < data.size()) {
    const Moved moved = write_at(file, offset + done, data.subspan(done));
    if (moved.error != 0) return at(Code::write_error, "cannot write", moved.error, offset + done);
    // A device that takes nothing and reports no error is at its end: treat it as the error it hides.
    if (moved.bytes == 0) return at(Code::write_error, "cannot write", ERROR_DISK_FULL, offset + done);
    done += moved.bytes;
  }
  return {};
}

/// Claims room on the volume before the first write. The new part of the file reads as zeros: making old contents of the disk readable
/// instead (SetFileValidData) would be faster and is not done.
int allocate(HANDLE file, std::uint64_t size) {
  if (file_size(file) >= size) return 0;
  FILE_ALLOCATION_INFO room{};
  room.AllocationSize.QuadPart = static_cast<LONGLONG>(size);
  if (SetFileInformationByHandle(file, FileAllocationInfo, &room, sizeof room) == FALSE) {
    // Where it cannot be claimed the file is only made that long, and a full disk shows when it is written.
    constexpr std::array kNoSuchCall = {ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED, ERROR_INVALID_PARAMETER, ERROR_CALL_NOT_IMPLEMENTED};
    const int error = last_error();
    if (std::find(kNoSuchCall.begin(), kNoSuchCall.end(), error) == kNoSuchCall.end()) return error;
  }
  FILE_END_OF_FILE_INFO end{};
  end.EndOfFile.QuadPart = static_cast<LONGLONG>(size);
  return SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end) != FALSE ? 0 : last_error();
}

}  // namespace

Result<BlockFile> BlockFile::open_source(const std::string& path) {
  BlockFile file;
  file.path_ = path;
  const std::wstring name = system_path(path);
  const PathClass kind = class_of(name);
  if (kind == PathClass::device) return Error{Code::not_a_drive, path + " is neither a disk nor an ordinary file"};
  if (kind == PathClass::file) {
    bool direct = true;
    file.handle_ = open(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
    if (!file.handle_.valid() && last_error() == ERROR_INVALID_PARAMETER) {
      direct = false;
      file.handle_ = open(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, 0);
    }
    if (!file.handle_.valid()) return open_error(path, last_error());
    HANDLE handle = raw(file.handle_.get());
    if (GetFileType(handle) != FILE_TYPE_DISK) return Error{Code::not_a_drive, path + " is neither a disk nor an ordinary file"};
    if (!take_token(handle, false)) return Error{Code::in_use, path + " is being written by another job"};
    file.geometry_ = geometry_of_file(handle, direct);
    file.identity_ = identity_of_file(handle);
    return file;
  }
  // Nobody else may open it for writing meanwhile. Where somebody has it so already, or uses a volume on it, it is read all the same,
  // and the job says so.
  bool alone = kind == PathClass::disk;
  file.handle_ = open(name, GENERIC_READ, FILE_SHARE_READ | (alone ? 0U : FILE_SHARE_WRITE), OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
  if (!file.handle_.valid() && alone && last_error() == ERROR_SHARING_VIOLATION) {
    alone = false;
    file.handle_ = open(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
  }
  if (!file.handle_.valid()) return open_error(path, last_error());
  HANDLE handle = raw(file.handle_.get());
  const std::optional<DiskNumber> number = number_of(handle);
  if (!number) return Error{Code::not_a_drive, path + " is not one disk"};
  if (kind == PathClass::volume) tell(handle, FSCTL_ALLOW_EXTENDED_DASD_IO);  // its last sectors, too
  Result<Geometry> geometry = geometry_of_device(handle);
  if (!geometry) return std::move(geometry).error();
  file.geometry_ = *geometry;
  file.identity_ = identity_of_disk({number->disk, kind == PathClass::volume ? number->partition : 0});
  std::shared_ptr<VolumeLocks> locks = alone ? VolumeLocks::hold(number->disk) : nullptr;
  if (locks) {
    attach(file.handle_.get(), std::move(locks));
  } else {
    file.mounted_writable_ = !facts_of(handle).read_only;
  }
  return file;
}

Result<BlockFile> BlockFile::open_to_look(const std::string& path) {
  BlockFile file;
  file.path_ = path;
  const std::wstring name = system_path(path);
  if (class_of(name) != PathClass::disk) return Error{Code::not_a_drive, path + " is not a whole disk"};
  file.handle_ = open(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING);
  if (!file.handle_.valid()) return open_error(path, last_error());
  const std::optional<DiskNumber> number = number_of(raw(file.handle_.get()));
  if (!number) return Error{Code::not_a_drive, path + " is not one disk"};
  Result<Geometry> geometry = geometry_of_device(raw(file.handle_.get()));
  if (!geometry) return std::move(geometry).error();
  file.geometry_ = *geometry;
  file.identity_ = identity_of_disk({number->disk, 0});
  return file;
}

Result<BlockFile> BlockFile::open_target(const TargetRequest& request) {
  BlockFile file;
  file.path_ = request.path;
  file.created_ = request.create;
  const std::wstring name = system_path(request.path);
  if (request.device != (class_of(name) == PathClass::disk)) return changed(request.path, " is something else");
  if (request.device) {
    for (int i = 0; i < kTries && !file.handle_.valid(); ++i) {
      if (i > 0) sleep_ms(kPauseMs);
      file.handle_ = open(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING | FILE_FLAG_WRITE_THROUGH);
      if (!file.handle_.valid() && last_error() != ERROR_SHARING_VIOLATION) break;
    }
    if (!file.handle_.valid()) return open_error(request.path, last_error());
    HANDLE handle = raw(file.handle_.get());
    const std::optional<DiskNumber> number = number_of(handle);
    if (!number || number->partition != 0) return changed(request.path, " is something else");
    file.identity_ = identity_of_disk(*number);
    if (file.identity_ != request.expected) return changed(request.path, " is another device");
    if (facts_of(handle).read_only) return Error{Code::read_only, request.path + " is write-protected"};
    Result<Geometry> geometry = geometry_of_device(handle);
    if (!geometry) return std::move(geometry).error();
    file.geometry_ = *geometry;
    if (file.geometry_.size != request.expected_size) return changed(request.path, " has another size");
    // Only now, when it is certain which disk this is: nothing before this has changed anything.
    Result<std::shared_ptr<VolumeLocks>> locks = VolumeLocks::take_down(number->disk);
    if (!locks) return std::move(locks).error();
    attach(file.handle_.get(), std::move(*locks));
    return file;
  }
  const DWORD access = GENERIC_READ | GENERIC_WRITE | (request.create ? DELETE : 0U);
  file.buffered_ = open(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE, request.create ? CREATE_NEW : OPEN_EXISTING, 0);
  if (!file.buffered_.valid()) return open_error(request.path, last_error());
  HANDLE buffered = raw(file.buffered_.get());
  if (GetFileType(buffered) != FILE_TYPE_DISK) return changed(request.path, " is something else");
  file.identity_ = identity_of_file(buffered);
  if (!request.create && file.identity_ != request.expected) return changed(request.path, " is another file");
  if (!take_token(buffered, true)) return Error{Code::in_use, request.path + " is in use by another job"};
  if (const int error = allocate(buffered, request.allocate)) {
    Error e = system_error(code_of(error), "cannot allocate " + request.path, error);
    file.discard_created();
    return e;
  }
  // From the handle, not from the name: it is the same file whatever becomes of its name.
  constexpr DWORD kShare = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  HANDLE past_the_cache = ReOpenFile(buffered, GENERIC_READ | GENERIC_WRITE, kShare, FILE_FLAG_NO_BUFFERING);
  if (past_the_cache == INVALID_HANDLE_VALUE) {
    // Not through the cache instead: what it holds of a file cannot be dropped here, so reading back would prove nothing.
    Error e = system_error(code_of(last_error()), "cannot open " + request.path + " past the cache", last_error());
    file.discard_created();
    return e;
  }
  file.handle_ = Handle(native(past_the_cache));
  file.geometry_ = geometry_of_file(past_the_cache, true);
  return file;
}

Result<std::size_t> BlockFile::read(std::uint64_t offset, std::span<std::byte> out) {
  // Past its end a disk answers with an error where a file answers with nothing.
  const std::uint64_t left = geometry_.size - std::min(offset, geometry_.size);
  if (geometry_.device && left < out.size()) out = out.first(static_cast<std::size_t>(left));
  std::size_t done = 0;
  while (done < out.size()) {
    const Moved moved = read_at(raw(handle_.get()), offset + done, out.subspan(done));
    if (moved.error != 0) return at(Code::read_error, "cannot read", moved.error, offset + done);
    if (moved.bytes == 0) break;
    done += moved.bytes;
    // An odd end: the rest would not be aligned any more, and there is no rest.
    if (geometry_.direct && done % geometry_.sector != 0) break;
  }
  return done;
}

Status BlockFile::write(std::uint64_t offset, std::span<const std::byte> data) { return write_all(raw(handle_.get()), offset, data); }

Status BlockFile::write_unaligned(std::uint64_t offset, std::span<const std::byte> data) { return write_all(raw(buffered_.get()), offset, data); }

Status BlockFile::flush() {
  for (const Handle* handle : {&buffered_, &handle_}) {
    if (!handle->valid() || FlushFileBuffers(raw(handle->get())) != FALSE) continue;
    return system_error(Code::flush_error, "cannot flush", meaning_of(last_error()));
  }
  return {};
}

/// Folders cannot be flushed by themselves here; flushing a file writes the log of its file system up to and with the making of its name.
Status BlockFile::flush_name() { return flush(); }

/// Nothing to do: targets are read past the cache, and the system writes out and drops what it holds of a file's range before such a read.
void BlockFile::forget_cached(std::uint64_t, std::uint64_t) {}

void BlockFile::reread_partitions() { tell(raw(handle_.get()), IOCTL_DISK_UPDATE_PROPERTIES); }

void BlockFile::discard_created() {
  if (!created_ || !buffered_.valid()) return;
  // By the handle: it removes the file that was made here, and no other that may have its name by now.
  FILE_DISPOSITION_INFO info{TRUE};
  SetFileInformationByHandle(raw(buffered_.get()), FileDispositionInfo, &info, sizeof info);
}

std::string BlockFile::change_mark() const {
  FILETIME written{};
  if (geometry_.device || !GetFileTime(raw(handle_.get()), nullptr, nullptr, &written)) return {};
  return std::to_string((std::uint64_t{written.dwHighDateTime} << 32) | written.dwLowDateTime);
}

// It is open without FILE_SHARE_DELETE: nobody can rename it or take it away.
bool BlockFile::still_named() const { return true; }

bool BlockFile::present() const {
  if (!geometry_.device) return true;
  STORAGE_DEVICE_NUMBER number{};
  if (!ask(raw(handle_.get()), IOCTL_STORAGE_GET_DEVICE_NUMBER, number)) return false;
  if (tell(raw(handle_.get()), IOCTL_STORAGE_CHECK_VERIFY2)) return true;
  return fault_of(meaning_of(last_error())) != Fault::gone;
}

}  // namespace carousel::platform
