/** The live catalogue: looks for drives, asks the engine about them, judges them, keeps their order. */
import type { DriveId, JobId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import { diffStates } from '@contract/snapshot.ts';
import { HelperNotFound } from '../helper/helper-path.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';
import { createContentsBook, isPortable } from './contents-book.ts';
import type { Policy } from './device-rules.ts';
import { driveEntry, identityOf, type EngineAnswer, type FoundDrive } from './drive-entry.ts';
import { driveIds } from './identity.ts';
import type { ListDrives } from './raw-drive.ts';

export interface DeviceServiceOptions {
  list: ListDrives;
  /** Files that count as drives. */
  listFiles: () => Promise<FoundDrive[]>;
  /** Asks the engine about paths. */
  check: (paths: readonly string[]) => Promise<Verdict[]>;
  /** Looks at what is on drives; undefined for one that gives no answer. */
  survey: (paths: readonly string[]) => Promise<(Verdict | undefined)[]>;
  policy: () => Policy;
  jobOf: (id: DriveId) => JobId | null;
  /** True while the capacity of this drive is tested. */
  isProbed: (id: DriveId) => boolean;
  /** The name that a port was taught. */
  bayAt: (port: string | null) => string | null;
  /** Told of every change; `problem` when the list of drives could not be read. */
  onChange: (drives: readonly Drive[], problem: unknown) => void;
}

export interface DeviceService {
  /** Looks again; resolves when a look is done that began after the call, whatever is plugged in meanwhile. `afresh` asks the engine about every drive again. */
  scan(afresh?: boolean): Promise<void>;
  /** Resolves when what is on the drives that were found has been looked at. */
  lookedInside(): Promise<void>;
  /** Judges again without looking: the settings, the rights or the jobs have changed. */
  judge(): void;
}

/** What is on another computer its own helper has judged. */
const fine: EngineAnswer = {
  verdict: { source: { ok: true, reasons: [] }, target: { ok: true, reasons: [] } },
};

const isRefusal = (answer: EngineAnswer): boolean => 'problem' in answer;

/** A catalogue that is empty until its first scan. */
export function createDeviceService(options: DeviceServiceOptions): DeviceService {
  let found: FoundDrive[] = [];
  let drives: Drive[] = [];
  let problem: unknown = null;
  let known = false;
  /** What the engine said, by everything that could change its mind. */
  let answers = new Map<string, EngineAnswer>();
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  let nextAfresh = false;

  const contents = createContentsBook(options.survey, publish);

  const questionOf = ({ id, raw, exists, blank }: FoundDrive): string =>
    JSON.stringify([
      id,
      raw.path,
      raw.diskseq,
      raw.size,
      raw.readOnly,
      exists,
      blank,
      raw.volumes.map((v) => v.mountPoints),
    ]);

  /** What is on a drive may be another thing after a change of any of these. */
  const stateOf = (drive: FoundDrive): string =>
    JSON.stringify([questionOf(drive), drive.raw.table, drive.raw.volumes]);

  /** The helper may read it, nobody uses it, and it is made to be pulled out. */
  function mayLookInside(drive: FoundDrive): boolean {
    const answer = answers.get(questionOf(drive));
    const isOpen = answer !== undefined && 'verdict' in answer && answer.verdict.target.ok;
    const isIdle = options.jobOf(drive.id) === null && !options.isProbed(drive.id);
    return drive.kind === 'disk' && isOpen && isIdle && isPortable(drive.raw);
  }

  async function findDisks(): Promise<FoundDrive[]> {
    const raws = await options.list();
    const ids = driveIds(raws.map((raw) => ({ identity: identityOf(raw), path: raw.path })));
    return raws.flatMap((raw, index) => {
      const id = ids[index];
      return id
        ? [{ id, kind: 'disk' as const, use: 'both' as const, raw, title: null, exists: true, blank: false }]
        : [];
    });
  }

  async function askOne(path: string): Promise<EngineAnswer> {
    try {
      const [verdict] = await options.check([path]);
      return verdict ? { verdict } : { problem: 'helper-failed' };
    } catch (error) {
      return { problem: error instanceof HelperNotFound ? 'helper-missing' : 'helper-failed' };
    }
  }

  /** One question for all; if a single bad drive spoils that, each by itself. */
  async function ask(paths: readonly string[]): Promise<EngineAnswer[]> {
    if (paths.length === 0) return [];
    try {
      return (await options.check(paths)).map((verdict) => ({ verdict }));
    } catch (error) {
      if (error instanceof HelperNotFound) return paths.map(() => ({ problem: 'helper-missing' }));
      return Promise.all(paths.map(askOne));
    }
  }

  async function askAbout(list: readonly FoundDrive[], afresh: boolean): Promise<void> {
    const old = answers;
    const open = list.filter((drive) => {
      if (drive.kind === 'feed') return false;
      const answer = afresh ? undefined : old.get(questionOf(drive));
      return !answer || isRefusal(answer);
    });
    const fresh = await ask(open.map(({ raw }) => raw.path));
    const asked = new Map(open.map((drive, index) => [drive, fresh[index]]));
    answers = new Map(
      list.map((drive) => {
        const question = questionOf(drive);
        if (drive.kind === 'feed') return [question, fine];
        return [question, asked.get(drive) ?? old.get(question) ?? { problem: 'helper-failed' }];
      }),
    );
  }

  /** Drives keep their place; new ones come last, in the order of their sockets, what can only be a source before its targets. */
  function inOrder(list: readonly FoundDrive[]): FoundDrive[] {
    const place = new Map(drives.map(({ id }, index) => [id, index]));
    const rank = ({ id }: FoundDrive): number => place.get(id) ?? drives.length;
    const byName = new Intl.Collator('en', { numeric: true });
    const isFile = ({ kind }: FoundDrive): number => Number(kind !== 'disk');
    const portless = ({ raw }: FoundDrive): number => Number(raw.port === null);
    const onlySource = ({ use }: FoundDrive): number => Number(use === 'source');
    return [...list].sort(
      (a, b) =>
        rank(a) - rank(b) ||
        isFile(a) - isFile(b) ||
        onlySource(b) - onlySource(a) ||
        portless(a) - portless(b) ||
        byName.compare(a.raw.port ?? '', b.raw.port ?? '') ||
        byName.compare(a.raw.path, b.raw.path),
    );
  }

  function publish(): void {
    const before = new Map(drives.map((drive) => [drive.id, drive]));
    const next = inOrder(found).map((drive) => {
      const answer = answers.get(questionOf(drive)) ?? { problem: 'helper-failed' as const };
      const entry = driveEntry(drive, answer, options.policy(), {
        job: options.jobOf(drive.id),
        probed: options.isProbed(drive.id),
        bay: options.bayAt(drive.raw.port),
        seen: contents.of(stateOf(drive)),
      });
      const old = before.get(entry.id);
      return old && diffStates(old, entry).length === 0 ? old : entry;
    });
    const changed = next.length !== drives.length || next.some((drive, index) => drive !== drives[index]);
    drives = next;
    if (changed || !known) options.onChange(drives, problem);
    known = true;
  }

  async function look(afresh: boolean): Promise<void> {
    const before = problem;
    const [disks, files] = await Promise.allSettled([findDisks(), options.listFiles()]);
    const failed = [disks, files].find((result) => result.status === 'rejected');
    problem = failed?.reason ?? null;
    // What could not be looked at stays as it was: an empty list would look as if everything had been pulled out.
    const list = [
      ...(disks.status === 'fulfilled' ? disks.value : found.filter(({ kind }) => kind === 'disk')),
      ...(files.status === 'fulfilled' ? files.value : found.filter(({ kind }) => kind !== 'disk')),
    ];
    await askAbout(list, afresh);
    found = list;
    if (Boolean(before) !== Boolean(problem)) known = false;
    if (afresh) contents.clear();
    contents.follow(list.filter(mayLookInside).map((drive) => ({ state: stateOf(drive), raw: drive.raw })));
    publish();
  }

  function begin(afresh: boolean): Promise<void> {
    running = look(afresh).finally(() => (running = null));
    return running;
  }

  return {
    scan(afresh = false) {
      if (!running) return begin(afresh);
      nextAfresh ||= afresh;
      // The look that has begun may have missed what this caller knows of: one more, for all who ask meanwhile.
      next ??= running
        .catch(() => undefined)
        .then(() => {
          const isAfresh = nextAfresh;
          next = null;
          nextAfresh = false;
          return begin(isAfresh);
        });
      return next;
    },
    lookedInside: () => contents.settled(),
    judge: publish,
  };
}
