// Does somebody agree that these targets lose their content? What a yes must look like depends on the drive (level 0 to 2); what is refused
// outright the helper refuses by itself. A yes becomes the helper's token, which it works out anew just before the first write.

import type { Survey, Verdict } from '@contract/helper-verdicts.ts';
import { isOddlyLarge } from '../../core/devices/batch-size.ts';
import type { CliContext } from '../context.ts';
import { cleanText } from '../output/clean.ts';
import { formatBytes, plural } from '../output/format.ts';
import { notBegun, turnedAway, type CliErrorInfo, type CliTargetResult } from '../output/summary.ts';

/** What was said on the command line already. */
export interface Given {
  /** `--yes`: level 1, never 2. */
  readonly yes: boolean;
  /** `--approve`, from `carousel approve`. */
  readonly tokens: readonly string[];
}

/** Which targets may be written to, and what becomes of the rest. */
export interface Approval {
  readonly go: readonly string[];
  /** The tokens of drives, by path. */
  readonly tokens: ReadonlyMap<string, string>;
  /** Those of them that are to be unmounted first, and what was agreed to for each. */
  readonly unmounts: ReadonlyMap<string, UnmountYes>;
  /** Turned away; reported with the rest of the result. */
  readonly away: readonly CliTargetResult[];
  /** Nothing may begin: this is the whole result. */
  readonly stop?: { readonly why: string; readonly targets: CliTargetResult[] };
}

/** A yes to unmounting: its level, and the token if it was given as one. */
export interface UnmountYes {
  readonly level: number;
  readonly token?: string;
}

/** A target as it was found; no verdict when its drive gave no answer. */
export interface Found {
  readonly path: string;
  readonly verdict: Verdict | undefined;
  /** Set where it is to be unmounted first: the level of yes that this takes. */
  readonly unmountLevel?: number | undefined;
}

/** What a yes to a target must look like, or why there can be none. Pure. */
export type Need =
  | { kind: 'none' | 'yes'; token?: string }
  | { kind: 'typed'; token?: string; word: string; what: string }
  | { kind: 'away'; error: CliErrorInfo };

/** The survey of a drive, if it could be looked at. */
export function surveyOf(verdict: Verdict): Survey | undefined {
  return verdict.survey && !('error' in verdict.survey) ? verdict.survey : undefined;
}

/** What to type for a drive of level 2: the end of its serial number, or its name. */
export function wordToType({ serial, path }: Verdict): { word: string; what: string } {
  const letters = serial.replace(/[^\p{L}\p{N}]/gu, '');
  return letters.length >= 4
    ? { word: letters.slice(-4), what: 'the last four characters of its serial number' }
    : { word: path.slice(path.lastIndexOf('/') + 1), what: 'its name' };
}

/** What it needs; `standsOut`: one yes for the whole batch is not enough for it. Pure. */
export function needOf({ verdict, unmountLevel }: Found, standsOut = false): Need {
  if (!verdict) return { kind: 'away', error: { code: 'hung', message: 'the drive gives no answer' } };
  // What is not there yet cannot lose anything; the helper makes the file and never overwrites by that way.
  if (!verdict.exists) return { kind: 'none' };
  if (unmountLevel !== undefined) return needOfMounted(verdict, unmountLevel, standsOut);
  if (!verdict.target.ok) {
    const [reason] = verdict.target.reasons;
    return { kind: 'away', error: reason ?? { code: 'internal', message: 'the helper gave no reason' } };
  }
  if (verdict.kind !== 'device') return { kind: 'yes' };
  const survey = surveyOf(verdict);
  if (!survey) {
    const error = verdict.survey && 'error' in verdict.survey ? verdict.survey.error : undefined;
    return { kind: 'away', error: error ?? { code: 'internal', message: 'the helper did not look at it' } };
  }
  if (survey.level === 2 || (survey.level === 1 && standsOut))
    return { kind: 'typed', token: survey.approval, ...wordToType(verdict) };
  return { kind: survey.level === 0 ? 'none' : 'yes', token: survey.approval };
}

/** The stricter of what the system and the helper say of it; its token is one that allows unmounting. */
function needOfMounted(verdict: Verdict, unmountLevel: number, standsOut: boolean): Need {
  const survey = surveyOf(verdict);
  const token = survey?.unmountApproval === undefined ? {} : { token: survey.unmountApproval };
  const isTyped = standsOut || Math.max(unmountLevel, survey?.level ?? 0) === 2;
  return isTyped ? { kind: 'typed', ...token, ...wordToType(verdict) } : { kind: 'yes', ...token };
}

/** Is it a yes to unmounting this drive as it is? Pure. */
export const allowsUnmount = (verdict: Verdict | undefined, tokens: readonly string[]): boolean => {
  const token = verdict && surveyOf(verdict)?.unmountApproval;
  return token !== undefined && tokens.includes(token);
};

/** The drives that are much larger than the others. */
export function standingOut(found: readonly Found[]): ReadonlySet<Found> {
  const size = ({ verdict }: Found): number | undefined =>
    verdict?.kind === 'device' ? (verdict.size ?? undefined) : undefined;
  const batch = found.flatMap((one) => size(one) ?? []);
  return new Set(found.filter((one) => isOddlyLarge(size(one) ?? 0, batch)));
}

interface Sorted {
  readonly found: Found;
  readonly need: Need;
}

/** The token that was given for it: erasing takes one that allows unmounting, too, but not the other way round. */
const tokenGiven = ({ found, need }: Sorted, { tokens }: Given): string | undefined => {
  const survey = found.verdict && surveyOf(found.verdict);
  const unmounting = survey?.unmountApproval;
  const erasing = found.unmountLevel === undefined && 'token' in need ? need.token : undefined;
  return tokens.find((token) => token === unmounting || token === erasing);
};

const isWanting = (one: Sorted, given: Given): boolean => {
  const { need } = one;
  if (need.kind === 'none' || need.kind === 'away') return false;
  if (need.kind === 'yes' && given.yes) return false;
  return tokenGiven(one, given) === undefined;
};

/** Asks where it may ask; never takes silence for a yes. */
export async function approveTargets(
  found: readonly Found[],
  given: Given,
  context: CliContext,
  what: 'erase' | 'heal' = 'erase',
): Promise<Approval> {
  const large = standingOut(found);
  const all = found.map((one): Sorted => ({ found: one, need: needOf(one, large.has(one)) }));
  const tokens = new Map(
    all.flatMap(({ found: { path, unmountLevel }, need }) =>
      unmountLevel === undefined && 'token' in need && need.token ? [[path, need.token]] : [],
    ),
  );
  const wanting = all.filter((one) => isWanting(one, given));
  // A token that fits no drive here was given for one that has changed since, or for another one: the helper is to say so, not a question here.
  const used = new Set(all.map((one) => tokenGiven(one, given)));
  const stray = given.tokens.find((token) => !used.has(token));
  const away = all.flatMap(({ found: { path }, need }) =>
    need.kind === 'away' ? [turnedAway(path, need.error)] : [],
  );
  const go = all.filter(({ need }) => need.kind !== 'away').map((one) => one.found.path);
  const unmounts = new Map(
    all.flatMap((one): [string, UnmountYes][] => {
      if (one.found.unmountLevel === undefined) return [];
      const token = tokenGiven(one, given);
      const level = one.need.kind === 'typed' ? 2 : 1;
      return [[one.found.path, token === undefined ? { level } : { level, token }]];
    }),
  );
  const agreed: Approval = { go, tokens, unmounts, away };
  /** The others go on without these. */
  const without = (refused: readonly CliTargetResult[]): Approval => ({
    ...agreed,
    go: go.filter((path) => !refused.some((one) => one.path === path)),
    away: [...away, ...refused],
  });
  if (wanting.length === 0) return agreed;
  if (given.tokens.length > 0) {
    for (const { found: one } of wanting) {
      if (stray === undefined) tokens.delete(one.path);
      else tokens.set(one.path, stray);
    }
    // No token is of a file, and the helper cannot judge one before it is unmounted.
    const apart = wanting.filter(
      ({ found: one, need }) =>
        one.unmountLevel !== undefined || !('token' in need) || need.token === undefined,
    );
    return without(apart.map(({ found: one }) => turnedAway(one.path, needsMore(one))));
  }
  const typed = wanting.filter(({ need }) => need.kind === 'typed');
  if (given.yes) return without(typed.map(({ found: one }) => turnedAway(one.path, needsMore(one))));
  const stop = (why: string): Approval => ({
    go: [],
    tokens: new Map(),
    unmounts: new Map(),
    away: [],
    stop: { why, targets: unapproved(all, away) },
  });
  if (!context.canAsk)
    return stop(
      `${plural(wanting.length, 'target')} would be ${what === 'heal' ? 'written to where it is not like the manifest' : 'overwritten'}: add ${typed.length > 0 ? '--approve with a token of "carousel approve"' : '--yes'} if that is what you want`,
    );
  return (await agree(wanting, away, context, what)) ? agreed : stop('Not approved: nothing was written.');
}

async function agree(
  wanting: readonly Sorted[],
  away: readonly CliTargetResult[],
  context: CliContext,
  what: 'erase' | 'heal',
): Promise<boolean> {
  const heading = what === 'heal' ? 'This overwrites what is not like the manifest on:' : 'This erases:';
  const lines = [...away.map(awayLine), heading, ...wanting.map(({ found }) => eraseLine(found))];
  context.stderr.write(`${lines.join('\n')}\n`);
  for (const { found, need } of wanting) {
    if (need.kind !== 'typed') continue;
    if (!(await typedRight(found.path, need, context, what))) return false;
  }
  if (wanting.every(({ need }) => need.kind === 'typed')) return true;
  const answer = await context.ask(`Type yes to ${what} ${plural(wanting.length, 'drive')}: `);
  return answer.trim() === 'yes';
}

/** Asks for the word of one drive. */
export async function typedRight(
  path: string,
  { word, what }: { word: string; what: string },
  context: CliContext,
  act: 'erase' | 'heal' | 'test' = 'erase',
): Promise<boolean> {
  const answer = await context.ask(`To ${act} ${cleanText(path)}, type ${what}: `);
  return answer.trim().toLowerCase() === word.toLowerCase();
}

function needsMore({ path, verdict, unmountLevel }: Found): CliErrorInfo {
  const message =
    verdict?.kind !== 'device'
      ? 'it is a file, which no token is of: add --yes if its content may be lost'
      : unmountLevel === undefined
        ? `--yes is not enough for it: carousel approve ${path}`
        : `it is mounted, and no token for it as it is was given: carousel approve --unmount ${path}`;
  return { code: 'not-approved', message };
}

function unapproved(all: readonly Sorted[], away: readonly CliTargetResult[]): CliTargetResult[] {
  const error = { code: 'not-approved', message: 'overwriting it was not approved' } as const;
  return all.map(({ found: { path }, need }) => {
    const refusal = away.find((result) => result.path === path);
    return refusal ?? (need.kind === 'none' ? notBegun(path) : turnedAway(path, error));
  });
}

/** One line about what would be lost. */
export function eraseLine({ path, verdict }: Found): string {
  if (!verdict) return `  ${cleanText(path)}`;
  const { kind, size, removable } = verdict;
  const what = kind === 'device' ? (removable === false ? 'drive, not removable' : 'drive') : 'file';
  const volumes = surveyOf(verdict)?.volumes ?? [];
  const labels = volumes.flatMap(({ label }) => (cleanText(label) ? `"${cleanText(label)}"` : []));
  const used = volumes.flatMap((volume) => volume.used ?? []);
  const uncounted = used.length < volumes.length ? 'at least ' : '';
  const newest = volumes.flatMap((volume) => volume.newest ?? []);
  return [
    `  ${cleanText(path)}  ${what}`,
    ...(typeof size === 'number' ? [formatBytes(size)] : []),
    ...labels,
    ...(used.length > 0
      ? [`${uncounted}${formatBytes(used.reduce((sum, bytes) => sum + bytes, 0))} used`]
      : []),
    ...(newest.length > 0
      ? [`newest date ${new Date(Math.max(...newest) * 1000).toISOString().slice(0, 10)}`]
      : []),
  ].join(', ');
}

function awayLine({ path, error }: CliTargetResult): string {
  return `Left out: ${cleanText(path)}: ${cleanText(error?.message || (error?.code ?? ''), 200)}`;
}
