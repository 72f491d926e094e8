/** Looks at named paths before they are used; where this user may not open one of them, asks for the right to, once. */
import { ContractError, type AppError } from '@contract/errors.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';
import { surveyAll, type Surveyor } from '../helper/survey.ts';
import type { Elevation } from '../ports.ts';

/** Absolute paths, by what is to be done with them. */
export interface Uses {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

export interface FirstLook {
  /** What is at each path that is to be written, with the approval that needs; undefined: its drive gives no answer. */
  readonly found: readonly (Verdict | undefined)[];
  /** Which drives are at the paths that are to be read, as they were looked at. */
  readonly identities: ReadonlyMap<string, string>;
  /** Why rights that are needed were not given. */
  readonly refusal: AppError | null;
}

const isClosed = (verdict: Verdict | undefined, as: 'source' | 'target'): boolean =>
  verdict?.kind === 'device' && verdict[as].reasons.some(({ code }) => code === 'no-permission');

/** The helper must be one that is started with the rights once they are there. */
export async function lookFirst(
  helper: Surveyor & { check(paths: readonly string[]): Promise<Verdict[]> },
  elevation: Elevation,
  { reads, writes }: Uses,
): Promise<FirstLook> {
  const found = await surveyAll(helper, writes);
  const read = await helper.check(reads);
  // Before a person is asked: a prompt may stay open for minutes, and drives change places.
  const identities = new Map(read.flatMap(({ path, identity }) => (identity ? [[path, identity]] : [])));
  const closed =
    found.some((verdict) => isClosed(verdict, 'target')) ||
    read.some((verdict) => isClosed(verdict, 'source'));
  if (!closed) return { found, identities, refusal: null };
  try {
    await elevation.obtain();
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { found, identities, refusal: error.error };
  }
  const again = elevation.state === 'granted' ? await surveyAll(helper, writes) : found;
  return { found: again, identities, refusal: null };
}
