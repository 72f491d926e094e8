// One probe of one stick by the helper: progress, and in the end always a verdict or the reason why there is none.

import { EventEmitter } from 'node:events';
import type { HelperErrorCode } from '@contract/helper-errors.gen.ts';
import type { HelperLauncher, HelperProcess } from './launch/launcher.ts';
import { LineDecoder } from './line-decoder.ts';
import {
  decodeProbeLine,
  encodeProbe,
  type ProbeRequest,
  type ProbeEvent,
  type ProbeVerdict,
} from './probe-messages.ts';

interface HelperProbeEvents {
  event: [ProbeEvent];
  /** A line for people from the helper's standard error; hostile text is possible. */
  log: [string];
}

/** A running probe. It ends when its helper loses us: nobody else is there to hear the verdict. */
export class HelperProbe extends EventEmitter<HelperProbeEvents> {
  /** Always comes, never rejects. */
  readonly finished: Promise<ProbeVerdict>;
  readonly #process: HelperProcess;
  #verdict: ProbeVerdict | undefined;
  #problem: { code: HelperErrorCode; message: string; errno?: string | undefined } | undefined;

  /** Starts the helper; throws a `RangeError` before that on a request that no helper would take. */
  constructor(launcher: HelperLauncher, request: ProbeRequest) {
    super();
    const line = encodeProbe(request);
    this.#process = launcher.launch(['probe']);
    const { stdin, stdout, stderr, exited } = this.#process;
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);
    const out = new LineDecoder();
    const err = new LineDecoder();
    const take = (lines: ReturnType<LineDecoder['push']>): void => {
      for (const said of lines) {
        if (said.kind === 'bad') this.#problem ??= { code: 'protocol', message: said.reason };
        else this.#onLine(said.text);
      }
    };
    stdout.on('data', (chunk: Buffer) => take(out.push(chunk)));
    stdout.on('end', () => take(out.end()));
    stderr.on('data', (chunk: Buffer) => {
      for (const said of err.push(chunk)) if (said.kind === 'line') this.emit('log', said.text);
    });
    this.finished = exited.then((exit) => {
      if (exit.error) {
        const denied = exit.error.code === 'EACCES' || exit.error.code === 'EPERM';
        this.#problem = { code: denied ? 'no-permission' : 'helper-died', message: exit.error.message };
      }
      // Nothing a broken conversation said is believed, least of all a good word.
      if (this.#verdict && !this.#problem) return this.#verdict;
      const how = exit.signal ? `ended by ${exit.signal}` : `ended with status ${exit.code}`;
      return noVerdict(request, this.#problem ?? { code: 'helper-died', message: `the helper ${how}` });
    });
    stdin.write(line);
  }

  /** Stops it; a quick probe first puts back what it overwrote. */
  cancel(): void {
    if (this.#process.stdin.writable) this.#process.stdin.write('{"verb":"cancel"}\n');
  }

  #onLine(text: string): void {
    const said = decodeProbeLine(text);
    if (said.kind === 'event') this.emit('event', said.event);
    else if (said.kind === 'verdict') {
      this.#verdict ??= said.verdict;
      this.#process.stdin.end();
    } else if (said.kind === 'error') this.#problem ??= said.error;
    else if (said.kind === 'invalid') this.#problem ??= { code: 'protocol', message: said.reason };
  }
}

/** The last word where the helper had none. */
function noVerdict(request: ProbeRequest, error: NonNullable<ProbeVerdict['error']>): ProbeVerdict {
  return {
    event: 'verdict',
    t: 0,
    ok: false,
    outcome: 'failed',
    target: request.target,
    full: request.full ?? false,
    announcedBytes: 0,
    verdict: null,
    realBytes: null,
    realAtMost: null,
    left: 'changed',
    testedBytes: 0,
    badBytes: 0,
    firstBad: null,
    bad: [],
    badMore: 0,
    doubt: { places: 0, widestGap: 0, missedPercent: 0, cache: 0 },
    writeRate: 0,
    readRate: 0,
    error,
  };
}
