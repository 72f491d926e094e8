// `--unmount`: targets that are only mounted are taken out of use before they are approved.

import type { ContractClient } from '@contract/client.ts';
import { ContractError } from '@contract/errors.ts';
import type { CallOutput } from '@contract/schema.ts';
import { isOnlyMounted } from '../../core/devices/unmount-service.ts';
import { handlingWords } from '../output/handling-words.ts';
import type { CopyReporter } from '../output/reporter.ts';

/** Looks at the paths; with `--unmount` takes what is only mounted out of use, and looks at everything again. */
export async function lookAndUnmount(
  client: ContractClient,
  uses: { reads: string[]; writes: string[] },
  unmounts: boolean,
  reporter: CopyReporter,
): Promise<CallOutput<'copy.check'>> {
  const first = await client.call('copy.check', uses);
  const mounted = uses.writes.filter((_, index) => isOnlyMounted(first.found[index]?.target.reasons ?? []));
  if (!unmounts || mounted.length === 0) return first;
  for (const path of mounted) {
    try {
      await client.call('copy.unmount', { path });
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      reporter.note(handlingWords(path, error.error));
    }
  }
  return client.call('copy.check', uses);
}
