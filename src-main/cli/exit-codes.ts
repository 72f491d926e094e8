// The exit statuses of the command line, and how a result becomes one. Scripts rely on these numbers.

import { helperErrorClass, type HelperErrorClass } from '@contract/helper-errors.gen.ts';
import type { HelperErrorCode } from '@contract/helper-errors.gen.ts';

/** The fixed exit statuses. */
export const EXIT = {
  good: 0,
  someTargetIsNot: 1,
  usage: 2,
  refused: 3,
  source: 4,
  permission: 5,
  interrupted: 130,
} as const;

/** One of the fixed exit statuses. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command ends here with a message and an exit status; it never comes with a stack trace. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Wrong use of the command line. */
export function usageError(message: string): CliError {
  return new CliError(message, EXIT.usage);
}

/** The codes of the command line's results. */
export type CliErrorCode = HelperErrorCode;

/** What the exit status depends on, of a job's summary. */
export interface Outcome {
  readonly ok: boolean;
  readonly outcome: string;
  readonly source: {
    readonly unreadable: readonly unknown[];
    readonly error?: { code: CliErrorCode } | undefined;
  };
  readonly targets: readonly {
    readonly state: string;
    readonly error?: { code: CliErrorCode } | undefined;
  }[];
}

/** When several things went wrong, the first of these decides. */
const PRECEDENCE: readonly ExitCode[] = [
  EXIT.source,
  EXIT.permission,
  EXIT.refused,
  EXIT.usage,
  EXIT.someTargetIsNot,
];

const exitOfClass: Readonly<Record<HelperErrorClass, ExitCode>> = {
  usage: EXIT.usage,
  refused: EXIT.refused,
  permission: EXIT.permission,
  source: EXIT.source,
  target: EXIT.someTargetIsNot,
  internal: EXIT.someTargetIsNot,
};

/** The exit status of a copy. */
export function exitCodeOf(summary: Outcome, interrupted: boolean): ExitCode {
  if (interrupted) return EXIT.interrupted;
  const reasons = new Set<ExitCode>(summary.targets.flatMap(reasonsOf));
  if (summary.source.unreadable.length > 0) reasons.add(EXIT.source);
  if (summary.outcome === 'source-failed') reasons.add(sourceFailure(summary.source.error?.code));
  else if (summary.source.error) reasons.add(exitOfCode(summary.source.error.code));
  if (summary.outcome === 'refused') reasons.add(reasons.size > 0 ? EXIT.someTargetIsNot : EXIT.refused);
  if (!summary.ok) reasons.add(EXIT.someTargetIsNot);
  return PRECEDENCE.find((code) => reasons.has(code)) ?? EXIT.good;
}

function reasonsOf({ state, error }: Outcome['targets'][number]): ExitCode[] {
  if (state === 'done' || state === 'verified' || state === 'sampled') return [];
  const byCode = error ? exitOfCode(error.code) : EXIT.someTargetIsNot;
  // Refused means refused, whatever the reason is called.
  return [state === 'refused' && byCode === EXIT.someTargetIsNot ? EXIT.refused : byCode];
}

/** A source that may not be opened has not failed; whatever else ended the job by its source has. */
function sourceFailure(code: CliErrorCode | undefined): ExitCode {
  const exit = code === undefined ? EXIT.source : exitOfCode(code);
  return exit === EXIT.permission || exit === EXIT.refused ? exit : EXIT.source;
}

/** The exit status that an error code stands for. */
export function exitOfCode(code: CliErrorCode): ExitCode {
  return exitOfClass[helperErrorClass[code]];
}
