/**
 * Approvals: a yes to erasing one drive as it was when it was shown. The token covers what the drive is and what is on
 * it, so that a yes to one stick can never be used for another. The helper will check it once more at the first write.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { appError, ContractError, fail, type AppError } from '@contract/errors.ts';
import type { Drive } from '@contract/groups/drives.ts';
import type { Approval, TargetCheck } from '@contract/groups/jobs.ts';
import { judgePair } from '../devices/device-rules.ts';

export interface Approvals {
  /** What erasing the drive would mean; `more` are reasons that hold for this job only. */
  check(drive: Drive, source: SourceLike, more?: readonly AppError[]): TargetCheck;
  /** Throws a `ContractError` unless the approval is for exactly this drive as it is now. */
  demand(drive: Drive, source: SourceLike, approval: Approval, more?: readonly AppError[]): void;
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

/** Approvals of one life of the core: its tokens are worth nothing in the next. */
export function createApprovals(key: Buffer = randomBytes(32)): Approvals {
  const tokenFor = (drive: Drive, sourceId: string): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([drive.id, drive.path, drive.identity, drive.volumes, drive.exists, sourceId]))
      .digest('base64url');

  function check(drive: Drive, source: SourceLike, more: readonly AppError[] = []): TargetCheck {
    const reasons = [...drive.asTarget.reasons, ...judgePair(drive, source), ...more];
    const ok = reasons.length === 0;
    const level = ok ? drive.asTarget.level : 3;
    return {
      drive: drive.id,
      ok,
      level,
      reasons: reasons.slice(0, 32),
      volumes: drive.volumes,
      usedBytes: drive.usedBytes,
      type: level === 2 ? wordToType(drive).kind : null,
      token: ok ? tokenFor(drive, source.id) : '',
    };
  }

  return {
    check,
    demand(drive, source, approval, more = []) {
      const now = check(drive, source, more);
      const [reason] = now.reasons;
      if (reason) throw new ContractError(reason);
      const [given, wanted] = [Buffer.from(approval.token), Buffer.from(now.token)];
      if (approval.token === '') fail('approval-missing', { level: now.level, drive: drive.id });
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
        fail('approval-void', { drive: drive.id });
      if (now.level === 2 && !sameWord(approval.typed ?? '', wordToType(drive).word))
        fail('typed-wrong', { drive: drive.id });
    },
  };
}

/** Reasons from what the drive is doing now. */
export const busyReasons = (drive: Drive): AppError[] =>
  drive.job === null ? [] : [appError('in-job', { job: drive.job })];
