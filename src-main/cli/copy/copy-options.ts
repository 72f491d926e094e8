// From flags to a request: pure, and strict about what cannot be done yet.

import { isAbsolute, join, resolve } from 'node:path';
import { copyRequestSchema, maxCopyTargets, type CopyRequest } from '@contract/groups/copy.ts';
import { newJobName } from '../../core/stations/job-name.ts';
import { usageError } from '../exit-codes.ts';
import { formatByName, type ReportWish } from '../report/report-file.ts';
import { jobOf, serverOf, type ServerFlags } from '../stations/server-options.ts';
import type { Given } from './approval.ts';

/** The flags of `copy` as commander hands them over. */
export interface CopyFlags extends ServerFlags {
  readonly verify?: boolean;
  readonly heal?: boolean;
  readonly slow?: 'together' | 'catch-up';
  readonly block?: number;
  readonly slots?: number;
  readonly onReadError?: 'skip' | 'stop';
  readonly approve?: string[];
  readonly unmount?: boolean;
  readonly yes?: boolean;
  readonly manifest?: string;
  readonly resume?: boolean;
  readonly report?: string;
  readonly ddrescueMap?: string;
  readonly ddrescueMapOut?: string;
  readonly waitForJoin?: number;
  readonly stallTimeout?: number;
  readonly publish?: string;
  readonly job?: string;
  readonly streamSize?: number;
  readonly stationTimeout?: number;
  readonly json?: boolean;
}

/** A copy as it was asked for. Paths are absolute, symbolic links as they are. */
export interface CopyPlan {
  readonly request: CopyRequest;
  /** Goes on where interrupted copies were left. */
  readonly takesUp: boolean;
  /** Takes targets that are mounted out of use first. */
  readonly unmounts: boolean;
  /** What the person has agreed to already. */
  readonly given: Given;
  readonly json: boolean;
  /** What is written about it when it is over. */
  readonly reports: readonly ReportWish[];
  /** A map of ddrescue that says what of the source cannot be read. */
  readonly ddrescueMap?: string;
}

/** Checks what no single flag can check by itself; throws a usage error. */
export function planCopy(
  source: string,
  targets: readonly string[],
  flags: CopyFlags,
  cwd: string,
  resumeFolder?: string,
): CopyPlan {
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
    request: {
      source: from,
      targets: to,
      options: copyOptions(flags, cwd, resumeFolder),
      ...publishOptions(flags, cwd),
    },
    takesUp: flags.resume ?? false,
    unmounts: flags.unmount ?? false,
    given: { yes: flags.yes ?? false, tokens: flags.approve ?? [] },
    json: flags.json ?? false,
    reports: reportWishes(flags, cwd),
    ...(flags.ddrescueMap === undefined ? {} : { ddrescueMap: absolute(flags.ddrescueMap, cwd) }),
  };
}

function reportWishes({ report, ddrescueMapOut }: CopyFlags, cwd: string): ReportWish[] {
  return [
    ...(report === undefined ? [] : [{ file: absolute(report, cwd), format: formatByName(report) }]),
    ...(ddrescueMapOut === undefined
      ? []
      : [{ file: absolute(ddrescueMapOut, cwd), format: 'ddrescue' as const }]),
  ];
}

/** What goes with `--publish`; throws a usage error where that is missing. */
function publishOptions(flags: CopyFlags, cwd: string): Pick<CopyRequest, 'publish'> {
  const { publish: url, streamSize, stationTimeout } = flags;
  if (url === undefined) {
    const lonely = (
      ['job', 'streamSize', 'stationTimeout', 'credentials', 'tlsCa', 'tlsCert', 'tlsKey'] as const
    ).find((name) => flags[name] !== undefined);
    if (lonely !== undefined)
      throw usageError(
        '--job, --stream-size, --station-timeout, --credentials and --tls-* go with --publish',
      );
    return {};
  }
  return {
    publish: {
      server: serverOf(url, flags, cwd),
      job: flags.job === undefined ? newJobName() : jobOf(flags.job),
      ...(streamSize === undefined ? {} : { streamBytes: streamSize }),
      ...(stationTimeout === undefined ? {} : { stationTimeout }),
    },
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

/** The path as the system will follow it; throws a usage error if it is empty, or may not be the one that was meant. */
export function absolute(path: string, cwd: string): string {
  if (path === '') throw usageError('a path is empty');
  const full = isAbsolute(path) ? path : join(cwd, '/').concat(path);
  // Put there for bytes that are no UTF-8: the path names another file by now, which would be made, written and called good.
  if (full.includes('\ufffd'))
    throw usageError(`a path that is not written in UTF-8 cannot be used: ${full}`);
  // After a symbolic link `..` is not what the text says: only the system may follow it.
  return full.split('/').includes('..') ? full : resolve(full);
}
