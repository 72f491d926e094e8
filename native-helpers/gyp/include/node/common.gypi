# Stands in for Node's own common.gypi: the helper is an ordinary program and must not inherit Node's compiler flags.
{
  'target_defaults': {
    'default_configuration': 'Release',
    'configurations': {
      'Release': { 'cflags': ['-O2', '-g1'], 'defines': ['NDEBUG'] },
      'Debug': {  # for tests: AddressSanitizer and UndefinedBehaviorSanitizer; optimised, their checks take three times as long to compile
        'cflags': ['-O0', '-g1', '-fno-omit-frame-pointer'],
        'conditions': [['OS!="win"', {
          'cflags': ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
          'ldflags': ['-fsanitize=address,undefined'],
          'xcode_settings': {
            'OTHER_CFLAGS': ['-fsanitize=address,undefined'],
            'OTHER_LDFLAGS': ['-fsanitize=address,undefined'],
          },
        }]],
      },
      'Tsan': {  # for tests: ThreadSanitizer, the roles as threads of one process
        'cflags': ['-O1', '-g1', '-fno-omit-frame-pointer'],
        'conditions': [['OS!="win"', {
          'cflags': ['-fsanitize=thread'],
          'ldflags': ['-fsanitize=thread'],
          'xcode_settings': { 'OTHER_CFLAGS': ['-fsanitize=thread'], 'OTHER_LDFLAGS': ['-fsanitize=thread'] },
        }]],
      },
    },
  },
}
