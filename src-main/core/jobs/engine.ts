/** What the job service needs of the engine. `HelperClient` is it; tests have a scripted one. */
import type { HelperEvent, JobSummary, SlowPolicy } from '@contract/helper-messages.ts';
import type { Approvals, JobRequest } from '../helper/helper-job.ts';
import type { ProbeRequest } from '../helper/probe-messages.ts';
import type { EngineProbe } from '../probes/probe-service.ts';
import type { RunningJob, Verdict } from '@contract/helper-verdicts.ts';

/** One conversation with a running job. */
export interface EngineJob {
  /** The helper's process id, for messages to people; unknown when it could not be started. */
  readonly pid?: number | undefined;
  /** Always comes, never rejects. */
  readonly finished: Promise<JobSummary>;
  on(name: 'event', listener: (event: HelperEvent) => void): unknown;
  on(name: 'log' | 'violation', listener: (text: string) => void): unknown;
  /** Answers with the mark that an error about it would carry. */
  add(paths: readonly string[], approvals?: Approvals): string;
  remove(id: number): unknown;
  slow(policy: SlowPolicy, id?: number): unknown;
  cancel(): unknown;
  /** Stops looking; the job runs on. */
  detach(): void;
}

export interface Engine {
  start(request: JobRequest): EngineJob;
  attach(job: string): EngineJob;
  listJobs(): Promise<RunningJob[]>;
  probe(request: ProbeRequest): EngineProbe;
  check(paths: readonly string[]): Promise<Verdict[]>;
  survey(paths: readonly string[]): Promise<Verdict[]>;
  version(): Promise<{ version: number; helper: string }>;
}
