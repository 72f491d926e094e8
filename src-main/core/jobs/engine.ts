/** What the job service needs of the engine. `HelperClient` is it; tests have a scripted one. */
import type { AppError } from '@contract/errors.ts';
import type { HelperEvent, JobSummary, SlowPolicy } from '@contract/helper-messages.ts';
import type { Approvals, Identities, JobRequest, VerifyRequest } from '../helper/helper-job.ts';
import type { ProbeRequest } from '../helper/probe-messages.ts';
import type { EngineProbe } from '../probes/probe-service.ts';
import type { Resumable, RunningJob, Verdict } from '@contract/helper-verdicts.ts';

/** One conversation with a running job. */
export interface EngineJob {
  /** The helper's process id, for messages to people; unknown when it could not be started. */
  readonly pid?: number | undefined;
  /** Always comes, never rejects. */
  readonly finished: Promise<JobSummary>;
  on(name: 'event', listener: (event: HelperEvent) => void): unknown;
  on(name: 'log' | 'violation', listener: (text: string) => void): unknown;
  /** Answers with the mark that an error about it would carry. */
  add(paths: readonly string[], approvals?: Approvals, takeUp?: boolean): string;
  /** Reads back what was copied to before. Answers with the mark that an error about it would carry. */
  compare(paths: readonly string[], identities?: Identities): string;
  remove(id: number): unknown;
  slow(policy: SlowPolicy, id?: number): unknown;
  cancel(): unknown;
  /**
   * Has blocks handed out to the process that listens at a local socket; everybody at the job hears `by`. Answers with the mark
   * of an error about it.
   */
  tap(path: string, by: string): string;
  /** Asks for block digests. Answers with the mark that the `digests` event will carry. */
  digests(from: number, count: number): string;
  /** Stops looking; the job runs on. */
  detach(): void;
}

/** A drive whose light blinks. */
export interface EngineBlink {
  /** Always comes, never rejects. */
  readonly finished: Promise<{ stopped: boolean } | { error: AppError }>;
  stop(): void;
}

export interface Engine {
  identify(path: string): EngineBlink;
  start(request: JobRequest): EngineJob;
  verify(request: VerifyRequest): EngineJob;
  /** Blocks of a copy of `source` that interrupted copies have left on each target, by the maps in `folder`. */
  resumable(
    folder: string,
    blockSize: number,
    source: string,
    targets: readonly string[],
  ): Promise<Resumable[]>;
  attach(job: string): EngineJob;
  listJobs(): Promise<RunningJob[]>;
  probe(request: ProbeRequest): EngineProbe;
  check(paths: readonly string[]): Promise<Verdict[]>;
  survey(paths: readonly string[]): Promise<Verdict[]>;
  version(): Promise<{ version: number; helper: string }>;
}
