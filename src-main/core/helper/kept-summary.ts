/** The result that the helper leaves in a file for a front end that has gone away: its summary, and below it the SHA-256 of that line. */
import { createHash } from 'node:crypto';
import { decodeEvent, type JobSummary } from '@contract/helper-messages.ts';
import { JobLedger } from './job-ledger.ts';

const digestOf = (line: string): string => createHash('sha256').update(line).digest('hex');

/** What such a file holds; null if it is torn, damaged, or something else. */
export function readKeptSummary(text: string): JobSummary | null {
  const [line = '', digest, ...rest] = text.split('\n');
  if (digest !== digestOf(line) || rest.join('') !== '') return null;
  const decoded = decodeEvent(line);
  if (decoded.kind !== 'event' || decoded.event.event !== 'summary') return null;
  return new JobLedger(decoded.event.source.path, []).settle(decoded.event);
}

/** The text of such a file, as the helper writes it. */
export function keptSummary(summary: object): string {
  const line = JSON.stringify(summary);
  return `${line}\n${digestOf(line)}\n`;
}
