// `--unmount`, or a token that allows it: targets that only their mounts keep from being targets are taken out of use, after somebody has agreed to erasing them.

import type { ContractClient } from '@contract/client.ts';
import { ContractError } from '@contract/errors.ts';
import { handlingWords } from '../output/handling-words.ts';
import type { CopyReporter } from '../output/reporter.ts';
import { turnedAway, type CliErrorInfo, type CliTargetResult } from '../output/summary.ts';
import { needOf, type Approval, type Found } from './approval.ts';

/** The approval as it stands with those drives unmounted: with their tokens, and without those that are not what was agreed to. */
export async function unmountApproved(
  client: ContractClient,
  found: readonly Found[],
  approval: Approval,
  reporter: CopyReporter,
): Promise<Approval> {
  const away: CliTargetResult[] = [];
  const tokens = new Map(approval.tokens);
  const turn = (path: string, error: CliErrorInfo): void => void away.push(turnedAway(path, error));
  for (const { path, verdict } of found) {
    const agreed = approval.unmounts.get(path);
    if (agreed === undefined || !verdict || !approval.go.includes(path)) continue;
    const { identity, target } = verdict;
    const problem = await refusalOf(client.call('copy.unmount', { path, identity, ...agreed }));
    if (problem?.code === 'other-than-approved') {
      turn(path, { code: problem.code, message: 'it does not hold any more what was approved' });
      continue;
    }
    if (problem) {
      reporter.note(handlingWords(path, problem));
      const message = target.reasons.find(({ code }) => code === 'mounted')?.message ?? '';
      turn(path, { code: 'mounted', message });
      continue;
    }
    const [now] = (await client.call('copy.check', { reads: [], writes: [path] })).found;
    const need = needOf({ path, verdict: now ?? undefined });
    const same = now?.identity === identity;
    // What could not be seen of it while it was mounted may ask for more than was agreed to.
    const enough = agreed.level === 2 || need.kind !== 'typed';
    if (need.kind === 'away') turn(path, need.error);
    else if (!same) turn(path, { code: 'changed-device', message: 'it is another drive now' });
    else if (!enough)
      turn(path, { code: 'not-approved', message: `it needs more: carousel approve ${path}` });
    else if (need.token !== undefined) tokens.set(path, need.token);
  }
  const go = approval.go.filter((path) => !away.some((one) => one.path === path));
  return { ...approval, go, tokens, away: [...approval.away, ...away] };
}

async function refusalOf(call: Promise<unknown>): Promise<ContractError['error'] | null> {
  try {
    await call;
    return null;
  } catch (error) {
    if (error instanceof ContractError) return error.error;
    throw error;
  }
}
