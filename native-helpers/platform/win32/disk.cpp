// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/disk.hpp"

#include <initguid.h>  // from here on GUIDs are defined, not only declared

#include <devpkey.h>

#include <algorithm>

#include "win32/config_manager.hpp"
#include "win32/ioctl.hpp"

namespace carousel::platform::win32 {
namespace {

/// The device instance behind an interface, and when it last arrived.
std::uint64_t arrival_of_interface(const std::wstring& interface_path) {
  wchar_t instance[MAX_DEVICE_ID_LEN];
  ULONG size = sizeof instance;
  DEVPROPTYPE type = 0;
  DEVINST node = 0;
  auto* const into = reinterpret_cast<PBYTE>(instance);
  if (CM_Get_Device_Interface_PropertyW(interface_path.c_str(), &DEVPKEY_Device_InstanceId, &type, into, &size, 0) != CR_SUCCESS ||
      type != DEVPROP_TYPE_STRING || CM_Locate_DevNodeW(&node, instance, CM_LOCATE_DEVNODE_NORMAL) != CR_SUCCESS) {
    return 0;
  }
  FILETIME when{};
  size = sizeof when;
  if (CM_Get_DevNode_PropertyW(node, &DEVPKEY_Device_LastArrivalDate, &type, reinterpret_cast<PBYTE>(&when), &size, 0) != CR_SUCCESS ||
      type != DEVPROP_TYPE_FILETIME) {
    return 0;
  }
  return (std::uint64_t{when.dwHighDateTime} << 32) | when.dwLowDateTime;
}

/// The text at an offset of the descriptor's answer of so many bytes, without blanks at its ends; empty for no offset and for one beyond it.
std::string text_at(std::span<const std::byte> answer, DWORD offset) {
  if (offset == 0 || offset >= answer.size()) return {};
  std::string text;
  for (const std::byte b : answer.subspan(offset)) {
    if (b == std::byte{0}) break;
    text += std::to_integer<char>(b);
  }
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

bool on_hot_plug_bus(STORAGE_BUS_TYPE bus) {
  return bus == BusTypeUsb || bus == BusTypeSd || bus == BusTypeMmc || bus == BusType1394;
}

}  // namespace

Handle open_to_ask(const std::wstring& device) {
  return Handle(native(CreateFileW(device.c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING, 0, nullptr)));
}

std::wstring disk_path(DWORD disk) { return L"\\\\.\\PhysicalDrive" + std::to_wstring(disk); }

std::optional<DiskNumber> number_of(HANDLE device) {
  STORAGE_DEVICE_NUMBER number{};
  if (!ask(device, IOCTL_STORAGE_GET_DEVICE_NUMBER, number) || number.DeviceType != FILE_DEVICE_DISK) return std::nullopt;
  const bool whole = number.PartitionNumber == 0 || number.PartitionNumber == static_cast<DWORD>(-1);
  return DiskNumber{number.DeviceNumber, whole ? 0 : number.PartitionNumber};
}

DiskFacts facts_of(HANDLE device) {
  DiskFacts facts;
  // Of this structure the system fills at least the part before the partition table's.
  alignas(DISK_GEOMETRY_EX) std::byte room[1024]{};
  DWORD bytes = 0;
  if (DeviceIoControl(device, IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, nullptr, 0, room, sizeof room, &bytes, nullptr) != FALSE) {
    const auto* geometry = reinterpret_cast<const DISK_GEOMETRY_EX*>(room);
    facts.size = static_cast<std::uint64_t>(geometry->DiskSize.QuadPart);
    if (geometry->Geometry.BytesPerSector != 0) facts.sector = facts.physical_sector = geometry->Geometry.BytesPerSector;
    facts.removable = geometry->Geometry.MediaType == RemovableMedia;
  }
  // The exact length; only a handle with read access may ask for it.
  GET_LENGTH_INFORMATION length{};
  if (ask(device, IOCTL_DISK_GET_LENGTH_INFO, length)) facts.size = static_cast<std::uint64_t>(length.Length.QuadPart);

  STORAGE_PROPERTY_QUERY query{};
  query.QueryType = PropertyStandardQuery;
  query.PropertyId = StorageAccessAlignmentProperty;
  STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR alignment{};
  if (ask(device, IOCTL_STORAGE_QUERY_PROPERTY, query, alignment) && alignment.BytesPerPhysicalSector != 0) {
    facts.physical_sector = alignment.BytesPerPhysicalSector;
  }
  query.PropertyId = StorageDeviceProperty;
  if (DeviceIoControl(device, IOCTL_STORAGE_QUERY_PROPERTY, &query, sizeof query, room, sizeof room, &bytes, nullptr) != FALSE &&
      bytes >= offsetof(STORAGE_DEVICE_DESCRIPTOR, RawPropertiesLength)) {
    const auto* described = reinterpret_cast<const STORAGE_DEVICE_DESCRIPTOR*>(room);
    facts.removable = facts.removable || described->RemovableMedia != FALSE || on_hot_plug_bus(described->BusType);
    facts.serial = text_at(std::span(room).first(std::min<std::size_t>(bytes, sizeof room)), described->SerialNumberOffset);
  }
  facts.read_only = !tell(device, IOCTL_DISK_IS_WRITABLE) && GetLastError() == ERROR_WRITE_PROTECT;
  return facts;
}

std::uint64_t arrival_of(DWORD disk) {
  for (const std::wstring& path : disk_interfaces()) {
    const Handle device = open_to_ask(path);
    if (!device.valid()) continue;
    const std::optional<DiskNumber> number = number_of(raw(device.get()));
    if (number && number->disk == disk) return arrival_of_interface(path);
  }
  return 0;
}

std::vector<std::wstring> disk_interfaces() {
  GUID disks = GUID_DEVINTERFACE_DISK;
  for (int i = 0; i < 5; ++i) {  // the list may grow between the two calls
    ULONG size = 0;
    if (CM_Get_Device_Interface_List_SizeW(&size, &disks, nullptr, CM_GET_DEVICE_INTERFACE_LIST_PRESENT) != CR_SUCCESS) return {};
    std::wstring list(size, L'\0');
    const CONFIGRET got = CM_Get_Device_Interface_ListW(&disks, nullptr, list.data(), size, CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    if (got == CR_BUFFER_SMALL) continue;
    if (got != CR_SUCCESS) return {};
    std::vector<std::wstring> paths;
    for (std::size_t at = 0; at < list.size() && list[at] != L'\0'; at += paths.back().size() + 1) paths.emplace_back(list.c_str() + at);
    return paths;
  }
  return {};
}

std::optional<std::set<DWORD>> disks_of_volume(const std::wstring& device) {
  const Handle volume = open_to_ask(device);
  if (!volume.valid()) return std::nullopt;
  std::vector<std::max_align_t> room(64);
  for (;;) {
    DWORD bytes = 0;
    const auto size = static_cast<DWORD>(room.size() * sizeof(std::max_align_t));
    if (DeviceIoControl(raw(volume.get()), IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, nullptr, 0, room.data(), size, &bytes, nullptr) != FALSE) break;
    if (GetLastError() != ERROR_MORE_DATA || room.size() > 65536) return std::nullopt;
    room.resize(room.size() * 4);
  }
  const auto* extents = reinterpret_cast<const VOLUME_DISK_EXTENTS*>(room.data());
  std::set<DWORD> disks;
  for (DWORD i = 0; i < extents->NumberOfDiskExtents; ++i) disks.insert(extents->Extents[i].DiskNumber);
  return disks;
}

std::vector<Volume> volumes() {
  std::vector<Volume> all;
  wchar_t name[MAX_PATH];
  HANDLE search = FindFirstVolumeW(name, MAX_PATH);
  if (search == INVALID_HANDLE_VALUE) return all;
  do {
    Volume volume;
    DWORD size = 0;
    GetVolumePathNamesForVolumeNameW(name, nullptr, 0, &size);
    std::wstring points(size, L'\0');
    if (size > 0 && GetVolumePathNamesForVolumeNameW(name, points.data(), size, &size) != FALSE) {
      for (std::size_t at = 0; at < points.size() && points[at] != L'\0'; at += volume.mount_points.back().size() + 1) {
        volume.mount_points.emplace_back(points.c_str() + at);
      }
    }
    volume.device = name;
    if (!volume.device.empty() && volume.device.back() == L'\\') volume.device.pop_back();
    volume.disks = disks_of_volume(volume.device).value_or(std::set<DWORD>());
    all.push_back(std::move(volume));
  } while (FindNextVolumeW(search, name, MAX_PATH) != FALSE);
  FindVolumeClose(search);
  return all;
}

std::wstring volume_of_path(const std::wstring& path) {
  std::wstring mount(path.size() + MAX_PATH, L'\0');
  wchar_t volume[MAX_PATH];
  if (GetVolumePathNameW(path.c_str(), mount.data(), static_cast<DWORD>(mount.size())) == FALSE ||
      GetVolumeNameForVolumeMountPointW(mount.c_str(), volume, MAX_PATH) == FALSE) {
    return {};
  }
  std::wstring device(volume);
  if (!device.empty() && device.back() == L'\\') device.pop_back();
  return device;
}

}  // namespace carousel::platform::win32
