/**
 * Approvals: a yes to erasing one drive as it was when it was shown. The token covers what the drive is and what is on
 * it, so that a yes to one stick can never be used for another. Inside it is the helper's own token, which the helper
 * works out anew on the open drive just before the first write.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { appError, ContractError, fail, type AppError } from '@contract/errors.ts';
import type { Drive, Volume } from '@contract/groups/drives.ts';
import type { Approval, TargetCheck } from '@contract/groups/jobs.ts';
import { cleanText } from '../devices/clean-text.ts';
import { judgePair, levelOfDrive } from '../devices/device-rules.ts';
import { isOnlyMounted } from '../devices/unmount-service.ts';
import type { Survey, Verdict } from '@contract/helper-verdicts.ts';

/** What the helper saw on a drive, or why it could not look. Null: there is nothing to look at (a file). */
export type Look = Survey | AppError | null;

/** What was agreed to: the level, and the helper's token (empty for a file, which needs none). */
export interface Agreed {
  level: number;
  approval: string;
}

export interface Approvals {
  /**
   * What erasing the drive would mean; `more` are reasons that hold for this job only, `standsOut`: one yes for the whole batch
   * is not enough for it.
   */
  check(
    drive: Drive,
    source: SourceLike,
    look: Look,
    more?: readonly AppError[],
    standsOut?: boolean,
  ): TargetCheck;
  /** Throws a `ContractError` unless the approval is for exactly this drive as it is now. */
  demand(drive: Drive, source: SourceLike, approval: Approval, more?: readonly AppError[]): Agreed;
}

/** Enough of a source to hold a target against it. */
export type SourceLike = Pick<Drive, 'id' | 'path' | 'size'>;

/** What to type for a drive of level 2: the end of its serial number, else its port, else its name. */
export function wordToType(drive: Drive): { kind: 'serial' | 'port' | 'title'; word: string } {
  const serial = drive.identity.serial?.replace(/[^\p{L}\p{N}]/gu, '') ?? '';
  if (serial.length >= 4) return { kind: 'serial', word: serial.slice(-4) };
  const port = drive.port?.split('/').at(-1);
  return port ? { kind: 'port', word: port } : { kind: 'title', word: drive.title };
}

const sameWord = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

/** What a person must agree to before a drive is unmounted: 2 for one whose erasing asks for a typed word, if only its mounts keep it from that. */
export const unmountLevel = (drive: Drive): number =>
  isOnlyMounted(drive.asTarget.reasons) ? levelOfDrive(drive) : 1;

/** Throws a `ContractError` where a word must be typed before a drive is unmounted, and this is not it. */
export function demandTyped(drive: Drive, typed: string | undefined): void {
  if (unmountLevel(drive) === 2 && !sameWord(typed ?? '', wordToType(drive).word))
    fail('typed-wrong', { drive: drive.id });
}

const isSurvey = (look: Look): look is Survey => look !== null && 'level' in look;

/** Is what the helper sees at the path of a drive something else than what the catalogue shows? */
export const isOther = (
  { size: shown, identity }: Drive,
  { size, diskseq }: Pick<Verdict, 'size' | 'diskseq'>,
): boolean =>
  size !== shown || (identity.diskseq !== null && (diskseq ?? 0) > 0 && identity.diskseq !== diskseq);

/** What the helper's answer about a drive of the catalogue amounts to. */
export function lookOf(drive: Drive, verdict: Verdict | undefined): Look {
  if (!verdict) return appError('hung');
  const { survey } = verdict;
  if (isOther(drive, verdict)) return appError('changed-device');
  if (!survey) {
    const [reason] = verdict.target.reasons;
    return appError(reason?.code ?? 'not-a-drive', {});
  }
  if (!('error' in survey)) return survey;
  const { code, message } = survey.error;
  return appError(code, message ? { detail: message.slice(0, 1024) } : {});
}

/** The helper sees into file systems that are not mounted; what it cannot name, the catalogue may. */
function volumesOf(drive: Drive, look: Look): Volume[] {
  if (!isSurvey(look) || look.volumes.every(({ kind }) => kind === '')) return drive.volumes;
  return look.volumes.map(({ kind, label, size, used }) => {
    const known = drive.volumes.find((volume) => volume.size === size);
    return {
      label: cleanText(label) ?? known?.label ?? null,
      fileSystem: kind || (known?.fileSystem ?? null),
      size,
      usedBytes: used ?? known?.usedBytes ?? null,
      mountPoints: known?.mountPoints ?? [],
    };
  });
}

function usedOf(drive: Drive, volumes: readonly Volume[]): number | null {
  const known = volumes.flatMap(({ usedBytes }) => usedBytes ?? []);
  return known.length > 0 ? known.reduce((sum, bytes) => sum + bytes, 0) : drive.usedBytes;
}

function newestOf(look: Look): number | null {
  const dates = isSurvey(look) ? look.volumes.flatMap(({ newest }) => newest ?? []) : [];
  return dates.length > 0 ? Math.max(...dates) * 1000 : null;
}

/** The stricter of what the catalogue and the helper say; only the helper sees that a drive is blank. */
const levelFor = (drive: Drive, look: Look): number =>
  isSurvey(look) && drive.asTarget.level < 2 ? look.level : drive.asTarget.level;

/** Approvals of one life of the core: its tokens are worth nothing in the next. */
export function createApprovals(key: Buffer = randomBytes(32)): Approvals {
  function tokenFor(drive: Drive, sourceId: string, { level, approval }: Agreed): string {
    const { id, path, identity, volumes, exists } = drive;
    const seal = createHmac('sha256', key)
      .update(JSON.stringify([id, path, identity, volumes, exists, sourceId, level, approval]))
      .digest('base64url');
    return `${seal}.${String(level)}.${approval}`;
  }

  const reasonsFor = (drive: Drive, source: SourceLike, more: readonly AppError[]): AppError[] => [
    ...drive.asTarget.reasons,
    ...judgePair(drive, source),
    ...more,
  ];

  return {
    check(drive, source, look, more = [], standsOut = false) {
      const trouble = look === null || isSurvey(look) ? [] : [look];
      const known = reasonsFor(drive, source, more);
      // Where the rules say no already, that the drive could not be looked into is no news.
      const reasons = known.length > 0 ? known : trouble;
      const ok = reasons.length === 0;
      const own = levelFor(drive, look);
      const level = !ok ? 3 : own === 1 && standsOut ? 2 : own;
      const volumes = volumesOf(drive, look);
      return {
        drive: drive.id,
        ok,
        level,
        reasons: reasons.slice(0, 32),
        volumes,
        usedBytes: usedOf(drive, volumes),
        newest: newestOf(look),
        table: isSurvey(look) && look.readable ? look.table : null,
        // To unmount one is a step towards erasing it, and asks for as much.
        type: level === 2 || unmountLevel(drive) === 2 ? wordToType(drive).kind : null,
        token: ok ? tokenFor(drive, source.id, { level, approval: isSurvey(look) ? look.approval : '' }) : '',
      };
    },

    demand(drive, source, given, more = []) {
      const [reason] = reasonsFor(drive, source, more);
      if (reason) throw new ContractError(reason);
      if (given.token === '') fail('approval-missing', { level: drive.asTarget.level, drive: drive.id });
      const [, level = '', approval = ''] = given.token.split('.');
      const agreed = { level: Number(level), approval };
      const [is, wanted] = [Buffer.from(given.token), Buffer.from(tokenFor(drive, source.id, agreed))];
      if (is.length !== wanted.length || !timingSafeEqual(is, wanted))
        fail('approval-void', { drive: drive.id });
      if (agreed.level === 2 && !sameWord(given.typed ?? '', wordToType(drive).word))
        fail('typed-wrong', { drive: drive.id });
      return agreed;
    },
  };
}

/** Reasons from what the drive is doing now. */
export const busyReasons = (drive: Drive): AppError[] =>
  drive.job === null ? [] : [appError('in-job', { job: drive.job })];
