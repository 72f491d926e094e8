/** Writes a session to a file: for bug reports, demonstrations and screenshots. */
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { ContractError, appError, type AppError } from '@contract/errors.ts';
import { callNames } from '@contract/schema.ts';
import type { Connection, Handlers } from '@contract/server.ts';
import type { Clock } from '../ports.ts';
import type { StateStore } from '../state/state-store.ts';
import type { RecordingHead, RecordingLine } from './recording.ts';

export interface Recorder {
  /** Records the store's patches, and the calls that go through the handlers it gives back. */
  watch(store: StateStore, handlers: Handlers): Handlers;
  close(): Promise<void>;
}

/** What opens or proves something is left out of a recording. */
const secrets = new Set(['token', 'typed']);
const withoutSecrets = (key: string, value: unknown): unknown => (secrets.has(key) ? '' : value);

/** A recorder into this file, which must not exist yet. */
export function createRecorder(path: string, app: string, clock: Clock): Recorder {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  const began = clock.now();
  let stopWatching: (() => void) | null = null;
  let problem: Error | null = null;
  file.on('error', (error) => (problem = error));

  const write = (line: RecordingHead | RecordingLine): void => {
    if (!problem) file.write(`${JSON.stringify(line, withoutSecrets)}\n`);
  };
  const note = (call: string, input: unknown, error: AppError | null): void => {
    if (!call.startsWith('state.')) write({ t: clock.now() - began, call, input, error });
  };

  type AnyHandler = (input: unknown, connection: Connection) => unknown;

  const recorded =
    (name: string, handler: AnyHandler): AnyHandler =>
    async (input, connection) => {
      try {
        const output = await handler(input, connection);
        note(name, input, null);
        return output;
      } catch (error) {
        note(name, input, error instanceof ContractError ? error.error : appError('internal', {}));
        throw error;
      }
    };

  return {
    watch(store, handlers) {
      write({ carouselRecording: 1, app, snapshot: store.snapshot() });
      stopWatching = store.onPatch((patch) => write({ t: clock.now() - began, patch }));
      return Object.fromEntries(
        callNames.map((name) => [name, recorded(name, handlers[name] as AnyHandler)]),
      ) as Handlers;
    },
    async close() {
      stopWatching?.();
      file.end();
      await finished(file).catch(() => undefined);
      if (problem) throw problem;
    },
  };
}
