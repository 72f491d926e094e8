// Programs in a mount namespace of their own, where parts of the system look otherwise: nothing outside of it changes.

import fs from 'node:fs';
import path from 'node:path';

/**
 * The words to put before a command.
 * @param {readonly [what: string, over: string][]} mounts  files or folders, and what they are put over
 */
export function inWorldWith(mounts) {
  if (mounts.length === 0) return [];
  const script = [...mounts.map(([what, over]) => `mount --bind '${what}' '${over}'`), 'exec "$0" "$@"'];
  return ['unshare', '-m', 'sh', '-c', script.join(' && ')];
}

/** What the kernel says of a loop device, and a serial number, which it has none of. For `inWorldWith`. */
export function withSerial(w, { dev }, serial) {
  const name = path.basename(dev);
  const real = fs.realpathSync(`/sys/block/${name}`);
  const fake = w.path(`sys-${name}`);
  const known = ['dev', 'size', 'ro', 'removable', 'diskseq', 'stat', 'uevent', 'loop/backing_file'];
  const queue = ['logical_block_size', 'physical_block_size', 'rotational'].map((file) => `queue/${file}`);
  for (const file of [...known, ...queue]) {
    fs.mkdirSync(path.dirname(path.join(fake, file)), { recursive: true });
    fs.writeFileSync(path.join(fake, file), fs.readFileSync(path.join(real, file)));
  }
  fs.mkdirSync(path.join(fake, 'slaves'));
  fs.writeFileSync(path.join(fake, 'serial'), `${serial}\n`);
  return [fake, real];
}

/** A copy of /etc with one file more. For `inWorldWith`. */
export function etcWith(w, file, text) {
  const folder = w.path('etc');
  fs.cpSync('/etc', folder, { recursive: true, verbatimSymlinks: true });
  fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  fs.writeFileSync(path.join(folder, file), text);
  return [folder, '/etc'];
}
