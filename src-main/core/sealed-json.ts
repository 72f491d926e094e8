/** JSON with a checksum over it: a file that was torn or has a flipped bit is found out, not half believed. */
import { createHash } from 'node:crypto';
import { z } from '@contract/zod.ts';

const fileSchema = z.record(z.string(), z.unknown());
const digest = (content: object): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex');

/** The text of a file: the members of `content`, and last `check`, the SHA-256 of them as JSON without spaces. */
export function seal(content: Record<string, unknown>): string {
  return `${JSON.stringify({ ...content, check: digest(content) }, null, 2)}\n`;
}

/**
 * The members of such a text without `check`, and whether it had one: what never has been without must have it. Throws if it is no JSON object or does not
 * fit its check.
 */
export function unseal(text: string): { content: Record<string, unknown>; sealed: boolean } {
  const { check, ...content } = fileSchema.parse(JSON.parse(text));
  if (check !== undefined && check !== digest(content)) throw new Error('the check does not fit');
  return { content, sealed: check !== undefined };
}
