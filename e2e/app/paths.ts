import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const program = join(root, 'bin/carousel');
export const rendererDir = join(root, 'dist/renderer');
