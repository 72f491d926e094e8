// What is known of a job so far, kept from its events, so that an honest summary can be given even if the helper never sends
// its own. Pure: no process, no clock of its own.

import { helperErrorClass, helperErrorWhat } from '@contract/helper-errors.gen.ts';
import type {
  FinalState,
  HelperErrorInfo,
  HelperEvent,
  HelperEventOf,
  JobSummary,
  TargetResult,
  TargetState,
  Task,
} from '@contract/helper-messages.ts';
import { isFinal, takesBack } from '@contract/helper-messages.ts';

type WireSummary = HelperEventOf<'summary'>;

/** As in the helper (docs/helper-protocol.md). */
const MAX_RANGES = 1000;

interface Entry {
  id: number | undefined;
  path: string;
  mine: boolean;
  state: TargetState;
  joinedAtBlock: number | null;
  bytesWritten: number;
  badBlocks: number;
  healedBlocks: number;
  seconds: number;
  error: HelperErrorInfo | undefined;
  findings: Findings;
}

/** What is known of how good it is, beside its state. */
type Findings = Pick<
  WireSummary['targets'][number],
  'unreadable' | 'resumedBlocks' | 'evidence' | 'deviceBytes' | 'deviceMs' | 'compared'
>;

/** Keeps the last known state of everything on a job. */
export class JobLedger {
  readonly #source: WireSummary['source'];
  readonly #asked: string[];
  readonly #entries = new Map<number, Entry>();
  #role: WireSummary['role'] = 'producer';
  #task: Task = 'copy';
  #lastT = 0;

  constructor(sourcePath: string, targets: readonly string[]) {
    this.#source = { path: sourcePath, size: 0, bytesRead: 0, laps: 0, rootDigest: null, unreadable: [] };
    this.#asked = [...targets];
  }

  /** The client asked for more targets. */
  ask(targets: readonly string[]): void {
    this.#asked.push(...targets);
  }

  /** Takes note of an event. */
  apply(event: HelperEvent): void {
    this.#lastT = Math.max(this.#lastT, event.t);
    switch (event.event) {
      case 'job':
        this.#role = event.role;
        this.#task = event.task;
        this.#source.path = event.source.path;
        this.#source.size = event.source.size;
        this.#source.blockSize = event.blockSize;
        break;
      case 'head':
        this.#source.bytesRead = Math.max(this.#source.bytesRead, event.bytesRead);
        this.#source.laps = Math.max(this.#source.laps, event.lap);
        break;
      case 'bad-source':
        this.#addRange(event);
        break;
      case 'target':
        this.#onTarget(event);
        break;
      case 'joined':
        this.#entry(event).joinedAtBlock = event.block;
        break;
      case 'progress': {
        const entry = this.#entry(event);
        // Later phases count from zero again; what was written stays written.
        if (event.phase === 'copying' || event.phase === 'aside' || event.phase === 'flushing')
          entry.bytesWritten = Math.max(entry.bytesWritten, event.bytes);
        if (!isFinal(entry.state)) entry.state = event.phase;
        break;
      }
      default:
        break;
    }
  }

  /** The helper's own summary, held against what we asked for: nothing that is missing or unfinished may read as good. */
  settle(summary: WireSummary): JobSummary {
    const missing = summary.role === 'observer' ? [] : notIn(this.#asked, summary.targets);
    const taken = [...this.#entries.values()].filter(({ mine }) => mine);
    const late = notIn(this.#asked, taken);
    const targets = [
      ...summary.targets,
      ...missing.map((path) =>
        late.includes(path)
          ? blank(path, 'refused', { code: 'job-ending', message: helperErrorWhat['job-ending'] })
          : blank(path, 'failed', { code: 'internal', message: 'missing from the result' }),
      ),
    ];
    const ok = summary.ok && summary.outcome === 'complete' && isGood(summary.source, targets);
    return { ...summary, targets, ok };
  }

  /** The summary when the helper is gone without one: what had ended stays as it was, everything else failed. */
  lost(error: HelperErrorInfo): JobSummary {
    const end = (entry: Entry): TargetResult => {
      const { mine: _mine, state, error: known, id, findings, ...rest } = entry;
      const shared = { ...rest, ...findings, ...(id === undefined ? {} : { id }) };
      if (!isFinal(state)) return { ...shared, state: 'failed', error: known ?? error };
      return known === undefined ? { ...shared, state } : { ...shared, state, error: known };
    };
    const own = [...this.#entries.values()].filter((entry) => entry.mine).map(end);
    const unheard = notIn(this.#asked, own).map((path) => blank(path, 'failed', error));
    return this.#summary('helper-died', [...own, ...unheard], this.#others().map(end), error);
  }

  /** The summary when the helper would not begin. */
  refused(error: HelperErrorInfo): JobSummary {
    const kind = helperErrorClass[error.code];
    const state = kind === 'refused' || kind === 'permission' || kind === 'usage' ? 'refused' : 'failed';
    const targets = this.#asked.map((path) => blank(path, state, error));
    return this.#summary(kind === 'source' ? 'source-failed' : 'refused', targets, [], error);
  }

  /** The summary when we stopped looking: only what had ended by then. */
  detached(): JobSummary {
    const ended = [...this.#entries.values()].flatMap((entry) => {
      const { mine: _mine, id: _id, error, state, findings, ...others } = entry;
      const rest = { ...others, ...findings };
      return isFinal(state) ? [error === undefined ? { ...rest, state } : { ...rest, state, error }] : [];
    });
    return this.#summary('detached', ended, []);
  }

  #summary(
    outcome: JobSummary['outcome'],
    targets: TargetResult[],
    others: TargetResult[],
    error?: HelperErrorInfo,
  ): JobSummary {
    const source = error === undefined ? this.#source : { ...this.#source, error };
    const t = this.#lastT;
    const task = this.#task;
    return {
      event: 'summary',
      t,
      task,
      ok: false,
      role: this.#role,
      outcome,
      source,
      targets,
      others,
      seconds: t,
    };
  }

  /** As many as the helper's own summary names; the rest is counted. */
  #addRange({ offset, length }: { offset: number; length: number }): void {
    if (this.#source.unreadable.length < MAX_RANGES) this.#source.unreadable.push({ offset, length });
    else this.#source.unreadableMore = (this.#source.unreadableMore ?? 0) + 1;
  }

  #others(): Entry[] {
    return [...this.#entries.values()].filter((entry) => !entry.mine);
  }

  #onTarget(event: HelperEventOf<'target'>): void {
    const entry = this.#entry(event);
    if (isFinal(entry.state) && !takesBack(entry.state, event)) return; // whatever arrives late
    entry.mine = event.mine;
    entry.state = event.state;
    entry.joinedAtBlock = event.joinedAtBlock ?? entry.joinedAtBlock;
    entry.bytesWritten = Math.max(entry.bytesWritten, event.bytesWritten);
    entry.badBlocks = event.badBlocks;
    entry.healedBlocks = event.healedBlocks;
    entry.seconds = event.seconds;
    entry.error = event.error;
    const { unreadable, resumedBlocks, evidence, deviceBytes, deviceMs, compared } = event;
    entry.findings = { unreadable, resumedBlocks, evidence, deviceBytes, deviceMs, compared };
  }

  #entry(event: { id: number; target: string }): Entry {
    const known = this.#entries.get(event.id);
    if (known) return known;
    const made: Entry = {
      ...blank(event.target, 'failed'),
      id: event.id,
      mine: false, // until a `target` event says so: `joined` of others may come first
      state: 'waiting',
      error: undefined,
      findings: {},
    };
    this.#entries.set(event.id, made);
    return made;
  }
}

/** Is this result free of anything that is not good? */
export function isGood(source: JobSummary['source'], targets: readonly TargetResult[]): boolean {
  const clean = source.unreadable.length === 0 && source.error === undefined;
  return clean && targets.every((target) => isGoodState(target.state));
}

/** Is nothing wrong with a target in this state? `sampled` says that no more than a sample was looked at. */
export function isGoodState(state: TargetState): boolean {
  return state === 'done' || state === 'verified' || state === 'sampled';
}

function notIn(asked: readonly string[], targets: readonly { path: string }[]): string[] {
  const left = targets.map((target) => target.path);
  return asked.filter((path) => {
    const at = left.indexOf(path);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function blank(
  path: string,
  state: FinalState,
  error?: HelperErrorInfo,
): TargetResult & { joinedAtBlock: null } {
  const bare = {
    path,
    state,
    joinedAtBlock: null,
    bytesWritten: 0,
    badBlocks: 0,
    healedBlocks: 0,
    seconds: 0,
  };
  return error === undefined ? bare : { ...bare, error };
}
