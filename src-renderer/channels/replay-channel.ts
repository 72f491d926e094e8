/**
 * The channel of a recorded run (`?replay=run.jsonl`): plays the file in the page, over the same contract, to a viewer.
 * The file is what the core's session recorder writes: a line with the first snapshot, then a line for each patch.
 */
import type { Channel } from '@contract/channel.ts';
import { fail } from '@contract/errors.ts';
import { createMemoryChannel } from '@contract/memory-channel.ts';
import { callNames } from '@contract/schema.ts';
import { serveContract, type Handlers } from '@contract/server.ts';
import { applyPatch, patchSchema, snapshotSchema, type Patch, type Snapshot } from '@contract/snapshot.ts';
import { hostTimers, type Timers } from '@contract/timers.ts';
import { z } from '@contract/zod.ts';

const headSchema = z.object({ carouselRecording: z.literal(1), app: z.string(), snapshot: snapshotSchema });
const patchLineSchema = z.object({ t: z.number().nonnegative(), patch: patchSchema });

/** A recording, read. */
export interface Recording {
  app: string;
  snapshot: Snapshot;
  patches: { t: number; patch: Patch }[];
}

/** Reads a recording: lines that are no patches are left out. Throws if the first line is not a recording's. */
export function parseRecording(text: string): Recording {
  const [first = '', ...lines] = text.split('\n');
  const { app, snapshot } = headSchema.parse(JSON.parse(first));
  const patches = lines.flatMap((line) => {
    try {
      return patchLineSchema.safeParse(JSON.parse(line)).data ?? [];
    } catch {
      return []; // an empty or cut-off last line
    }
  });
  return { app, snapshot, patches };
}

/** Plays the recording from its beginning to whoever subscribes; the end stays on show. */
export function createReplayChannel(recording: Recording, timers: Timers = hostTimers): Channel {
  const [near, far] = createMemoryChannel();
  const { state: first, ...rest } = recording.snapshot;
  let now: Snapshot = { ...rest, state: { ...first, system: { ...first.system, host: 'replay' } } };
  let begun = false;

  const refused = Object.fromEntries(callNames.map((name) => [name, () => fail('replay-only')]));
  const connection = serveContract(far, {
    role: 'viewer',
    app: recording.app,
    onInternalError: () => undefined,
    handlers: {
      ...(refused as unknown as Handlers),
      'state.get': () => now,
      'state.subscribe': () => {
        if (!begun) play(0, 0);
        begun = true;
        return now;
      },
      'state.unsubscribe': () => ({}),
      'settings.get': () => now.state.settings,
    },
  });

  function play(index: number, at: number): void {
    const entry = recording.patches[index];
    if (!entry) return;
    timers.after(Math.max(0, entry.t - at), () => {
      const state = applyPatch(now.state, entry.patch.steps);
      const patch = { ...entry.patch, epoch: now.epoch, from: now.revision, to: now.revision + 1 };
      now = { ...now, revision: patch.to, state };
      connection.emit('state.patch', patch);
      play(index + 1, entry.t);
    });
  }

  return near;
}

/** Fetches a recording from the page's own host. */
export async function openRecording(address: string): Promise<Channel> {
  const url = new URL(address, location.href);
  if (url.origin !== location.origin) fail('not-found');
  const answer = await fetch(url);
  if (!answer.ok) fail('not-found');
  return createReplayChannel(parseRecording(await answer.text()));
}
