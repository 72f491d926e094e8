/**
 * A folder of small JSON files, one for each thing, mode 0600. Several programs of one user work on it without locks: adding is
 * writing a file, and of several that remove one only the first succeeds.
 */
import { mkdir, readdir, readFile, unlink, utimes, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from '@contract/zod.ts';
import { writeFileSafely } from '../write-file-safely.ts';

export interface JsonFolder<T> {
  readonly path: string;
  /** Everything that can be read; what is damaged or of another version is left out. */
  list(): Promise<Map<string, T>>;
  get(id: string): Promise<T | null>;
  add(id: string, value: T): Promise<void>;
  /** True for the one who removed it. */
  remove(id: string): Promise<boolean>;
  /** Marks it as used now. Does nothing if it is gone. */
  touch(id: string, now: number): Promise<void>;
  /** When it was marked last, in milliseconds since 1970; 0 if it is gone. */
  touchedAt(id: string): Promise<number>;
  /** Makes the folder, so that it can be watched. */
  make(): Promise<void>;
}

const ids = /^[0-9a-f]{16}$/;
const version = 1;

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** The folder at a path; it is made when something is added. Ids are 16 hex digits. */
export function jsonFolder<T>(path: string, schema: z.ZodType<T>): JsonFolder<T> {
  const file = (id: string): string => join(path, `${id}.json`);
  const wrapped = z.strictObject({ version: z.literal(version), value: schema });

  async function get(id: string): Promise<T | null> {
    if (!ids.test(id)) return null;
    try {
      return wrapped.parse(JSON.parse(await readFile(file(id), 'utf8'))).value;
    } catch (error) {
      if (isMissing(error) || error instanceof SyntaxError || error instanceof z.ZodError) return null;
      throw error;
    }
  }

  return {
    path,
    get,
    async list() {
      const names = await readdir(path).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      const found = new Map<string, T>();
      for (const name of names.sort()) {
        const id = name.slice(0, -'.json'.length);
        const value = name === `${id}.json` ? await get(id) : null;
        if (value !== null) found.set(id, value);
      }
      return found;
    },
    add: (id, value) => writeFileSafely(file(id), JSON.stringify({ version, value })),
    async remove(id) {
      if (!ids.test(id)) return false;
      try {
        await unlink(file(id));
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
    async touch(id, now) {
      await utimes(file(id), now / 1000, now / 1000).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    },
    touchedAt: (id) =>
      stat(file(id)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    async make() {
      await mkdir(path, { recursive: true, mode: 0o700 });
    },
  };
}
