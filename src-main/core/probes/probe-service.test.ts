import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient, type ContractClient } from '@contract/client.ts';
import type { Probe } from '@contract/groups/probes.ts';
import { createMemoryChannel } from '@contract/memory-channel.ts';
import { appStateSchema } from '@contract/snapshot.ts';
import { codeOf } from '@contract/testing/code-of.ts';
import { createApp, type App } from '../create-app.ts';
import type { ProbeVerdict } from '../helper/probe-messages.ts';
import { systemClock } from '../system-clock.ts';
import { scriptedEngine, type ScriptedEngine } from '../testing/scripted-engine.ts';
import { portsIn } from '../testing/test-ports.ts';

const verdict = (change: Partial<ProbeVerdict> = {}): ProbeVerdict => ({
  event: 'verdict',
  t: 9,
  ok: false,
  outcome: 'complete',
  target: '/dev/sdb',
  full: false,
  announcedBytes: 32e9,
  verdict: 'fake-drops',
  realBytes: 8e9,
  realAtMost: 8e9,
  left: 'as-before',
  testedBytes: 7e7,
  badBytes: 4096,
  firstBad: 8e9,
  bad: Array.from({ length: 300 }, (_, i) => ({ offset: 8e9 + i * 8192, length: 4096 })),
  badMore: 2,
  doubt: { places: 140, widestGap: 1e8, missedPercent: 2.3, cache: 67_108_864 },
  writeRate: 2e7,
  readRate: 3e7,
  ...change,
});

let dir = '';
let engine: ScriptedEngine;
let app: App;
let client: ContractClient;
let drive = '';

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-probe-'));
  engine = scriptedEngine();
  const raw = {
    path: '/dev/sdb',
    size: 32e9,
    sectorSize: 512,
    vendor: 'No',
    model: 'Name',
    serial: 'S-1234',
  };
  const where = { wwn: null, busPath: 'usb-1', port: null, usbSpeed: 480, diskseq: 1, bus: 'usb' as const };
  app = await createApp({
    host: 'serve',
    version: '0.1.0',
    engine: () => engine,
    list: () =>
      Promise.resolve([{ ...raw, ...where, removable: true, readOnly: false, table: null, volumes: [] }]),
    ports: portsIn(dir, systemClock),
  });
  await app.start();
  const [near, far] = createMemoryChannel();
  app.connect(far, 'operator');
  client = createClient(near);
  drive = app.state.driveOrder[0] ?? '';
});
afterEach(async () => {
  await app.stop();
  await rm(dir, { recursive: true, force: true });
});

const shown = (): Probe => {
  const probe = app.state.probes[drive];
  if (!probe) throw new Error('there is no probe');
  return probe;
};
async function start(full: boolean): Promise<void> {
  const { check } = await client.call('probe.check', { drive, full });
  await client.call('probe.start', { target: { drive, token: check.token }, full });
}

describe('probe', () => {
  it('runs, shows how far it is, and keeps the verdict until it is dismissed', async () => {
    await start(false);
    const asked = engine.probed[0];
    expect(asked?.request).toEqual({ target: '/dev/sdb', full: false, approval: 'A1-1-/dev/sdb' });
    expect(shown()).toMatchObject({ state: 'running', phase: null, result: null });
    asked?.probe.tell({ event: 'stalled', t: 1, seconds: 5 });
    expect(shown().stalledSeconds).toBe(5);
    asked?.probe.tell({ event: 'progress', t: 2, phase: 'writing', bytes: 5, of: 10, bytesPerSecond: 3 });
    expect(shown()).toMatchObject({ phase: 'writing', bytes: 5, of: 10, stalledSeconds: null });
    expect(await codeOf(client.call('probe.dismiss', { drive }))).toBe('job-running');
    asked?.probe.end(verdict());
    await asked?.probe.finished;
    const { state, result } = shown();
    expect([state, result?.verdict, result?.realBytes, result?.bad.length, result?.badMore]).toEqual([
      'ended',
      'fake-drops',
      8e9,
      256,
      46,
    ]);
    expect(appStateSchema.safeParse(app.state).error).toBeUndefined();
    await client.call('probe.dismiss', { drive });
    expect(app.state.probes).toEqual({});
    expect(await codeOf(client.call('probe.dismiss', { drive }))).toBe('no-such-job');
  });

  it('needs an approval for exactly this kind of probe', async () => {
    const { check } = await client.call('probe.check', { drive, full: false });
    const ask = (token: string, full: boolean): Promise<string> =>
      codeOf(client.call('probe.start', { target: { drive, token }, full }));
    expect(await ask('', true)).toBe('approval-missing');
    expect(await ask(check.token, true)).toBe('approval-void');
    expect(await ask(`${check.token.slice(1)}A`, false)).toBe('approval-void');
    expect(engine.probed).toEqual([]);
    expect(await ask(check.token, false)).toBe('no error');
    expect(await ask(check.token, false)).toBe('in-probe');
    expect((await client.call('probe.check', { drive, full: true })).check).toMatchObject({
      ok: false,
      level: 3,
    });
  });

  it('is stopped, and is over when the helper says so', async () => {
    await start(true);
    await client.call('probe.cancel', { drive });
    expect([shown().state, engine.probed[0]?.probe.cancelled]).toEqual(['stopping', true]);
    const error = { code: 'device-gone' as const, message: 'pulled', offset: 7 };
    engine.probed[0]?.probe.end(
      verdict({
        outcome: 'failed',
        verdict: null,
        realBytes: null,
        realAtMost: null,
        left: 'changed',
        error,
      }),
    );
    await engine.probed[0]?.probe.finished;
    expect(shown().result).toMatchObject({
      outcome: 'failed',
      verdict: null,
      error: { code: 'device-gone', params: { offset: 7, detail: 'pulled' } },
    });
    expect(await codeOf(client.call('probe.cancel', { drive }))).toBe('job-ended');
    await start(false);
    expect(shown()).toMatchObject({ state: 'running', full: false, result: null });
  });

  it('is refused to a viewer, and for what is no drive of the list', async () => {
    const [near, far] = createMemoryChannel();
    app.connect(far, 'viewer');
    const viewer = createClient(near);
    expect(await codeOf(viewer.call('probe.check', { drive, full: false }))).toBe('forbidden');
    expect(await codeOf(viewer.call('probe.cancel', { drive }))).toBe('forbidden');
    expect(await codeOf(client.call('probe.check', { drive: 'drv-none', full: false }))).toBe(
      'no-such-drive',
    );
    engine.judge = (v) => ({ ...v, target: { ok: false, reasons: [{ code: 'mounted', message: '' }] } });
    await client.call('drives.rescan', {});
    expect((await client.call('probe.check', { drive, full: false })).check.ok).toBe(false);
  });
});
