// node bench/etcher.mjs FOLDER copy|verify SOURCE TARGET...: one copy by balenaEtcher's engine, npm's etcher-sdk, which lies in FOLDER/node_modules.
// Drives are written past the page cache, as Etcher does it, and everything is made durable. Prints the seconds without those that loading
// the engine took. The process wants UV_THREADPOOL_SIZE of more than the number of targets: with the four of the runtime's default it is several times slower.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';

const [folder, what, source, ...targets] = process.argv.slice(2);
const require = createRequire(path.join(folder, 'package.json'));
const { multiWrite, sourceDestination } = require('etcher-sdk');

const isDrive = (at) => fs.statSync(at, { throwIfNoEntry: false })?.isBlockDevice() === true;
/** Bytes. The kernel counts sectors of 512, whatever the drive's own are. */
const sizeOfDrive = (at) =>
  512 * Number(fs.readFileSync(`/sys/class/block/${path.basename(fs.realpathSync(at))}/size`, 'utf8'));

function destination(at) {
  if (!isDrive(at)) return new sourceDestination.File({ path: at, write: true });
  const drive = {
    device: at,
    devicePath: null,
    raw: at,
    description: at,
    size: sizeOfDrive(at),
    mountpoints: [],
    isSystem: false,
    isReadOnly: false,
  };
  return new sourceDestination.BlockDevice({ drive, write: true, direct: true, unmountOnSuccess: false });
}

const failed = [];
const from = process.hrtime.bigint();
const { failures } = await multiWrite.pipeSourceToDestinations({
  source: isDrive(source)
    ? new sourceDestination.BlockDevice({
        drive: { device: source, raw: source, size: sizeOfDrive(source), mountpoints: [] },
        direct: true,
      })
    : new sourceDestination.File({ path: source }),
  destinations: targets.map(destination),
  verify: what === 'verify',
  onFail: (_target, error) => failed.push(error),
  onProgress: () => undefined,
});
for (const error of [...failed, ...failures.values()]) console.error(String(error));
for (const target of targets) {
  const file = fs.openSync(target, 'r+');
  fs.fsyncSync(file);
  fs.closeSync(file);
}
console.log(Number(process.hrtime.bigint() - from) / 1e9);
process.exit(failed.length + failures.size === 0 ? 0 : 1);
