// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/path.hpp"

#include <algorithm>

#include "win32/text.hpp"
#include "win32/windows.hpp"

namespace carousel::platform::win32 {
namespace {

bool starts_with(std::wstring_view text, std::wstring_view start) {
  return text.size() >= start.size() &&
         CompareStringOrdinal(text.data(), static_cast<int>(start.size()), start.data(), static_cast<int>(start.size()), TRUE) == CSTR_EQUAL;
}

bool is_letter(wchar_t c) { return (c >= L'A' && c <= L'Z') || (c >= L'a' && c <= L'z'); }
bool is_digit(wchar_t c) { return c >= L'0' && c <= L'9'; }

}  // namespace

std::wstring system_path(std::string_view path) {
  std::wstring out = wide(path);
  std::replace(out.begin(), out.end(), L'/', L'\\');
  return out;
}

PathClass class_of(const std::wstring& path) {
  if (!starts_with(path, L"\\\\.\\") && !starts_with(path, L"\\\\?\\")) return PathClass::file;
  const std::wstring_view rest = std::wstring_view(path).substr(4);
  constexpr std::wstring_view kDisk = L"PhysicalDrive";
  const std::wstring_view number = rest.substr(std::min(rest.size(), kDisk.size()));
  if (starts_with(rest, kDisk) && !number.empty() && std::all_of(number.begin(), number.end(), is_digit)) return PathClass::disk;
  if (rest.size() >= 2 && is_letter(rest[0]) && rest[1] == L':') return rest.size() == 2 ? PathClass::volume : PathClass::file;
  if (starts_with(rest, L"Volume{") && rest.find(L'}') != std::wstring_view::npos) {
    return rest.find(L'}') + 1 == rest.size() ? PathClass::volume : PathClass::file;
  }
  if (starts_with(rest, L"UNC\\")) return PathClass::file;
  return PathClass::device;
}

}  // namespace carousel::platform::win32
