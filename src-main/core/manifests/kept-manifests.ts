/**
 * Where the manifests of this user's copies lie: by job as long as that is shown, later by root digest, so that a drive can
 * still be held against what was once copied to it. Those of the command line are shown nowhere and go there at once.
 */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { JobId } from '@contract/groups/common.ts';
import { readManifestHead } from './manifest-head.ts';

/** One manifest, and the digest that names its content. */
export interface KeptManifest {
  path: string;
  rootDigest: string;
}

export interface KeptManifests {
  /** A path for the manifest of a run about to begin; nothing is there. */
  prepare(job: JobId): string;
  /** The same for a copy that no job shows: null where none can be kept. */
  prepareUnshown(): string | null;
  /** No shown job has these any more. The newest of all that are past are kept; what other folders hold is left alone. */
  putAway(kept: Iterable<KeptManifest>): Promise<void>;
  /** Puts away what copies that no job shows have left here after their program was killed. */
  putAwayLeft(): Promise<void>;
  /** The manifest with this root digest, of a copy that is shown or past; null if none is kept. */
  find(rootDigest: string): Promise<string | null>;
}

/** What of the past is kept: so many manifests, and so many bytes of them. */
export interface PastLimits {
  count: number;
  bytes: number;
}
const usualLimits: PastLimits = { count: 500, bytes: 1024 ** 3 };

const isDigest = (text: string): boolean => /^[0-9a-f]{16,128}$/.test(text);
const pastName = /^[0-9a-f]{16,128}\.manifest$/;
const unshown = 'unshown';
const unshownName = /^unshown-[0-9a-f]{8}\.manifest$/;

/** Manifests in this folder, which is made when it is needed. */
export function createKeptManifests(folder: string, limits: PastLimits = usualLimits): KeptManifests {
  const pathOf = (rootDigest: string): string => join(folder, `${rootDigest}.manifest`);

  /** Deletes the oldest of the past that are too many or too large together. */
  async function prune(): Promise<void> {
    const names = (await readdir(folder)).filter((name) => pastName.test(name));
    const all = await Promise.all(
      names.map(async (name) => {
        const { mtimeMs, size } = await stat(join(folder, name));
        return { path: join(folder, name), mtimeMs, size };
      }),
    );
    let bytes = 0;
    for (const [index, { path, size }] of all.sort((a, b) => b.mtimeMs - a.mtimeMs).entries()) {
      bytes += size;
      if (index >= limits.count || bytes > limits.bytes) await rm(path, { force: true });
    }
  }

  async function put({ path, rootDigest }: KeptManifest): Promise<void> {
    if (!existsSync(path)) return;
    if (!isDigest(rootDigest)) return rm(path, { force: true });
    const now = new Date();
    if (path !== pathOf(rootDigest)) await rename(path, pathOf(rootDigest));
    await utimes(pathOf(rootDigest), now, now);
  }

  async function find(rootDigest: string): Promise<string | null> {
    if (!isDigest(rootDigest)) return null;
    if (existsSync(pathOf(rootDigest))) return pathOf(rootDigest);
    const names = await readdir(folder).catch(() => []);
    const shown = names.filter((name) => name.endsWith('.manifest') && !pastName.test(name));
    for (const path of shown.map((name) => join(folder, name))) {
      const head = await readManifestHead(path).catch(() => null);
      if (head?.rootDigest === rootDigest) return path;
    }
    return null;
  }

  function prepare(job: string): string {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return join(folder, `${job}-${randomUUID().slice(0, 8)}.manifest`);
  }

  async function putAway(kept: Iterable<KeptManifest>): Promise<void> {
    const mine = [...kept].filter(({ path }) => dirname(path) === folder);
    for (const one of mine) await put(one);
    if (mine.length > 0) await prune();
  }

  return {
    find,
    prepare,
    prepareUnshown() {
      try {
        const path = prepare(unshown);
        accessSync(folder, constants.W_OK);
        return path;
      } catch {
        return null;
      }
    },
    putAway,
    async putAwayLeft() {
      const names = await readdir(folder).catch(() => []);
      for (const path of names.filter((name) => unshownName.test(name)).map((name) => join(folder, name))) {
        const head = await readManifestHead(path).catch(() => null);
        // Its own program may be about to do the same.
        if (head) await putAway([{ path, rootDigest: head.rootDigest }]).catch(() => undefined);
      }
    },
  };
}
