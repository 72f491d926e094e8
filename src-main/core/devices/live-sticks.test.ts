/** The catalogue against real block devices: simulated sticks that are plugged in and pulled out. Needs root. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Drive } from '@contract/groups/drives.ts';
import { createApp, type App } from '../create-app.ts';
import { systemClock } from '../system-clock.ts';
import { scriptedEngine } from '../testing/scripted-engine.ts';
import { portsIn } from '../testing/test-ports.ts';
import { listDrives } from './list-drives.ts';

const testlab = fileURLToPath(new URL('../../../testlab', import.meta.url));
const run = promisify(execFile);
const stick = async (...args: string[]): Promise<string> =>
  (await run(join(testlab, 'stick'), args)).stdout.trim();

const canMakeSticks = (): boolean => {
  try {
    accessSync(join(testlab, 'stick'), constants.X_OK);
    accessSync('/dev/loop-control', constants.W_OK);
    accessSync('/dev/fuse', constants.W_OK);
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
};

describe.runIf(canMakeSticks())('live sticks', () => {
  let dir = '';
  let lab = '';
  let app: App;

  const sticks = (): Drive[] => Object.values(app.state.drives).filter(({ title }) => title.includes('Live'));
  const named = (name: string): Drive | undefined => sticks().find(({ title }) => title === `Live ${name}`);

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'carousel-live-'));
    lab = await mkdtemp(join(tmpdir(), 'testlab-live-')); // nothing but sticks may lie in it
    vi.stubEnv('TESTLAB_DIR', lab);
    vi.stubEnv('PATH', `${join(testlab, 'shim')}${delimiter}${process.env['PATH'] ?? ''}`);
    app = await createApp({
      host: 'serve',
      version: '0.1.0',
      engine: scriptedEngine,
      ports: portsIn(dir, systemClock),
    });
    await app.start();
  });
  afterAll(async () => {
    await app.stop();
    await stick('rm', '--all');
    vi.unstubAllEnvs();
    for (const folder of [dir, lab]) await rm(folder, { recursive: true, force: true });
  });

  const make = (name: string): Promise<string> =>
    stick(
      'new',
      name,
      '--size',
      '8M',
      '--vendor',
      'Live',
      '--model',
      name,
      '--serial',
      `S-${name}`,
      '--owner',
      String(process.pid),
    );

  /** Milliseconds until the catalogue shows what is expected. */
  async function until(what: () => boolean): Promise<number> {
    const began = performance.now();
    await vi.waitFor(() => expect(what()).toBe(true), { timeout: 10_000, interval: 10 });
    return performance.now() - began;
  }

  it(
    'are seen when plugged in and when pulled out, without being asked for',
    { timeout: 60_000 },
    async () => {
      const path = await make('a');
      expect(await until(() => named('a') !== undefined)).toBeLessThan(3000);
      expect(named('a')).toMatchObject({
        path,
        size: 8 * 1024 * 1024,
        bus: 'usb',
        identity: { serial: 'S-a', diskseq: expect.any(Number) as number },
      });
      await stick('yank', 'a', '--gone');
      expect(await until(() => named('a') === undefined)).toBeLessThan(3000);
      await stick('plug', 'a');
      expect(await until(() => named('a') !== undefined)).toBeLessThan(3000);
    },
  );

  it('keep their key and their place when pulled out and put back', { timeout: 60_000 }, async () => {
    await make('b');
    await until(() => named('b') !== undefined);
    const before = named('b');
    await stick('yank', 'b', '--gone');
    await until(() => named('b') === undefined);
    await stick('plug', 'b');
    await until(() => named('b') !== undefined);
    expect(named('b')?.id).toBe(before?.id);
    expect(named('b')?.identity.diskseq).not.toBe(before?.identity.diskseq);
  });

  it('are listed quickly', async () => {
    const began = performance.now();
    await listDrives();
    expect(performance.now() - began).toBeLessThan(1500);
  });
});
