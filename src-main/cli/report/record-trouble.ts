// What is wrong with the record, said where somebody relies on it.

import type { ContractClient } from '@contract/client.ts';
import type { RecordProblem } from '../../core/record/recorder.ts';
import type { CliContext } from '../context.ts';
import { cleanText } from '../output/clean.ts';

/** In one sentence. */
export const recordTrouble = (problem: RecordProblem): string =>
  problem.code === 'set-aside'
    ? `The record of jobs was damaged: it is kept as ${cleanText(problem.path)}, and a new one was begun.`
    : `The record of jobs cannot be kept (${cleanText(problem.why)}): this will not be found in it.`;

/** Says on standard error what is wrong with the record, if anything is. */
export async function noteRecordTrouble(
  client: ContractClient,
  { stderr }: Pick<CliContext, 'stderr'>,
): Promise<void> {
  const { state } = await client.call('state.get', {});
  for (const { code, params } of state.system.warnings) {
    if (code === 'record-set-aside')
      stderr.write(`${recordTrouble({ code: 'set-aside', path: params.keptAs })}\n`);
    if (code === 'record-not-kept')
      stderr.write(`${recordTrouble({ code: 'not-kept', why: params.detail })}\n`);
  }
}
