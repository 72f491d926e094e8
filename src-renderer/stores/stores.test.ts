import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Channel } from '@contract/channel.ts';
import { fail } from '@contract/errors.ts';
import { createMemoryChannel } from '@contract/memory-channel.ts';
import { callNames } from '@contract/schema.ts';
import { serveContract, type Connection, type Handlers } from '@contract/server.ts';
import type { AppState, PatchStep } from '@contract/snapshot.ts';
import { sampleDrive, sampleJob, sampleState, sampleTarget } from '@contract/testing/samples.ts';
import { useConnection } from './connection.ts';
import { useDrives } from './drives.ts';
import { useJobs } from './jobs.ts';
import { useSettings } from './settings.ts';
import { showLatest } from '@contract/session.ts';
import { draft, useStaging } from './staging.ts';

/** A core that shows one state and then patches. */
function fakeCore(state: AppState, role: 'viewer' | 'operator' = 'operator') {
  let connection: Connection | null = null;
  let revision = 0;
  const ends: Channel[] = [];
  const unsupported = Object.fromEntries(callNames.map((name) => [name, () => fail('unsupported')]));
  const handlers: Handlers = {
    ...(unsupported as unknown as Handlers),
    'state.subscribe': (_input, from) => {
      connection = from;
      return { epoch: 'e', revision, state };
    },
  };
  return {
    open(): Channel {
      const [near, far] = createMemoryChannel();
      ends.push(far);
      serveContract(far, { role, app: '0.1.0', handlers, onInternalError: vi.fn() });
      return near;
    },
    patch(...steps: PatchStep[]): void {
      connection?.emit('state.patch', { epoch: 'e', from: revision, to: revision + 1, steps });
      revision += 1;
    },
    cut: () => ends.at(-1)?.close(),
    opened: () => ends.length,
  };
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await vi.advanceTimersByTimeAsync(60);
};

beforeEach(() => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
});

function connect(core: ReturnType<typeof fakeCore>) {
  const stores = {
    connection: useConnection(),
    drives: useDrives(),
    jobs: useJobs(),
    settings: useSettings(),
  };
  stores.connection.open(core.open);
  return stores;
}

describe('the state', () => {
  it('reaches every store, and patches change only what they name', async () => {
    const targets = [sampleTarget({ id: 't-1' }), sampleTarget({ id: 't-2' })];
    const core = fakeCore(sampleState([sampleDrive()], [sampleJob({}, targets)]));
    const { connection, drives, jobs } = connect(core);
    await settle();
    expect([connection.link, connection.readOnly, drives.all.length]).toEqual(['live', null, 1]);
    const before = jobs.get('job-1');
    core.patch({ path: ['jobs', 'job-1', 'targets', 't-1', 'bytesCopied'], set: 13_000_000_000 });
    await settle();
    expect(jobs.get('job-1')?.targets['t-1']?.bytesCopied).toBe(13_000_000_000);
    expect(jobs.get('job-1')?.targets['t-2']).toBe(before?.targets['t-2']);
  });

  it('is shown again after the connection was lost', async () => {
    const core = fakeCore(sampleState());
    const { connection } = connect(core);
    await settle();
    core.cut();
    await vi.advanceTimersByTimeAsync(10);
    expect([connection.link, connection.readOnly]).toEqual(['lost', 'offline']);
    await vi.advanceTimersByTimeAsync(1000);
    expect([connection.link, core.opened()]).toEqual(['live', 2]);
  });

  it('can only be looked at by a viewer', async () => {
    const { connection } = connect(fakeCore(sampleState(), 'viewer'));
    await settle();
    expect(connection.readOnly).toBe('viewer');
    await expect(connection.call('drives.rescan', {})).rejects.toMatchObject({
      error: { code: 'forbidden' },
    });
  });
});

describe('what is chosen', () => {
  it('is forgotten when the drive goes, and not chosen again when it comes back', async () => {
    const drive = sampleDrive();
    const core = fakeCore(sampleState([drive]));
    connect(core);
    const staging = useStaging();
    await settle();
    staging.stage(draft, [drive.id]);
    expect(staging.stagedIn(draft)).toHaveLength(1);
    core.patch({ path: ['drives', drive.id], remove: true });
    await settle();
    core.patch({ path: ['drives', drive.id], set: drive });
    await settle();
    expect([staging.stagedIn(draft).length, staging.allStaged.size]).toEqual([0, 0]);
  });

  it('stands in one section at a time', async () => {
    const drive = sampleDrive();
    connect(fakeCore(sampleState([drive])));
    const staging = useStaging();
    await settle();
    staging.stage('job-1', [drive.id]);
    staging.stage(draft, [drive.id]);
    expect([staging.stagedIn('job-1').length, staging.stagedIn(draft).length]).toEqual([0, 1]);
    staging.chooseSource(drive.id);
    expect(staging.stagedIn(draft)).toHaveLength(0);
  });
});

describe('showing', () => {
  it('is at once after a rest, and otherwise the latest when it is time', async () => {
    const seen: number[] = [];
    const after = (ms: number, run: () => void) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    };
    const show = showLatest<number>((value) => seen.push(value), 250, { after });
    [1, 2, 3].forEach(show);
    expect(seen).toEqual([1]);
    await vi.advanceTimersByTimeAsync(250);
    expect(seen).toEqual([1, 3]);
  });
});
