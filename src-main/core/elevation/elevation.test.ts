import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContractError } from '@contract/errors.ts';
import { createElevator } from './elevator.ts';
import { firstUntrusted, type Owner } from './trusted-path.ts';
import { waysHere } from './ways.ts';

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'carousel-elevation-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const program = (name: string, text = '#!/bin/sh\n'): void =>
  writeFileSync(join(dir, name), text, { mode: 0o755 });

describe('a path to be trusted', () => {
  const file = '/opt/Carousel/helper';
  const look =
    (odd: Readonly<Record<string, Owner>>) =>
    (path: string): Owner =>
      odd[path] ?? { uid: 0, mode: path === '/tmp' ? 0o1777 : 0o755 };
  it.each([
    ['all of it is root’s', {}, null],
    ['the file is the user’s', { [file]: { uid: 1000, mode: 0o755 } }, file],
    ['the file can be written by its group', { [file]: { uid: 0, mode: 0o775 } }, file],
    ['a folder is the user’s', { '/opt/Carousel': { uid: 1000, mode: 0o755 } }, '/opt/Carousel'],
    ['a folder is open to all', { '/opt': { uid: 0, mode: 0o777 } }, '/opt'],
    ['a folder is open to all, but names in it are safe', { '/opt': { uid: 0, mode: 0o1777 } }, null],
    ['a sticky bit on the file saves nothing', { [file]: { uid: 0, mode: 0o1777 } }, file],
  ])('%s', (_what, odd, wanted) => {
    expect(firstUntrusted(file, look(odd as Readonly<Record<string, Owner>>))).toBe(wanted);
  });
});

describe.skipIf(process.platform === 'win32')('ways', () => {
  it('come in order, from what is there; sudo asks only at a terminal', () => {
    const names = (terminal: boolean, desktop: boolean): string[] =>
      waysHere({ path: `relative:${dir}`, terminal, desktop }).map(({ name }) => name);
    expect(names(true, true)).toEqual([]);
    program('sudo');
    program('pkexec');
    expect(names(true, true)).toEqual(['sudo', 'pkexec', 'sudo-asking']);
    expect(names(true, false)).toEqual(['sudo', 'sudo-asking']);
    expect(names(false, true)).toEqual(['sudo', 'pkexec']);
  });
});

describe.skipIf(process.platform !== 'linux')('an elevator', () => {
  const elevator = (packaged = false) =>
    createElevator({
      terminal: false,
      isRoot: false,
      packaged,
      env: { PATH: dir, XDG_RUNTIME_DIR: dir },
      helper: () => join(dir, 'helper'),
    });
  const obtain = (from: ReturnType<typeof elevator>): Promise<string> =>
    from.obtain().then(
      () => 'obtained',
      (error: unknown) => (error instanceof ContractError ? error.error.code : String(error)),
    );

  it('has nothing to offer where there is no way', async () => {
    expect(elevator().state).toBe('unavailable');
    expect(await obtain(elevator())).toBe('elevation-unavailable');
  });

  it.each([
    [126, 'elevation-declined'],
    [127, 'elevation-unavailable'],
    [1, 'elevation-unavailable'],
  ])('pkexec ending with %i is %s, and it can be asked again', async (status, code) => {
    program('pkexec', `#!/bin/sh\nexit ${String(status)}\n`);
    const one = elevator();
    const seen: string[] = [];
    one.onChange(() => seen.push(one.state));
    expect(await obtain(one)).toBe(code);
    expect(seen).toEqual(['asking', 'on-demand']);
  });

  it('does not elevate a packaged helper that others could replace', async () => {
    program('pkexec', `#!/bin/sh\ntouch ${dir}/asked\n`);
    program('helper');
    const { statSync, chmodSync } = await import('node:fs');
    chmodSync(join(dir, 'helper'), 0o777);
    expect(await obtain(elevator(true))).toBe('elevation-unavailable');
    expect(() => statSync(join(dir, 'asked'))).toThrow();
  });
});
