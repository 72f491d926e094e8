/** An engine that does what a test tells it to, and remembers what it was asked. */
import { EventEmitter } from 'node:events';
import type { JobRequest, VerifyRequest } from '../helper/helper-job.ts';
import type { ProbeEvent, ProbeRequest, ProbeVerdict } from '../helper/probe-messages.ts';
import type { EngineProbe } from '../probes/probe-service.ts';
import type { HelperEvent, JobSummary } from '@contract/helper-messages.ts';
import type { Resumable, RunningJob, Verdict } from '@contract/helper-verdicts.ts';
import type { Engine, EngineJob } from '../jobs/engine.ts';

export class ScriptedJob extends EventEmitter implements EngineJob {
  readonly finished: Promise<JobSummary>;
  readonly said: unknown[] = [];
  end!: (summary: JobSummary) => void;
  private requests = 0;

  constructor() {
    super();
    this.finished = new Promise((resolve) => (this.end = resolve));
  }

  tell(event: HelperEvent): void {
    this.emit('event', event);
  }

  add(paths: readonly string[], _approvals?: unknown, takeUp = false): string {
    this.said.push(takeUp ? { add: paths, takeUp } : { add: paths });
    this.requests += 1;
    return `r${String(this.requests)}`;
  }

  compare(paths: readonly string[]): string {
    this.said.push({ compare: paths });
    this.requests += 1;
    return `r${String(this.requests)}`;
  }

  remove(id: number): void {
    this.said.push({ remove: id });
  }

  slow(policy: 'together' | 'catch-up', id?: number): void {
    this.said.push({ slow: policy, id });
  }

  cancel(): void {
    this.said.push('cancel');
  }

  tap(path: string): string {
    this.said.push({ tap: path });
    return 'tap';
  }

  digests(from: number, count: number): string {
    this.said.push({ digests: from, count });
    return `digests-${String(from)}`;
  }

  detach(): void {
    this.said.push('detach');
  }
}

export class ScriptedProbe extends EventEmitter implements EngineProbe {
  readonly finished: Promise<ProbeVerdict>;
  cancelled = false;
  end!: (verdict: ProbeVerdict) => void;

  constructor() {
    super();
    this.finished = new Promise((resolve) => (this.end = resolve));
  }

  tell(event: ProbeEvent): void {
    this.emit('event', event);
  }

  cancel(): void {
    this.cancelled = true;
  }
}

export interface ScriptedEngine extends Engine {
  started: { request: JobRequest; job: ScriptedJob }[];
  verified: { request: VerifyRequest; job: ScriptedJob }[];
  /** What interrupted copies have left, by path. */
  rests: Resumable[];
  attached: { key: string; job: ScriptedJob }[];
  probed: { request: ProbeRequest; probe: ScriptedProbe }[];
  /** What `listJobs` answers. */
  runs: RunningJob[];
  /** Changes the verdict for a path. */
  judge: (verdict: Verdict) => Verdict;
  /** Changes what is seen on a drive. */
  look: (verdict: Verdict) => Verdict;
}

const fine = { ok: true, reasons: [] };
const verdictOn = (path: string): Verdict => ({
  path,
  exists: true,
  size: 32_000_000_000,
  busPath: '',
  serial: '',
  wwn: '',
  identity: `I1-${path}`,
  source: fine,
  target: fine,
  survey: { level: 1, approval: `A1-1-${path}`, readable: true, blank: false, table: 'none', volumes: [] },
});

/** Everything may be source and target until a test says otherwise. */
export function scriptedEngine(): ScriptedEngine {
  return {
    started: [],
    verified: [],
    rests: [],
    attached: [],
    probed: [],
    runs: [],
    judge: (verdict) => verdict,
    look: (verdict) => verdict,
    start(request) {
      const job = new ScriptedJob();
      this.started.push({ request, job });
      return job;
    },
    verify(request) {
      const job = new ScriptedJob();
      this.verified.push({ request, job });
      return job;
    },
    async resumable(_folder, _blockSize, _source, targets) {
      return this.rests.filter(({ path }) => targets.includes(path));
    },
    attach(key) {
      const job = new ScriptedJob();
      this.attached.push({ key, job });
      return job;
    },
    probe(request) {
      const probe = new ScriptedProbe();
      this.probed.push({ request, probe });
      return probe;
    },
    identify: () => ({ finished: Promise.resolve({ stopped: false }), stop: () => undefined }),
    async listJobs() {
      return this.runs;
    },
    async check(paths) {
      return paths.map((path) => this.judge(verdictOn(path)));
    },
    async survey(paths) {
      return paths.map((path) => this.look(this.judge(verdictOn(path))));
    },
    async version() {
      return { version: 1, helper: '0.1.0' };
    },
  };
}
