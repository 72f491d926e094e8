/** The renderer's files. What is served is listed once; nothing else can be asked for, whatever a path says. */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

export interface StaticFile {
  readonly path: string;
  readonly type: string;
  /** The page itself: it gets a nonce with every response. */
  readonly isPage: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.wav': 'audio/wav',
  '.txt': 'text/plain; charset=utf-8',
};

/** The files under a folder, by the path part of their address. Source maps and unknown types stay out. */
export async function listStaticFiles(root: string): Promise<Map<string, StaticFile>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = new Map<string, StaticFile>();
  for (const entry of entries) {
    const type = types[extname(entry.name).toLowerCase()];
    if (!entry.isFile() || !type) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `/${relative(root, path).split(sep).join('/')}`;
    const file = { path, type, isPage: entry.name === 'index.html' };
    files.set(url, file);
    if (url === '/index.html') files.set('/', file);
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

/** The policy under which the page runs: nothing from elsewhere, no inline script, styles only with the nonce. */
export const contentSecurityPolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "media-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types vue',
  ].join('; ');
