# The helper and its tests. One platform folder is chosen here; no other file asks for the operating system.
{
  'variables': {
    'xxhash_dir%': '<!(node -p "require(\'node:path\').join(require(\'node:path\').dirname(require.resolve(\'xxhash-addon/package.json\')),\'xxHash\')")',
    'engine_sources': [
      'base/digest.cpp', 'base/json.cpp', 'base/protected_list.cpp', 'base/sha256.cpp', 'base/sha256_x86.cpp', 'base/xxh3.c',
      'engine/ring/ring.cpp', 'engine/ring/reader.cpp', 'engine/ring/seats.cpp', 'engine/ring/writer.cpp',
      'engine/source/source.cpp', 'engine/producer/producer.cpp',
      'engine/manifest/reader.cpp', 'engine/manifest/root.cpp', 'engine/manifest/writer.cpp', 'engine/resume/map.cpp',
      'engine/producer/source_hash.cpp',
      'engine/target/target.cpp', 'engine/verify/verify.cpp', 'engine/consumer/consumer.cpp', 'engine/consumer/evidence.cpp',
      'engine/consumer/keeper.cpp', 'engine/consumer/sample.cpp',
      'engine/broker/broker.cpp', 'engine/identify/identify.cpp',
      'engine/feed/feeder.cpp', 'engine/feed/frame.cpp', 'engine/feed/lacks.cpp', 'engine/feed/receiver.cpp', 'engine/feed/stream.cpp',
      'engine/safety/approval.cpp', 'engine/safety/contents.cpp', 'engine/safety/fat.cpp', 'engine/safety/file_systems.cpp', 'engine/safety/heavy.cpp',
      'engine/safety/ntfs.cpp', 'engine/safety/rules.cpp',
      'engine/probe/drive.cpp', 'engine/probe/examiner.cpp', 'engine/probe/findings.cpp', 'engine/probe/full.cpp', 'engine/probe/passes.cpp',
      'engine/probe/pattern.cpp', 'engine/probe/probe.cpp', 'engine/probe/quick.cpp',
      'engine/session/line_channel.cpp', 'engine/session/order_fields.cpp', 'engine/session/orders.cpp', 'engine/session/verbs.cpp', 'engine/session/worker_link.cpp',
      'engine/job/clients.cpp', 'engine/job/events.cpp', 'engine/job/job.cpp', 'engine/job/relay.cpp', 'engine/job/riders.cpp', 'engine/job/run.cpp',
      'engine/job/keeping.cpp', 'engine/job/reference.cpp', 'engine/job/tap.cpp',
    ],
    'posix_sources': [
      'platform/posix/clock.cpp', 'platform/posix/endpoint.cpp', 'platform/posix/handle.cpp', 'platform/posix/meeting.cpp', 'platform/posix/plain_file.cpp',
      'platform/posix/process.cpp', 'platform/posix/protected_drives.cpp', 'platform/posix/small_file.cpp', 'platform/posix/system_error.cpp',
    ],
    'jumbo%': 0,  # 1: few large compilations instead of many small ones (jumbo.mjs)
    'conditions': [
      ['OS=="linux"', {
        'platform_sources': [
          '<@(posix_sources)',
          'platform/linux/block_file.cpp', 'platform/linux/change_mark.cpp', 'platform/linux/device_watcher.cpp', 'platform/linux/doorbell.cpp',
          'platform/linux/drive_marks.cpp',
          'platform/linux/inspect.cpp', 'platform/linux/lasting.cpp', 'platform/linux/memory.cpp',
          'platform/linux/mount_table.cpp', 'platform/linux/mounts.cpp', 'platform/linux/own_program.cpp', 'platform/linux/peer.cpp', 'platform/linux/pools.cpp',
          'platform/linux/rights.cpp', 'platform/linux/rendezvous.cpp', 'platform/linux/shared_map.cpp',
          'platform/linux/sysfs.cpp', 'platform/linux/system_places.cpp',
        ],
      }],
      ['OS=="mac"', {  # not tested (docs/platforms.md)
        'platform_sources': [
          'platform/posix/clock.cpp', 'platform/posix/endpoint.cpp', 'platform/posix/meeting.cpp', 'platform/posix/plain_file.cpp', 'platform/posix/process.cpp',
          'platform/posix/protected_drives.cpp', 'platform/posix/small_file.cpp',
          'platform/posix/system_error.cpp',
          'platform/darwin/bells.cpp', 'platform/darwin/block_file.cpp', 'platform/darwin/device_path.cpp',
          'platform/darwin/device_watcher.cpp', 'platform/darwin/doorbell.cpp', 'platform/darwin/handle.cpp', 'platform/darwin/inspect.cpp',
          'platform/darwin/media.cpp', 'platform/darwin/memory.cpp', 'platform/darwin/mounts.cpp', 'platform/darwin/own_program.cpp', 'platform/darwin/peer.cpp', 'platform/darwin/private_folder.cpp',
          'platform/darwin/rendezvous.cpp', 'platform/darwin/rights.cpp', 'platform/darwin/shared_map.cpp',
        ],
      }],
      ['OS=="win"', {  # compiled with MinGW and tried under Wine, not with MSVC (docs/platforms.md)
        'platform_sources': [
          'platform/win32/access.cpp', 'platform/win32/backing_image.cpp', 'platform/win32/block_file.cpp', 'platform/win32/clock.cpp',
          'platform/win32/device_watcher.cpp', 'platform/win32/disk.cpp', 'platform/win32/doorbell.cpp', 'platform/win32/endpoint.cpp',
          'platform/win32/handle.cpp', 'platform/win32/identity.cpp', 'platform/win32/inspect.cpp', 'platform/win32/meeting.cpp', 'platform/win32/memory.cpp', 'platform/win32/path.cpp', 'platform/win32/plain_file.cpp',
          'platform/win32/pipe_stream.cpp', 'platform/win32/process.cpp', 'platform/win32/protected_drives.cpp', 'platform/win32/random.cpp', 'platform/win32/rendezvous.cpp', 'platform/win32/rights.cpp',
          'platform/win32/shared_map.cpp', 'platform/win32/small_file.cpp', 'platform/win32/standard_stream.cpp',
          'platform/win32/system_disks.cpp', 'platform/win32/system_error.cpp', 'platform/win32/termination.cpp', 'platform/win32/text.cpp',
          'platform/win32/transfer.cpp', 'platform/win32/user.cpp', 'platform/win32/volume_locks.cpp', 'platform/win32/wait.cpp',
        ],
      }],
    ],
  },
  'target_defaults': {
    'win_delay_load_hook': 'false',
    'include_dirs': ['.', 'platform', 'platform/include', '<(xxhash_dir)'],
    'include_dirs/': [['exclude', 'gyp/']],
    'cflags!': ['-fPIC'],
    'cflags': ['-fPIE', '-fstack-protector-strong', '-fvisibility=hidden'],
    'cflags_cc': ['-std=c++20', '-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wconversion', '-Wsign-conversion', '-Wnon-virtual-dtor',
      '-Wno-maybe-uninitialized'],  # GCC 12 sees it falsely in std::variant
    'conditions': [
      ['OS=="linux"', {
        'ldflags': ['-pie', '-Wl,-z,relro,-z,now', '-Wl,-z,noexecstack', '-pthread'],
        'defines': ['_FILE_OFFSET_BITS=64', '_GNU_SOURCE'],
      }],
      ['OS=="mac"', {
        'xcode_settings': {
          'CLANG_CXX_LANGUAGE_STANDARD': 'c++20', 'GCC_ENABLE_CPP_EXCEPTIONS': 'YES', 'GCC_ENABLE_CPP_RTTI': 'YES', 'MACOSX_DEPLOYMENT_TARGET': '12.0',
          'OTHER_LDFLAGS': ['-framework CoreFoundation', '-framework IOKit', '-framework DiskArbitration'],
        },
      }],
      ['OS=="win"', {
        'libraries!': ['-l"<(node_lib_file)"'],
        'link_settings': { 'libraries': ['-ladvapi32', '-lbcrypt', '-lcfgmgr32', '-lole32', '-lshell32', '-luser32', '-luuid', '-lvirtdisk'] },
        'defines': ['WIN32_LEAN_AND_MEAN', 'NOMINMAX', 'UNICODE', '_UNICODE', '_WIN32_WINNT=0x0A00'],
        'msvs_settings': {
          'VCCLCompilerTool': { 'ExceptionHandling': 1, 'RuntimeLibrary': 0, 'AdditionalOptions': ['/std:c++20', '/W4', '/utf-8', '/guard:cf'] },
          'VCManifestTool': { 'AdditionalManifestFiles': ['platform/win32/carousel-helper.manifest'] },
        },
      }],
    ],
    'configurations': {
      'Debug': { 'cflags_cc': ['-Werror'] },  # in tests only: a newer compiler's new warning must not keep anybody from building
      'Release': {
        'conditions': [['OS=="linux"', { 'defines': ['_FORTIFY_SOURCE=2'], 'ldflags': ['-static-libstdc++', '-static-libgcc'] }]],
      },
    },
  },
  'targets': [
    {
      'target_name': 'engine', 'type': 'static_library',
      'conditions': [
        ['jumbo==1', { 'sources': ['<!@(node jumbo.mjs <@(engine_sources) <@(platform_sources))'] }, {
          'sources': ['<@(engine_sources)', '<@(platform_sources)'],
        }],
      ],
    },
    { 'target_name': 'carousel-helper', 'type': 'executable', 'dependencies': ['engine'], 'sources': ['apps/helper_main.cpp'] },
    { 'target_name': 'carousel-bench-limit', 'type': 'executable', 'dependencies': ['engine'], 'sources': ['tools/linux/limit.cpp'] },
    {
      'target_name': 'carousel-helper-tests', 'type': 'executable', 'dependencies': ['engine'],
      'sources': [
        'tests/main.cpp', 'tests/contents_test.cpp', 'tests/digest_test.cpp', 'tests/feed_test.cpp', 'tests/file_systems_test.cpp', 'tests/frames_test.cpp', 'tests/json_test.cpp', 'tests/races_test.cpp', 'tests/posix/manifest_test.cpp', 'tests/posix/ring_test.cpp',
        'tests/rules_test.cpp',
        'tests/posix/target_test.cpp', 'tests/probe_test.cpp', 'tests/protected_list_test.cpp', 'tests/verbs_test.cpp',
      ],
      'conditions': [['OS=="linux"', { 'sources': ['tests/linux/cache_test.cpp', 'tests/linux/machine_test.cpp', 'tests/linux/rights_test.cpp'] }]],
    },
  ],
}
