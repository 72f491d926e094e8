import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RawDrive } from '../../core/devices/raw-drive.ts';
import type { HelperClient } from '../../core/helper/helper-client.ts';
import { scriptedEngine, type ScriptedEngine } from '../../core/testing/scripted-engine.ts';
import { runCli } from '../program.ts';
import { testWorld, type TestWorld } from '../testing/test-context.ts';
import { listCommand } from './list.ts';

const stick: RawDrive = {
  path: '/dev/sdb',
  size: 32e9,
  sectorSize: 512,
  vendor: 'Kingston',
  model: 'DataTraveler 3.0',
  serial: '4C530001A41C',
  wwn: null,
  busPath: 'pci-0000:00:14.0-usb-0:2:1.0-scsi-0:0:0:0',
  port: '0000:00:14.0/2',
  usbSpeed: 5000,
  diskseq: 4,
  bus: 'usb',
  removable: true,
  readOnly: false,
  table: null,
  volumes: [
    { label: 'HOLIDAY\u202e\u001b[2J', fileSystem: 'vfat', size: 32e9, usedBytes: 21e9, mountPoints: [] },
  ],
};
const system: RawDrive = {
  ...stick,
  path: '/dev/nvme0n1',
  bus: 'nvme',
  serial: 'S1',
  busPath: 'pci-1',
  port: null,
  removable: false,
};

const engineSurvey = { level: 1, approval: '', readable: true, blank: false };

let dir = '';
let engine: ScriptedEngine;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-list-'));
  engine = scriptedEngine();
  engine.judge = (verdict) =>
    verdict.path === '/dev/nvme0n1'
      ? { ...verdict, target: { ok: false, reasons: [{ code: 'system-disk', message: 'it is / here' }] } }
      : verdict;
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function list(args: string[], raws: RawDrive[] | Error, terminal = false): Promise<TestWorld> {
  // The list needs of the helper only what an engine offers.
  const helper = (): HelperClient => engine as unknown as HelperClient;
  const world = testWorld({ env: { CAROUSEL_HOME: dir }, helper, terminal });
  const lister = (): Promise<RawDrive[]> =>
    raws instanceof Error ? Promise.reject(raws) : Promise.resolve(raws);
  await runCli(['list', ...args], [(context) => listCommand(context, lister)], world.context);
  return world;
}

describe('carousel list', () => {
  it('prints a table', async () => {
    const world = await list([], [stick, system]);
    expect(world.out().split('\n')).toEqual([
      'DRIVE            SIZE  BUS   NAME                             CONTENTS                    TARGET',
      '/dev/sdb      32.0 GB  usb   Kingston DataTraveler 3.0 …A41C  "HOLIDAY[2J", 21.0 GB used  yes',
      expect.stringMatching(/^\/dev\/nvme0n1 {2}32\.0 GB {2}nvme .* no: the running system uses this disk$/),
      '',
    ]);
    expect(world.exitCode()).toBeUndefined();
  });

  it('says what is on a drive that may be read, when it has looked', async () => {
    const volume = { offset: 0, size: 31e9, kind: 'vfat', label: 'X', used: 3e9, newest: 1_709_211_902 };
    engine.look = (verdict) => ({
      ...verdict,
      survey: { ...engineSurvey, table: 'gpt', volumes: [volume] },
    });
    const unmounted = { ...stick, volumes: [{ ...stick.volumes[0]!, usedBytes: null }] };
    expect((await list([], [unmounted])).out()).toContain('"HOLIDAY[2J", 3.0 GB used, newest 2024-02-29');
    expect((await list(['--json'], [unmounted])).json()).toMatchObject([
      { table: 'gpt', usedBytes: 3e9, newest: 1_709_211_902_000 },
    ]);
  });

  it('fits a terminal', async () => {
    const wide = {
      ...stick,
      model: 'x'.repeat(80),
      volumes: [...stick.volumes, ...stick.volumes, ...stick.volumes],
    };
    const world = await list([], [wide, system], true);
    for (const line of world.out().split('\n')) expect(line.length).toBeLessThanOrEqual(120);
    expect(world.out()).toContain('no: the running system uses this disk');
  });

  it('prints a JSON object a line', async () => {
    const world = await list(['--json'], [stick, system]);
    expect(world.json()).toMatchObject([
      {
        event: 'drive',
        path: '/dev/sdb',
        title: 'Kingston DataTraveler 3.0',
        identity: { serial: '4C530001A41C', size: 32e9, diskseq: 4 },
        volumes: [{ label: 'HOLIDAY[2J' }],
        asTarget: { ok: true, level: 1, reasons: [] },
      },
      {
        event: 'drive',
        path: '/dev/nvme0n1',
        asTarget: { ok: false, level: 3, reasons: [{ code: 'system-disk' }] },
      },
    ]);
    expect(world.json().every(({ t }) => typeof t === 'number')).toBe(true);
  });

  it('says so when there is none', async () => {
    expect((await list([], [])).out()).toBe('No drives were found.\n');
    expect((await list(['--json'], [])).out()).toBe('');
  });

  it('fails when the drives cannot be listed', async () => {
    const world = await list([], new Error('no lsblk'));
    expect(world.exitCode()).toBe(1);
    expect(world.err()).toContain('could not be read');
  });

  it('does not know other options', async () => {
    expect((await list(['--jsn'], [])).exitCode()).toBe(2);
  });
});

it('says the bay of a drive once a port was taught', async () => {
  const bays = [{ port: stick.port, name: 'Left\u202e 2' }];
  await writeFile(join(dir, 'settings.json'), JSON.stringify({ version: 0, settings: { bays } }));
  const text = (await list([], [stick, system])).out();
  expect(text).toMatch(/^BAY {5}DRIVE/);
  expect(text).toContain('Left 2  /dev/sdb');
  const [first] = (await list(['--json'], [stick])).out().split('\n');
  expect(JSON.parse(first ?? '')).toMatchObject({ port: stick.port, bay: 'Left 2' });
});
