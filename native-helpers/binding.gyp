# The helper and its tests. One platform folder is chosen here; no other file asks for the operating system.
{
  'variables': {
    'xxhash_dir%': '<!(node -p "require(\'node:path\').join(require(\'node:path\').dirname(require.resolve(\'xxhash-addon/package.json\')),\'xxHash\')")',
    'engine_sources': [
      'base/digest.cpp', 'base/json.cpp', 'base/sha256.cpp',
      'engine/ring/ring.cpp', 'engine/ring/reader.cpp', 'engine/ring/seats.cpp', 'engine/ring/writer.cpp',
      'engine/source/source.cpp', 'engine/producer/producer.cpp',
      'engine/target/target.cpp', 'engine/verify/verify.cpp', 'engine/consumer/consumer.cpp',
      'engine/safety/rules.cpp',
      'engine/session/line_channel.cpp', 'engine/session/orders.cpp', 'engine/session/verbs.cpp', 'engine/session/worker_link.cpp',
      'engine/job/clients.cpp', 'engine/job/events.cpp', 'engine/job/job.cpp', 'engine/job/relay.cpp', 'engine/job/riders.cpp', 'engine/job/run.cpp',
    ],
    'posix_sources': [
      'platform/posix/clock.cpp', 'platform/posix/endpoint.cpp', 'platform/posix/handle.cpp', 'platform/posix/process.cpp',
      'platform/posix/small_file.cpp', 'platform/posix/system_error.cpp',
    ],
    'conditions': [
      ['OS=="linux"', {
        'platform_sources': [
          '<@(posix_sources)',
          'platform/linux/block_file.cpp', 'platform/linux/device_watcher.cpp', 'platform/linux/doorbell.cpp', 'platform/linux/inspect.cpp',
          'platform/linux/mounts.cpp', 'platform/linux/own_program.cpp', 'platform/linux/rendezvous.cpp', 'platform/linux/shared_map.cpp',
          'platform/linux/sysfs.cpp',
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
    ],
    'configurations': {
      'Debug': { 'cflags_cc': ['-Werror'] },  # in tests only: a newer compiler's new warning must not keep anybody from building
      'Release': {
        'conditions': [['OS=="linux"', { 'defines': ['_FORTIFY_SOURCE=2'], 'ldflags': ['-static-libstdc++', '-static-libgcc'] }]],
      },
    },
  },
  'targets': [
    { 'target_name': 'engine', 'type': 'static_library', 'sources': ['<@(engine_sources)', '<@(platform_sources)'] },
    { 'target_name': 'carousel-helper', 'type': 'executable', 'dependencies': ['engine'], 'sources': ['apps/helper_main.cpp'] },
    { 'target_name': 'carousel-bench-limit', 'type': 'executable', 'dependencies': ['engine'], 'sources': ['tools/linux/limit.cpp'] },
    {
      'target_name': 'carousel-helper-tests', 'type': 'executable', 'dependencies': ['engine'],
      'sources': [
        'tests/main.cpp', 'tests/digest_test.cpp', 'tests/json_test.cpp', 'tests/races_test.cpp', 'tests/posix/ring_test.cpp', 'tests/rules_test.cpp',
        'tests/posix/target_test.cpp', 'tests/verbs_test.cpp',
      ],
    },
  ],
}
