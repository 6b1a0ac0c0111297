'use strict';

// Checks from an addon's headers which platform it was built for, on any machine.

const ELF = { x64: 62, arm64: 183 };
const PE = { x64: 0x8664, arm64: 0xaa64 };
const MACHO = { x64: 0x01000007, arm64: 0x0100000c };

/**
 * @returns {{platform: string, arch: string}|undefined} the platform of a library;
 *   undefined if it is unknown
 */
function machineOf(bytes) {
  const named = (machines, number) =>
    Object.keys(machines).find((name) => machines[name] === number);
  let platform;
  let arch;

  if (bytes.length < 64) return undefined;
  if (bytes.readUInt32BE(0) === 0x7f454c46) {
    platform = 'linux';
    arch = named(ELF, bytes.readUInt16LE(18));
  } else if (bytes.toString('latin1', 0, 2) === 'MZ') {
    const at = bytes.readUInt32LE(60);

    platform = 'win32';
    if (at + 6 <= bytes.length) arch = named(PE, bytes.readUInt16LE(at + 4));
  } else if (bytes.readUInt32LE(0) === 0xfeedfacf) {
    platform = 'darwin';
    arch = named(MACHO, bytes.readUInt32LE(4));
  }
  return arch && { platform, arch };
}

/**
 * @param {Buffer} bytes
 * @param {{platform: string, arch: string, libc?: string, glibc: number}} wanted
 * @returns {string} why the file is not an addon for that platform; empty if it is
 */
function problemOf(bytes, { platform, arch, libc, glibc }) {
  const machine = machineOf(bytes);

  if (!machine) return 'no library of a machine that is known';
  if (machine.platform !== platform || machine.arch !== arch) {
    return `made for ${machine.platform}-${machine.arch}`;
  }

  const text = bytes.toString('latin1');

  if (!text.includes('napi_register_module_v1')) return 'no addon';
  if (platform !== 'linux') return '';

  const isGlibc = text.includes('libc.so.6\0');

  if (isGlibc !== (libc === 'glibc')) return `made for ${isGlibc ? 'glibc' : 'musl'}`;
  if (!isGlibc) return '';

  /* Otherwise musl's loader would accept it; see src/node/stay_loaded.c. */
  if (!text.includes('gnu_get_libc_version\0')) return 'not refused by musl';

  const versions = [...text.matchAll(/GLIBC_2\.(\d+)/g)].map((match) => Number(match[1]));
  const newest = Math.max(...versions);

  return newest > glibc ? `asks for glibc 2.${newest}` : '';
}

module.exports = { machineOf, problemOf };
