/** An engine that keeps everything it does in the record. Whoever uses it need not know. */
import type { ProbeVerdict } from '../helper/probe-messages.ts';
import type { JobRequest, VerifyRequest } from '../helper/helper-job.ts';
import type { Engine, EngineJob } from '../jobs/engine.ts';
import type { Station } from '@contract/groups/stations.ts';
import type { TargetResult } from '@contract/helper-messages.ts';
import type { FactBook } from './drive-facts.ts';
import { withClues } from '../diagnosis/clues.ts';
import { earlierWrong } from './earlier-wrong.ts';
import { overlay } from './overlay.ts';
import type { Announcement } from './record-store.ts';
import type { Recorder } from './recorder.ts';
import { RideLog } from './ride-log.ts';

/** The engine, recorded. Numbers of jobs in the record: `recordOf`. */
export function recordedEngine<E extends Engine>(engine: E, recorder: Recorder, facts: FactBook): E {
  const factsAt = facts.at.bind(facts);

  /** `manifest`: where the digests of what is compared will be when it is over. */
  function follow<J extends EngineJob>(
    job: J,
    log: RideLog,
    resultFile: string | null,
    manifest: string | null,
  ): J {
    const earlier = ({ path }: TargetResult, blockSize: number): number[][] =>
      recorder.read((db) => earlierWrong(db, factsAt(path), blockSize, log.job)) ?? [];
    job.on('event', (event) => log.take(event));
    void job.finished.then((summary) => {
      log.end(summary);
      // Told here: nobody has to find it later. (What the helper leaves after its last word is taken at the next start.)
      if (resultFile !== null && summary.outcome !== 'detached') recorder.forget(resultFile);
    });
    const recorded = overlay<EngineJob>(job, {
      finished: job.finished.then((summary) => withClues(summary, { manifest, earlier })),
      add(paths, approvals, takeUp) {
        const announced = log.announce(paths);
        const mark = begun(() => job.add(paths, approvals, takeUp), log);
        log.await(mark, announced);
        return mark;
      },
    }) as J;
    rides.set(recorded, log);
    return recorded;
  }

  function start(request: JobRequest | VerifyRequest, run: (request: never) => EngineJob): EngineJob {
    const own = request.options?.resultFile === undefined ? recorder.resultFile() : null;
    const resultFile = own ?? request.options?.resultFile ?? null;
    const options = { ...request.options, ...(resultFile === null ? {} : { resultFile }) };
    const log = new RideLog(recorder, factsAt, announcementOf(request, resultFile));
    log.announce(request.targets);
    const manifest = ('manifest' in request ? request : request.options)?.manifest ?? null;
    return follow(
      begun(() => run({ ...request, options } as never), log),
      log,
      own,
      manifest,
    );
  }

  const own: Partial<Engine> = {
    start: (request) => start(request, engine.start.bind(engine)),
    verify: (request) => start(request, engine.verify.bind(engine)),
    attach: (key) => follow(engine.attach(key), new RideLog(recorder, factsAt, null), null, null),
    probe(request) {
      const about: Announcement = { start: null, task: 'probe', writes: true };
      const log = new RideLog(recorder, factsAt, about);
      const [announced] = log.announce([request.target]);
      const probe = begun(() => engine.probe(request), log);
      void probe.finished.then((verdict) =>
        recorder.now((store, now) => {
          const row = announced?.row;
          if (row?.opened === store.opened)
            store.settleProbe(row.id, resultOf(verdict), verdict.left === 'as-before', now);
        }),
      );
      return probe;
    },
    async check(paths) {
      return noted(await engine.check(paths));
    },
    async survey(paths) {
      return noted(await engine.survey(paths));
    },
  };
  function noted<V extends readonly Parameters<FactBook['note']>[0][]>(verdicts: V): V {
    for (const verdict of verdicts) facts.note(verdict);
    return verdicts;
  }
  return overlay<E>(engine, own as Partial<E>);
}

/** Begins it; where it cannot be begun, nobody was told of what was announced. */
function begun<T>(begin: () => T, log: RideLog): T {
  try {
    return begin();
  } catch (error) {
    log.withdraw();
    throw error;
  }
}

const rides = new WeakMap<EngineJob, RideLog>();

/** The record's number of a recorded job; null while it has none. */
export const recordOf = (job: EngineJob): number | null => rides.get(job)?.job ?? null;

/** Keeps how the stations stand beside the results of a recorded job. */
export const keepStations = (job: EngineJob, stations: readonly Station[]): void =>
  rides.get(job)?.stations(stations);

function announcementOf(request: JobRequest | VerifyRequest, start: string | null): Announcement {
  if (!('manifest' in request)) return { start, task: 'copy', writes: true };
  const { heal = false, sample = false } = request.options ?? {};
  return { start, task: sample ? 'sample' : 'verify', writes: heal };
}

function resultOf({ target, outcome, ok, error }: ProbeVerdict): TargetResult {
  const state = outcome === 'complete' ? (ok ? 'done' : 'failed') : outcome === 'failed' ? 'failed' : outcome;
  return {
    path: target,
    state,
    joinedAtBlock: null,
    bytesWritten: 0,
    badBlocks: 0,
    healedBlocks: 0,
    seconds: 0,
    error,
  };
}
