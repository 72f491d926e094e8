/**
 * May a drive be a source, may it be a target, and what kind of yes does erasing it need? Pure; every answer has its
 * reasons. The helper judges again by itself before the first write: these rules only save people a detour.
 */
import { appError, type AppError } from '@contract/errors.ts';
import type { Drive, SourceVerdict, TargetVerdict } from '@contract/groups/drives.ts';
import type { HelperErrorCode } from '@contract/helper-errors.gen.ts';

/** The part of the helper's verdict that the rules use. */
export interface EngineVerdict {
  source: { ok: boolean; reasons: readonly { code: HelperErrorCode; message: string }[] };
  target: { ok: boolean; reasons: readonly { code: HelperErrorCode; message: string }[] };
}

/** What is known about a drive. */
export interface Facts {
  kind: Drive['kind'];
  /** For files: which way it may be used. Disks may be both. */
  use: 'both' | 'source' | 'target';
  size: number;
  readOnly: boolean;
  removable: boolean;
  serial: string | null;
  fileSystems: readonly (string | null)[];
  /** Nothing is on it: a practice drive never written, a file to be created. */
  blank: boolean;
  /** Null when it could not be asked. */
  engine: EngineVerdict | null;
  /** Why the engine could not be asked. */
  engineProblem: 'helper-missing' | 'helper-failed' | null;
  /** Its capacity is being tested: nobody else may use it meanwhile. */
  probed: boolean;
}

/** What the person and the computer allow. */
export interface Policy {
  protectedSerials: readonly string[];
  /** This user can get the rights to write to drives. */
  canElevate: boolean;
}

/** Contents that are more than files on a stick: erasing them needs a typed yes. */
const weightyFileSystems =
  /^(lvm2_member|linux_raid_member|crypto_luks|bitlocker|zfs_member|apfs|btrfs|isw_raid_member|ddf_raid_member|drbd|vmfs|swap|hfsplus)$/i;

/** Above this size a drive is rarely a stick that somebody means to overwrite without a second look. */
const largeDrive = 256 * 10 ** 9;

type Reasons = readonly { code: HelperErrorCode; message: string }[];

function fromEngine(reasons: Reasons, canElevate: boolean): AppError[] {
  return reasons
    .filter(({ code }) => !(code === 'no-permission' && canElevate))
    .map(({ code, message }) => appError(code, message ? { detail: message.slice(0, 1024) } : {}));
}

function merge(...lists: readonly AppError[][]): AppError[] {
  const byCode = new Map(lists.flat().map((reason) => [reason.code, reason]));
  return [...byCode.values()].slice(0, 32);
}

/** May it be read from? */
export function judgeSource(facts: Facts, policy: Policy): SourceVerdict {
  const own: AppError[] = [];
  if (facts.use === 'target') own.push(appError('not-found'));
  else if (facts.size === 0) own.push(appError('empty-source'));
  if (facts.probed) own.push(appError('in-probe'));
  if (facts.engineProblem) own.push(appError(facts.engineProblem));
  const reasons = merge(own, fromEngine(facts.engine?.source.reasons ?? [], policy.canElevate));
  return { ok: reasons.length === 0, reasons };
}

/** What agreeing to erase a drive takes that is mounted: nobody reads it meanwhile, so it is by what the system says of it. */
export const levelWhileMounted = (drive: Pick<Facts, 'size' | 'removable' | 'fileSystems'>): number =>
  levelOf({ ...drive, kind: 'disk', blank: false });

/** What agreeing to erase a drive takes, if nothing forbids it. */
export const levelOfDrive = ({ kind, size, removable, volumes }: Drive): number =>
  levelOf({
    ...{ kind, size, removable, blank: false },
    fileSystems: volumes.map(({ fileSystem }) => fileSystem),
  });

function levelOf(facts: Pick<Facts, 'blank' | 'kind' | 'fileSystems' | 'removable' | 'size'>): number {
  if (facts.blank) return 0;
  if (facts.kind !== 'disk') return 1;
  const weighty = facts.fileSystems.some((name) => name !== null && weightyFileSystems.test(name));
  return !facts.removable || facts.size > largeDrive || weighty ? 2 : 1;
}

/** Why what can only be read is no target. */
const onlySource = {
  disk: 'protected',
  practice: 'protected',
  image: 'image-is-source',
  feed: 'feed-is-source',
} as const satisfies Record<Facts['kind'], AppError['code']>;

/** May it be written to, and what does that need? */
export function judgeTarget(facts: Facts, policy: Policy): TargetVerdict {
  const own: AppError[] = [];
  if (facts.use === 'source') own.push(appError(onlySource[facts.kind]));
  if (facts.readOnly) own.push(appError('read-only'));
  if (facts.serial !== null && policy.protectedSerials.includes(facts.serial))
    own.push(appError('protected-drive'));
  if (facts.probed) own.push(appError('in-probe'));
  if (facts.engineProblem) own.push(appError(facts.engineProblem));
  const reasons = merge(own, fromEngine(facts.engine?.target.reasons ?? [], policy.canElevate));
  const ok = reasons.length === 0;
  return { ok, level: ok ? levelOf(facts) : 3, reasons };
}

/** Why this drive cannot take that source, beyond what holds for it alone. */
export function judgePair(
  target: Pick<Drive, 'id' | 'path' | 'size' | 'exists' | 'kind'>,
  source: Pick<Drive, 'id' | 'path' | 'size'>,
): AppError[] {
  const reasons: AppError[] = [];
  if (target.id === source.id || target.path === source.path) reasons.push(appError('is-source'));
  // An image file grows to fit when its copy begins.
  else if (target.kind !== 'image' && target.size < source.size) {
    reasons.push(appError('too-small', { missingBytes: source.size - target.size }));
  }
  return reasons;
}
