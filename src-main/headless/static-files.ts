/** The renderer's files. What is served is listed once; nothing else can be asked for, whatever a path says. */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { pageTypes } from '../core/page/page-types.ts';

export interface StaticFile {
  readonly path: string;
  readonly type: string;
  /** The page itself: it gets a nonce with every response. */
  readonly isPage: boolean;
}

/** The files under a folder, by the path part of their address. Source maps and unknown types stay out. */
export async function listStaticFiles(root: string): Promise<Map<string, StaticFile>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = new Map<string, StaticFile>();
  for (const entry of entries) {
    const type = pageTypes[extname(entry.name).toLowerCase()];
    if (!entry.isFile() || !type) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `/${relative(root, path).split(sep).join('/')}`;
    const file = { path, type, isPage: entry.name === 'index.html' };
    files.set(url, file);
    if (url === '/index.html') for (const view of ['/', '/machines']) files.set(view, file);
  }
  return files;
}

/** Where the build leaves a nonce to be filled in. */
const noncePlaceholder = /%NONCE%/g;

/** The file's bytes; in a page the nonce is in its places. */
export async function readStaticFile(file: StaticFile, nonce: string): Promise<Buffer> {
  const bytes = await readFile(file.path);
  return file.isPage ? Buffer.from(bytes.toString('utf8').replace(noncePlaceholder, nonce)) : bytes;
}
