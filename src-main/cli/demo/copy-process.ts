// A `carousel copy --json` as a process of its own, seen from outside as any script would see it.

import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { decodeEvent, type HelperEvent, type HelperEventOf } from '@contract/helper-messages.ts';
import { LineDecoder } from '../../core/helper/line-decoder.ts';

/** How a copy ended. */
export interface CopyEnd {
  readonly exitCode: number | null;
  readonly summary: HelperEventOf<'summary'> | undefined;
  /** The end of what it said to people. */
  readonly said: string;
}

/** A running `carousel copy`. */
export class CopyProcess extends EventEmitter<{ event: [HelperEvent] }> {
  readonly ended: Promise<CopyEnd>;
  isOver = false;
  readonly #child: ChildProcess;

  constructor(self: readonly string[], args: readonly string[]) {
    super();
    const [program = process.execPath, ...leading] = self;
    const child = spawn(program, [...leading, 'copy', ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const decoder = new LineDecoder();
    let said = '';
    let summary: CopyEnd['summary'];
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-4000)));
    child.stdout.on('data', (chunk: Buffer) => {
      for (const line of decoder.push(chunk)) {
        const decoded = line.kind === 'line' ? decodeEvent(line.text) : undefined;
        if (decoded?.kind !== 'event') continue;
        if (decoded.event.event === 'summary') summary = decoded.event;
        this.emit('event', decoded.event);
      }
    });
    this.ended = new Promise((resolve) => {
      const end = (exitCode: number | null): void => {
        this.isOver = true;
        resolve({ exitCode, summary, said: said.trim() });
      };
      child.once('error', (error) => {
        said += error.message;
        end(null);
      });
      child.once('close', end);
    });
  }

  /** Asks it to stop in good order. */
  stop(): void {
    this.#child.kill('SIGTERM');
  }

  /** Waits for an event of a kind; undefined when the copy ended or the time was up first. */
  async waitFor(
    wanted: (event: HelperEvent) => boolean,
    timeoutMs: number,
  ): Promise<HelperEvent | undefined> {
    if (this.isOver) return undefined;
    let found: (event: HelperEvent | undefined) => void = () => undefined;
    const result = new Promise<HelperEvent | undefined>((resolve) => (found = resolve));
    const look = (event: HelperEvent): void => {
      if (wanted(event)) found(event);
    };
    const timer = setTimeout(() => found(undefined), timeoutMs);
    void this.ended.then(() => found(undefined));
    this.on('event', look);
    const event = await result;
    this.off('event', look);
    clearTimeout(timer);
    return event;
  }
}
