/**
 * Where drives are looked at, approved and, where that is needed, rights to them are asked for: the same for a copy and a
 * probe. What was agreed to comes out as the helper's own tokens.
 */
import { appError, ContractError, fail, type AppError } from '@contract/errors.ts';
import type { DriveId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import type { Approval, TargetCheck } from '@contract/groups/jobs.ts';
import { asContractError } from '../helper/as-contract-error.ts';
import type { Approvals, Identities } from '../helper/helper-job.ts';
import { isOddlyLarge } from '../devices/batch-size.ts';
import { surveyAll } from '../helper/survey.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';
import type { Logger } from '../logging/logger.ts';
import type { Elevation } from '../ports.ts';
import { createApprovals, isOther, lookOf, type Look, type SourceLike } from './approvals.ts';
import type { Engine } from './engine.ts';

export interface ApprovalDeskOptions {
  engine: () => Pick<Engine, 'check' | 'survey'>;
  elevation: Elevation;
  logger: Logger;
  /** The catalogue as it is now. Throws a `ContractError` for a drive that is not in it. */
  drive: (id: DriveId) => Drive;
  /** Why this drive cannot be written to just now. */
  reasons: (drive: Drive) => readonly AppError[];
}

export interface ApprovalDesk {
  /** What writing to the drives would mean. */
  checkAll(drives: readonly Drive[], source: SourceLike): Promise<TargetCheck[]>;
  /** Asks a person, but only where this user may not open a drive as it is. */
  obtainRights(source: Drive | null, targets: readonly Drive[]): Promise<void>;
  /** Which drives these are to the helper. Throws a `ContractError` if one is not what the catalogue shows. */
  identify(drives: readonly Drive[]): Promise<Identities>;
  /**
   * The drives, and the tokens that the helper will ask for. Throws a `ContractError` unless every approval is for its drive
   * as it is.
   */
  demandAll(source: SourceLike, targets: readonly Approval[]): { drives: Drive[]; tokens: Approvals };
}

/** A desk whose approvals are worth nothing at any other. */
export function createApprovalDesk(options: ApprovalDeskOptions): ApprovalDesk {
  const { drive: driveOf, reasons } = options;
  const approvals = createApprovals();
  const canElevate = (): boolean => ['on-demand', 'asking', 'granted'].includes(options.elevation.state);

  /** Lets the helper look at what is on the drives. */
  async function lookAt(drives: readonly Drive[]): Promise<Map<DriveId, Look>> {
    const disks = drives.filter(({ kind }) => kind === 'disk');
    if (disks.length === 0) return new Map();
    const paths = disks.map(({ path }) => path);
    const verdicts = await surveyAll(options.engine(), paths).catch((error: unknown) => {
      options.logger.error('jobs', `the drives could not be looked at: ${String(error)}`);
      const told = asContractError(error);
      return told instanceof ContractError ? told.error : appError('helper-failed');
    });
    return new Map(
      disks.map((drive, index) => [
        drive.id,
        Array.isArray(verdicts) ? lookOf(drive, verdicts[index]) : verdicts,
      ]),
    );
  }

  async function judge(drives: readonly Drive[]): Promise<Verdict[]> {
    try {
      return await options.engine().check(drives.map(({ path }) => path));
    } catch (error) {
      throw asContractError(error);
    }
  }

  return {
    async checkAll(drives, source) {
      const looks = await lookAt(drives);
      // As they are by now: reading a slow drive takes a moment.
      const now = drives.map(({ id }) => driveOf(id));
      const batch = now.filter(({ kind }) => kind === 'disk').map(({ size }) => size);
      return now.map((drive) => {
        const standsOut = drive.kind === 'disk' && isOddlyLarge(drive.size, batch);
        return approvals.check(drive, source, looks.get(drive.id) ?? null, reasons(drive), standsOut);
      });
    },

    async obtainRights(source, targets) {
      const disks = [...(source ? [source] : []), ...targets].filter(({ kind }) => kind === 'disk');
      if (disks.length === 0 || !canElevate()) return;
      const verdicts = await judge(disks);
      const closed = verdicts.some((verdict, index) =>
        (disks[index] === source ? verdict.source : verdict.target).reasons.some(
          ({ code }) => code === 'no-permission',
        ),
      );
      if (closed) await options.elevation.obtain();
    },

    async identify(drives) {
      const disks = drives.filter(({ kind }) => kind === 'disk');
      if (disks.length === 0) return new Map();
      const verdicts = await judge(disks);
      return new Map(
        verdicts.flatMap((verdict, index) => {
          const drive = disks[index];
          if (!drive || isOther(drive, verdict)) fail('changed-device', {});
          return verdict.identity ? [[drive.path, verdict.identity]] : [];
        }),
      );
    },

    demandAll(source, targets) {
      if (new Set(targets.map(({ drive }) => drive)).size < targets.length) fail('duplicate-target', {});
      const agreed = targets.map((given) => {
        const drive = driveOf(given.drive);
        return { drive, ...approvals.demand(drive, source, given, reasons(drive)) };
      });
      return {
        drives: agreed.map(({ drive }) => drive),
        tokens: new Map(agreed.flatMap(({ drive, approval }) => (approval ? [[drive.path, approval]] : []))),
      };
    },
  };
}
