/** Keeps what the app knows of other computers across a restart. Paths of files with secrets stand in it, secrets do not. */
import { readFile } from 'node:fs/promises';
import { handOutSchema, joinSchema, stationSchema } from '@contract/groups/stations.ts';
import { z } from '@contract/zod.ts';
import { seal, unseal } from '../sealed-json.ts';
import { createSafeWriter } from '../write-file-safely.ts';
import type { KeptFeed } from './feed-service.ts';
import type { KeptHandOut } from './hand-out-service.ts';

const { url, job, needs } = handOutSchema.shape;
const fileSchema = z.object({
  carouselStations: z.literal(1),
  handOuts: z.record(
    z.string(),
    z.object({
      ...{ url, job, needs, stations: z.array(stationSchema), endsJob: z.boolean() },
      // Of a file without them no mark is ours: nothing is called good by that.
      marks: z.array(z.string()).default([]),
    }),
  ),
  feeds: z.array(z.object({ join: joinSchema, title: z.string(), size: z.number() })),
});

interface Kept {
  handOuts: Record<string, KeptHandOut>;
  feeds: KeptFeed[];
}

export interface StationsFile {
  /** What was kept; nothing when there is no file or it makes no sense. */
  load(): Promise<Kept>;
  keep(change: Partial<Kept>): void;
  /** Resolves when everything is on disk. */
  idle(): Promise<void>;
}

/** `mayWrite`: false while another core keeps the same folder. */
export function createStationsFile(
  path: string,
  mayWrite: () => boolean,
  onError: (error: unknown) => void,
): StationsFile {
  const writer = createSafeWriter(path, onError);
  let kept: Kept = { handOuts: {}, feeds: [] };
  return {
    async load() {
      const text = await readFile(path, 'utf8').catch(() => null);
      if (text === null) return kept;
      try {
        const { content, sealed } = unseal(text);
        if (!sealed) throw new Error('the check is missing');
        const { handOuts, feeds } = fileSchema.parse(content);
        kept = { handOuts, feeds };
      } catch (error) {
        onError(error);
      }
      return kept;
    },
    keep(change) {
      kept = { ...kept, ...change };
      if (mayWrite()) writer.write(seal({ carouselStations: 1, ...kept }));
    },
    idle: () => writer.idle(),
  };
}
