// From flags to a request: pure, and strict about what cannot be done yet.

import { isAbsolute, join, resolve } from 'node:path';
import { copyRequestSchema, maxCopyTargets, type CopyRequest } from '@contract/groups/copy.ts';
import { usageError } from '../exit-codes.ts';
import type { Given } from './approval.ts';

/** The flags of `copy` as commander hands them over. */
export interface CopyFlags {
  readonly verify?: boolean;
  readonly heal?: boolean;
  readonly slow?: 'together' | 'catch-up';
  readonly block?: number;
  readonly slots?: number;
  readonly onReadError?: 'skip' | 'stop';
  readonly approve?: string[];
  readonly yes?: boolean;
  readonly manifest?: string;
  readonly resume?: boolean;
  readonly report?: string;
  readonly waitForJoin?: number;
  readonly stallTimeout?: number;
  readonly json?: boolean;
}

/** A copy as it was asked for. Paths are absolute, symbolic links as they are. */
export interface CopyPlan {
  readonly request: CopyRequest;
  /** Goes on where interrupted copies were left. */
  readonly takesUp: boolean;
  /** What the person has agreed to already. */
  readonly given: Given;
  readonly json: boolean;
}

const NOT_YET: readonly (readonly [keyof CopyFlags, string])[] = [['report', '--report']];

/** Checks what no single flag can check by itself; throws a usage error. */
export function planCopy(
  source: string,
  targets: readonly string[],
  flags: CopyFlags,
  cwd: string,
  resumeFolder?: string,
): CopyPlan {
  // Doing less than was asked for without a word would be worse than not doing it.
  for (const [name, flag] of NOT_YET)
    if (flags[name] !== undefined && flags[name] !== false)
      throw usageError(`${flag} is not available in this version`);
  if (flags.heal && flags.verify === false)
    throw usageError('--heal reads the targets back: it cannot go with --no-verify');
  if (flags.resume && resumeFolder === undefined)
    throw usageError('--resume needs a folder for what interrupted copies leave: set HOME or XDG_STATE_HOME');
  if (targets.length === 0 && !flags.waitForJoin)
    throw usageError('name at least one TARGET, or wait for others to join with --wait-for-join SECONDS');
  if (targets.length > maxCopyTargets) throw usageError(`a copy takes at most ${maxCopyTargets} targets`);
  const from = absolute(source, cwd);
  const to = targets.map((target) => absolute(target, cwd));
  return {
    request: { source: from, targets: to, options: copyOptions(flags, cwd, resumeFolder) },
    takesUp: flags.resume ?? false,
    given: { yes: flags.yes ?? false, tokens: flags.approve ?? [] },
    json: flags.json ?? false,
  };
}

function copyOptions(flags: CopyFlags, cwd: string, resume: string | undefined): CopyRequest['options'] {
  const { block: blockSize, slots, slow, onReadError, waitForJoin, stallTimeout, heal } = flags;
  const verify = flags.verify ?? heal;
  const kept = {
    manifest: flags.manifest === undefined ? undefined : absolute(flags.manifest, cwd),
    resume,
    takeUp: flags.resume,
  };
  const all = { blockSize, slots, slow, onReadError, waitForJoin, stallTimeout, verify, heal, ...kept };
  const given = Object.entries(all).filter(([, value]) => value !== undefined);
  return copyRequestSchema.shape.options.parse(Object.fromEntries(given));
}

/** The path as the system will follow it; throws a usage error if it is empty. */
export function absolute(path: string, cwd: string): string {
  if (path === '') throw usageError('a path is empty');
  const full = isAbsolute(path) ? path : join(cwd, '/').concat(path);
  // After a symbolic link `..` is not what the text says: only the system may follow it.
  return full.split('/').includes('..') ? full : resolve(full);
}
