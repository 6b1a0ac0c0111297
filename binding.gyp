{
  'variables': {
    # node-gyp configure -- -Dwerror=1: warnings are errors in our own CI, and nowhere else.
    'werror%': 0,
  },
  'targets': [{
    'target_name': 'ringport',
    'sources': ['<!@(node scripts/sources.js)'],
    'include_dirs': ['src'],
    'defines': ['NAPI_VERSION=9', '_GNU_SOURCE'],
    'cflags': [
      '-O2', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wconversion', '-Wshadow',
    ],
    'cflags_c': ['-std=c11'],
    'configurations': {
      'Release': {
        'cflags!': ['-O3'],
        'cflags': ['<!@(node scripts/lto.js)'],
        'ldflags': ['-O2', '<!@(node scripts/lto.js)'],
      },
      'Debug': { 'cflags!': ['-O2'] },
    },
    'conditions': [
      ['werror==1', { 'cflags': ['-Werror'] }],
      ['OS=="linux"', {
        # Node closes an addon's library when the last environment that loaded it ends, and a
        # thread may still be on its way out of our code: the library stays for good.
        'ldflags': ['-Wl,-z,nodelete'],
      }],
      ['OS=="mac"', {
        'xcode_settings': {
          'GCC_C_LANGUAGE_STANDARD': 'c11',
          'GCC_OPTIMIZATION_LEVEL': '2',
          'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
          'MACOSX_DEPLOYMENT_TARGET': '11.0',
          'WARNING_CFLAGS': ['-Wall', '-Wextra', '-Wshadow'],
        },
      }],
      ['OS=="win"', {
        'msvs_settings': {
          'VCCLCompilerTool': {
            'AdditionalOptions': ['/std:c11', '/experimental:c11atomics'],
            'WarningLevel': 3,
          },
        },
      }],
    ],
  }],
}
