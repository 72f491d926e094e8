#include "platform/system_error.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

namespace carousel::platform {

Fault fault_of(int os_error) noexcept {
  switch (os_error) {
    case EIO:
    case EILSEQ:
    case ETIMEDOUT:
#ifdef ENODATA
    case ENODATA:  // Linux: a medium error under direct I/O
#endif
#ifdef EREMOTEIO
    case EREMOTEIO:
#endif
#ifdef EDEVERR
    case EDEVERR:
#endif
      return Fault::medium;
    case ENODEV:
    case ENXIO:
#ifdef ENOMEDIUM
    case ENOMEDIUM:
#endif
#ifdef ESHUTDOWN
    case ESHUTDOWN:
#endif
#ifdef EPWROFF
    case EPWROFF:
#endif
      return Fault::gone;
    case ENOSPC:
#ifdef EDQUOT
    case EDQUOT:
#endif
    case EFBIG:
      return Fault::no_space;
    case EROFS: return Fault::read_only;
    case EACCES:
    case EPERM: return Fault::no_permission;
    case ENOENT:
    case ENOTDIR: return Fault::not_found;
    case EBUSY:
    case ETXTBSY:
    case EAGAIN: return Fault::busy;
    case ENOMEM: return Fault::no_memory;
    default: return Fault::other;
  }
}

std::string error_name(int os_error) {
  switch (os_error) {
#define CAROUSEL_NAME(e) \
  case e: return #e
    CAROUSEL_NAME(EIO);
    CAROUSEL_NAME(ENOSPC);
    CAROUSEL_NAME(ENODEV);
    CAROUSEL_NAME(ENXIO);
    CAROUSEL_NAME(EROFS);
    CAROUSEL_NAME(EACCES);
    CAROUSEL_NAME(EPERM);
    CAROUSEL_NAME(ENOENT);
    CAROUSEL_NAME(ENOTDIR);
    CAROUSEL_NAME(EBUSY);
    CAROUSEL_NAME(EAGAIN);
    CAROUSEL_NAME(ENOMEM);
    CAROUSEL_NAME(EINVAL);
    CAROUSEL_NAME(ETIMEDOUT);
    CAROUSEL_NAME(EILSEQ);
    CAROUSEL_NAME(EFBIG);
    CAROUSEL_NAME(EEXIST);
    CAROUSEL_NAME(EISDIR);
    CAROUSEL_NAME(ELOOP);
    CAROUSEL_NAME(EMFILE);
#ifdef EDQUOT
    CAROUSEL_NAME(EDQUOT);
#endif
#ifdef ENODATA
    CAROUSEL_NAME(ENODATA);
#endif
#ifdef EREMOTEIO
    CAROUSEL_NAME(EREMOTEIO);
#endif
#ifdef ENOMEDIUM
    CAROUSEL_NAME(ENOMEDIUM);
#endif
#undef CAROUSEL_NAME
    default: return std::to_string(os_error);
  }
}

Error system_error(Code code, std::string what, int os_error) {
  what += ": " + std::generic_category().message(os_error);
  return Error{code, std::move(what), os_error};
}

}  // namespace carousel::platform
