/**
 * Sources whose blocks come from another computer, for the app: each is an entry of the catalogue, and reaching the other computer again is what
 * begins its copy.
 */
import { hostname } from 'node:os';
import { posix, win32 } from 'node:path';
import { fail } from '@contract/errors.ts';
import type { DriveId } from '@contract/groups/common.ts';
import type { Feed, Join, StationEvent } from '@contract/groups/stations.ts';
import type { CallInput } from '@contract/schema.ts';
import { cleanText } from '../devices/clean-text.ts';
import type { FoundDrive } from '../devices/drive-entry.ts';
import { rawFile } from '../devices/file-drives.ts';
import { fileId } from '../devices/identity.ts';
import type { JobRequest } from '../helper/helper-job.ts';
import type { EngineJob } from '../jobs/engine.ts';
import type { Logger } from '../logging/logger.ts';
import { asContractError } from './hand-out-service.ts';
import { StationError } from './station-error.ts';
import { feedPath } from './feed-path.ts';
import { checkFiles } from './server-files.ts';
import type { StationLink, StationOptions } from './station.ts';

/** What of a station's link is needed here. */
export type StationLinkLike = Pick<StationLink, 'hello' | 'request' | 'ride' | 'finish' | 'close'>;

/** What is kept of a feed; it holds paths of files with secrets, and none of these. */
export interface KeptFeed {
  join: Join;
  title: string;
  size: number;
}

/** The other computer, reached for one run of a job. */
export interface ReachedFeed {
  /** The request with the blocks of the other computer as its source. */
  request(request: JobRequest): JobRequest;
  /** From here on its blocks come, until the job is over. */
  ride(job: EngineJob): void;
  /** It is not needed after all. */
  close(): Promise<void>;
}

export interface FeedOptions {
  open: (options: StationOptions) => Promise<StationLinkLike>;
  logger: Logger;
  onChange: (feeds: Record<DriveId, Feed>) => void;
  keep: (feeds: KeptFeed[]) => void;
}

export interface FeedService {
  connect(request: CallInput<'stations.connect'>): Promise<DriveId>;
  forget(id: DriveId): boolean;
  list(): FoundDrive[];
  restore(kept: readonly KeptFeed[]): void;
  /** Reaches the other computer for a run that is about to begin. Throws a `ContractError`. */
  reach(id: DriveId, takeUp: boolean): Promise<ReachedFeed>;
}

/** By the name alone: two jobs of one name would meet in the helper, and one of them get the blocks of the other. */
export const feedId = (job: string): DriveId => fileId('fed', job);

/** The last part of a path of another computer, whatever its system. */
const baseName = (path: string): string => posix.basename(win32.basename(path));

interface Entry extends KeptFeed {
  link: Feed['link'];
  problem: Feed['problem'];
}

/** A service without feeds. */
export function createFeedService(options: FeedOptions): FeedService {
  const entries = new Map<DriveId, Entry>();

  function publish(): void {
    options.onChange(
      Object.fromEntries(
        [...entries].map(([id, { join, link, problem }]) => [
          id,
          {
            url: join.server.url,
            job: join.job,
            name: cleanText(join.name, 63) ?? '',
            link,
            problem,
          },
        ]),
      ),
    );
  }

  function save(): void {
    options.keep([...entries.values()].map(({ join, title, size }) => ({ join, title, size })));
  }

  function hear(id: DriveId, event: StationEvent): void {
    const entry = entries.get(id);
    if (!entry || event.event !== 'link') return;
    const { state, problem } = event;
    entry.link = state === 'ended' ? 'idle' : state;
    // Why it was lost is worth knowing after the end, too.
    if (state !== 'ended') entry.problem = problem;
    if (problem) options.logger.warn('stations', `${problem.code}: ${problem.detail}`);
    publish();
  }

  async function reachOver(join: Join, tell: (event: StationEvent) => void): Promise<StationLinkLike> {
    try {
      await checkFiles(join.server);
      return await options.open({ join, tell });
    } catch (error) {
      throw error instanceof StationError ? asContractError(error) : error;
    }
  }

  return {
    async connect({ name = hostname(), ...rest }) {
      const join: Join = { ...rest, name: name.slice(0, 64) || 'station' };
      const id = feedId(join.job);
      if (entries.get(id) && entries.get(id)?.link !== 'idle') fail('in-job', { job: join.job });
      let problem: Feed['problem'] = null;
      const link = await reachOver(join, (event) => {
        if (event.event === 'link' && event.state === 'up') ({ problem } = event);
      });
      const { source, size } = link.hello;
      await link.close();
      entries.set(id, {
        join,
        title: cleanText(baseName(source), 63) ?? join.job,
        size,
        link: 'idle',
        problem,
      });
      save();
      publish();
      return id;
    },

    forget(id) {
      const had = entries.delete(id);
      if (had) {
        save();
        publish();
      }
      return had;
    },

    list: () =>
      [...entries].map(([id, { join, title, size }]) => ({
        id,
        kind: 'feed' as const,
        use: 'source' as const,
        raw: rawFile(feedPath(join.job), size, { bus: 'other' }),
        title,
        exists: true,
        blank: false,
      })),

    restore(kept) {
      for (const one of kept) entries.set(feedId(one.join.job), { ...one, link: 'idle', problem: null });
      publish();
    },

    async reach(id, takeUp) {
      const { join, size } = entries.get(id) ?? fail('no-such-drive');
      const link = await reachOver(join, (event) => hear(id, event));
      try {
        if (link.hello.size !== size)
          throw asContractError(new StationError('station-changed', `${String(link.hello.size)} bytes`));
        // What the first node knows of its blocks is fetched before anything begins.
        const { source, feed } = await link.request({ source: '', targets: [], options: { takeUp } });
        return {
          request: (request) => ({
            ...request,
            source,
            ...(feed ? { feed } : {}),
            options: { ...request.options, block: link.hello.blockSize },
          }),
          ride(job) {
            link.ride(job);
            // Whoever goes away while the job runs has nothing to say of how it ends.
            void job.finished.then((summary) =>
              summary.outcome === 'detached' ? link.close() : link.finish(summary),
            );
          },
          close: () => link.close(),
        };
      } catch (error) {
        await link.close();
        throw error instanceof StationError ? asContractError(error) : error;
      }
    },
  };
}
