/**
 * Hands jobs of this machine out to other computers, from the app: one publisher beside each such job, with a conversation of its own with the
 * job's helper, so that it can begin and end at any moment of a copy. What stations have told is kept for as long as the job is shown.
 */
import { appError, ContractError, fail } from '@contract/errors.ts';
import type { DriveId, JobId } from '@contract/groups/common.ts';
import { isFinal, isGood, type Job, type JobOptions } from '@contract/groups/jobs.ts';
import { putsInDoubt } from '@contract/helper-messages.ts';
import {
  countStations,
  listTargets,
  maxShownStations,
  maxShownStationTargets,
  type HandOut,
  type RidingStation,
  type Station,
  type StationEvent,
} from '@contract/groups/stations.ts';
import type { CallInput } from '@contract/schema.ts';
import { cleanText } from '../devices/clean-text.ts';
import type { Engine, EngineJob } from '../jobs/engine.ts';
import type { StartRequest } from '../jobs/job-boarding.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../ports.ts';
import { newJobName } from './job-name.ts';
import { StationError } from './station-error.ts';
import type { Publisher, PublisherOptions } from './publisher.ts';
import type { Pace } from './roster.ts';
import { checkFiles } from './server-files.ts';
import { takenBack } from './taken-back.ts';

/** A station gives a sign of life every second; one that has missed so many is shown as silent. */
const silentAfterMs = 3500;
const lookMs = 1000;
/** The helper says its name for a job as soon as it has opened the source, which a tired drive may take a while for. */
const startsWithinMs = 30_000;
/** A job that only hands out stays open until somebody ends it, but not for ever. */
const handOutOnlyWait = 86_400;

/** Of so many publishers of one job it is known that they were ours. */
const mostMarks = 64;

/** What of a publisher is needed here. */
export type PublisherLike = Pick<Publisher, 'mark' | 'open' | 'ride' | 'close' | 'stations' | 'paces'>;

/** What is kept of a hand-out beyond its publisher. */
export interface KeptHandOut {
  url: string;
  job: string;
  needs: HandOut['needs'];
  stations: Station[];
  /** The job was begun to be handed out, and waits for stations: it ends when that has ended and no target of its own is open. */
  endsJob: boolean;
  /** Of its publishers, one each time it was begun: what was handed out under another mark, another program has done. */
  marks: string[];
}

export interface HandOutOptions {
  engine: () => Pick<Engine, 'attach'>;
  clock: Clock;
  logger: Logger;
  makePublisher: (options: PublisherOptions) => PublisherLike | Promise<PublisherLike>;
  job: (id: JobId) => Job | undefined;
  /** The helper's name for a job; null while it has none. */
  keyOf: (id: JobId) => string | null;
  defaults: () => JobOptions;
  /** Begins a job without a target of this machine, or finds the one that reads this source already. */
  begin: (source: DriveId, options: NonNullable<StartRequest['options']>) => Promise<JobId>;
  cancel: (job: JobId) => void;
  /** How stations stand now, to be kept beside the job's own results. */
  record: (conversation: EngineJob, stations: readonly Station[]) => void;
  onChange: (handOuts: Record<JobId, HandOut>) => void;
  /** Something worth keeping across a restart has changed. */
  keep: (handOuts: Record<JobId, KeptHandOut>) => void;
}

export type HandOutRequest = CallInput<'stations.handOut'>;

export interface HandOutService {
  handOut(request: HandOutRequest): Promise<JobId>;
  stop(job: JobId): Promise<void>;
  /** Whether the publisher with this mark is, or was, one of ours: its stations are known here. */
  owns(mark: string): boolean;
  /** Brings back what was kept: nobody rides any more. */
  restore(kept: Record<JobId, KeptHandOut>): void;
  /** Jobs have changed: what belongs to one that is not shown any more is forgotten. */
  follow(jobs: Readonly<Record<JobId, Job>>): void;
  /** Ends every hand-out; the jobs run on. */
  close(): Promise<void>;
}

/** A hand-out that is open. */
interface Open {
  publisher: PublisherLike;
  conversation: EngineJob;
  link: HandOut['link'];
  problem: HandOut['problem'];
  closing: Promise<void> | null;
}

interface Entry extends KeptHandOut {
  /** Null: it has ended, and `stations` is all there is. */
  open: Open | null;
  /** The conversation of the last publisher that has ended, by which the record knows the job. */
  last: EngineJob | null;
  problem: HandOut['problem'];
}

/** What a station's targets are when it is not heard of any more. */
const afterLoss = (station: Station): Station =>
  station.state !== 'joined'
    ? station
    : {
        ...station,
        state: 'lost',
        targets: station.targets.map((target) =>
          isFinal(target.state) ? target : { ...target, state: 'failed', error: 'station-lost' },
        ),
      };

function riding(
  { id, name, state, targets, more }: Station,
  pace: Pace | undefined,
  now: number,
  room: number,
): RidingStation {
  const silentMs = pace ? now - pace.lastBeat : 0;
  const isSilent = state === 'joined' && silentMs > silentAfterMs;
  const listed = listTargets({ targets, more }, room);
  return {
    id,
    name: cleanText(name, 63) ?? id,
    link: isSilent ? 'silent' : state === 'joined' ? 'live' : state,
    silentSeconds: isSilent ? Math.floor(silentMs / 1000) : null,
    behind: pace?.behind ?? null,
    lacks: pace?.lacks ?? null,
    targets: listed.targets.map((target) => ({
      ...target,
      path: cleanText(target.path, 128) ?? '',
      error: cleanText(target.error, 32),
    })),
    more: listed.more,
  };
}

/** What is shown of a hand-out. Text of other machines is cleaned. Pure. */
export function handOutOf(
  kept: KeptHandOut,
  open: Pick<Open, 'link' | 'problem'> | null,
  stations: readonly Station[],
  paces: ReadonlyMap<string, Pace>,
  now: number,
): HandOut {
  let room = maxShownStationTargets;
  const shown = stations.slice(0, maxShownStations).map((station) => {
    const one = riding(station, paces.get(station.id), now, room);
    room -= one.targets.length;
    return one;
  });
  return {
    state: open ? 'open' : 'ended',
    url: kept.url,
    job: kept.job,
    needs: kept.needs,
    link: open?.link ?? 'down',
    problem: open?.problem ?? null,
    stations: shown,
    counts: countStations(stations),
  };
}

/** A service that hands nothing out yet. */
export function createHandOutService(options: HandOutOptions): HandOutService {
  const { clock, logger } = options;
  const entries = new Map<JobId, Entry>();
  const opening = new Set<JobId>();
  const waiting: (() => void)[] = [];
  let looking = false;
  let keptText = '';

  const stationsOf = ({ stations, open }: Entry): Station[] =>
    open ? [...stations, ...open.publisher.stations] : stations;

  function publish(): void {
    const now = clock.now();
    options.onChange(
      Object.fromEntries(
        [...entries].map(([id, entry]) => {
          const view = handOutOf(
            entry,
            entry.open,
            stationsOf(entry),
            entry.open?.publisher.paces ?? new Map(),
            now,
          );
          return [id, { ...view, problem: view.problem ?? entry.problem }];
        }),
      ),
    );
  }

  /** Keeps and records what has changed in more than bytes. */
  function save(): void {
    const kept = Object.fromEntries(
      [...entries].map(([id, entry]) => {
        const { url, job, needs, endsJob, marks } = entry;
        return [id, { url, job, needs, endsJob, marks, stations: stationsOf(entry) }];
      }),
    );
    const text = JSON.stringify(kept, (key, value: unknown) =>
      key === 'bytes' || key === 'blocksSent' ? undefined : value,
    );
    if (text === keptText) return;
    keptText = text;
    options.keep(kept);
    for (const entry of entries.values())
      if (entry.open) options.record(entry.open.conversation, stationsOf(entry));
  }

  /** Signs of life that do not come change nothing by themselves. */
  function keepLooking(): void {
    if (looking) return;
    looking = true;
    clock.after(lookMs, () => {
      looking = false;
      if (![...entries.values()].some(({ open }) => open)) return;
      save();
      publish();
      keepLooking();
    });
  }

  function hear(entry: Entry, event: StationEvent): void {
    const { open } = entry;
    if (!open) return;
    if (event.event === 'link') {
      open.link = event.state === 'up' ? 'up' : 'down';
      open.problem = event.problem;
      if (event.problem) logger.warn('stations', `${event.problem.code}: ${event.problem.detail}`);
    }
    publish();
  }

  /** Resolves with the helper's name for the job. Throws when it does not begin. */
  async function nameOf(id: JobId): Promise<string> {
    const until = clock.now() + startsWithinMs;
    for (;;) {
      const job = options.job(id);
      if (!job || job.state === 'ended' || job.state === 'stopping') return fail('job-ended');
      const key = options.keyOf(id);
      if (key !== null && job.state === 'running') return key;
      if (clock.now() > until) return fail('timeout');
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        clock.after(lookMs, resolve);
      });
    }
  }

  /** True if what its stations have told does not hold any more. */
  function takeBack(id: JobId, entry: Entry): boolean {
    const isGoodYet = entry.stations.some(
      ({ targets, more }) => targets.some(({ state }) => isGood(state)) || more.notGood < more.targets,
    );
    if (!isGoodYet || !putsInDoubt(options.job(id)?.source.error)) return false;
    entry.stations = entry.stations.map(takenBack);
    if (entry.last) options.record(entry.last, entry.stations);
    return true;
  }

  /** Ends it. What its stations have told stays, unless the source turns out to be another one than they were told. */
  function end(id: JobId, entry: Entry): Promise<void> {
    const { open } = entry;
    if (!open) return Promise.resolve();
    open.closing ??= (async () => {
      await open.publisher.close().catch((error: unknown) => logger.warn('stations', String(error)));
      entry.stations = stationsOf(entry).map(afterLoss);
      entry.open = null;
      entry.last = open.conversation;
      if (!takeBack(id, entry)) options.record(open.conversation, entry.stations);
      open.conversation.detach();
      logger.info('stations', `${id} is not handed out any more`);
      save();
      publish();
    })();
    return open.closing;
  }

  async function begin({ of, server, name, streamBytes, stationTimeout }: HandOutRequest): Promise<JobId> {
    const own = 'job' in of ? runningCopy(of.job) : null;
    if (own && (entries.get(own.id)?.open || opening.has(own.id))) fail('handed-out');
    const taken = new Set<JobId>();
    const take = (id: JobId): void => {
      opening.add(id);
      taken.add(id);
    };
    if (own) take(own.id);
    try {
      await checkFiles(server);
      const job = name ?? newJobName();
      const chosen = 'source' in of ? of.options : undefined;
      const blockSize = own?.options.blockSize ?? chosen?.blockSize ?? options.defaults().blockSize;
      let entry: Entry | null = null;
      /** What was told before there was anybody to tell. */
      const early: StationEvent[] = [];
      const publisher = await options.makePublisher({
        publish: {
          server,
          job,
          ...(streamBytes === undefined ? {} : { streamBytes }),
          ...(stationTimeout === undefined ? {} : { stationTimeout }),
        },
        blockSize,
        tell: (event) => (entry ? hear(entry, event) : early.push(event)),
      });
      await publisher.open();
      try {
        const id =
          own?.id ??
          ('source' in of
            ? await options.begin(of.source, { ...chosen, waitForJoin: handOutOnlyWait })
            : fail('no-such-job'));
        if (entries.get(id)?.open || (!own && opening.has(id))) fail('handed-out');
        take(id);
        const key = await nameOf(id).catch((error: unknown) => {
          if (!own && options.job(id)?.targetOrder.length === 0) options.cancel(id); // it would wait for nobody
          throw error;
        });
        const conversation = options.engine().attach(key);
        entry = {
          url: server.url,
          job,
          needs: { credentials: server.credentials !== undefined, ca: server.ca !== undefined },
          stations: entries.get(id)?.stations ?? [],
          problem: null,
          endsJob: !own || (entries.get(id)?.endsJob ?? false),
          marks: [...(entries.get(id)?.marks ?? []), publisher.mark].slice(-mostMarks),
          open: { publisher, conversation, link: 'up', problem: null, closing: null },
          last: null,
        };
        entries.set(id, entry);
        for (const event of early) hear(entry, event);
        publisher.ride(conversation);
        const made = entry;
        void conversation.finished.then(() => end(id, made));
        logger.info('stations', `${id} is handed out as ${job} at ${server.url}`);
        save();
        publish();
        keepLooking();
        return id;
      } catch (error) {
        await publisher.close();
        throw error;
      }
    } finally {
      for (const id of taken) opening.delete(id);
    }
  }

  /** Nobody else ends a job that was begun to wait for stations. */
  function endJob(id: JobId, { open, endsJob }: Entry): void {
    const job = options.job(id);
    if (open || !endsJob || job?.state !== 'running') return;
    if (Object.values(job.targets).every(({ state }) => isFinal(state))) options.cancel(id);
  }

  function runningCopy(id: JobId): Job {
    const job = options.job(id) ?? fail('no-such-job');
    if (job.state === 'ended' || job.task !== 'copy') fail('job-ended');
    if (job.source.card.kind === 'feed') fail('unsupported'); // a station hands nothing on
    return job;
  }

  return {
    async handOut(request) {
      try {
        return await begin(request);
      } catch (error) {
        throw error instanceof StationError ? asContractError(error) : error;
      }
    },

    async stop(id) {
      const entry = entries.get(id) ?? fail('no-such-job');
      await end(id, entry);
      endJob(id, entry);
    },

    owns: (mark) => [...entries.values()].some(({ marks }) => marks.includes(mark)),

    restore(kept) {
      for (const [id, one] of Object.entries(kept)) {
        if (!options.job(id)) continue;
        entries.set(id, {
          ...one,
          stations: one.stations.map(afterLoss),
          open: null,
          last: null,
          problem: null,
        });
      }
      publish();
    },

    follow(jobs) {
      for (const wake of waiting.splice(0)) wake();
      for (const [id, entry] of entries) endJob(id, entry);
      const changed = [...entries].filter(([id, entry]) => !entry.open && takeBack(id, entry));
      const gone = [...entries].filter(([id]) => !Object.hasOwn(jobs, id));
      for (const [id, entry] of gone) {
        void end(id, entry);
        entries.delete(id);
      }
      if (gone.length === 0 && changed.length === 0) return;
      save();
      publish();
    },

    async close() {
      await Promise.all([...entries].map(([id, entry]) => end(id, entry)));
    },
  };
}

/** What stands between this machine and the others, as an error of the contract. */
export const asContractError = ({ problem }: StationError): ContractError =>
  new ContractError(appError('station', { problem: problem.code, detail: problem.detail }));
