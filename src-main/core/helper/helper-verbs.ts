// What the client may say to the helper. Checked on the way out too: the helper ends the connection on a bad line, and a bad
// line here would be a mistake of ours that must not cost anybody a running copy.

import { z } from '@contract/zod.ts';
import { PROTOCOL_VERSION } from '@contract/helper-messages.ts';

/** A line longer than this is refused by either side. */
const MAX_LINE_BYTES = 65_536;
/** Most targets one `start` or `add` may name. */
export const MAX_TARGETS = 64;

const absolute = z
  .string()
  .startsWith('/', 'paths must be absolute')
  .max(4096)
  .refine((path) => !path.includes('\0'), 'no NUL in a path');
const request = z.string().max(64).optional();
const token = z.string().max(128).optional();
/** `identity`: of a verdict; the helper refuses any other drive. */
const source = z.strictObject({ path: absolute, identity: token });
/** `approval`: a token of `survey`, without which no drive is written to. */
const target = z.strictObject({ path: absolute, approval: token, identity: token });

/** Most ranges of the source that a job may leave out. */
export const MAX_SKIP_RANGES = 1000;

/** Ranges of the source, in order and apart from each other. */
const skipRanges = z
  .array(z.strictObject({ offset: z.int().nonnegative(), length: z.int().positive() }))
  .max(MAX_SKIP_RANGES)
  .refine(
    (ranges) => ranges.every(({ offset }, i) => offset >= endOf(ranges[i - 1])),
    'must be in order and apart from each other',
  );
const endOf = (range: { offset: number; length: number } | undefined): number =>
  range === undefined ? 0 : range.offset + range.length;

/** Options of a job; what is left out takes the helper's default. */
export const jobOptionsSchema = z.strictObject({
  block: z
    .number()
    .int()
    .min(65_536)
    .max(16_777_216)
    .refine((bytes) => Number.isInteger(Math.log2(bytes)), 'must be a power of two')
    .optional(),
  slots: z.number().int().min(2).max(1024).optional(),
  slow: z.enum(['together', 'catch-up']).optional(),
  onReadError: z.enum(['skip', 'stop']).optional(),
  waitForJoin: z.number().min(0).max(86_400).optional(),
  stallTimeout: z.number().min(1).max(3600).optional(),
  verify: z.boolean().optional(),
  heal: z.boolean().optional(),
  limit: z.number().int().min(0).optional(),
  resultFile: absolute.optional(),
  /** Known to be unreadable (from a map of ddrescue): never read, filled with zeros, reported as unreadable. */
  skipRanges: skipRanges.optional(),
  manifest: absolute.optional(),
  resume: absolute.optional(),
  takeUp: z.boolean().optional(),
});

/** Options of a job that compares targets with a manifest. */
const verifyOptionsSchema = z.strictObject({
  heal: z.boolean().optional(),
  sample: z.boolean().optional(),
  slots: z.number().int().min(2).max(1024).optional(),
  stallTimeout: z.number().min(1).max(3600).optional(),
  resultFile: absolute.optional(),
});

/** A station's source: another machine's blocks, that come through a local socket. */
const feed = z.strictObject({
  feed: absolute,
  job: z.string().regex(/^[a-z0-9]{1,32}$/),
  size: z.int().min(1),
  digests: absolute.optional(),
});

/** Every verb of the protocol. */
const verbSchema = z.discriminatedUnion('verb', [
  z.strictObject({
    verb: z.literal('start'),
    version: z.literal(PROTOCOL_VERSION),
    source: z.union([source, feed]),
    targets: z.array(target).max(MAX_TARGETS),
    options: jobOptionsSchema,
    request,
  }),
  z.strictObject({
    verb: z.literal('verify'),
    version: z.literal(PROTOCOL_VERSION),
    manifest: absolute,
    source: source.optional(),
    targets: z.array(target).max(MAX_TARGETS),
    options: verifyOptionsSchema,
    request,
  }),
  z.strictObject({
    verb: z.literal('add'),
    targets: z.array(target).min(1).max(MAX_TARGETS),
    takeUp: z.boolean().optional(),
    /** They hold the copy already: they are only read back. */
    compare: z.boolean().optional(),
    request,
  }),
  z.strictObject({ verb: z.literal('remove'), id: z.number().int().nonnegative(), request }),
  z.strictObject({
    verb: z.literal('slow'),
    policy: z.enum(['together', 'catch-up']),
    id: z.number().int().nonnegative().optional(),
    request,
  }),
  z.strictObject({ verb: z.literal('cancel'), request }),
  z.strictObject({
    verb: z.literal('tap'),
    path: absolute,
    by: z.string().regex(/^[a-z0-9]{1,32}$/),
    request,
  }),
  z.strictObject({
    verb: z.literal('digests'),
    from: z.number().int().nonnegative(),
    count: z.number().int().min(1).max(1024),
    request,
  }),
]);

/** Options of a job. */
export type JobOptions = z.infer<typeof jobOptionsSchema>;
/** Options of a job that verifies. */
export type VerifyOptions = z.infer<typeof verifyOptionsSchema>;
/** A message to the helper. */
export type Verb = z.infer<typeof verbSchema>;

/** The line for a verb, with its newline; throws a `RangeError` where the protocol would not take it. */
export function encodeVerb(verb: Verb): string {
  const checked = verbSchema.safeParse(verb);
  if (!checked.success)
    throw new RangeError(checked.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '));
  const line = JSON.stringify(checked.data) + '\n';
  if (Buffer.byteLength(line) > MAX_LINE_BYTES)
    throw new RangeError('too many long paths for one message to the helper');
  return line;
}
