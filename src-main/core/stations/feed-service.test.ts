import { beforeEach, describe, expect, it } from 'vitest';
import { ContractError } from '@contract/errors.ts';
import { feedSchema, type Feed } from '@contract/groups/stations.ts';
import type { JobSummary } from '@contract/helper-messages.ts';
import { ScriptedJob } from '../testing/scripted-engine.ts';
import {
  createFeedService,
  feedId,
  type FeedService,
  type KeptFeed,
  type StationLinkLike,
} from './feed-service.ts';
import { StationError } from './station-error.ts';
import type { StationOptions } from './station.ts';

const request = { server: { url: 'nats://10.0.0.5:4222' }, job: 'abc', name: 'bench 2' };

interface FakeLink extends StationLinkLike {
  readonly said: string[];
  readonly options: StationOptions;
}

let links: FakeLink[];
let problem: StationError | null;
let size: number;
let shown: Record<string, Feed>;
let kept: KeptFeed[];

function open(options: StationOptions): Promise<FakeLink> {
  if (problem) return Promise.reject(problem);
  const said: string[] = [];
  options.tell({ event: 'link', role: 'station', state: 'up', problem: null });
  const link: FakeLink = {
    said,
    options,
    hello: {
      version: 2,
      job: options.join.job,
      source: 'C:\\images\\ma\u202ester.img',
      size,
      blockSize: 65_536,
      blockCount: Math.ceil(size / 65_536),
      clock: 0,
      beat: 1,
      timeout: 15,
    },
    request: ({ options: asked }) =>
      Promise.resolve({
        source: 'carousel:abc',
        feed: { feed: '/run/x', job: 'abc', size, ...(asked?.takeUp ? { digests: '/run/d' } : {}) },
        targets: [],
      }),
    ride: () => void said.push('ride'),
    finish: () => {
      said.push('finish');
      return Promise.resolve();
    },
    close: () => {
      said.push('close');
      options.tell({ event: 'link', role: 'station', state: 'ended', problem: null });
      return Promise.resolve();
    },
  };
  links.push(link);
  return Promise.resolve(link);
}

const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const service = (): FeedService =>
  createFeedService({
    open,
    logger: logger as never,
    onChange: (feeds) => (shown = feeds),
    keep: (feeds) => (kept = feeds),
  });
const problemOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) =>
      error instanceof ContractError
        ? error.error.code === 'station'
          ? error.error.params.problem
          : error.error.code
        : String(error),
  );
const ended = (outcome: JobSummary['outcome']): JobSummary => ({ outcome }) as JobSummary;

beforeEach(() => {
  links = [];
  problem = null;
  size = 1_000_000;
  shown = {};
  kept = [];
});

describe('a source of another computer', () => {
  it('is in the catalogue once it has answered, and can only be a source', async () => {
    const own = service();
    const id = await own.connect(request);
    expect(own.list()).toMatchObject([
      { id, kind: 'feed', use: 'source', title: 'master.img', raw: { path: 'carousel:abc', size } },
    ]);
    expect(shown[id]).toMatchObject({ url: request.server.url, job: 'abc', name: 'bench 2', link: 'idle' });
    expect(() => feedSchema.parse(shown[id])).not.toThrow();
    expect(links[0]?.said).toEqual(['close']);
  });

  it('that is not there says why, and is in no catalogue', async () => {
    const own = service();
    problem = new StationError('station-no-job', 'nobody');
    expect(await problemOf(own.connect(request))).toBe('station-no-job');
    const credentials = '/nowhere/me.creds';
    expect(await problemOf(own.connect({ ...request, server: { ...request.server, credentials } }))).toBe(
      'station-credentials',
    );
    expect(own.list()).toEqual([]);
  });

  it('is reached anew for each run, with its block size, and says goodbye at the end', async () => {
    const own = service();
    const id = await own.connect(request);
    const reached = await own.reach(id, true);
    expect(shown[id]?.link).toBe('up');
    const asked = reached.request({ source: 'x', targets: ['/dev/sdb'], options: { verify: true } });
    expect(asked).toMatchObject({
      source: 'carousel:abc',
      feed: { feed: '/run/x', digests: '/run/d' },
      targets: ['/dev/sdb'],
      options: { verify: true, block: 65_536 },
    });
    const job = new ScriptedJob();
    reached.ride(job);
    job.end(ended('complete'));
    await job.finished;
    await Promise.resolve();
    expect(links[1]?.said).toEqual(['ride', 'finish']);
  });

  it('is left without a word about targets that still copy when this program goes', async () => {
    const own = service();
    const reached = await own.reach(await own.connect(request), false);
    const job = new ScriptedJob();
    reached.ride(job);
    job.end(ended('detached'));
    await job.finished;
    await Promise.resolve();
    expect(links[1]?.said).toEqual(['ride', 'close']);
  });

  it('that is another one by now is not copied', async () => {
    const own = service();
    const id = await own.connect(request);
    size += 1;
    expect(await problemOf(own.reach(id, false))).toBe('station-changed');
    expect(links[1]?.said).toEqual(['close']);
  });

  it('keeps why it was lost, and is not taken for another one of that name while it rides', async () => {
    const own = service();
    const id = await own.connect(request);
    const reached = await own.reach(id, false);
    const why = { code: 'nats-lost', detail: '' } as const;
    links[1]?.options.tell({ event: 'link', role: 'station', state: 'down', problem: why });
    expect(shown[id]).toMatchObject({ link: 'down', problem: why });
    const other = { ...request, server: { url: 'nats://10.0.0.6:4222' } };
    expect(await problemOf(own.connect(other))).toBe('in-job');
    await reached.close();
    expect(shown[id]).toMatchObject({ link: 'idle', problem: why });
    expect(await own.connect(other)).toBe(id);
    expect(id).toBe(feedId('abc'));
  });

  it('comes back after a restart', async () => {
    const first = service();
    const id = await first.connect(request);
    const later = service();
    later.restore(kept);
    expect(later.list().map((one) => one.id)).toEqual([id]);
    expect(later.forget(id)).toBe(true);
    expect(later.list()).toEqual([]);
    expect(kept).toEqual([]);
  });
});
