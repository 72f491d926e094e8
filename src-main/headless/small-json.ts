/** Reads a request's body where only a little JSON can be meant. */
import type { IncomingMessage } from 'node:http';

const maxBytes = 4096;

/** The value; null for anything that is too long, of another type, or not JSON. */
export async function readSmallJson(request: IncomingMessage): Promise<unknown> {
  // A form of another page cannot send this type without asking first.
  if (request.headers['content-type'] !== 'application/json') return null;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) return null;
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    return null;
  }
}
