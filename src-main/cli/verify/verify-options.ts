// From flags to a request to compare targets with a manifest: pure.

import type { VerifyRequest } from '../../core/helper/helper-job.ts';
import { MAX_TARGETS } from '../../core/helper/helper-verbs.ts';
import type { Given } from '../copy/approval.ts';
import { absolute } from '../copy/copy-options.ts';
import { usageError } from '../exit-codes.ts';

/** The flags of `verify` as commander hands them over. */
export interface VerifyFlags {
  readonly manifest: string;
  readonly heal?: boolean;
  readonly source?: string;
  readonly sample?: boolean;
  readonly approve?: string[];
  readonly yes?: boolean;
  readonly stallTimeout?: number;
  readonly json?: boolean;
}

/** A comparison as it was asked for. Paths are absolute, symbolic links as they are. */
export interface VerifyPlan {
  readonly request: VerifyRequest;
  /** Bad blocks will be written again. */
  readonly heals: boolean;
  /** What the person has agreed to already. */
  readonly given: Given;
  readonly json: boolean;
}

/** Checks what no single flag can check by itself; throws a usage error. */
export function planVerify(targets: readonly string[], flags: VerifyFlags, cwd: string): VerifyPlan {
  const heal = flags.heal ?? false;
  if (heal && flags.source === undefined)
    throw usageError('--heal needs --source SOURCE: bad blocks are read from it');
  if (!heal && flags.source !== undefined) throw usageError('--source is read only with --heal');
  if (!heal && flags.approve !== undefined) throw usageError('--approve is for --heal: nothing else writes');
  if (heal && flags.sample)
    throw usageError('--heal needs every block to be looked at: it cannot go with --sample');
  if (targets.length > MAX_TARGETS)
    throw usageError(`at most ${MAX_TARGETS} targets can be verified at once`);
  const { stallTimeout, sample = false } = flags;
  return {
    request: {
      manifest: absolute(flags.manifest, cwd),
      ...(flags.source === undefined ? {} : { source: absolute(flags.source, cwd) }),
      targets: targets.map((target) => absolute(target, cwd)),
      options: { heal, sample, ...(stallTimeout === undefined ? {} : { stallTimeout }) },
    },
    heals: heal,
    given: { yes: flags.yes ?? false, tokens: flags.approve ?? [] },
    json: flags.json ?? false,
  };
}
