// Machines made of files: what stands under /sys and /proc decides which disks the running system needs. Tables for every kind of stacking,
// and generated trees in which each disk under a system folder must be found, and no other.
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "linux/drive_marks.hpp"
#include "linux/mounts.hpp"
#include "linux/sysfs.hpp"
#include "base/protected_list.hpp"
#include "platform/inspect.hpp"
#include "posix/protected_drives.hpp"
#include "tests/test.hpp"

using namespace carousel;
namespace fs = std::filesystem;

namespace {

/// A machine in a temporary folder; /sys and /proc are looked for there while it lives.
class Machine {
 public:
  Machine() {
    std::string name = (fs::temp_directory_path() / "carousel-machine-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    platform::sysfs::root = folder_;
    write("/proc/self/mountinfo", "");
    write("/proc/swaps", "Filename Type Size Used Priority\n");
  }
  ~Machine() {
    platform::sysfs::root.clear();
    fs::remove_all(folder_);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(folder_ + path).parent_path());
    std::ofstream(folder_ + path) << text;
  }
  /// A whole disk or a stacked device `number` ("8:0") called `name`, plugged in at `at`.
  void disk(const std::string& number, const std::string& name, const std::string& at = "virtual") { place("/sys/devices/" + at + "/block/" + name, number, name); }
  void partition(const std::string& disk, const std::string& number, const std::string& name) {
    const std::string folder = home_.at(disk) + "/" + name;
    place(folder, number, name);
    write(folder + "/partition", "1\n");
  }
  /// `upper` keeps its bytes on `lower` (md, dm).
  void stack(const std::string& upper, const std::string& lower) {
    fs::create_directories(folder_ + home_.at(upper) + "/slaves/" + names_.at(lower));
    write(home_.at(upper) + "/slaves/" + names_.at(lower) + "/dev", lower + "\n");
  }
  void loop(const std::string& number, const std::string& file, const std::string& on) {
    write(home_.at(number) + "/loop/backing_file", file + "\n");
    lies_on(file, on);
  }
  void lies_on(const std::string& path, const std::string& device) { write("/device-of" + path, device + "\n"); }
  void folder(const std::string& path) { fs::create_directories(folder_ + path); }
  void link(const std::string& path, const std::string& to) { fs::create_symlink(to, folder_ + path); }
  /// What udev has read of a device.
  void known(const std::string& number, const std::string& lines) { write("/run/udev/data/b" + number, "I:1\n" + lines); }
  void mount(const std::string& number, const std::string& point, const std::string& type = "ext4", const std::string& source = "none", const std::string& super = "rw") {
    std::ofstream(folder_ + "/proc/self/mountinfo", std::ios::app) << "1 1 " << number << " / " << point << " rw,relatime shared:1 - " << type << " " << source << " " << super << "\n";
  }
  void swap(const std::string& path, const std::string& on) {
    std::ofstream(folder_ + "/proc/swaps", std::ios::app) << path << " partition 1 0 -2\n";
    lies_on(path, on);
  }
  [[nodiscard]] std::string home(const std::string& number) const { return home_.at(number); }

  /// Does the running system need it?
  static bool needed(const std::string& number) {
    for (const platform::Use& use : platform::uses_of_devices()) {
      if (use.system && use.devices.contains(number)) return true;
    }
    return false;
  }

 private:
  void place(const std::string& folder, const std::string& number, const std::string& name) {
    write(folder + "/dev", number + "\n");
    fs::create_directories(folder_ + "/sys/dev/block");
    fs::create_symlink(folder_ + folder, folder_ + "/sys/dev/block/" + number);
    home_[number] = folder, names_[number] = name;
  }
  std::string folder_;
  std::map<std::string, std::string> home_, names_;
};

/// Two disks with one partition each; the second is what nothing needs.
void two_disks(Machine& m) {
  m.disk("8:0", "sda"), m.partition("8:0", "8:1", "sda1"), m.partition("8:0", "8:2", "sda2");
  m.disk("8:16", "sdb"), m.partition("8:16", "8:17", "sdb1");
}

}  // namespace

TEST("machine: the disk under a system folder, through every kind of stacking") {
  struct Row {
    const char* what;
    std::function<void(Machine& m)> build;
    bool a, b;  ///< the system needs disk a, disk b
  };
  const Row rows[] = {
      {"nothing mounted", [](Machine&) {}, false, false},
      {"a partition at /", [](Machine& m) { m.mount("8:1", "/"); }, true, false},
      {"a bare disk at /boot", [](Machine& m) { m.mount("8:16", "/boot"); }, false, true},
      {"a stick somebody plugged in", [](Machine& m) { m.mount("8:1", "/"), m.mount("8:17", "/media/me/STICK"); }, true, false},
      {"/home/NAME on its own", [](Machine& m) { m.mount("8:17", "/home/me"); }, false, true},
      {"a stick mounted inside a home", [](Machine& m) { m.mount("8:17", "/home/me/stick"); }, false, false},
      {"LVM", [](Machine& m) { m.disk("253:0", "dm-0"), m.stack("253:0", "8:2"), m.mount("253:0", "/"); }, true, false},
      {"LVM over two disks", [](Machine& m) { m.disk("253:0", "dm-0"), m.stack("253:0", "8:2"), m.stack("253:0", "8:17"), m.mount("253:0", "/var"); }, true, true},
      {"LVM on dm-crypt on md", [](Machine& m) {
         m.disk("9:0", "md0"), m.stack("9:0", "8:2"), m.stack("9:0", "8:17");
         m.disk("253:1", "dm-1"), m.stack("253:1", "9:0"), m.disk("253:0", "dm-0"), m.stack("253:0", "253:1"), m.mount("253:0", "/");
       }, true, true},
      {"swap on a partition", [](Machine& m) { m.swap("/dev/sdb1", "8:17"); }, false, true},
      {"a swap file", [](Machine& m) { m.swap("/swapfile", "8:1"); }, true, false},
      {"btrfs on two disks, of which the mount names one", [](Machine& m) {
         m.lies_on("/dev/sda2", "8:2");
         m.write("/sys/fs/btrfs/1234/devices/sda2/dev", "8:2\n"), m.write("/sys/fs/btrfs/1234/devices/sdb1/dev", "8:17\n");
         m.mount("0:31", "/", "btrfs", "/dev/sda2");
       }, true, true},
      {"another btrfs", [](Machine& m) {
         m.lies_on("/dev/sda2", "8:2");
         m.write("/sys/fs/btrfs/1/devices/sda2/dev", "8:2\n"), m.write("/sys/fs/btrfs/2/devices/sdb1/dev", "8:17\n");
         m.mount("0:31", "/", "btrfs", "/dev/sda2");
       }, true, false},
      {"a live system: / is an overlay over a loop over a file on a stick", [](Machine& m) {
         m.disk("7:0", "loop0"), m.loop("7:0", "/cdrom/live.squashfs", "8:17"), m.mount("7:0", "/rofs", "squashfs");
         m.lies_on("/rofs", "7:0"), m.mount("0:40", "/", "overlay", "overlay", "rw,lowerdir=/rofs,upperdir=/ram/up,workdir=/ram/work");
       }, false, true},
      {"a mount point with a space", [](Machine& m) { m.mount("8:17", "/media/my\\040stick"), m.mount("8:1", "/opt"); }, true, false},
      {"/srv itself", [](Machine& m) { m.mount("8:17", "/srv"); }, false, true},
      {"a database below /var", [](Machine& m) { m.mount("8:17", "/var/lib/db"); }, false, true},
      {"a stick that the desktop mounts below /var/run/media", [](Machine& m) { m.mount("8:17", "/var/run/media/me/STICK"); }, false, false},
      {"a person's home elsewhere", [](Machine& m) {
         m.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000:Ann,,,:/data/people/ann:/bin/sh\n");
         m.folder("/data/people/ann"), m.mount("8:1", "/"), m.mount("8:17", "/data");
       }, true, true},
      {"a stick inside that home", [](Machine& m) {
         m.write("/etc/passwd", "ann:x:1000:1000::/data/people/ann:/bin/sh\n");
         m.folder("/data/people/ann/stick"), m.mount("8:1", "/"), m.mount("8:17", "/data/people/ann/stick");
       }, true, false},
      {"the home of a service, and of somebody whose home is not there", [](Machine& m) {
         m.write("/etc/passwd", "db:x:999:999::/mnt/db:/bin/false\neve:x:1001:1001::/mnt/eve:/bin/sh\nbad:x:1002x::/mnt/db:\n");
         m.folder("/mnt/db"), m.mount("8:1", "/"), m.mount("8:17", "/mnt");
       }, true, false},
      {"/home is a link to another disk", [](Machine& m) {
         m.folder("/data/home"), m.link("/home", "data/home"), m.mount("8:1", "/"), m.mount("8:17", "/data");
       }, true, true},
      {"btrfs on two disks behind dm-crypt", [](Machine& m) {
         m.disk("253:0", "dm-0"), m.stack("253:0", "8:2"), m.lies_on("/dev/mapper/root", "253:0");
         m.write("/sys/fs/btrfs/1234/devices/dm-0/dev", "253:0\n"), m.write("/sys/fs/btrfs/1234/devices/sdb1/dev", "8:17\n");
         m.mount("0:31", "/", "btrfs", "/dev/mapper/root");
       }, true, true},
      {"btrfs at / by a name that is not there: every btrfs", [](Machine& m) {
         m.write("/sys/fs/btrfs/1/devices/sdb1/dev", "8:17\n");
         m.mount("0:31", "/", "btrfs", "/dev/root");
       }, false, true},
      {"bcachefs on two disks, both named", [](Machine& m) {
         m.lies_on("/dev/sda2", "8:2"), m.lies_on("/dev/sdb1", "8:17");
         m.mount("0:31", "/", "bcachefs", "/dev/sda2:/dev/sdb1");
       }, true, true},
      {"bcachefs on two disks, one of them named", [](Machine& m) {
         m.lies_on("/dev/sda2", "8:2");
         m.write("/sys/fs/bcachefs/1/dev-0/block/dev", "8:2\n"), m.write("/sys/fs/bcachefs/1/dev-1/block/dev", "8:17\n");
         m.mount("0:31", "/home", "bcachefs", "/dev/sda2");
       }, true, true},
      {"bcachefs on a stick", [](Machine& m) { m.lies_on("/dev/sdb1", "8:17"), m.mount("8:1", "/"), m.mount("0:31", "/media/me/S", "bcachefs", "/dev/sdb1"); }, true, false},
      {"ZFS at /: the members of its pool", [](Machine& m) {
         m.known("8:0", ""), m.known("8:1", "E:ID_FS_TYPE=vfat\n"), m.known("8:2", "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL_ENC=r\\x20pool\n");
         m.known("8:16", ""), m.known("8:17", "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL_ENC=backup\n");
         m.mount("0:31", "/", "zfs", "r\\040pool/ROOT/system");
       }, true, false},
      {"ZFS: a member without the name of its pool, or of which only the partition tells", [](Machine& m) {
         m.known("8:0", ""), m.known("8:1", ""), m.known("8:2", "E:ID_PART_ENTRY_TYPE=6a898cc3-1dd2-11b2-99a6-080020736631\n");
         m.known("8:16", ""), m.known("8:17", "E:ID_FS_TYPE=zfs_member\n");
         m.mount("0:31", "/var", "zfs", "rpool/var");
       }, true, true},
      {"ZFS: a disk of which udev tells nothing may be a member", [](Machine& m) {
         m.known("8:16", ""), m.known("8:17", "E:ID_FS_TYPE=vfat\nE:ID_FS_LABEL_ENC=rpool\n");
         m.mount("0:31", "/", "zfs", "rpool/ROOT");
       }, true, false},
      {"ZFS behind dm-crypt", [](Machine& m) {
         for (const char* d : {"8:0", "8:1", "8:2", "8:16", "8:17"}) m.known(d, "");
         m.disk("253:0", "dm-0"), m.stack("253:0", "8:17"), m.known("253:0", "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL_ENC=rpool\n");
         m.mount("0:31", "/home", "zfs", "rpool/home");
       }, false, true},
      {"a ZFS pool that the system does not need", [](Machine& m) {
         m.known("8:0", ""), m.known("8:1", "E:ID_FS_TYPE=ext4\n"), m.known("8:2", ""), m.known("8:16", ""), m.known("8:17", "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL_ENC=tank\n");
         m.mount("8:1", "/"), m.mount("0:31", "/tank", "zfs", "tank");
       }, true, false},
      {"swap on a volume of a ZFS pool", [](Machine& m) {
         for (const char* d : {"8:0", "8:1", "8:2", "8:16"}) m.known(d, "");
         m.known("8:17", "E:ID_FS_TYPE=zfs_member\nE:ID_FS_LABEL_ENC=rpool\n");
         m.disk("230:0", "zd0"), m.known("230:0", "S:zvol/rpool/swap\n"), m.swap("/dev/zd0", "230:0");
       }, false, true},
      {"a live system: the folder of the overlay is named as it was before / was mounted", [](Machine& m) {
         m.disk("7:0", "loop0"), m.loop("7:0", "/run/live/medium/live/filesystem.squashfs", "8:17"), m.mount("7:0", "/run/live/rootfs/filesystem.squashfs", "squashfs");
         m.mount("0:40", "/", "overlay", "overlay", "rw,lowerdir=/filesystem.squashfs,upperdir=/cow/upper,workdir=/cow/work");
       }, false, true},
      {"a live system's medium itself", [](Machine& m) { m.mount("0:40", "/", "tmpfs", "tmpfs"), m.mount("8:16", "/cdrom", "iso9660"); }, false, true},
      {"an image that somebody mounted, beside a container with folders of its own", [](Machine& m) {
         m.mount("8:1", "/"), m.mount("8:17", "/media/me/CD", "iso9660");
         m.mount("0:40", "/var/lib/containers/x/merged", "overlay", "overlay", "rw,lowerdir=l/ABC:l/DEF,upperdir=/gone");
       }, true, false},
      {"an overlay whose folder has a colon and a comma in its name", [](Machine& m) {
         m.lies_on("/a:b,c", "8:17"), m.mount("0:40", "/", "overlay", "overlay", "rw,lowerdir=/none:/a\\134:b\\054c");
       }, false, true},
      {"an overlay over a folder of a btrfs, which has a number of its own", [](Machine& m) {
         m.lies_on("/pool/sub", "0:99"), m.lies_on("/dev/sdb1", "8:17"), m.mount("0:31", "/pool", "btrfs", "/dev/sdb1");
         m.mount("0:40", "/usr", "overlay", "overlay", "ro,lowerdir=/pool/sub");
       }, false, true},
      {"this program runs from a stick", [](Machine& m) { m.lies_on("/proc/self/exe", "8:17"); }, false, true},
  };
  for (const Row& row : rows) {
    Machine m;
    two_disks(m);
    row.build(m);
    if (Machine::needed("8:0") != row.a || Machine::needed("8:16") != row.b) test::fail(__FILE__, __LINE__, row.what);
  }
}

TEST("machine: in any tree of devices the system's disks are found, all of them and no other") {
  std::mt19937 random(20261123);
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  for (int round = 0; round < 150; ++round) {
    Machine m;
    // Leaves with the disks their bytes are on, known from how they are built.
    std::vector<std::pair<std::string, std::set<std::string>>> devices;
    const std::size_t disks = 2 + pick(4);
    for (std::size_t d = 0; d < disks; ++d) {
      const std::string number = "8:" + std::to_string(d * 16), name = std::string("sd") + static_cast<char>('a' + d);
      m.disk(number, name);
      devices.emplace_back(number, std::set{number});
      for (std::size_t p = 1; p <= pick(4); ++p) {
        const std::string part = "8:" + std::to_string(d * 16 + p);
        m.partition(number, part, name + std::to_string(p));
        devices.emplace_back(part, std::set{number});
      }
    }
    const std::size_t stacks = pick(6);
    for (std::size_t s = 0; s < stacks; ++s) {
      // LVM, dm-crypt and md over one or several; or a loop over a file on something.
      const std::size_t kind = pick(3);
      const std::string number = (kind == 0 ? "253:" : kind == 1 ? "9:" : "7:") + std::to_string(s);
      m.disk(number, "stack" + std::to_string(s));
      std::set<std::string> on;
      if (kind == 2) {
        const auto lower = devices[pick(devices.size())];
        m.loop(number, "/files/" + std::to_string(s), lower.first);
        on = lower.second;
      }
      for (std::size_t k = 0; kind != 2 && k <= pick(3); ++k) {
        const auto lower = devices[pick(devices.size())];
        m.stack(number, lower.first);
        on.insert(lower.second.begin(), lower.second.end());
      }
      devices.emplace_back(number, on);
    }
    std::set<std::string> wanted;
    const auto need = [&](const std::set<std::string>& all) { wanted.insert(all.begin(), all.end()); };
    const char* points[] = {"/", "/boot", "/home", "/media/x", "/mnt/y", "/usr"};
    std::size_t number_of_btrfs = 0;
    std::set<std::string> in_btrfs;  // a device is a member of one file system only
    for (const char* point : points) {
      const std::size_t how = pick(4);
      if (how == 0) continue;
      const bool system = std::string(point).find("/m") != 0;
      const auto chosen = devices[pick(devices.size())];
      if (how == 1) {
        // btrfs on several, of which the mount names one.
        const auto other = devices[pick(devices.size())];
        if (in_btrfs.contains(chosen.first) || in_btrfs.contains(other.first)) continue;
        in_btrfs.insert({chosen.first, other.first});
        const std::string id = std::to_string(++number_of_btrfs), folder = "/sys/fs/btrfs/" + id + "/devices/";
        m.lies_on("/dev/b" + id, chosen.first);
        m.write(folder + "b" + id + "/dev", chosen.first + "\n"), m.write(folder + "other/dev", other.first + "\n");
        m.mount("0:3" + id, point, "btrfs", "/dev/b" + id);
        if (system) need(chosen.second), need(other.second);
        continue;
      }
      m.mount(chosen.first, point);
      if (system) need(chosen.second);
    }
    if (pick(2) == 0) {
      const auto& chosen = devices[pick(devices.size())];
      m.swap("/swap", chosen.first);
      need(chosen.second);
    }
    // What the program itself lies on, and the app with it.
    if (pick(2) == 0) {
      const auto& chosen = devices[pick(devices.size())];
      m.lies_on("/proc/self/exe", chosen.first);
      need(chosen.second);
    }
    for (std::size_t d = 0; d < disks; ++d) {
      const std::string number = "8:" + std::to_string(d * 16);
      if (Machine::needed(number) != wanted.contains(number)) test::fail(__FILE__, __LINE__, "round " + std::to_string(round) + ", disk " + number);
    }
  }
}

TEST("machine: lists of protected drives that cannot be read protect every drive, and it is said which") {
  const auto problem = [] { return platform::read_protected_drives(platform::sysfs::root + "/etc/carousel/protected").problem(); };
  Machine m;
  CHECK(problem().empty());
  CHECK(platform::protect_also({"S1"}).ok());
  CHECK(problem().empty());
  CHECK(platform::read_protected_drives(platform::sysfs::root + "/etc/carousel/protected").has("S1", ""));
  CHECK(platform::protect_also({std::string(ProtectedList::kNotKnown)}).ok());
  CHECK(problem().find("settings") != std::string::npos);
  CHECK(platform::protect_also({}).ok());
  m.write("/etc/carousel/protected", "S2\n");
  CHECK(problem().empty());
  Machine damaged;
  damaged.write("/etc/carousel/protected/what is this", "");  // a folder in its place
  CHECK(problem().find("/etc/carousel/protected cannot be read") != std::string::npos);
}

TEST("machine: a drive's own marks, behind USB and elsewhere") {
  Machine m;
  const std::string usb = "pci0000:00/0000:00:14.0/usb2/2-1";
  m.disk("8:0", "sda", usb + "/2-1:1.0/host6/target6:0:0/6:0:0:0");
  m.write("/sys/devices/" + usb + "/idVendor", "0781\n");
  m.write("/sys/devices/" + usb + "/serial", "4C530001 \n");
  m.write(m.home("8:0") + "/device/vpd_pg80", std::string("\0\x80\0\4", 4) + "SAME");
  m.disk("259:0", "nvme0n1", "pci0000:00/0000:01:00.0/nvme/nvme0");
  m.write(m.home("259:0") + "/device/serial", "S4EV  \n");
  m.write(m.home("259:0") + "/wwid", "eui.0025\n");
  m.disk("8:16", "sdb", "pci0000:00/0000:02:00.0/ata1/host0/target0:0:0/0:0:0:0");
  m.write(m.home("8:16") + "/device/vpd_pg80", std::string("\0\x80\0\4", 4) + "WD-1 ");
  const platform::DriveMarks a = platform::marks_of("8:0"), b = platform::marks_of("259:0"), c = platform::marks_of("8:16");
  CHECK(a.serial == "4C530001" && a.bus_path == usb + "/2-1:1.0/host6/target6:0:0/6:0:0:0" && a.wwn.empty());
  CHECK(b.serial == "S4EV" && b.wwn == "eui.0025");
  CHECK(c.serial == "WD-1");
  CHECK(platform::marks_of("1:1").bus_path.empty());
}
