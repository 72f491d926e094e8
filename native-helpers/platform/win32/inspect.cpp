// A volume of this system is mounted whenever it is there, so "mounted" cannot be a reason against every stick with a file system on it.
// Where drives come and go, what counts is whether a volume is in use, and open_target finds that out by locking it. A disk that stays in
// the machine is refused as long as it has a drive letter.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/inspect.hpp"

#include <algorithm>
#include <set>

#include "win32/access.hpp"
#include "win32/backing_image.hpp"
#include "win32/disk.hpp"
#include "win32/identity.hpp"
#include "win32/path.hpp"
#include "win32/protected_drives.hpp"
#include "win32/system_disks.hpp"
#include "win32/text.hpp"

namespace carousel::platform {

using namespace win32;

namespace {

Handle open_to_look(const std::wstring& path, DWORD access) {
  // Backup semantics: folders can be opened as well.
  return Handle(native(CreateFileW(path.c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                                   FILE_FLAG_BACKUP_SEMANTICS, nullptr)));
}

/// The path with links resolved; empty if the system does not tell.
std::wstring final_path(HANDLE file) {
  for (const DWORD form : {DWORD{VOLUME_NAME_DOS}, DWORD{VOLUME_NAME_GUID}}) {  // the second for a volume without a letter
    const DWORD size = GetFinalPathNameByHandleW(file, nullptr, 0, FILE_NAME_NORMALIZED | form);
    if (size == 0) continue;
    std::wstring path(size, L'\0');
    const DWORD n = GetFinalPathNameByHandleW(file, path.data(), size, FILE_NAME_NORMALIZED | form);
    if (n > 0 && n < size) return path.substr(0, n);
  }
  return {};
}

/// A disk, and the disks that hold the files it is made of.
void add_disk(DWORD disk, std::set<DWORD>& to) {
  if (!to.insert(disk).second) return;
  const Handle device = open_to_ask(disk_path(disk));
  if (!device.valid()) return;
  for (const std::wstring& image : images_behind(raw(device.get()))) {
    const std::wstring volume = volume_of_path(image);
    if (volume.empty()) continue;
    for (const DWORD below : disks_of_volume(volume).value_or(std::set<DWORD>())) add_disk(below, to);
  }
}

void add_below(PathFacts& facts, const std::set<DWORD>& disks) {
  std::set<DWORD> all;
  for (const DWORD disk : disks) add_disk(disk, all);
  for (const DWORD disk : all) facts.below.push_back(device_name(disk));
}

void add_below_file(PathFacts& facts, const std::wstring& path) {
  const std::wstring volume = volume_of_path(path);
  if (!volume.empty()) add_below(facts, disks_of_volume(volume).value_or(std::set<DWORD>()));
}

void look_at_volumes(PathFacts& facts, DWORD disk) {
  for (const Volume& volume : volumes()) {
    if (!volume.disks.contains(disk)) continue;
    if (volume.disks.size() > 1) facts.holders.emplace_back("a volume on several disks");
    if (!volume.mount_points.empty() && !facts.read_only) facts.mounted_writable = true;
    if (facts.removable && !facts.backs_system) continue;
    for (const std::wstring& point : volume.mount_points) facts.mounts.push_back(utf8(point));
  }
}

void look_at_device(PathFacts& facts, const std::wstring& path, PathClass kind) {
  facts.in_device_folder = true;
  const Handle device = open_to_look(path, READ_CONTROL);
  const int error = last_error();
  if (!device.valid() && (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)) {
    facts.read_error = facts.write_error = error;
    return;
  }
  facts.kind = PathKind::other;
  if (!device.valid()) {
    facts.read_error = facts.write_error = error;
    return;
  }
  const std::optional<DiskNumber> number = number_of(raw(device.get()));
  if (!number || (kind != PathClass::disk && kind != PathClass::volume)) return;
  facts.kind = PathKind::device;
  facts.partition = kind == PathClass::volume;
  if (!facts.partition) facts.resolved = utf8(disk_path(number->disk));
  facts.identity = identity_of_disk({number->disk, facts.partition ? number->partition : 0});
  facts.read_error = may(raw(device.get()), GENERIC_READ);
  facts.write_error = may(raw(device.get()), GENERIC_WRITE);
  const DiskFacts disk = facts_of(raw(device.get()));
  facts.size = disk.size, facts.sector = disk.sector, facts.physical_sector = disk.physical_sector;
  facts.removable = disk.removable, facts.read_only = disk.read_only;
  facts.serial = disk.serial;
  const ProtectedList protects = read_protected_drives();
  facts.protected_drive = protects.has(facts.serial, facts.wwn), facts.protection_problem = protects.problem();
  const std::optional<SystemDisks> system = system_disks();
  facts.backs_system = !system || system->needed.contains(number->disk);
  facts.swap = system && system->paging.contains(number->disk);
  if (facts.partition) facts.below.push_back(device_name(number->disk, number->partition));
  add_below(facts, {number->disk});
  const std::vector<std::wstring> images = images_behind(raw(device.get()));
  if (!images.empty()) {
    const Handle image = open_to_look(images.front(), 0);
    if (image.valid()) facts.backing = identity_of_file(raw(image.get()));
  }
  look_at_volumes(facts, number->disk);
}

void look_at_missing(PathFacts& facts, const std::wstring& path) {
  const std::size_t slash = path.rfind(L'\\');
  const std::wstring name = slash == std::wstring::npos ? std::wstring() : path.substr(slash + 1);
  // With the final backslash, because "C:" alone is not a folder.
  const Handle folder = name.empty() ? Handle() : open_to_look(path.substr(0, slash + 1), READ_CONTROL);
  const std::wstring real = folder.valid() ? final_path(raw(folder.get())) : std::wstring();
  facts.read_error = ERROR_FILE_NOT_FOUND;
  if (real.empty() || name.find_first_of(L"<>:\"|?*") != std::wstring::npos) {
    facts.write_error = real.empty() ? ERROR_PATH_NOT_FOUND : ERROR_INVALID_NAME;
    return;
  }
  const std::wstring resolved = (real.back() == L'\\' ? real : real + L"\\") + name;
  facts.resolved = utf8(resolved);
  facts.write_error = may(raw(folder.get()), FILE_ADD_FILE);
  add_below_file(facts, real);
}

void look_at_file(PathFacts& facts, HANDLE file) {
  BY_HANDLE_FILE_INFORMATION info{};
  const std::wstring resolved = final_path(file);
  if (!resolved.empty()) facts.resolved = utf8(resolved);
  facts.kind = PathKind::other;
  if (GetFileType(file) != FILE_TYPE_DISK || GetFileInformationByHandle(file, &info) == FALSE) return;
  if ((info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) return;
  facts.kind = PathKind::file;
  facts.identity = identity_of_file(file);
  facts.size = (std::uint64_t{info.nFileSizeHigh} << 32) | info.nFileSizeLow;
  facts.read_error = may(file, GENERIC_READ);
  facts.write_error = may(file, GENERIC_WRITE);
  DWORD flags = 0;
  GetVolumeInformationByHandleW(file, nullptr, 0, nullptr, nullptr, &flags, nullptr, 0);
  facts.read_only = (flags & FILE_READ_ONLY_VOLUME) != 0 || (info.dwFileAttributes & FILE_ATTRIBUTE_READONLY) != 0;
  if (facts.read_only) facts.write_error = ERROR_WRITE_PROTECT;
  if (!resolved.empty()) add_below_file(facts, resolved);
}

}  // namespace

PathFacts inspect(const std::string& given) {
  PathFacts facts;
  facts.path = facts.resolved = given;
  const std::wstring path = system_path(given);
  const PathClass kind = class_of(path);
  if (kind != PathClass::file) {
    look_at_device(facts, path, kind);
    return facts;
  }
  Handle file = open_to_look(path, READ_CONTROL | FILE_READ_ATTRIBUTES);
  int error = file.valid() ? 0 : last_error();
  if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND) {
    look_at_missing(facts, path);
  } else if (error != 0) {
    facts.kind = PathKind::other;
    facts.read_error = facts.write_error = error;
  } else {
    look_at_file(facts, raw(file.get()));
  }
  return facts;
}

std::vector<PathFacts> inspect_all(const std::vector<std::string>& paths) {
  std::vector<PathFacts> found;
  for (const std::string& path : paths) found.push_back(inspect(path));
  return found;
}

}  // namespace carousel::platform
