// Reports as files: made of what the record holds of a job, never over a file that is there.

import { lstatSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ContractClient } from '@contract/client.ts';
import { ContractError } from '@contract/errors.ts';
import type { ReportFormat, ReportLanguage } from '@contract/groups/history.ts';
import { CliError, EXIT, usageError } from '../exit-codes.ts';
import { cleanText } from '../output/clean.ts';

/** A report that somebody wants of a copy. The path is absolute. */
export interface ReportWish {
  readonly file: string;
  readonly format: ReportFormat;
}

/** By the end of the name; a page for people where it says nothing else. */
export function formatByName(name: string): ReportFormat {
  const ending = /\.(json|csv|map|html?)$/i.exec(name)?.[1]?.toLowerCase();
  if (ending === 'json' || ending === 'csv') return ending;
  return ending === 'map' ? 'ddrescue' : 'html';
}

/** Says before anything begins what would fail in the end; throws a usage error. */
export function checkWishes(wishes: readonly Pick<ReportWish, 'file'>[], taken: readonly string[]): void {
  const files = wishes.map(({ file }) => file);
  for (const [index, file] of files.entries()) {
    const name = cleanText(file);
    if (lstatSync(file, { throwIfNoEntry: false }) !== undefined)
      throw usageError(`${name} is there already; a report goes into a new file`);
    if (taken.includes(file) || files.indexOf(file) < index) throw usageError(`${name} is named twice`);
    if (!lstatSync(dirname(file), { throwIfNoEntry: false }))
      throw usageError(`the folder of ${name} is not there`);
  }
}

/** The report of a job of the record. */
export const readReport = (
  client: ContractClient,
  job: number,
  format: ReportFormat,
  lang?: ReportLanguage,
): Promise<string> =>
  inParts((from) => client.call('history.report', { job, format, from, ...(lang ? { lang } : {}) }));

/** The manifest of a copy of the record. Throws where none is kept. */
export async function readManifest(client: ContractClient, job: number): Promise<string> {
  const { rootDigest } = (await client.call('history.get', { job })).job.source;
  if (rootDigest === null)
    throw new CliError(
      `not every block was read in job ${String(job)}: it has no manifest`,
      EXIT.someTargetIsNot,
    );
  try {
    return await inParts((from) => client.call('verify.export', { rootDigest, from }));
  } catch (error) {
    if (!(error instanceof ContractError) || error.error.code !== 'no-manifest') throw error;
    throw new CliError(
      `no manifest of job ${String(job)} is kept here (any more): "carousel copy --manifest" writes them where it is told`,
      EXIT.someTargetIsNot,
    );
  }
}

/** A text that comes a part at a time. */
async function inParts(
  ask: (from: number) => Promise<{ text: string; next: number | null }>,
): Promise<string> {
  const parts: string[] = [];
  for (let from: number | null = 0; from !== null;) {
    const part: { text: string; next: number | null } = await ask(from);
    parts.push(part.text);
    from = part.next;
  }
  return parts.join('');
}

/** Writes it into a new file, for this user's eyes: it says what was copied. */
export function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new CliError(
      `the report could not be written to ${cleanText(file)}: ${(error as Error).message}`,
      EXIT.someTargetIsNot,
    );
  }
}
