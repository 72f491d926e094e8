import { expect, test } from 'vitest';
import { whyNot } from './layers.mjs';

test.each([
  ['src-main/contract/schema.ts', 'zod'],
  ['src-main/contract/schema.ts', './groups/jobs.ts'],
  ['src-main/contract/schema.test.ts', 'vitest'],
  ['src-main/core/jobs/job-service.ts', 'node:fs'],
  ['src-main/core/jobs/job-service.ts', '@contract/schema.ts'],
  ['src-main/electron/main.ts', 'electron'],
  ['src-main/electron/main.ts', '../cli/main.ts'],
  ['src-main/cli/commands/serve.ts', '../../headless/main.ts'],
  ['src-main/cli/main.ts', '../../package.json'],
  ['src-preload/index.ts', 'electron'],
  ['src-renderer/stores/jobs.ts', '../../src-main/contract/client.ts'],
  ['src-renderer/features/settings/Settings.vue', '../../stores/settings.ts'],
  ['src-renderer/ui/Button.vue', 'reka-ui'],
  ['e2e/ui/copy.spec.ts', '../../src-main/core/create-app.ts'],
])('%s may import %s', (file, specifier) => {
  expect(whyNot(file, specifier)).toBeUndefined();
});

test.each([
  ['src-main/contract/schema.ts', 'node:fs'],
  ['src-main/contract/schema.ts', 'fs'],
  ['src-main/contract/schema.ts', 'birpc'],
  ['src-main/contract/schema.ts', '../core/create-app.ts'],
  ['src-main/core/create-app.ts', 'electron'],
  ['src-main/core/create-app.ts', '../electron/main.ts'],
  ['src-main/core/create-app.ts', '../headless/main.ts'],
  ['src-main/core/create-app.ts', '../cli/main.ts'],
  ['src-main/core/create-app.test.ts', '../cli/main.ts'],
  ['src-main/headless/main.ts', 'electron'],
  ['src-main/headless/main.ts', '../electron/main.ts'],
  ['src-main/cli/main.ts', 'electron/main'],
  ['src-preload/index.ts', 'node:fs'],
  ['src-preload/index.ts', '../src-main/contract/schema.ts'],
  ['src-renderer/main.ts', 'electron'],
  ['src-renderer/main.ts', 'node:path'],
  ['src-renderer/main.ts', 'path'],
  ['src-renderer/main.ts', '../src-main/core/create-app.ts'],
  ['src-renderer/ui/Button.vue', '../stores/jobs.ts'],
  ['src-renderer/features/settings/Settings.vue', '../../channels/websocket-channel.ts'],
])('%s may not import %s', (file, specifier) => {
  expect(whyNot(file, specifier)).toBeTypeOf('string');
});

test('the preload script may take types of the contract', () => {
  expect(whyNot('src-preload/index.ts', '@contract/channel.ts', true)).toBeUndefined();
});
