import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

const alias = { '@contract': fileURLToPath(new URL('src-main/contract', import.meta.url)) };

// Generous: a busy machine is slow, and no unit test is about time.
const testTimeout = 30_000;

export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'node',
          environment: 'node',
          testTimeout,
          include: ['src-main/**/*.test.ts', 'src-preload/**/*.test.ts', 'scripts/**/*.test.ts'],
        },
      },
      {
        plugins: [vue()],
        resolve: { alias },
        test: {
          name: 'renderer',
          environment: 'happy-dom',
          testTimeout,
          include: ['src-renderer/**/*.test.ts'],
        },
      },
    ],
  },
});
