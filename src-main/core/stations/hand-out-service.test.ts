import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ContractError } from '@contract/errors.ts';
import { isFinal, type Job } from '@contract/groups/jobs.ts';
import { handOutSchema, type HandOut, type Station, type StationEvent } from '@contract/groups/stations.ts';
import { sampleJob, sampleTarget } from '@contract/testing/samples.ts';
import type { EngineJob } from '../jobs/engine.ts';
import { manualClock } from '../testing/manual-clock.ts';
import {
  createHandOutService,
  handOutOf,
  type HandOutService,
  type KeptHandOut,
  type PublisherLike,
} from './hand-out-service.ts';
import { StationError } from './station-error.ts';
import type { PublisherOptions } from './publisher.ts';

const server = { url: 'nats://10.0.0.5:4222' };
const station = (change: Partial<Station> = {}): Station => ({
  id: 'abcdefgh',
  name: 'bench 2',
  state: 'joined',
  blocksSent: 0,
  targets: [{ path: '/dev/sdb', state: 'copying', bytes: 5, error: null }],
  more: { targets: 0, notGood: 0 },
  ...change,
});

let marks = 0;

class FakePublisher implements PublisherLike {
  readonly mark = `mark${String((marks += 1))}`;
  stations: Station[] = [];
  paces: PublisherLike['paces'] = new Map();
  rode: EngineJob | null = null;
  closed = 0;
  readonly options: PublisherOptions;
  problem: StationError | null = null;

  constructor(options: PublisherOptions) {
    this.options = options;
  }

  tell(event: StationEvent): void {
    this.options.tell(event);
  }

  open(): Promise<void> {
    if (this.problem) return Promise.reject(this.problem);
    this.tell({ event: 'link', role: 'publisher', state: 'up', problem: null });
    return Promise.resolve();
  }

  ride(job: EngineJob): void {
    this.rode = job;
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }
}

class Conversation extends EventEmitter {
  readonly finished = new Promise<never>(() => undefined);
  detached = false;
  detach(): void {
    this.detached = true;
  }
}

let clock: ReturnType<typeof manualClock>;
let jobs: Record<string, Job>;
let publishers: FakePublisher[];
let conversations: Conversation[];
let problem: StationError | null;
let shown: Record<string, HandOut>;
let kept: Record<string, KeptHandOut>;
let recorded: readonly Station[];
const cancel = vi.fn();
const begin = vi.fn(() => Promise.resolve('job-2'));

function service(): HandOutService {
  return createHandOutService({
    engine: () => ({
      attach: () => {
        const made = new Conversation();
        conversations.push(made);
        return made as unknown as EngineJob;
      },
    }),
    clock,
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
    } as never,
    makePublisher(options) {
      const made = new FakePublisher(options);
      made.problem = problem;
      publishers.push(made);
      return made;
    },
    job: (id) => jobs[id],
    keyOf: (id) => (jobs[id] ? `key-${id}` : null),
    defaults: () => sampleJob().options,
    begin,
    cancel,
    record: (_conversation, stations) => (recorded = stations),
    onChange: (handOuts) => (shown = handOuts),
    keep: (handOuts) => (kept = structuredClone(handOuts)),
  });
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error instanceof ContractError ? error.error.code : String(error)),
  );

beforeEach(() => {
  clock = manualClock();
  jobs = { 'job-1': sampleJob() };
  publishers = [];
  conversations = [];
  problem = null;
  shown = {};
  kept = {};
  recorded = [];
  cancel.mockClear();
  begin.mockClear();
});

describe('handing a job out', () => {
  it('shows what stations have to enter, and no path of a secret', async () => {
    const file = import.meta.filename;
    await service().handOut({ of: { job: 'job-1' }, server: { ...server, credentials: file }, name: 'abc' });
    expect(shown['job-1']).toMatchObject({
      state: 'open',
      url: server.url,
      job: 'abc',
      needs: { credentials: true, ca: false },
      link: 'up',
    });
    expect(() => handOutSchema.parse(shown['job-1'])).not.toThrow();
    expect(JSON.stringify(shown)).not.toContain(file);
    expect(publishers[0]?.rode).toBe(conversations[0]);
  });

  it('is refused twice, for a job that is over, and for what comes from another computer itself', async () => {
    const own = service();
    await own.handOut({ of: { job: 'job-1' }, server });
    expect(await codeOf(own.handOut({ of: { job: 'job-1' }, server }))).toBe('handed-out');
    const base = sampleJob();
    jobs['over'] = sampleJob({ state: 'ended' });
    jobs['far'] = {
      ...base,
      source: { ...base.source, card: { ...base.source.card, kind: 'feed' } },
    };
    expect(await codeOf(own.handOut({ of: { job: 'over' }, server }))).toBe('job-ended');
    expect(await codeOf(own.handOut({ of: { job: 'far' }, server }))).toBe('unsupported');
    expect(await codeOf(own.handOut({ of: { job: 'none' }, server }))).toBe('no-such-job');
  });

  it.each([
    ['a job and its source', [{ job: 'job-1' }, { source: 'drv-1' }]],
    ['its source and the job', [{ source: 'drv-1' }, { job: 'job-1' }]],
    ['one source twice', [{ source: 'drv-1' }, { source: 'drv-1' }]],
  ])('begins once when two ask in the same moment: %s', async (_what, asked) => {
    begin.mockImplementation(() => Promise.resolve('job-1'));
    const own = service();
    const codes = await Promise.all(asked.map((of) => codeOf(own.handOut({ of, server }))));
    begin.mockImplementation(() => Promise.resolve('job-2'));
    expect(codes.sort()).toEqual(['handed-out', 'none']);
    expect(publishers.map(({ closed }) => closed).sort()).toEqual(publishers.length === 2 ? [0, 1] : [0]);
    expect(conversations).toHaveLength(1);
    await own.stop('job-1');
    expect(publishers.every(({ closed }) => closed === 1)).toBe(true);
  });

  it('that cannot begin says why, and begins no job', async () => {
    problem = new StationError('nats-unreachable', 'nobody');
    const own = service();
    expect(await codeOf(own.handOut({ of: { source: 'drv-1' }, server }))).toBe('station');
    const missing = { ...server, credentials: '/nowhere/at/all' };
    expect(await codeOf(own.handOut({ of: { source: 'drv-1' }, server: missing }))).toBe('station');
    const notAFile = { ...server, ca: '/dev/zero' };
    expect(await codeOf(own.handOut({ of: { source: 'drv-1' }, server: notAFile }))).toBe('station');
    expect(begin).not.toHaveBeenCalled();
    expect(shown).toEqual({});
  });

  it('without a drive of its own begins a job that waits, which ends when it is handed out no more', async () => {
    const own = service();
    jobs['job-2'] = sampleJob({ id: 'job-2' }, []);
    expect(await own.handOut({ of: { source: 'drv-1' }, server })).toBe('job-2');
    expect(begin).toHaveBeenCalledWith('drv-1', { waitForJoin: 86_400 });
    await own.stop('job-2');
    expect(cancel).toHaveBeenCalledWith('job-2');
    await own.handOut({ of: { job: 'job-1' }, server });
    await own.stop('job-1');
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  it('for such a job waits until a drive that has stepped on here is over', async () => {
    const own = service();
    jobs['job-2'] = sampleJob({ id: 'job-2' });
    await own.handOut({ of: { source: 'drv-1' }, server });
    await own.stop('job-2');
    own.follow(jobs);
    expect(cancel).not.toHaveBeenCalled();
    jobs['job-2'] = sampleJob({ id: 'job-2' }, [sampleTarget({ state: 'done' })]);
    own.follow(jobs);
    expect(cancel).toHaveBeenCalledExactlyOnceWith('job-2');
  });

  it('keeps what stations have told, and takes for failed what they had not finished', async () => {
    const own = service();
    await own.handOut({ of: { job: 'job-1' }, server });
    const [first] = publishers;
    if (first) first.stations = [station()];
    await own.stop('job-1');
    expect(shown['job-1']).toMatchObject({ state: 'ended', counts: { lost: 1, bad: 1, open: 0 } });
    expect(shown['job-1']?.stations[0]?.targets[0]).toMatchObject({ state: 'failed', error: 'station-lost' });
    expect(recorded.every(({ targets }) => targets.every(({ state }) => isFinal(state)))).toBe(true);
    expect(conversations[0]?.detached).toBe(true);
    // Handed out again, the first ones stay in the result.
    await own.handOut({ of: { job: 'job-1' }, server });
    const second = publishers[1];
    if (second) second.stations = [station({ id: 'other123', state: 'done', targets: [] })];
    clock.advance(1000);
    expect(shown['job-1']?.counts).toMatchObject({ stations: 2, lost: 1, bad: 1 });
    // And after a restart of the core, where nobody rides any more.
    const later = service();
    later.restore(kept);
    expect(shown['job-1']).toMatchObject({ state: 'ended', counts: { stations: 2, bad: 1, open: 0 } });
    later.follow({});
    expect(shown).toEqual({});
  });

  it.each([
    ['while it is handed out', false],
    ['after it was', true],
  ])('takes nothing for good when the source turns out to be another one: %s', async (_, isOver) => {
    const own = service();
    await own.handOut({ of: { job: 'job-1' }, server });
    const [publisher] = publishers;
    const good = { path: '/dev/sdb', state: 'verified', bytes: 9, error: null } as const;
    const riders = [station({ state: 'done', targets: [good], more: { targets: 3, notGood: 1 } })];
    if (publisher) publisher.stations = riders;
    if (isOver) await own.stop('job-1');
    const before = jobs['job-1'] ?? sampleJob();
    const change = { state: 'ended', outcome: 'source-failed', endedAt: 1 } as const;
    const error = { code: 'source-changed', params: {} } as const;
    jobs['job-1'] = { ...before, ...change, source: { ...before.source, error } };
    if (isOver) own.follow(jobs);
    else await own.stop('job-1');
    expect(shown['job-1']?.counts).toMatchObject({ good: 0, bad: 4, open: 0 });
    expect(shown['job-1']?.stations[0]?.targets[0]).toMatchObject({
      state: 'failed',
      error: 'source-changed',
    });
    expect(kept['job-1']?.stations[0]?.targets[0]).toMatchObject({ state: 'failed' });
    expect(recorded[0]?.targets[0]).toMatchObject({ state: 'failed', error: 'source-changed' });
  });

  it('shows a station that is not heard as silent, and one that is heard again as live', async () => {
    await service().handOut({ of: { job: 'job-1' }, server });
    const [publisher] = publishers;
    if (!publisher) throw new Error('there is no publisher');
    publisher.stations = [station()];
    publisher.paces = new Map([['abcdefgh', { lastBeat: clock.now(), lacks: 9, behind: 2 }]]);
    clock.advance(1000);
    expect(shown['job-1']?.stations[0]).toMatchObject({
      link: 'live',
      lacks: 9,
      behind: 2,
      silentSeconds: null,
    });
    for (let seconds = 0; seconds < 4; seconds += 1) clock.advance(1000);
    expect(shown['job-1']?.stations[0]).toMatchObject({ link: 'silent', silentSeconds: 5 });
    publisher.paces = new Map([['abcdefgh', { lastBeat: clock.now(), lacks: 0, behind: 0 }]]);
    clock.advance(1000);
    expect(shown['job-1']?.stations[0]).toMatchObject({ link: 'live' });
  });
});

describe('what is shown of many stations', () => {
  const about = {
    url: server.url,
    job: 'abc',
    needs: { credentials: false, ca: false },
    stations: [],
    endsJob: false,
    marks: [],
  };

  it('fits a message, leaves no target uncounted, and has no hostile text', () => {
    const targets = Array.from({ length: 64 }, (_, i) => ({
      path: `/dev/\u202e${'x'.repeat(240)}${String(i)}`,
      state: 'verified' as const,
      bytes: 1,
      error: 'e\u0007vil',
    }));
    const many = Array.from({ length: 300 }, (_, i) =>
      station({ id: `station${String(i).padStart(4, '0')}`, name: 'B\u202e\u200b', state: 'done', targets }),
    );
    const view = handOutOf(about, null, many, new Map(), 0);
    expect(() => handOutSchema.parse(view)).not.toThrow();
    expect(JSON.stringify(view).length).toBeLessThan(300_000);
    expect(view.counts).toMatchObject({ stations: 300, targets: 300 * 64, good: 300 * 64, bad: 0 });
    const listed = view.stations.reduce((sum, one) => sum + one.targets.length + one.more.targets, 0);
    expect(listed).toBe(view.stations.length * 64);
    expect(JSON.stringify(view)).not.toMatch(/[\p{Cc}\p{Cf}]|\\u00/u);
  });

  it('lists what is not good first, and counts what is still copied among what is left out', () => {
    const good = Array.from({ length: 60 }, (_, at) => ({
      path: `/dev/${String(at)}`,
      state: 'done' as const,
      bytes: 5,
      error: null,
    }));
    const copying = station().targets;
    const many = Array.from({ length: 5 }, () => station({ targets: [...good, ...copying] }));
    const { stations } = handOutOf(about, null, many, new Map(), 0);
    expect(stations.map(({ targets }) => targets[0]?.state)).toEqual(Array(5).fill('copying'));
    expect(stations[4]?.more).toEqual({ targets: 49, notGood: 0 });
    const crowded = Array.from({ length: 5 }, () =>
      station({ targets: Array.from({ length: 60 }, () => copying).flat() }),
    );
    expect(handOutOf(about, null, crowded, new Map(), 0).stations[4]?.more).toEqual({
      targets: 44,
      notGood: 44,
    });
  });
});
