import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerFrom } from './app-protocol.ts';
import { contentSecurityPolicy } from '../core/page/content-security-policy.ts';

let folder = '';
let get: (url: string, method?: string) => Promise<Response>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carousel-app-'));
  const renderer = join(folder, 'renderer');
  await mkdir(join(renderer, 'assets'), { recursive: true });
  await mkdir(join(folder, 'renderer-other'));
  await writeFile(join(renderer, 'index.html'), '<meta nonce="%NONCE%"><link nonce="%NONCE%">');
  await writeFile(join(renderer, 'assets', 'a b.js'), 'export {}');
  await writeFile(join(renderer, 'assets', 'a.js.map'), '{}');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(folder, 'renderer-other', 'secret.txt'), 'secret');
  const answer = answerFrom(renderer);
  get = (url, method = 'GET') => answer({ url, method } as Request);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the app: protocol', () => {
  it('serves the page with a fresh nonce under a strict policy', async () => {
    const [first, second] = [await get('app://carousel/'), await get('app://carousel/index.html')];
    const body = await first.text();
    const nonce = /^<meta nonce="([\w-]{22})"><link nonce="\1">$/.exec(body)?.[1] ?? 'none';
    expect(first.status).toBe(200);
    expect(first.headers.get('content-security-policy')).toBe(contentSecurityPolicy(nonce));
    expect(first.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(first.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await second.text()).not.toBe(body);
  });

  it('serves files with their type and without a policy that would let them run as a page', async () => {
    const answer = await get('app://carousel/assets/a%20b.js');
    expect(await answer.text()).toBe('export {}');
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    'app://carousel/../secret.txt',
    'app://carousel/..%2fsecret.txt',
    'app://carousel/%2e%2e%2fsecret.txt',
    'app://carousel/assets/..%2f..%2fsecret.txt',
    'app://carousel/..%5csecret.txt',
    'app://carousel/..%2frenderer-other%2fsecret.txt',
    'app://carousel/%00',
    'app://carousel/%ff',
    'app://carousel//etc/passwd',
    'app://carousel/assets',
    'app://carousel/assets/a.js.map',
    'app://carousel/nothing.js',
    'app://other/index.html',
    'https://carousel/index.html',
    'nonsense',
  ])('answers 404 to %s', async (url) => {
    const answer = await get(url);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe('');
  });

  it.each(['POST', 'PUT', 'DELETE'])('does not answer %s', async (method) => {
    expect((await get('app://carousel/', method)).status).toBe(405);
  });
});
