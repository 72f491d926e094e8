/** Replaces a file so that after a crash or a power cut there is the old one or the new one, never half of either. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes beside the file, makes that durable, puts it in place. */
export async function writeFileSafely(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const part = `${path}.part-${String(process.pid)}`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const file = await open(part, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Not every system lets a folder be synced; where it does, the new name is durable too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Runs writes one after another; of those that wait, only the last. */
export function createSafeWriter(
  path: string,
  onError: (error: unknown) => void,
): { write(text: string): void; idle(): Promise<void> } {
  let next: string | null = null;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    while (next !== null) {
      const text = next;
      next = null;
      await writeFileSafely(path, text).catch(onError);
    }
    running = null;
  }

  return {
    write(text) {
      next = text;
      running ??= run();
    },
    idle: () => running ?? Promise.resolve(),
  };
}
