/** Looks at drives before they are erased, one that gives no answer not holding up the others. */
import { HelperCommandError } from './one-shot.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';

/** What both the app and the command line have. */
export interface Surveyor {
  survey(paths: readonly string[]): Promise<Verdict[]>;
}

/** The verdicts in the order of the paths; undefined for one whose drive gives no answer. */
export async function surveyAll(
  helper: Surveyor,
  paths: readonly string[],
): Promise<(Verdict | undefined)[]> {
  try {
    return await helper.survey(paths);
  } catch (error) {
    if (paths.length < 2 && !(error instanceof HelperCommandError)) throw error;
  }
  const each = paths.map((path) => helper.survey([path]));
  const settled = await Promise.allSettled(each);
  const [first] = settled;
  if (first?.status === 'rejected' && settled.every(({ status }) => status === 'rejected'))
    throw first.reason;
  return settled.map((one) => (one.status === 'fulfilled' ? one.value[0] : undefined));
}
