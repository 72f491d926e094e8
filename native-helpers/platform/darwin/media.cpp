// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "darwin/media.hpp"

#include <sys/mount.h>
#include <sys/param.h>

#include <algorithm>

#include "darwin/owned.hpp"

namespace carousel::platform::darwin {
namespace {

constexpr const char* kMediaClass = "IOMedia";
constexpr const char* kContainerDiskClass = "AppleAPFSMedia";

Entry find(const std::string& name) {
  if (name.empty()) return Entry();
  // The lookup takes the dictionary over.
  return Entry(IOServiceGetMatchingService(kIOMainPortDefault, IOBSDNameMatching(kIOMainPortDefault, 0, name.c_str())));
}

Owned<CFTypeRef> property(io_registry_entry_t entry, CFStringRef key) {
  return Owned<CFTypeRef>(IORegistryEntryCreateCFProperty(entry, key, kCFAllocatorDefault, 0));
}

std::uint64_t number_in(CFTypeRef value, std::uint64_t otherwise) {
  std::int64_t number = 0;
  if (value == nullptr || CFGetTypeID(value) != CFNumberGetTypeID()) return otherwise;
  if (!CFNumberGetValue(static_cast<CFNumberRef>(value), kCFNumberSInt64Type, &number)) return otherwise;
  return static_cast<std::uint64_t>(number);
}

std::uint64_t number(io_registry_entry_t entry, CFStringRef key, std::uint64_t otherwise) { return number_in(property(entry, key).get(), otherwise); }

bool flag(io_registry_entry_t entry, CFStringRef key) {
  const Owned<CFTypeRef> value = property(entry, key);
  return value && CFGetTypeID(value.get()) == CFBooleanGetTypeID() && CFBooleanGetValue(static_cast<CFBooleanRef>(value.get()));
}

std::string text_in(CFTypeRef value) {
  char text[MAXPATHLEN];
  if (value == nullptr) return {};
  if (CFGetTypeID(value) == CFStringGetTypeID()) {
    return CFStringGetCString(static_cast<CFStringRef>(value), text, sizeof text, kCFStringEncodingUTF8) ? std::string(text) : std::string();
  }
  if (CFGetTypeID(value) != CFDataGetTypeID()) return {};
  const auto data = static_cast<CFDataRef>(value);
  const std::string bytes(reinterpret_cast<const char*>(CFDataGetBytePtr(data)), static_cast<std::size_t>(CFDataGetLength(data)));
  return bytes.substr(0, bytes.find('\0'));
}

/// Found on the entry itself or on what it rests on.
Owned<CFTypeRef> property_below(io_registry_entry_t entry, CFStringRef key) {
  return Owned<CFTypeRef>(IORegistryEntrySearchCFProperty(entry, kIOServicePlane, key, kCFAllocatorDefault,
                                                          kIORegistryIterateRecursively | kIORegistryIterateParents));
}

std::uint32_t physical_sector(io_registry_entry_t entry, std::uint32_t otherwise) {
  const Owned<CFTypeRef> device = property_below(entry, CFSTR("Device Characteristics"));
  if (!device || CFGetTypeID(device.get()) != CFDictionaryGetTypeID()) return otherwise;
  const CFTypeRef value = CFDictionaryGetValue(static_cast<CFDictionaryRef>(device.get()), CFSTR("Physical Block Size"));
  return static_cast<std::uint32_t>(number_in(value, otherwise));
}

/// A USB device's own number first: behind a bridge every disk may say the same. Then what the driver of the disk asked it (IOStorageDeviceCharacteristics.h).
std::string serial_of(io_registry_entry_t entry) {
  for (const CFStringRef key : {CFSTR("kUSBSerialNumberString"), CFSTR("USB Serial Number")}) {
    if (const std::string serial = text_in(property_below(entry, key).get()); !serial.empty()) return serial;
  }
  const Owned<CFTypeRef> device = property_below(entry, CFSTR("Device Characteristics"));
  if (!device || CFGetTypeID(device.get()) != CFDictionaryGetTypeID()) return {};
  return text_in(CFDictionaryGetValue(static_cast<CFDictionaryRef>(device.get()), CFSTR("Serial Number")));
}

Media read(io_registry_entry_t entry) {
  Media m;
  m.name = text_in(property(entry, CFSTR("BSD Name")).get());
  m.major = number(entry, CFSTR("BSD Major"), 0);
  m.minor = number(entry, CFSTR("BSD Minor"), 0);
  m.size = number(entry, CFSTR("Size"), 0);
  m.sector = static_cast<std::uint32_t>(number(entry, CFSTR("Preferred Block Size"), 512));
  if (m.sector == 0) m.sector = 512;  // no medium in it
  m.physical_sector = physical_sector(entry, m.sector);
  m.whole = flag(entry, CFSTR("Whole"));
  m.serial = serial_of(entry);
  m.removable = flag(entry, CFSTR("Removable")) || flag(entry, CFSTR("Ejectable"));
  m.writable = flag(entry, CFSTR("Writable"));
  IORegistryEntryGetRegistryEntryID(entry, &m.entry);
  return m;
}

/// Media objects up or down the registry from this one, without itself.
std::vector<Entry> related(io_registry_entry_t entry, IOOptionBits options) {
  std::vector<Entry> found;
  io_iterator_t raw = IO_OBJECT_NULL;
  if (IORegistryEntryCreateIterator(entry, kIOServicePlane, kIORegistryIterateRecursively | options, &raw) != KERN_SUCCESS) return found;
  const Entry iterator(raw);
  while (Entry next = Entry(IOIteratorNext(iterator.get()))) {
    if (IOObjectConformsTo(next.get(), kMediaClass)) found.push_back(std::move(next));
  }
  return found;
}

void add_below(const std::string& name, std::set<std::string>& to) {
  const Entry entry = find(name);
  if (!entry) return;
  if (!to.insert(device_name(read(entry.get()))).second) return;
  for (const Entry& parent : related(entry.get(), kIORegistryIterateParents)) to.insert(device_name(read(parent.get())));
  const std::string image = image_file(name);
  if (!image.empty()) add_below(device_of_path(image), to);
}

}  // namespace

std::optional<Media> media_of(const std::string& name) {
  const Entry entry = find(name);
  if (!entry) return std::nullopt;
  return read(entry.get());
}

bool is_present(std::uint64_t entry) {
  return static_cast<bool>(Entry(IOServiceGetMatchingService(kIOMainPortDefault, IORegistryEntryIDMatching(entry))));
}

std::optional<Media> whole_disk_of(const std::string& name) {
  const Entry entry = find(name);
  if (!entry) return std::nullopt;
  Media own = read(entry.get());
  if (own.whole) return own;
  // The nearest comes first.
  for (const Entry& parent : related(entry.get(), kIORegistryIterateParents)) {
    Media media = read(parent.get());
    if (media.whole) return media;
  }
  return std::nullopt;
}

std::string device_name(const Media& media) { return std::to_string(media.major) + ":" + std::to_string(media.minor); }

std::set<std::string> below(const std::string& name) {
  std::set<std::string> found;
  add_below(name, found);
  return found;
}

std::vector<std::string> above(const std::string& name) {
  std::vector<std::string> found = {name};
  const Entry entry = find(name);
  if (!entry) return found;
  for (const Entry& child : related(entry.get(), 0)) found.push_back(read(child.get()).name);
  return found;
}

std::vector<std::string> holders(const std::string& name) {
  std::vector<std::string> found;
  const Entry entry = find(name);
  if (!entry) return found;
  for (const Entry& child : related(entry.get(), 0)) {
    const Media media = read(child.get());
    // An APFS container has a disk of its own also when nothing of it is mounted; its mounted volumes are found as mounts.
    if (media.whole && !IOObjectConformsTo(child.get(), kContainerDiskClass)) found.push_back(media.name);
  }
  return found;
}

std::string image_file(const std::string& name) {
  const Entry entry = find(name);
  if (!entry) return {};
  // The older driver keeps a path, the newer one a URL.
  if (const Owned<CFTypeRef> path = property_below(entry.get(), CFSTR("image-path"))) return text_in(path.get());
  const Owned<CFTypeRef> where = property_below(entry.get(), CFSTR("DiskImageURL"));
  if (!where || CFGetTypeID(where.get()) != CFStringGetTypeID()) return {};
  const Owned<CFURLRef> url(CFURLCreateWithString(kCFAllocatorDefault, static_cast<CFStringRef>(where.get()), nullptr));
  UInt8 text[MAXPATHLEN];
  if (!url || !CFURLGetFileSystemRepresentation(url.get(), true, text, sizeof text)) return {};
  return reinterpret_cast<const char*>(text);
}

std::set<std::string> all_media() {
  std::set<std::string> names;
  io_iterator_t raw = IO_OBJECT_NULL;
  if (IOServiceGetMatchingServices(kIOMainPortDefault, IOServiceMatching(kMediaClass), &raw) != KERN_SUCCESS) return names;
  const Entry iterator(raw);
  while (const Entry next = Entry(IOIteratorNext(iterator.get()))) names.insert(text_in(property(next.get(), CFSTR("BSD Name")).get()));
  return names;
}

std::string device_in_mount_table(const std::string& from) {
  if (from.starts_with("/dev/")) return from.substr(5);
  const std::size_t at = from.find("://");
  if (at == std::string::npos) return {};
  std::string rest = from.substr(at + 3);
  rest.erase(0, rest.find_first_not_of('/'));
  if (rest.starts_with("dev/")) rest.erase(0, 4);
  rest = rest.substr(0, rest.find('/'));
  return rest.starts_with("disk") ? rest : std::string();
}

std::string device_of_path(const std::string& path) {
  struct statfs info{};
  return statfs(path.c_str(), &info) == 0 ? device_in_mount_table(info.f_mntfromname) : std::string();
}

}  // namespace carousel::platform::darwin
