/** Copies of named paths for the command line: one on a connection, told as the helper tells it. */
import { appError, ContractError, fail } from '@contract/errors.ts';
import type { CopyRequest } from '@contract/groups/copy.ts';
import type { Station, StationEvent } from '@contract/groups/stations.ts';
import { putsInDoubt, type JobSummary } from '@contract/helper-messages.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';
import type { CallInput, CallOutput } from '@contract/schema.ts';
import type { Connection } from '@contract/server.ts';
import { fileSystemsOn, unmountDrive } from '../devices/unmount.ts';
import { withKept } from '../devices/kept-files.ts';
import { ejectShown } from '../devices/eject-service.ts';
import { switchOff } from '../devices/eject.ts';
import { createIdentifyService } from '../devices/identify-service.ts';
import { demandShown, unmountLevel, unmountShown, type Shown } from '../devices/unmount-service.ts';
import { lookFirst } from '../elevation/look-first.ts';
import type { JobRequest } from '../helper/helper-job.ts';
import { asContractError } from '../helper/as-contract-error.ts';
import type { Engine, EngineJob } from '../jobs/engine.ts';
import type { Elevation } from '../ports.ts';
import type { FactBook } from '../record/drive-facts.ts';
import type { Recorder } from '../record/recorder.ts';
import { keepStations, recordOf } from '../record/recorded-engine.ts';
import { StationError } from '../stations/station-error.ts';
import { takenBack } from '../stations/taken-back.ts';
import { keptCopy, type CopyManifests } from './kept-copy.ts';

const maxNote = 4096;
/** The helper's own, where none is named. */
const defaultBlockSize = 1_048_576;

export interface CopyService {
  check(uses: CallInput<'copy.check'>): Promise<CallOutput<'copy.check'>>;
  unmount(agreed: CallInput<'copy.unmount'>): Promise<void>;
  /** As `drives.eject` and `drives.identify`, for the drive at a path as it is now. */
  eject(path: string, unmount: boolean): Promise<void>;
  identify(path: string): Promise<{ stopped: boolean }>;
  stopIdentify(): void;
  start(request: CopyRequest, connection: Connection): Promise<number | null>;
  cancel(connection: Connection): void;
  result(connection: Connection): Promise<CallOutput<'copy.result'>>;
}

/** One copy on a connection. */
interface Copy {
  /** Null while other machines are still being reached. */
  job: EngineJob | null;
  cancelled: boolean;
  result: Promise<Omit<CallOutput<'copy.result'>, 'record'>> | null;
}

/** What the helper's side or a station threw, as an error of the contract. */
function asError(error: unknown): unknown {
  if (error instanceof StationError)
    return new ContractError(
      appError('station', { problem: error.problem.code, detail: error.problem.detail }),
    );
  // A request that no helper would take.
  if (error instanceof RangeError)
    return new ContractError(appError('bad-request', { at: error.message.slice(0, 256) }));
  return asContractError(error);
}

/** Calls `keep` where more than bytes has changed. */
function whereStatesChange(keep: (stations: readonly Station[]) => void) {
  let kept = '';
  return (stations: readonly Station[]): void => {
    const text = JSON.stringify(stations, (key, value: unknown) =>
      key === 'bytes' || key === 'blocksSent' ? undefined : value,
    );
    if (text === kept) return;
    kept = text;
    keep(stations);
  };
}

function jobRequest({
  source,
  targets,
  approvals = [],
  sourceIdentity,
  options: { blockSize, ...rest },
}: CopyRequest): JobRequest {
  const given = Object.entries({ ...rest, block: blockSize }).filter(([, value]) => value !== undefined);
  const tokens = new Map(approvals.map(({ path, token }) => [path, token]));
  const identities = sourceIdentity === undefined ? {} : { identities: new Map([[source, sourceIdentity]]) };
  return { source, targets, approvals: tokens, ...identities, options: Object.fromEntries(given) };
}

/** The token that allows unmounting this drive as it is; undefined where the helper could not look at it. */
const unmountTokenOf = ({ survey }: Verdict): string | undefined =>
  survey && !('error' in survey) ? survey.unmountApproval : undefined;

/** A service without copies. */
export function createCopyService(
  engine: () => Engine,
  elevation: Elevation,
  facts: Pick<FactBook, 'learn' | 'at'>,
  record: Pick<Recorder, 'warm'>,
  manifests: CopyManifests,
): CopyService {
  const copies = new WeakMap<Connection, Copy>();
  const running = new WeakSet<Connection>();
  const copyOf = (connection: Connection): Copy => copies.get(connection) ?? fail('no-such-job');

  const check = (paths: readonly string[]) => engine().check(paths);
  const lights = createIdentifyService(
    (path) => engine().identify(path),
    (shown) => demandShown(shown, check),
  );

  /** What is at a path now, to be told from what may be there in a moment. */
  async function lookAt(path: string): Promise<Shown> {
    const [now] = await check([path]);
    if (!now?.exists) return fail('not-found', {});
    if (now.kind !== 'device') fail('not-a-drive', {});
    return { path, size: now.size ?? 0, diskseq: now.diskseq ?? null };
  }

  const noteTo =
    (connection: Connection) =>
    (text: string): void =>
      void connection.emit('copy.note', { text: text.slice(0, maxNote) });

  function tell(job: EngineJob, connection: Connection): void {
    const note = noteTo(connection);
    job.on('event', (event) => {
      if (!connection.emit('copy.event', event))
        note(`A message of the helper was too large: ${event.event}`);
    });
    job.on('log', note);
    job.on('violation', (reason) => note(`The helper said something that makes no sense: ${reason}`));
    connection.onClose(() => job.detach());
  }

  /** Begins, with whatever reaches other machines beside it. */
  async function begin(copy: Copy, request: CopyRequest, connection: Connection): Promise<EngineJob> {
    const tellOthers = (event: StationEvent): void => void connection.emit('copy.stations', event);
    const kept = keptCopy(jobRequest(request), manifests);
    const settle = (summary: JobSummary) => kept.settle(summary, noteTo(connection));
    const asked = kept.request;
    if (request.join) {
      const { StationLink } = await import('../stations/station.ts');
      const link = await StationLink.open({ join: request.join, tell: tellOthers });
      try {
        const job = engine().start(await link.request(asked));
        link.ride(job);
        copy.result = job.finished.then(async (summary) => {
          await link.finish(summary);
          return { summary: await settle(summary), stations: [] };
        });
        return job;
      } catch (error) {
        await link.close();
        throw error;
      }
    }
    if (!request.publish) {
      const job = engine().start(asked);
      copy.result = job.finished.then(async (summary) => ({ summary: await settle(summary), stations: [] }));
      return job;
    }
    let job: EngineJob | null = null;
    /** In the record as it goes, so that it does not lack them if this program is killed. */
    const keep = whereStatesChange((stations) => job && keepStations(job, stations));
    const { Publisher } = await import('../stations/publisher.ts');
    const publisher = new Publisher({
      publish: request.publish,
      blockSize: request.options.blockSize ?? defaultBlockSize,
      tell(event) {
        tellOthers(event);
        if (event.event === 'stations') keep(event.stations);
      },
    });
    await publisher.open();
    try {
      job = engine().start(asked);
      const riding = job;
      publisher.ride(job);
      copy.result = riding.finished.then(async (summary) => {
        await publisher.close();
        const told = publisher.stations;
        const stations = putsInDoubt(summary.source.error) ? told.map(takenBack) : told;
        keepStations(riding, stations);
        return { summary: await settle(summary), stations };
      });
      return riding;
    } catch (error) {
      await publisher.close();
      throw error;
    }
  }

  return {
    async check(uses) {
      try {
        await Promise.all([...uses.reads, ...uses.writes].map((path) => facts.learn(path)));
        const looking = lookFirst(engine(), elevation, uses);
        record.warm(); // while the helper looks
        const { found: seen, identities, refusal } = await looking;
        const found = await withKept(seen, [
          ...uses.reads.map((path) => ({ path, code: 'holds-source' as const })),
          ...(uses.keeps ?? []).map((path) => ({ path, code: 'holds-files' as const })),
        ]);
        const levels = found.map(async (verdict) => (verdict ? unmountLevel(verdict, fileSystemsOn) : null));
        return {
          found: found.map((verdict) => verdict ?? null),
          unmountLevels: await Promise.all(levels),
          bays: uses.writes.map((path) => facts.at(path).bay),
          identities: [...identities].map(([path, identity]) => ({ path, identity })),
          refusal,
        };
      } catch (error) {
        throw asError(error);
      }
    },
    async unmount({ path, identity, level, token }) {
      try {
        const shown = await lookAt(path);
        const [now] = await (token === undefined ? check([path]) : engine().survey([path]));
        if (!now || now.identity !== identity) fail('changed-device', {});
        if (token !== undefined && unmountTokenOf(now) !== token) fail('other-than-approved', {});
        if (((await unmountLevel(now, fileSystemsOn)) ?? 0) > level) fail('not-approved', {});
        await unmountShown(shown, { check, unmount: unmountDrive });
      } catch (error) {
        throw asError(error);
      }
    },
    async eject(path, unmount) {
      try {
        await ejectShown(await lookAt(path), unmount, { check, unmount: unmountDrive, switchOff });
      } catch (error) {
        throw asError(error);
      }
    },
    async identify(path) {
      try {
        const { refusal } = await lookFirst(engine(), elevation, { reads: [path], writes: [] });
        if (refusal) throw new ContractError(refusal);
        return await lights.blink(await lookAt(path));
      } catch (error) {
        throw asError(error);
      }
    },
    stopIdentify: () => lights.stopAll(),
    async start(request, connection) {
      if (running.has(connection)) fail('busy');
      const copy: Copy = { job: null, cancelled: false, result: null };
      copies.set(connection, copy);
      running.add(connection);
      try {
        const job = await begin(copy, request, connection);
        copy.job = job;
        if (copy.cancelled) job.cancel();
        tell(job, connection);
        void job.finished.then(() => running.delete(connection));
        return job.pid ?? null;
      } catch (error) {
        running.delete(connection);
        throw asError(error);
      }
    },
    cancel(connection) {
      const copy = copyOf(connection);
      copy.cancelled = true;
      copy.job?.cancel();
    },
    async result(connection) {
      const copy = copyOf(connection);
      const ended = await (copy.result ?? fail('no-such-job'));
      return { ...ended, record: copy.job ? recordOf(copy.job) : null };
    },
  };
}
