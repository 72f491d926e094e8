/** What goes wrong between stations. Apart from the connection, so that to know it takes none of its packages. */
import type { StationProblem, StationProblemCode } from '@contract/groups/stations.ts';

/** What a person can do something about. */
export class StationError extends Error {
  readonly problem: StationProblem;

  constructor(code: StationProblemCode, detail: string) {
    super(`${code}: ${detail}`);
    this.name = 'StationError';
    this.problem = { code, detail: detail.slice(0, 1024) };
  }
}
