// Rights that this user does not have, asked for only when a drive of this copy needs them.

import { ContractError } from '@contract/errors.ts';
import { HelperClient } from '../../core/helper/helper-client.ts';
import { surveyAll } from '../../core/helper/survey.ts';
import type { Verdict } from '../../core/helper/verdicts.ts';
import type { CliContext } from '../context.ts';
import type { Found } from './approval.ts';

/** The helper to use, and what it found at the targets. */
export interface Ready {
  readonly helper: HelperClient;
  readonly found: readonly Found[];
  close(): void;
}

const refusals: Readonly<Record<string, string>> = {
  'elevation-declined': 'The rights to open these drives were not given.',
  'elevation-unavailable':
    'This user may not open these drives, and neither sudo nor pkexec gives the right to. Run it as a user who may.',
};

const isClosed = (verdict: Verdict | undefined, as: 'source' | 'target'): boolean =>
  verdict?.kind === 'device' && verdict[as].reasons.some(({ code }) => code === 'no-permission');

/** Looks at source and targets; where this user may not open one of them, asks for the right to, once. */
export async function getReady(
  source: string,
  targets: readonly string[],
  context: CliContext,
  note: (text: string) => void,
): Promise<Ready> {
  const plain = context.helper();
  const look = async (helper: HelperClient): Promise<Found[]> => {
    const verdicts = await surveyAll(helper, targets);
    return targets.map((path, index) => ({ path, verdict: verdicts[index] }));
  };
  const found = await look(plain);
  const ownRights = { helper: plain, found, close: () => undefined };
  const closed =
    found.some(({ verdict }) => isClosed(verdict, 'target')) ||
    (source.startsWith('/dev/') && isClosed((await plain.check([source]))[0], 'source'));
  if (!closed) return ownRights;
  const elevator = context.elevator();
  try {
    await elevator.obtain();
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    note(refusals[error.error.code] ?? error.error.code);
    return ownRights;
  }
  if (elevator.state !== 'granted') return ownRights;
  const helper = new HelperClient(elevator.launcher);
  return { helper, found: await look(helper), close: () => elevator.close() };
}
