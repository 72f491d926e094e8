import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContractError } from '@contract/errors.ts';
import { createElevator } from './elevator.ts';
import { commandText, isPlainPath, refusalOf } from './sudo-prompt.ts';
import { firstUntrusted, outsideProgramFolders, trusted, type Owner } from './trusted-path.ts';
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
    ['a sticky folder of the user’s', { '/opt': { uid: 1000, mode: 0o1755 } }, '/opt'],
    ['the top is open to all', { '/': { uid: 0, mode: 0o757 } }, '/'],
    ['the top is the user’s', { '/': { uid: 1000, mode: 0o755 } }, '/'],
    ['an access list lets somebody write to the file', { [file]: { uid: 0, mode: 0o100775 } }, file],
    ['an access list lets somebody write to a folder', { '/opt': { uid: 0, mode: 0o40775 } }, '/opt'],
    ['the file belongs to a group that may read it', { [file]: { uid: 0, mode: 0o100750 } }, null],
  ])('%s', (_what, odd, wanted) => {
    expect(firstUntrusted(file, look(odd as Readonly<Record<string, Owner>>))).toBe(wanted);
  });
});

describe('a path to be trusted on Windows', () => {
  const folders = ['C:\\Program Files', undefined, ''];
  it.each([
    ['C:\\Program Files\\Carousel\\helper.exe', true],
    ['c:\\program files\\carousel\\helper.exe', true],
    ['C:\\Program Files', false],
    ['C:\\Program Files\\..\\Users\\eve\\helper.exe', false],
    ['C:\\Program Files (x86)\\Carousel\\helper.exe', false],
    ['C:\\Program FilesX\\helper.exe', false],
    ['D:\\Program Files\\Carousel\\helper.exe', false],
    ['\\\\server\\Program Files\\helper.exe', false],
    ['C:\\Users\\eve\\AppData\\Local\\Carousel\\helper.exe', false],
  ])('%s: %s', (path, good) => {
    expect(outsideProgramFolders(path, folders)).toBe(good ? null : path);
  });
});

describe.skipIf(process.platform === 'win32')('a real path to be trusted', () => {
  it('is what the links lead to, whoever made them', () => {
    symlinkSync('/bin/sh', join(dir, 'link'));
    const { path, weak } = trusted(join(dir, 'link'));
    expect(path).toBe(realpathSync('/bin/sh'));
    expect(weak).toBe(null);
  });

  it.skipIf(process.platform !== 'linux')(
    'is none inside an AppImage, whoever its files say they belong to',
    () => {
      const shell = realpathSync('/bin/sh');
      expect(trusted('/bin/sh', () => 0xef53).weak).toBe(null);
      expect(trusted('/bin/sh', () => 0x65735546).weak).toBe(shell);
    },
  );
});

describe('what goes through a shell', () => {
  it.each([
    [
      'linux',
      '/opt/Carousel/helper',
      '/run/user/1000/carousel-a0',
      `'/opt/Carousel/helper' broker '/run/user/1000/carousel-a0'`,
    ],
    [
      'darwin',
      '/Applications/My Carousel.app/h',
      '/var/t',
      `'/Applications/My Carousel.app/h' broker '/var/t'`,
    ],
    [
      'win32',
      'C:\\Program Files (x86)\\h.exe',
      'C:\\Users\\EVE~1\\c',
      `"C:\\Program Files (x86)\\h.exe" broker "C:\\Users\\EVE~1\\c"`,
    ],
    ['linux', '/opt/$(reboot)/helper', '/t', null],
    ['linux', '/opt/helper', '/t/`id`', null],
    ['linux', "/opt/it's", '/t', null],
    ['linux', '/opt/a"b', '/t', null],
    ['linux', '/opt/a\\b', '/t', null],
    ['linux', '/opt/a;b', '/t', null],
    ['linux', '/opt/a\nb', '/t', null],
    ['linux', 'relative/helper', '/t', null],
    ['darwin', '/opt/!x', '/t', null],
    ['win32', 'C:\\a&b\\h.exe', 'C:\\t', null],
    ['win32', 'C:\\%TEMP%\\h.exe', 'C:\\t', null],
    ['win32', '\\\\server\\h.exe', 'C:\\t', null],
  ] as const)('%s: %s in %s', (platform, helper, folder, text) => {
    expect(commandText(helper, folder, platform)).toBe(text);
  });

  it('is no working folder with a command in its name', () => {
    expect(isPlainPath('/home/eve/$(id)', 'linux')).toBe(false);
    expect(isPlainPath('/home/eve', 'linux')).toBe(true);
  });

  it.each([
    ['User did not grant permission.', 'declined'],
    ['No polkit authentication agent found.', 'unavailable'],
    ['Unable to find pkexec or kdesudo.', 'unavailable'],
    ['Command failed: …', 'failed'],
    [undefined, 'failed'],
  ])('ends with %s: %s', (message, refusal) => {
    expect(refusalOf(message === undefined ? undefined : new Error(message))).toBe(refusal);
  });
});

describe('ways of other systems', () => {
  const names = (platform: NodeJS.Platform, files: readonly string[], terminal = false): string[] =>
    waysHere({
      platform,
      path: '/usr/bin',
      terminal,
      desktop: true,
      isFile: (path) => files.includes(path),
    }).map(({ name }) => name);
  it.each([
    ['darwin', ['/usr/bin/sudo'], false, ['sudo', 'sudo-prompt']],
    ['darwin', ['/usr/bin/sudo'], true, ['sudo', 'sudo-asking']],
    ['win32', [], false, ['sudo-prompt']],
    ['win32', [], true, ['sudo-prompt']],
    ['linux', ['/usr/bin/kdesudo'], false, ['sudo-prompt']],
    ['linux', ['/usr/bin/kdesudo', '/usr/bin/pkexec'], false, ['pkexec']],
    ['linux', [], false, []],
  ] as const)('%s with %j, terminal %s: %j', (platform, files, terminal, wanted) => {
    expect(names(platform, files, terminal)).toEqual(wanted);
  });

  it('leave out a program that others than root could change, when that counts', () => {
    const found = waysHere({
      platform: 'linux',
      path: '/home/eve/bin:/usr/bin',
      terminal: false,
      desktop: true,
      isFile: (path) => path.endsWith('/pkexec'),
      resolve: (path) => (path.startsWith('/usr/') ? path : null),
    });
    expect(found.map(({ name }) => name)).toEqual(['pkexec']);
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

describe.skipIf(process.platform === 'win32')('a way', () => {
  it('starts what was judged, whatever the link to it leads to by then', async () => {
    program('real', `#!/bin/sh\n: > ${dir}/right\n`);
    program('evil', `#!/bin/sh\n: > ${dir}/wrong\n`);
    symlinkSync(join(dir, 'real'), join(dir, 'sudo'));
    const [way] = waysHere({
      path: dir,
      terminal: true,
      desktop: false,
      resolve: (path) => realpathSync(path),
    });
    rmSync(join(dir, 'sudo'));
    symlinkSync(join(dir, 'evil'), join(dir, 'sudo'));
    await way?.ask('/helper', dir).ended;
    expect(existsSync(join(dir, 'right'))).toBe(true);
    expect(existsSync(join(dir, 'wrong'))).toBe(false);
  });
});

describe.skipIf(process.platform !== 'linux')('an elevator', () => {
  const elevator = (packaged = false, terminal = false) =>
    createElevator({
      terminal,
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
    [1, 'elevation-failed'],
  ])('pkexec ending with %i is %s, and it can be asked again', async (status, code) => {
    program('pkexec', `#!/bin/sh\nexit ${String(status)}\n`);
    program('helper');
    const one = elevator();
    const seen: string[] = [];
    one.onChange(() => seen.push(one.state));
    expect(await obtain(one)).toBe(code);
    expect(seen).toEqual(['asking', 'on-demand']);
  });

  it.each([
    [1, 'elevation-declined'],
    [3, 'elevation-failed'],
    [127, 'elevation-failed'],
  ])('sudo at a terminal ending with %i is %s', async (status, code) => {
    program('sudo', `#!/bin/sh\n[ "$1" = -n ] && exit 1\nexit ${String(status)}\n`);
    program('helper');
    expect(await obtain(elevator(false, true))).toBe(code);
  });

  it.each([
    [1, 'elevation-unavailable'],
    [3, 'elevation-failed'],
  ])('sudo by a rule ending with %i is %s', async (status, code) => {
    program('sudo', `#!/bin/sh\nexit ${String(status)}\n`);
    program('helper');
    expect(await obtain(elevator())).toBe(code);
  });

  it('does not elevate a packaged helper that others could replace', async () => {
    program('pkexec', `#!/bin/sh\n: > ${dir}/asked\n`);
    program('helper');
    const { statSync, chmodSync } = await import('node:fs');
    chmodSync(join(dir, 'helper'), 0o777);
    // That pkexec is root's only where root runs the tests; another's is not even looked at.
    const wanted = process.getuid?.() === 0 ? 'helper-untrusted' : 'elevation-unavailable';
    expect(await obtain(elevator(true))).toBe(wanted);
    expect(() => statSync(join(dir, 'asked'))).toThrow();
  });
});
