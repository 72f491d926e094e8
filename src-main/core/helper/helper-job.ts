// One conversation with a running job: verbs in, events out, and in the end always a summary. The job belongs to the helper;
// when this object or this program goes away it runs on.

import { EventEmitter } from 'node:events';
import { helperErrorWhat, type HelperErrorCode } from '@contract/helper-errors.gen.ts';
import {
  decodeEvent,
  PROTOCOL_VERSION,
  type HelperErrorInfo,
  type HelperEvent,
  type HelperEventOf,
  type JobSummary,
  type SlowPolicy,
} from '@contract/helper-messages.ts';
import { encodeVerb, type JobOptions, type Verb, type VerifyOptions } from './helper-verbs.ts';
import { JobLedger } from './job-ledger.ts';
import type { HelperExit, HelperLauncher, HelperProcess } from './launch/launcher.ts';
import { LineDecoder } from './line-decoder.ts';

/** After its summary the helper tidies up; so long is its end waited for. */
const TIDY_MS = 5000;
/** A helper that closed its output without a summary will not say any more; so long is its end waited for. */
const SILENT_MS = 5000;
/** The marks by which the answers to our own first verbs are known. */
const START = 'start';

/** Where a station's blocks come from: a local socket, and what the first node says of its job. */
export interface FeedRequest {
  readonly feed: string;
  readonly job: string;
  readonly size: number;
  /** A file with what the first node knows of its blocks. */
  readonly digests?: string;
}

/** What to copy where. Paths are absolute. */
export interface JobRequest {
  readonly source: string;
  /** Instead of the source; that is only a name then. */
  readonly feed?: FeedRequest;
  readonly targets: readonly string[];
  readonly options?: JobOptions;
  readonly approvals?: Approvals;
  readonly identities?: Identities;
}

/** The tokens of approved drives, by path. */
export type Approvals = ReadonlyMap<string, string>;
/** Which drives are meant, by path: what `check` said of them. Any other drive there is refused. */
export type Identities = ReadonlyMap<string, string>;

/** What to compare with a manifest. Paths are absolute. */
export interface VerifyRequest {
  readonly manifest: string;
  /** Where bad blocks are read from, when they are to be healed. */
  readonly source?: string;
  readonly targets: readonly string[];
  readonly options?: VerifyOptions;
  readonly approvals?: Approvals;
  readonly identities?: Identities;
}

interface HelperJobEvents {
  /** Everything the helper says, checked; the summary is not among it but in `finished`. */
  event: [HelperEvent];
  /** A line for people from the helper's standard error; hostile text is possible. */
  log: [string];
  /** The helper said something that is no message; it was passed over. */
  violation: [string];
}

/** A job as its client sees it. */
export class HelperJob extends EventEmitter<HelperJobEvents> {
  /** The result; never rejects and always comes once the helper has ended. */
  readonly finished: Promise<JobSummary>;
  readonly #process: HelperProcess;
  readonly #ledger: JobLedger;
  readonly #stdout = new LineDecoder();
  readonly #stderr = new LineDecoder();
  #settle: (summary: JobSummary) => void = () => undefined;
  #summary: JobSummary | undefined;
  #started = false;
  #startError: HelperErrorInfo | undefined;
  #over = false;
  #requests = 0;

  /** Starts the helper with these arguments; with a request, asks it to begin. Throws `RangeError` before anything is started. */
  constructor(launcher: HelperLauncher, args: readonly string[], request: JobRequest | VerifyRequest | null) {
    super();
    const start = request === null ? '' : encodeVerb(firstVerb(request));
    this.#process = launcher.launch(args);
    this.#ledger = new JobLedger(request?.source ?? '', request?.targets ?? []);
    this.finished = new Promise((resolve) => (this.#settle = resolve));
    this.#listen();
    if (start !== '') this.#process.stdin.write(start);
  }

  /** The helper's process id, for messages to people. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** More targets for the running job; each gets a `target` event. `takeUp`: go on with what interrupted copies have left. */
  add(paths: readonly string[], approvals?: Approvals, takeUp?: boolean): string {
    const request = this.#say((mark) => ({
      verb: 'add',
      targets: asked(paths, approvals),
      ...(takeUp ? { takeUp } : {}),
      request: mark,
    }));
    this.#ledger.ask(paths);
    return request;
  }

  /** Reads targets back that hold the copy already, while others are still copied to; each gets a `target` event, with `compared`. */
  compare(paths: readonly string[], identities?: Identities): string {
    const targets = asked(paths, undefined, identities);
    return this.#say((request) => ({ verb: 'add', targets, compare: true, request }));
  }

  /** Takes one target off at a block border. */
  remove(id: number): string {
    return this.#say((request) => ({ verb: 'remove', id, request }));
  }

  /** Changes what happens to targets that hold the others back; with an id, for that target alone. */
  slow(policy: SlowPolicy, id?: number): string {
    return this.#say((request) =>
      id === undefined ? { verb: 'slow', policy, request } : { verb: 'slow', policy, id, request },
    );
  }

  /** Stops every target at a block border; the summary follows. */
  cancel(): string {
    return this.#say((request) => ({ verb: 'cancel', request }));
  }

  /** Asks for block digests; they come as a `digests` event with the returned mark. */
  digests(from: number, count: number): string {
    return this.#say((request) => ({ verb: 'digests', from, count, request }));
  }

  /** Has blocks handed out to the process that listens at a local socket; an `error` event with the mark if that cannot be. */
  tap(path: string, by: string): string {
    return this.#say((request) => ({ verb: 'tap', path, by, request }));
  }

  /** Stops looking; the job runs on. */
  detach(): void {
    this.#end(() => this.#ledger.detached());
    this.#process.stdin.end();
    this.#process.release();
  }

  #say(make: (mark: string) => Verb): string {
    const mark = `c${++this.#requests}`;
    this.#send(make(mark));
    return mark;
  }

  #send(verb: Verb): void {
    const line = encodeVerb(verb);
    if (!this.#over && this.#process.stdin.writable) this.#process.stdin.write(line);
  }

  #listen(): void {
    const { stdin, stdout, stderr, exited } = this.#process;
    // A closed pipe means that the helper is gone or going; its end tells the rest.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
    stdout.on('data', (chunk: Buffer) => this.#onLines(this.#stdout.push(chunk)));
    stderr.on('data', (chunk: Buffer) => this.#onLog(this.#stderr.push(chunk)));
    stdout.on('end', () => {
      this.#onLines(this.#stdout.end());
      this.#within(SILENT_MS, 'the helper stopped talking');
    });
    void exited.then((exit) => this.#onExit(exit));
  }

  #onLines(lines: ReturnType<LineDecoder['push']>): void {
    for (const line of lines) {
      if (this.#over || this.#summary) return; // the summary is the last word
      if (line.kind === 'bad') {
        this.emit('violation', line.reason);
        continue;
      }
      const decoded = decodeEvent(line.text);
      if (decoded.kind === 'invalid') this.emit('violation', decoded.reason);
      else if (decoded.kind === 'event') this.#onEvent(decoded.event);
    }
  }

  #onEvent(event: HelperEvent): void {
    if (event.event === 'summary') return this.#onSummary(event);
    this.#ledger.apply(event);
    if (event.event === 'job') this.#started = true;
    if (event.event === 'error' && !this.#started && (event.request === START || event.request === undefined))
      this.#startError = errorInfo(event);
    if (event.event === 'hello' && event.version !== PROTOCOL_VERSION) {
      this.#startError = problem('version-mismatch', `the helper speaks version ${event.version}`);
      this.cancel();
    }
    this.emit('event', event);
  }

  #onSummary(event: HelperEventOf<'summary'>): void {
    this.#summary = this.#ledger.settle(event);
    this.#process.stdin.end();
    this.#within(TIDY_MS, '');
  }

  #onLog(lines: ReturnType<LineDecoder['push']>): void {
    for (const line of lines) if (line.kind === 'line') this.emit('log', line.text);
  }

  #onExit(exit: HelperExit): void {
    const error = exit.error ? startProblem(exit.error) : problem('helper-died', howItEnded(exit));
    this.#end(() => this.#lastWord(error));
  }

  #within(ms: number, why: string): void {
    const timer = setTimeout(() => {
      this.#end(() => this.#lastWord(problem('helper-died', why)));
      this.#process.release();
    }, ms);
    void this.finished.then(() => clearTimeout(timer));
  }

  #lastWord(error: HelperErrorInfo): JobSummary {
    if (this.#summary) return this.#summary;
    if (!this.#started && this.#startError) return this.#ledger.refused(this.#startError);
    return this.#ledger.lost(error);
  }

  #end(summary: () => JobSummary): void {
    if (this.#over) return;
    this.#over = true;
    this.#settle(summary());
  }
}

interface Place {
  path: string;
  approval?: string;
  identity?: string;
}

const placeOf = (path: string, identities?: Identities): Place => {
  const identity = identities?.get(path);
  return identity === undefined ? { path } : { path, identity };
};

function asked(paths: readonly string[], approvals?: Approvals, identities?: Identities): Place[] {
  return paths.map((path) => {
    const approval = approvals?.get(path);
    // An approval says which drive it is, too.
    return approval === undefined ? placeOf(path, identities) : { path, approval };
  });
}

function firstVerb(request: JobRequest | VerifyRequest): Verb {
  const shared = {
    version: PROTOCOL_VERSION,
    targets: asked(request.targets, request.approvals, request.identities),
    request: START,
  } as const;
  if (!('manifest' in request))
    return {
      verb: 'start',
      ...shared,
      source: request.feed ?? placeOf(request.source, request.identities),
      options: request.options ?? {},
    };
  const { manifest, source, identities, options = {} } = request;
  const from = source === undefined ? {} : { source: placeOf(source, identities) };
  return { verb: 'verify', ...shared, manifest, ...from, options };
}

function errorInfo({ code, message, offset, errno }: HelperErrorInfo): HelperErrorInfo {
  return {
    code,
    message,
    ...(offset === undefined ? {} : { offset }),
    ...(errno === undefined ? {} : { errno }),
  };
}

function problem(code: HelperErrorCode, message: string): HelperErrorInfo {
  return { code, message: message || helperErrorWhat[code] };
}

function startProblem(error: NodeJS.ErrnoException): HelperErrorInfo {
  const denied = error.code === 'EACCES' || error.code === 'EPERM';
  const info = problem(
    denied ? 'no-permission' : 'internal',
    `the helper could not be started: ${error.message}`,
  );
  return error.code === undefined ? info : { ...info, errno: error.code };
}

function howItEnded({ code, signal }: HelperExit): string {
  const how = signal === null ? `with status ${code ?? 'unknown'}` : `by ${signal}`;
  return `the helper ended ${how} before it had reported`;
}
