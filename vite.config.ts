// The renderer: a plain web app, served by Electron's own protocol or by `carousel serve`.
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: at('src-renderer'),
  base: './',
  plugins: [vue()],
  resolve: { alias: { '@contract': at('src-main/contract') } },
  html: { cspNonce: '%NONCE%' }, // the host puts a fresh nonce in its place for every answer
  build: {
    outDir: at('dist/renderer'),
    emptyOutDir: true,
    target: 'chrome130',
    modulePreload: { polyfill: false },
    sourcemap: true,
  },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
});
