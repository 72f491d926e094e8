/** The `app:` protocol: the built page and nothing else, whatever an address says. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import type { CustomScheme } from 'electron';
import { contentSecurityPolicy, emptyPolicy, pageHost, pageScheme } from './page-policy.ts';

/** To be registered before Electron is ready. */
export const pageSchemes: CustomScheme[] = [
  { scheme: pageScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
];

/** Types that a page of ours is made of. Anything else is not served, source maps included. */
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

const fixedHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

const refuse = (status: number): Response =>
  new Response(null, { status, headers: { ...fixedHeaders, 'Content-Security-Policy': emptyPolicy } });

/** The file below `root` that an address means; null when it means none. Encoded separators do not lead out. */
function fileFor(root: string, url: string): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== `${pageScheme}:` || parsed.host !== pageHost) return null;
  let path: string;
  try {
    path = decodeURIComponent(parsed.pathname);
  } catch {
    return null;
  }
  if (path.includes('\0') || path.includes('\\')) return null;
  const folder = resolve(root);
  const file = resolve(join(folder, path === '/' ? 'index.html' : path));
  return file.startsWith(folder + sep) && types[extname(file).toLowerCase()] ? file : null;
}

/** Answers requests for `app://carousel/...` from the folder of the built page. */
export function answerFrom(root: string): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
    const file = fileFor(root, request.url);
    if (file === null) return refuse(404);
    const type = types[extname(file).toLowerCase()] ?? '';
    const isPage = type.startsWith('text/html');
    const nonce = randomBytes(16).toString('base64url');
    let bytes: Buffer;
    try {
      bytes = await readFile(file);
    } catch {
      return refuse(404); // not there, or a folder
    }
    const body = isPage ? bytes.toString('utf8').replaceAll('%NONCE%', nonce) : new Uint8Array(bytes);
    const headers = {
      ...fixedHeaders,
      'Content-Type': type,
      'Content-Security-Policy': isPage ? contentSecurityPolicy(nonce) : emptyPolicy,
    };
    return new Response(request.method === 'HEAD' ? null : body, { status: 200, headers });
  };
}
