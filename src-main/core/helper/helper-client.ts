// The app's and the command line's way to the helper.

import type { z } from '@contract/zod.ts';
import { findHelper } from './helper-path.ts';
import { HelperJob, type JobRequest, type VerifyRequest } from './helper-job.ts';
import { startBlink } from './helper-blink.ts';
import { HelperProbe } from './helper-probe.ts';
import type { ProbeRequest } from './probe-messages.ts';
import { explain } from '@contract/helper-messages.ts';
import { directLauncher } from './launch/direct-launcher.ts';
import type { HelperLauncher } from './launch/launcher.ts';
import { HelperCommandError, ONE_SHOT_MS, runOneShot } from './one-shot.ts';
import {
  resumableSchema,
  runningJobSchema,
  verdictSchema,
  versionSchema,
  type HelperVersion,
  type Resumable,
  type RunningJob,
  type Verdict,
} from '@contract/helper-verdicts.ts';

/** Starts, finds and questions helpers. */
export class HelperClient {
  readonly #launcher: HelperLauncher;
  readonly #oneShotMs: number;

  /** Without a launcher the helper is searched for and started with this user's rights; throws `HelperNotFound`. */
  constructor(launcher: HelperLauncher = directLauncher(findHelper()), oneShotMs: number = ONE_SHOT_MS) {
    this.#launcher = launcher;
    this.#oneShotMs = oneShotMs;
  }

  /** Starts a copy, or joins the running copy of the same source. Throws `RangeError` on a request that no helper would take. */
  start(request: JobRequest): HelperJob {
    return new HelperJob(this.#launcher, ['job'], request);
  }

  /** Compares targets with a manifest. Throws `RangeError` on a request that no helper would take. */
  verify(request: VerifyRequest): HelperJob {
    return new HelperJob(this.#launcher, ['job'], request);
  }

  /** How much of a copy of `source` in blocks of this size earlier jobs have left on each target, by the maps in `folder`. */
  async resumable(
    folder: string,
    blockSize: number,
    source: string,
    targets: readonly string[],
  ): Promise<Resumable[]> {
    if (targets.length === 0) return [];
    return this.#ask(['resumable', folder, String(blockSize), source, ...targets], resumableSchema);
  }

  /** Looks in on a running job. */
  attach(job: string): HelperJob {
    return new HelperJob(this.#launcher, ['attach', job], null);
  }

  /** Finds out whether a stick is what it says it is. Throws `RangeError` on a request that no helper would take. */
  probe(request: ProbeRequest): HelperProbe {
    return new HelperProbe(this.#launcher, request);
  }

  /** Makes the light of a drive blink, by reading from it. */
  identify(path: string): ReturnType<typeof startBlink> {
    return startBlink(this.#launcher, path);
  }

  /** The jobs of this user that run now. */
  listJobs(): Promise<RunningJob[]> {
    return this.#ask(['jobs'], runningJobSchema);
  }

  /** What is at these paths, in the same order, and may it be source or target? */
  check(paths: readonly string[]): Promise<Verdict[]> {
    return this.#judge('check', paths);
  }

  /** The same, and what is on each drive with the approval that erasing it needs. Reads the drives. */
  survey(paths: readonly string[]): Promise<Verdict[]> {
    return this.#judge('survey', paths);
  }

  async #judge(command: 'check' | 'survey', paths: readonly string[]): Promise<Verdict[]> {
    if (paths.length === 0) return [];
    const verdicts = await this.#ask([command, ...paths], verdictSchema);
    if (verdicts.length !== paths.length || verdicts.some((verdict, i) => verdict.path !== paths[i]))
      throw new HelperCommandError(
        `carousel-helper ${command} answered about other paths than it was asked for`,
      );
    return verdicts;
  }

  /** The helper's versions. */
  async version(): Promise<HelperVersion> {
    const [version] = await this.#ask(['--version'], versionSchema);
    if (version === undefined) throw new HelperCommandError('carousel-helper --version said nothing');
    return version;
  }

  async #ask<T>(args: readonly string[], schema: z.ZodType<T>): Promise<T[]> {
    const lines = await runOneShot(this.#launcher, args, this.#oneShotMs);
    return lines.map((line) => {
      const parsed = schema.safeParse(parseJson(line));
      if (!parsed.success)
        throw new HelperCommandError(`carousel-helper ${args[0] ?? ''}: ${explain(parsed.error)}`);
      return parsed.data;
    });
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
