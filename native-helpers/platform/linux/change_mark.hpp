// Has anybody written to a source since an earlier look?
#pragma once

#include <sys/stat.h>

#include <string>

namespace carousel::platform {

/// BlockFile::change_mark(): of a file the times of its last change and of that of its status; of a whole disk whose
/// traffic is counted the start of the machine, its disk sequence number and how many
/// sectors were written to it since it was plugged in (the seventh number of `stat`, Documentation/block/stat.rst of the kernel).
std::string change_mark_of(const struct stat& st);

}  // namespace carousel::platform
