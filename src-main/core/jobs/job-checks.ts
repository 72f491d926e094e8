/** Verifying and healing: which targets against which manifest, by which drives; the job service runs what comes out. */
import { appError, ContractError, fail, type AppError } from '@contract/errors.ts';
import type { DriveId, JobId, TargetId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import {
  isFinal,
  mayCompareNow,
  mayHeal,
  mayVerify,
  type Approval,
  type DriveCard,
  type Job,
  type Target,
  type TargetCheck,
} from '@contract/groups/jobs.ts';
import type { ManifestHead } from '@contract/groups/verify.ts';
import type { Approvals, Identities, VerifyRequest } from '../helper/helper-job.ts';
import type { KeptManifest } from '../manifests/kept-manifests.ts';
import { readManifestHead, type ReadManifest } from '../manifests/manifest-head.ts';
import type { ApprovalDesk } from './approval-desk.ts';
import { busyReasons } from './approvals.ts';
import { cardOf, cardOfPath } from './drive-card.ts';
import { newRun, newTarget, withJob, withTarget, type JobRun } from './job-run.ts';

export interface CheckRider {
  id: TargetId;
  card: DriveCard;
}

/** A comparison that may begin. */
export interface PlannedCheck {
  task: 'verify' | 'sample';
  riders: readonly CheckRider[];
  request: Omit<VerifyRequest, 'options'> & { heal: boolean };
  /** Targets that cannot be looked at now. */
  left: readonly { target: TargetId; error: AppError }[];
}

/** Targets whose drives are there, which drives these are, and the others. */
export interface FoundDrives extends Pick<PlannedCheck, 'riders' | 'left'> {
  identities: Identities;
}

export interface JobChecksOptions {
  desk: ApprovalDesk;
  run: (job: JobId) => JobRun;
  runs: () => readonly JobRun[];
  /** The catalogue as it is now. */
  drive: (id: DriveId) => Drive | undefined;
  driveAt: (path: string) => Drive | undefined;
  now: () => number;
  defaults: () => Job['options'];
  /** The manifest of what the ledger says is on the drive with a serial number. */
  pastManifest: (serial: string) => Promise<string | null>;
}

export interface JobChecks {
  /** What of a job can be compared now: the named targets, or all that can be verified. Asks for rights if they are needed. */
  planVerify(job: JobId, targets: readonly TargetId[] | undefined): Promise<PlannedCheck>;
  /** The same for a job that still copies to others: what it has copied to its end. */
  planBeside(job: JobId, targets: readonly TargetId[] | undefined): Promise<FoundDrives>;
  checkHeal(job: JobId, targets: readonly TargetId[]): Promise<TargetCheck[]>;
  planHeal(job: JobId, targets: readonly Approval[]): Promise<PlannedCheck>;
  /** A job of its own that holds drives against a manifest. */
  planDrives(
    id: JobId,
    drives: readonly DriveId[],
    manifest: string,
    sample: boolean,
  ): Promise<{ run: JobRun; plan: PlannedCheck }>;
  /** The manifest of the last copy to a drive: of a job of ours that is shown, else of what the ledger says the drive holds. */
  find(drive: DriveId): Promise<ManifestHead | null>;
}

const headOf = ({ path, time, title, size, unreadable, rootDigest }: ReadManifest): ManifestHead => ({
  ...{ path, time, title, size, unreadable, rootDigest },
});

export function createJobChecks(options: JobChecksOptions): JobChecks {
  const { desk } = options;
  const driveOf = (id: DriveId): Drive => options.drive(id) ?? fail('no-such-drive');

  function endedRun(job: JobId): JobRun {
    const run = options.run(job);
    if (run.job.state !== 'ended') fail('job-running');
    return run;
  }

  /** One manifest for all: copies of different states of a source cannot be judged together. */
  function manifestFor(run: JobRun, targets: readonly TargetId[]): KeptManifest {
    const kept = targets.map((id) => run.manifests.get(id) ?? fail('no-manifest'));
    const [first = fail('no-manifest')] = kept;
    if (kept.some(({ rootDigest }) => rootDigest !== first.rootDigest)) fail('several-manifests');
    return kept.at(-1) ?? first;
  }

  const driveNow = ({ card }: Target): Drive | undefined =>
    card.drive === null ? options.driveAt(card.path) : options.drive(card.drive);

  /** True where another stick may have taken the place of this target's: both would be called the same. */
  function isReplaced({ id, card }: Target, { targets }: Job, { identity }: Drive): boolean {
    const [was, is] = [card.identity.diskseq, identity.diskseq];
    if (was === null || is === null || was === is) return false;
    const hasTwin = Object.values(targets).some((one) => one.id !== id && one.card.drive === card.drive);
    return identity.serial === null || hasTwin;
  }

  /** Where the drive of a target is now, or why it cannot be looked at. */
  function whereabouts(target: Target, job: Job): Drive | AppError {
    const drive = driveNow(target);
    if (!drive?.exists) return appError('not-found', {});
    if (isReplaced(target, job, drive)) return appError('changed-device', {});
    const [busy] = busyReasons(drive);
    return busy ?? drive;
  }

  /** What the ledger knows of a drive that no job of ours on the screen has written to. */
  async function fromThePast(drive: DriveId): Promise<ManifestHead | null> {
    const { serial } = driveOf(drive).identity;
    const path = serial === null ? null : await options.pastManifest(serial).catch(() => null);
    return path === null ? null : readManifestHead(path).then(headOf, () => null);
  }

  async function planVerify(job: JobId, wanted: readonly TargetId[] | undefined): Promise<PlannedCheck> {
    const { job: shown, ...run } = endedRun(job);
    const all = (wanted ?? shown.targetOrder).map((id) => shown.targets[id] ?? fail('no-such-target', {}));
    const targets = all.filter((target) => mayVerify(target, shown));
    if (targets.length === 0 || (wanted && targets.length < wanted.length)) fail('no-manifest');
    const { path } = manifestFor(
      { job: shown, ...run },
      targets.map(({ id }) => id),
    );
    const { riders, identities, left } = await findDrives(shown, targets);
    const request = { manifest: path, targets: riders.map(({ card }) => card.path), identities, heal: false };
    return { task: 'verify', riders, request, left };
  }

  /** Where the drives of targets are, with the right to read them. Throws when none of them can be looked at. */
  async function findDrives(job: Job, targets: readonly Target[]): Promise<FoundDrives> {
    const look = () => {
      const places = targets.map((target) => ({ target, place: whereabouts(target, job) }));
      const here = places.flatMap(({ target, place }) => ('code' in place ? [] : [{ target, drive: place }]));
      const left = places.flatMap(({ target, place }) =>
        'code' in place ? [{ target: target.id, error: place }] : [],
      );
      const [reason] = left;
      if (here.length === 0 && reason) throw new ContractError(reason.error);
      return { here, left };
    };
    await desk.obtainRights(
      null,
      look().here.map(({ drive }) => drive),
    );
    const { here, left } = look(); // a prompt may stay open for minutes, and drives change places
    const identities = await desk.identify(here.map(({ drive }) => drive));
    const riders = here.map(({ target, drive }) => ({ id: target.id, card: cardOf(drive) }));
    return { riders, identities, left };
  }

  async function planBeside(job: JobId, wanted: readonly TargetId[] | undefined): Promise<FoundDrives> {
    const { job: shown, ids } = options.run(job);
    const copied = new Set(ids.values());
    const can = (target: Target): boolean => mayCompareNow(target, shown) && copied.has(target.id);
    const all = (wanted ?? shown.targetOrder).map((id) => shown.targets[id] ?? fail('no-such-target', {}));
    const targets = all.filter(
      (target) => can(target) && (wanted !== undefined || target.state !== 'verified'),
    );
    if (targets.length === 0 || (wanted && targets.length < wanted.length)) fail('no-manifest');
    return findDrives(shown, targets);
  }

  /** The source of a job, from which bad blocks are read. */
  function sourceOf({ source: { card } }: Job): Drive {
    const drive = (card.drive === null ? undefined : options.drive(card.drive)) ?? options.driveAt(card.path);
    if (!drive) return fail('source-missing', { path: card.path });
    const [reason] = drive.asSource.reasons;
    if (reason) throw new ContractError(reason);
    return drive;
  }

  function healable(job: JobId, targets: readonly TargetId[]): Target[] {
    const run = endedRun(job);
    return targets.map((id) => {
      const target = run.job.targets[id] ?? fail('no-such-target', {});
      return mayHeal(target) ? target : fail('no-manifest');
    });
  }

  function driveOfTarget(target: Target, job: Job): Drive {
    const drive = driveNow(target) ?? fail('no-such-drive');
    return isReplaced(target, job, drive) ? fail('changed-device', {}) : drive;
  }

  /** The target that is to be healed on this drive. */
  function targetToHeal(job: Job, drive: Drive): Target {
    const all = Object.values(job.targets).filter(
      (one) => isFinal(one.state) && mayHeal(one) && driveNow(one)?.id === drive.id,
    );
    if (all.length === 0) fail('no-such-target', {});
    return all.find((one) => !isReplaced(one, job, drive)) ?? fail('changed-device', {});
  }

  return {
    planVerify,
    planBeside,

    async checkHeal(job, targets) {
      const drives = healable(job, targets).map((target) => driveOfTarget(target, options.run(job).job));
      return desk.checkAll(drives, sourceOf(endedRun(job).job));
    },

    async planHeal(job, given) {
      const { job: shown } = endedRun(job);
      await desk.obtainRights(
        sourceOf(shown),
        given.map(({ drive }) => driveOf(drive)),
      );
      const source = sourceOf(shown);
      const identities = await desk.identify([source]);
      const { drives, tokens } = desk.demandAll(source, given);
      const riders = drives.map((drive) => ({
        id: targetToHeal(endedRun(job).job, drive).id,
        card: cardOf(drive),
      }));
      const { path } = manifestFor(
        endedRun(job),
        riders.map(({ id }) => id),
      );
      const approvals: Approvals = tokens;
      return {
        task: 'verify',
        riders,
        request: {
          manifest: path,
          source: source.path,
          targets: drives.map((drive) => drive.path),
          approvals,
          identities,
          heal: true,
        },
        left: [],
      };
    },

    async planDrives(id, wanted, manifest, sample) {
      const head = await readManifestHead(manifest);
      if (new Set(wanted).size < wanted.length) fail('duplicate-target', {});
      await desk.obtainRights(null, wanted.map(driveOf));
      const drives = wanted.map((one) => {
        const drive = driveOf(one);
        const [busy] = busyReasons(drive);
        if (busy) throw new ContractError(busy);
        return drive;
      });
      const identities = await desk.identify(drives);
      const at = options.driveAt(head.sourcePath);
      const source = at ? cardOf(at) : cardOfPath(head.sourcePath);
      const empty = newRun(id, source, head.size, options.defaults(), options.now());
      const task = sample ? 'sample' : 'verify';
      const kept: KeptManifest = { path: manifest, rootDigest: head.rootDigest };
      const riders = drives.map((drive, index) => ({ id: `t-${String(index + 1)}`, card: cardOf(drive) }));
      const run = riders.reduce<JobRun>(
        (all, rider) => withTarget(all, { ...newTarget(rider.id, rider.card, 1, true), manifest: true }),
        {
          ...withJob(empty, {
            kind: 'verify',
            task,
            manifest,
            source: { ...empty.job.source, rootDigest: head.rootDigest },
          }),
          manifests: new Map(riders.map((rider) => [rider.id, kept])),
        },
      );
      const request = { manifest, targets: drives.map(({ path }) => path), identities, heal: false };
      return { run, plan: { task, riders: [], request, left: [] } };
    },

    async find(drive) {
      const writes = options
        .runs()
        .filter(({ job }) => job.kind === 'copy')
        .flatMap((run) =>
          Object.values(run.job.targets)
            .filter(({ card }) => card.drive === drive)
            .map((target) => ({ job: run.job, target, kept: run.manifests.get(target.id) })),
        )
        .sort((a, b) => a.job.startedAt - b.job.startedAt);
      const last = writes.at(-1);
      if (last && !isFinal(last.target.state)) return null;
      // Of a job that another program began only that one, and the ledger, know.
      if (!last?.kept) return fromThePast(drive);
      // Its name, not that of a device file, which is another one's by now.
      const { title } = last.job.source.card;
      return readManifestHead(last.kept.path).then(
        (head) => ({ ...headOf(head), title }),
        () => null,
      );
    },
  };
}

/** What the file at a path says it is the manifest of. */
export const lookAtManifest = async (path: string): Promise<ManifestHead> =>
  headOf(await readManifestHead(path));
