/** Names for jobs that are handed out. */
import { randomInt } from 'node:crypto';

/** Letters and digits that are not mistaken for each other when somebody reads them out. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
const length = 8;

/** A name that no other job has. */
export const newJobName = (): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
