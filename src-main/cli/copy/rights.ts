// Rights that this user does not have, asked for only when a drive of this command needs them.

import type { AppError } from '@contract/errors.ts';
import { lookFirst, type Uses } from '../../core/elevation/look-first.ts';
import type { HelperClient } from '../../core/helper/helper-client.ts';
import type { CliContext } from '../context.ts';
import type { Found } from './approval.ts';

/** The helper to use, and what it found at the paths that are to be written. */
export interface Ready {
  readonly helper: HelperClient;
  readonly found: readonly Found[];
  /** When the helper is not needed any more; what it runs goes on. */
  close(): void;
}

const refusals: Readonly<Record<string, string>> = {
  'elevation-declined': 'The rights to open these drives were not given.',
  'elevation-unavailable':
    'This user may not open these drives, and neither sudo nor pkexec gives the right to. Run it as a user who may.',
};

/** Why there are no rights, in words. */
export const refusalWords = ({ code }: AppError): string => refusals[code] ?? code;

/** Looks at the paths; where this user may not open one of them, asks for the right to, once. */
export async function getReady(
  uses: Uses,
  context: CliContext,
  note: (text: string) => void,
): Promise<Ready> {
  const elevator = context.elevator();
  const helper = context.helper(elevator.launcher);
  try {
    const { found, refusal } = await lookFirst(helper, elevator, uses);
    if (refusal) note(refusalWords(refusal));
    return {
      helper,
      found: uses.writes.map((path, index) => ({ path, verdict: found[index] })),
      close: () => elevator.close(),
    };
  } catch (error) {
    elevator.close();
    throw error;
  }
}
