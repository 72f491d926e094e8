// Does somebody agree that these targets lose their content? Level 1 only; what is refused outright the helper refuses by itself.

import type { Verdict } from '@contract/helper-verdicts.ts';
import type { CliContext } from '../context.ts';
import { cleanText } from '../output/clean.ts';
import { formatBytes, plural } from '../output/format.ts';
import { notBegun, turnedAway, type CliTargetResult } from '../output/summary.ts';

/** Which targets may be written to, and what becomes of the rest. */
export interface Approval {
  readonly go: readonly string[];
  /** Turned away; reported with the rest of the result. */
  readonly away: readonly CliTargetResult[];
  /** Nothing may begin: this is the whole result. */
  readonly stop?: { readonly why: string; readonly targets: CliTargetResult[] };
}

/** What the verdicts mean for each target. Pure. */
export function sortTargets(verdicts: readonly Verdict[]): {
  free: Verdict[];
  erase: Verdict[];
  away: Verdict[];
} {
  const refused = (verdict: Verdict): boolean => verdict.exists && !verdict.target.ok;
  return {
    // What is not there yet cannot lose anything; the helper makes the file and never overwrites by that way.
    free: verdicts.filter((verdict) => !verdict.exists),
    erase: verdicts.filter((verdict) => verdict.exists && verdict.target.ok),
    away: verdicts.filter(refused),
  };
}

/** Asks where it may ask; never takes silence for a yes. */
export async function approveTargets(
  verdicts: readonly Verdict[],
  context: CliContext,
  what: 'erase' | 'heal' = 'erase',
): Promise<Approval> {
  const { free, erase, away } = sortTargets(verdicts);
  const refusals = away.map(asRefusal);
  const go = verdicts.filter((verdict) => !away.includes(verdict)).map((verdict) => verdict.path);
  if (erase.length === 0) return { go, away: refusals };
  const stop = (why: string): Approval => ({
    go: [],
    away: [],
    stop: { why, targets: unapproved(verdicts, refusals, free) },
  });
  if (!context.canAsk)
    return stop(
      `${plural(erase.length, 'target')} would be ${what === 'heal' ? 'written to where it is not like the manifest' : 'overwritten'}: add --yes if that is what you want`,
    );
  const count = plural(erase.length, 'drive');
  context.stderr.write(
    `${[...away.map(awayLine), what === 'heal' ? 'This overwrites what is not like the manifest on:' : 'This erases:', ...erase.map(eraseLine)].join('\n')}\n`,
  );
  const answer = await context.ask(`Type yes to ${what} ${count}: `);
  return answer.trim() === 'yes' ? { go, away: refusals } : stop('Not approved: nothing was written.');
}

function unapproved(
  verdicts: readonly Verdict[],
  refusals: readonly CliTargetResult[],
  free: readonly Verdict[],
): CliTargetResult[] {
  const error = { code: 'not-approved', message: 'overwriting it was not approved' } as const;
  return verdicts.map((verdict) => {
    const refusal = refusals.find((result) => result.path === verdict.path);
    return refusal ?? (free.includes(verdict) ? notBegun(verdict.path) : turnedAway(verdict.path, error));
  });
}

function asRefusal(verdict: Verdict): CliTargetResult {
  const [reason] = verdict.target.reasons;
  return turnedAway(verdict.path, reason ?? { code: 'internal', message: 'the helper gave no reason' });
}

function eraseLine({ path, kind, size, removable }: Verdict): string {
  const what = kind === 'device' ? (removable === false ? 'drive, not removable' : 'drive') : 'file';
  return `  ${cleanText(path)}  ${what}${typeof size !== 'number' ? '' : `, ${formatBytes(size)}`}`;
}

function awayLine(verdict: Verdict): string {
  const reasons = verdict.target.reasons
    .map((reason) => cleanText(reason.message || reason.code, 200))
    .join('; ');
  return `Left out: ${cleanText(verdict.path)}: ${reasons}`;
}
