// What a running copy tells, whoever listens.

import type { HelperEvent } from '@contract/helper-messages.ts';
import type { StationEvent } from '@contract/groups/stations.ts';
import type { CliSummary } from './summary.ts';

/** One stream of events, several printers. */
export interface CopyReporter {
  event(event: HelperEvent): void;
  /** Of other machines. */
  stations(event: StationEvent): void;
  /** A sentence of the command line's own, for people. */
  note(text: string): void;
  /** The last word. */
  end(summary: CliSummary): void;
}
