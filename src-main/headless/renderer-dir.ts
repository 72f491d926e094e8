/** Where the built renderer lies: beside the built command line, or in `dist/` of the checkout. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function upwards(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}

/** The folder with the renderer's `index.html`; null when it has not been built. */
export function findRenderer(from: string = dirname(fileURLToPath(import.meta.url))): string | null {
  const places = upwards(from).flatMap((folder) => [
    join(folder, 'dist', 'renderer'),
    join(folder, 'renderer'),
  ]);
  return places.find((place) => existsSync(join(place, 'index.html'))) ?? null;
}
