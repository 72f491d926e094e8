/**
 * What one message on a channel looks like. One JSON object a message, strictly decoded, 1 MiB at most.
 *
 * This is a small RPC of our own rather than a library: the library we looked at (birpc) needs a fence around its
 * decoding, its name lookup and its error handling, and the fence is larger than this.
 */
import { appErrorSchema } from './errors.ts';
import { remoteGrantSchema, roleSchema } from './groups/common.ts';
import { contractVersion } from './schema.ts';
import { z } from './zod.ts';

/** Larger messages are neither sent nor read. */
export const maxMessageBytes = 1_048_576;

const callId = z.int().nonnegative();
const callName = z.string().max(64);

/** First message of the front end. */
const clientHelloSchema = z.strictObject({ kind: z.literal('hello'), version: z.int() });
/** First message of the core: its version, and what this connection may do. */
const serverHelloSchema = z.strictObject({
  kind: z.literal('hello'),
  version: z.int(),
  app: z.string().max(64),
  role: roleSchema,
  /** Null for whoever is at the machine itself. */
  remote: remoteGrantSchema.nullable(),
});
export type ServerHello = z.infer<typeof serverHelloSchema>;

const callSchema = z.strictObject({
  kind: z.literal('call'),
  id: callId,
  name: callName,
  input: z.unknown(),
});
const resultSchema = z.strictObject({ kind: z.literal('result'), id: callId, output: z.unknown() });
/** `id` is null when the error is about the connection, which then ends. */
const errorSchema = z.strictObject({
  kind: z.literal('error'),
  id: callId.nullable(),
  error: appErrorSchema,
});
const eventSchema = z.strictObject({ kind: z.literal('event'), name: callName, data: z.unknown() });

const fromClientSchema = z.discriminatedUnion('kind', [clientHelloSchema, callSchema]);
const fromServerSchema = z.discriminatedUnion('kind', [
  serverHelloSchema,
  resultSchema,
  errorSchema,
  eventSchema,
]);
export type FromClient = z.infer<typeof fromClientSchema>;
export type FromServer = z.infer<typeof fromServerSchema>;

/** True when the text is no longer than a message may be, in UTF-8. */
export function fits(text: string): boolean {
  if (text.length > maxMessageBytes) return false;
  if (text.length * 3 <= maxMessageBytes) return true;
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // A surrogate pair is four bytes, counted as two for each half.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
  }
  return bytes <= maxMessageBytes;
}

/** The message as text, or null when it is too large to be sent. */
export function encode(message: FromClient | FromServer): string | null {
  const text = JSON.stringify(message);
  return fits(text) ? text : null;
}

function decode<T>(schema: z.ZodType<T>, text: string): T | null {
  if (!fits(text)) return null;
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** A message from a front end, or null for anything else. */
export const decodeFromClient = (text: string): FromClient | null => decode(fromClientSchema, text);
/** A hello in another version's shape: nothing of it is used but that it is another version. */
const otherHelloSchema = z
  .looseObject({
    kind: z.literal('hello'),
    version: z.int().refine((version) => version !== contractVersion),
  })
  .transform(({ kind, version }): FromServer => ({ kind, version, app: '', role: 'viewer', remote: null }));

/** A message from the core, or null for anything else. */
export const decodeFromServer = (text: string): FromServer | null =>
  decode(fromServerSchema, text) ?? decode(otherHelloSchema, text);
