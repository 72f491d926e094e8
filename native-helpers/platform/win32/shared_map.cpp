// A section of the paging file without a name: nothing can be left behind, its memory is charged when it is made, and its size is fixed.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/shared_map.hpp"

#include <utility>

#include "base/bytes.hpp"
#include "platform/system_error.hpp"
#include "win32/windows.hpp"

namespace carousel::platform {

using win32::last_error;
using win32::native;
using win32::raw;

Result<SharedMap> SharedMap::create(std::uint64_t size, std::uint64_t /*allocated*/) {
  // A section knows its size in whole pages only; what is adopted must come out as long as it was made.
  if (size == 0 || size % kPage != 0) return Error{Code::bad_option, "the ring is not made of whole pages"};
  Handle section(native(CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, PAGE_READWRITE | SEC_COMMIT, static_cast<DWORD>(size >> 32),
                                           static_cast<DWORD>(size), nullptr)));
  if (!section.valid()) return system_error(Code::no_memory, "cannot allocate " + std::to_string(size) + " bytes for the ring", last_error());
  return adopt(section.release());
}

Status SharedMap::allocate(std::uint64_t, std::uint64_t) const { return {}; }

void SharedMap::gather(std::uint64_t, std::uint64_t) const noexcept {}

Result<SharedMap> SharedMap::adopt(NativeHandle handle) {
  SharedMap map;
  map.handle_ = Handle(handle);
  SetHandleInformation(raw(handle), HANDLE_FLAG_INHERIT, 0);
  void* at = MapViewOfFile(raw(handle), FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
  if (at == nullptr) {
    const int error = last_error();
    return error == ERROR_INVALID_HANDLE ? Error{Code::ring_broken, "the inherited ring is not a section"}
                                         : system_error(Code::no_memory, "cannot map the ring", error);
  }
  map.data_ = static_cast<std::byte*>(at);
  // One section of committed pages with the same protection is one region.
  MEMORY_BASIC_INFORMATION info{};
  if (VirtualQuery(at, &info, sizeof info) == 0) return system_error(Code::ring_broken, "cannot ask the ring for its size", last_error());
  map.size_ = info.RegionSize;
  return map;
}

SharedMap::SharedMap(SharedMap&& other) noexcept
    : handle_(std::move(other.handle_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SharedMap& SharedMap::operator=(SharedMap&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

SharedMap::~SharedMap() {
  if (data_ != nullptr) UnmapViewOfFile(data_);
}

}  // namespace carousel::platform
