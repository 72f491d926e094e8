// Builds the app into dist/: the page (renderer), Node's side (main), Electron's bridge (preload).
// A part that has no sources is left out.

import { builtinModules } from 'node:module';
import process from 'node:process';
import { build } from 'vite';
import { exists, inRoot, root } from './lib.mjs';

// Everything else is bundled: the packaged app carries no other packages but these native ones.
const external = ['electron', 'drivelist', '@photostructure/sqlite', /^node:/, ...builtinModules];

function nodeBuild(folder, entries, format, extension) {
  const input = Object.fromEntries(
    Object.entries(entries)
      .filter(([, file]) => exists(file))
      .map(([name, file]) => [name, inRoot(file)]),
  );
  if (Object.keys(input).length === 0) return undefined;
  return build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    resolve: { alias: { '@contract': inRoot('src-main/contract') } },
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: true,
      target: 'node20',
      outDir: inRoot('dist', folder),
      emptyOutDir: true,
      sourcemap: true,
      minify: false,
      rolldownOptions: {
        input,
        external,
        output: {
          format,
          entryFileNames: `[name].${extension}`,
          chunkFileNames: `[name]-[hash].${extension}`,
        },
      },
    },
  });
}

const started = performance.now();
const built = [];
if (exists('src-renderer/index.html')) {
  await build({ configFile: inRoot('vite.config.ts'), logLevel: 'warn' });
  built.push('renderer');
}
if (
  await nodeBuild(
    'main',
    { carousel: 'src-main/cli/main.ts', main: 'src-main/electron/main.ts' },
    'es',
    'mjs',
  )
)
  built.push('main');
// A sandboxed preload script must be one self-contained CommonJS file.
if (await nodeBuild('preload', { preload: 'src-preload/index.ts' }, 'cjs', 'cjs')) built.push('preload');

const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stderr.write(
  built.length > 0 ? `Built ${built.join(', ')} in ${seconds} s\n` : 'Nothing to build yet\n',
);
