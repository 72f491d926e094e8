/** A page as the build leaves it, small. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes it in a folder and tells where. */
export async function makeRenderer(dir: string): Promise<string> {
  const renderer = join(dir, 'renderer');
  await mkdir(join(renderer, 'assets'), { recursive: true });
  await writeFile(join(renderer, 'index.html'), '<meta property="csp-nonce" nonce="%NONCE%">');
  await writeFile(join(renderer, 'assets', 'main-abc.js'), 'export {}');
  await writeFile(join(renderer, 'assets', 'main-abc.js.map'), '{}');
  return renderer;
}
