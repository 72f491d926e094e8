/** The `app:` protocol: the built page and nothing else, whatever an address says. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import type { CustomScheme } from 'electron';
import { contentSecurityPolicy } from '../core/page/content-security-policy.ts';
import { pageTypes } from '../core/page/page-types.ts';
import { emptyPolicy, pageHost, pageScheme } from './page-policy.ts';

/** To be registered before Electron is ready. */
export const pageSchemes: CustomScheme[] = [
  { scheme: pageScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
];

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
  return file.startsWith(folder + sep) && pageTypes[extname(file).toLowerCase()] ? file : null;
}

/** Answers requests for `app://carousel/...` from the folder of the built page. */
export function answerFrom(root: string): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
    const file = fileFor(root, request.url);
    if (file === null) return refuse(404);
    const type = pageTypes[extname(file).toLowerCase()] ?? '';
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
