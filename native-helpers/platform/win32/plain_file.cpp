// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/plain_file.hpp"

#include <utility>

#include "platform/system_error.hpp"
#include "win32/path.hpp"
#include "win32/transfer.hpp"
#include "win32/windows.hpp"

namespace carousel::platform {

using namespace win32;

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
constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

}  // namespace

Result<PlainReader> PlainReader::open(const std::string& path) {
  PlainReader file;
  if (class_of(system_path(path)) != PathClass::file) return Error{Code::not_a_drive, path + " is not an ordinary file"};
  file.handle_ = Handle(native(CreateFileW(system_path(path).c_str(), GENERIC_READ, kShareAll, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr)));
  if (!file.handle_.valid()) return file_error("cannot open " + path, last_error());
  if (GetFileType(raw(file.handle_.get())) != FILE_TYPE_DISK) return Error{Code::not_a_drive, path + " is not an ordinary file"};
  return file;
}

Result<std::size_t> PlainReader::read(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const Moved moved = read_at(raw(handle_.get()), at_, out.subspan(done));
    if (moved.error != 0) return system_error(Code::internal, "cannot read", moved.error);
    if (moved.bytes == 0) break;
    done += moved.bytes;
    at_ += moved.bytes;
  }
  return done;
}

Result<PlainWriter> PlainWriter::create(const std::string& path) {
  PlainWriter file;
  file.path_ = path;
  const std::string temporary = path + kUnfinished;
  // What a process that was killed has left behind.
  if (DeleteFileW(system_path(temporary).c_str()) == FALSE && last_error() != ERROR_FILE_NOT_FOUND) return file_error("cannot make " + path, last_error());
  // Shared, because a file gets its name while it is open.
  file.handle_ = Handle(native(CreateFileW(system_path(temporary).c_str(), GENERIC_WRITE, kShareAll, nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr)));
  if (!file.handle_.valid()) return file_error("cannot make " + path, last_error());
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
  if (!temporary_.empty()) DeleteFileW(system_path(temporary_).c_str());
}

Status PlainWriter::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const Moved moved = write_at(raw(handle_.get()), at_, bytes);
    const int error = moved.error == 0 && moved.bytes == 0 ? ERROR_DISK_FULL : moved.error;
    if (error != 0) return file_error("cannot write " + path_, error);
    bytes = bytes.subspan(moved.bytes);
    at_ += moved.bytes;
  }
  return {};
}

Status PlainWriter::flush() {
  if (FlushFileBuffers(raw(handle_.get())) == FALSE) return system_error(Code::flush_error, "cannot flush " + path_, last_error());
  return {};
}

Status PlainWriter::settle(bool over_another) {
  if (Status status = flush(); !status) return status;
  const DWORD how = MOVEFILE_WRITE_THROUGH | (over_another ? MOVEFILE_REPLACE_EXISTING : 0U);
  if (MoveFileExW(system_path(temporary_).c_str(), system_path(path_).c_str(), how) == FALSE) {
    if (last_error() == ERROR_ALREADY_EXISTS) return Error{Code::in_use, path_ + " is there already"};
    return file_error("cannot make " + path_, last_error());
  }
  temporary_.clear();
  return {};
}

Status PlainWriter::publish() { return settle(false); }
Status PlainWriter::replace() { return settle(true); }

Status remove_file(const std::string& path) {
  if (DeleteFileW(system_path(path).c_str()) == FALSE && last_error() != ERROR_FILE_NOT_FOUND) return file_error("cannot remove " + path, last_error());
  return {};
}

bool name_taken(const std::string& path) {
  return GetFileAttributesW(system_path(path).c_str()) != INVALID_FILE_ATTRIBUTES || last_error() != ERROR_FILE_NOT_FOUND;
}

}  // namespace carousel::platform
