// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/small_file.hpp"

#include <span>

#include "platform/system_error.hpp"
#include "win32/path.hpp"
#include "win32/transfer.hpp"
#include "win32/user.hpp"

namespace carousel::platform {

using namespace win32;

Status write_new_file(const std::string& path, std::string_view content) {
  OwnUserOnly security;
  // CREATE_NEW fails on anything that is there, a link included.
  const Handle file(native(CreateFileW(system_path(path).c_str(), GENERIC_WRITE, 0, security.get(), CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr)));
  if (!file.valid()) return system_error(Code::internal, "cannot make " + path, last_error());
  const auto bytes = std::as_bytes(std::span(content));
  for (std::size_t done = 0; done < bytes.size();) {
    const Moved moved = write_at(raw(file.get()), done, bytes.subspan(done));
    const int error = moved.error == 0 && moved.bytes == 0 ? ERROR_DISK_FULL : moved.error;
    if (error != 0) return system_error(Code::no_space, "cannot write " + path, error);
    done += moved.bytes;
  }
  if (FlushFileBuffers(raw(file.get())) == FALSE) return system_error(Code::flush_error, "cannot flush " + path, last_error());
  return {};
}

}  // namespace carousel::platform
