// From the flags of `station` to a request.

import { hostname } from 'node:os';
import { copyRequestSchema, maxCopyTargets } from '@contract/groups/copy.ts';
import { absolute, type CopyPlan } from '../copy/copy-options.ts';
import { usageError } from '../exit-codes.ts';
import { jobOf, serverOf, type ServerFlags } from './server-options.ts';

/** The flags as commander hands them over. */
export interface StationFlags extends ServerFlags {
  readonly job: string;
  readonly name?: string;
  readonly patience?: number;
  readonly verify?: boolean;
  readonly heal?: boolean;
  readonly resume?: boolean;
  readonly slow?: 'together' | 'catch-up';
  readonly slots?: number;
  readonly waitForJoin?: number;
  readonly stallTimeout?: number;
  readonly approve?: string[];
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Checks what no single flag can check by itself; throws a usage error. */
export function planStation(
  url: string,
  targets: readonly string[],
  flags: StationFlags,
  cwd: string,
  resume?: string,
): CopyPlan {
  if (targets.length > maxCopyTargets) throw usageError(`a station takes at most ${maxCopyTargets} targets`);
  if (targets.length === 0 && !flags.waitForJoin)
    throw usageError('name at least one TARGET, or wait for others to join with --wait-for-join SECONDS');
  if (flags.resume && resume === undefined)
    throw usageError('--resume needs a folder for what interrupted copies leave: set HOME or XDG_STATE_HOME');
  const job = jobOf(flags.job);
  const { slow, slots, waitForJoin, stallTimeout, heal, patience } = flags;
  const all = {
    slow,
    slots,
    waitForJoin,
    stallTimeout,
    heal,
    verify: flags.verify ?? heal,
    resume,
    takeUp: flags.resume,
  };
  const name = (flags.name ?? hostname()).slice(0, 64) || 'station';
  return {
    request: {
      source: `carousel:${job}`,
      targets: targets.map((target) => absolute(target, cwd)),
      options: copyRequestSchema.shape.options.parse(
        Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
      ),
      join: { server: serverOf(url, flags, cwd), job, name, ...(patience === undefined ? {} : { patience }) },
    },
    takesUp: flags.resume ?? false,
    unmounts: false,
    given: { yes: flags.yes ?? false, tokens: flags.approve ?? [] },
    json: flags.json ?? false,
    reports: [],
  };
}
