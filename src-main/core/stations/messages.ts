/**
 * What the first node and its stations say to each other over NATS (docs/stations.md, "On the wire"). Everything is checked here before
 * anything else sees it; all of it may come from a stranger.
 */
import { z } from '@contract/zod.ts';
import { moreTargetsSchema, mostListedTargets, stationTargetSchema } from '@contract/groups/stations.ts';

/** Goes up with every change that an older end could not follow. */
export const stationVersion = 2;
/** Most ranges in one list. */
const maxRanges = 1100;
/** No drive is larger (64 TiB), and a map of more blocks takes longer to go through than a sign of life may. */
const largestSource = 70_368_744_177_664;
const mostBlocks = 67_108_864;

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const id = z.string().regex(/^[a-z0-9]{8,32}$/);
const blockRange = z.tuple([count, count.min(1)]);
const byteRange = z.strictObject({ offset: count, length: count.min(1) });
const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** Who asks, and what proves it. The secret stands in no reply. */
const speaker = { station: id, secret: hex64 };
const report = { targets: z.array(stationTargetSchema).max(mostListedTargets), more: moreTargetsSchema };

export const streamName = (job: string): string => `CAROUSEL_${job}`;
export const blocksSubject = (job: string): string => `carousel.${job}.blocks`;
export const controlSubject = (job: string): string => `carousel.${job}.control`;
export const consumerName = (station: string): string => `station-${station}`;

/** Requests of a station. The version comes first: an end that does not speak it must understand no more than that. */
export const requestSchema = z.discriminatedUnion('ask', [
  z.strictObject({ version: z.literal(stationVersion), ask: z.literal('hello') }),
  z.strictObject({
    version: z.literal(stationVersion),
    ask: z.literal('join'),
    ...speaker,
    name: z.string().min(1).max(64),
  }),
  z.strictObject({
    version: z.literal(stationVersion),
    ask: z.literal('beat'),
    ...speaker,
    /** Everything up to this sequence of the stream has been dealt with. */
    upTo: count,
    lacks: z.array(blockRange).max(maxRanges),
    ...report,
    /** Every block is there but the last, which waits for the root digest. */
    full: z.boolean(),
  }),
  z.strictObject({
    version: z.literal(stationVersion),
    ask: z.literal('bye'),
    ...speaker,
    ...report,
  }),
  z.strictObject({
    version: z.literal(stationVersion),
    ask: z.literal('digests'),
    from: count,
    count: count.min(1).max(16_384),
  }),
]);
export type StationRequest = z.infer<typeof requestSchema>;

const problem = z.strictObject({
  error: z.enum(['version', 'refused', 'ended']),
  detail: z.string().max(512),
  version: count,
});

export const helloReply = z
  .strictObject({
    version: z.literal(stationVersion),
    job: z.string().max(32),
    source: z.string().max(256),
    size: count.min(1).max(largestSource),
    blockSize: z
      .int()
      .min(65_536)
      .max(16_777_216)
      .refine((bytes) => Number.isInteger(Math.log2(bytes)), 'must be a power of two'),
    blockCount: count.min(1).max(mostBlocks),
    /** Milliseconds since 1970 on the first node. */
    clock: z.number(),
    /** Seconds between two signs of life, and without one until a station is dropped. */
    beat: z.number().min(0.1).max(60),
    timeout: z.number().min(1).max(3600),
  })
  .refine(({ size, blockSize, blockCount }) => blockCount === Math.ceil(size / blockSize), {
    message: 'must be as many blocks as the size has',
    path: ['blockCount'],
  });
export type HelloReply = z.infer<typeof helloReply>;

export const joinReply = z.strictObject({
  version: z.literal(stationVersion),
  stream: z.string().max(64),
  consumer: z.string().max(64),
  /** The stream's last sequence when the consumer was made: what comes later comes. */
  from: count,
});

export const beatReply = z.strictObject({
  version: z.literal(stationVersion),
  /** False: it was dropped, and has to join again. */
  known: z.boolean(),
  /** It lacks nothing: no more blocks come until it joins again. */
  rest: z.boolean(),
  /** Known once every block has been read, and given to who is full. */
  root: hex64.nullable(),
});

export const byeReply = z.strictObject({ version: z.literal(stationVersion) });

export const digestsReply = z.strictObject({
  version: z.literal(stationVersion),
  /** Base64 of 17 bytes a block: 0 not known, 1 good, 2 unreadable in part; and its digest. */
  known: z.string().max(512_000),
  root: hex64.nullable(),
});

/** The head of a message with (a part of) a block. */
export const partSchema = z.strictObject({
  v: z.literal(stationVersion),
  /** Which sending of a block this is a part of. */
  n: count,
  b: count,
  part: count,
  parts: count.min(1).max(64),
  length: z.int().min(1).max(16_777_216),
  digest: z.string().regex(/^[0-9a-f]{32}$/),
  bad: z.array(byteRange).max(64),
});
export type Part = z.infer<typeof partSchema>;
/** The header that carries it. */
export const partHeader = 'Carousel';

/** The reply to a request, or why there is none: `problem` where the other end said so. */
export type Answer<T> =
  { ok: true; value: T } | { ok: false; error: 'version' | 'refused' | 'ended' | 'nonsense'; detail: string };

/** Reads an answer. */
export function readAnswer<T>(schema: z.ZodType<T>, text: string): Answer<T> {
  const value = parseJson(text);
  const refused = problem.safeParse(value);
  if (refused.success) return { ok: false, error: refused.data.error, detail: refused.data.detail };
  const theirs = (value as { version?: unknown } | null)?.version;
  if (theirs !== stationVersion)
    return {
      ok: false,
      error: 'version',
      detail: `this end speaks version ${stationVersion}, the first node ${String(theirs)}`,
    };
  const read = schema.safeParse(value);
  if (!read.success)
    return { ok: false, error: 'nonsense', detail: z.prettifyError(read.error).slice(0, 300) };
  return { ok: true, value: read.data };
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
