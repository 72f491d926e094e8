import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { hostTimers } from '@contract/timers.ts';
import { linuxFingerprint, watchDrives, type Watcher, type WatcherOptions } from './device-watcher.ts';

let watcher: Watcher | null = null;
afterEach(() => watcher?.stop());

function watch(change: Partial<WatcherOptions>): { changes: () => number; modes: string[] } {
  const onChange = vi.fn();
  const modes: string[] = [];
  watcher = watchDrives({
    timers: hostTimers,
    commands: [],
    fingerprint: () => Promise.resolve('same'),
    onChange,
    onMode: (mode) => modes.push(mode),
    ...change,
  });
  return { changes: () => onChange.mock.calls.length, modes };
}

const shell = (script: string): readonly [string, ...string[]] => ['sh', '-c', script];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('the watcher', () => {
  it('hears of a uevent at once, and again when things have settled', async () => {
    const burst =
      "sleep 0.1; for i in 1 2 3; do echo 'KERNEL[1.2] add /devices/x/block/sdb (block)'; done; sleep 9";
    const { changes, modes } = watch({ commands: [shell(`echo 'monitor will print'; ${burst}`)] });
    await vi.waitFor(() => expect(changes()).toBe(1), 900);
    await vi.waitFor(() => expect(changes()).toBe(2), 2000);
    expect(modes).toEqual(['events']);
  });

  it('takes the next program when one is missing or ends', async () => {
    const { changes, modes } = watch({
      commands: [
        ['carousel-no-such-program'],
        shell('exit 1'),
        shell(`echo '{"change":"add","device":"sdb"}'; sleep 9`),
      ],
    });
    await vi.waitFor(() => expect(changes()).toBe(1), 900);
    expect(modes.at(-1)).toBe('events');
  });

  it('looks every second where there is no program', async () => {
    let text = 'a';
    const { changes, modes } = watch({ fingerprint: () => Promise.resolve(text) });
    await vi.waitFor(() => expect(modes).toEqual(['polling']));
    await pause(1200);
    expect(changes()).toBe(0);
    text = 'b';
    await vi.waitFor(() => expect(changes()).toBe(1), 1200);
  });

  it('is quiet after it was stopped', async () => {
    let count = 0;
    const { changes } = watch({ fingerprint: () => Promise.resolve(String((count += 1))) });
    await pause(50);
    watcher?.stop();
    await pause(1300);
    expect(changes()).toBe(0);
  });
});

describe('the fingerprint', () => {
  it('changes with devices, media and mounts', async () => {
    const root = await mkdtemp(join(tmpdir(), 'carousel-sys-'));
    try {
      const disk = join(root, 'sys/block/sda');
      await mkdir(disk, { recursive: true });
      await mkdir(join(root, 'proc/self'), { recursive: true });
      const seen = [await linuxFingerprint(root)];
      await writeFile(join(disk, 'size'), '100');
      seen.push(await linuxFingerprint(root));
      await writeFile(join(disk, 'diskseq'), '5');
      seen.push(await linuxFingerprint(root));
      await writeFile(join(root, 'proc/self/mountinfo'), '/dev/sda /mnt');
      seen.push(await linuxFingerprint(root));
      await mkdir(join(root, 'sys/block/sdb'));
      seen.push(await linuxFingerprint(root));
      expect(new Set(seen).size).toBe(5);
      expect(await linuxFingerprint(root)).toBe(seen.at(-1));
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
