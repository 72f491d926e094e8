import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { helperErrorClass, helperErrorCodes, helperErrorWhat } from '@contract/helper-errors.gen.ts';

test('the generated lists are up to date', () => {
  const generator = fileURLToPath(new URL('../../../native-helpers/protocol/generate.mjs', import.meta.url));
  expect(() => execFileSync(process.execPath, [generator, '--check'])).not.toThrow();
});

test('every code has a class and a text', () => {
  for (const code of helperErrorCodes) {
    expect(helperErrorClass[code]).toBeTypeOf('string');
    expect(helperErrorWhat[code]).not.toBe('');
  }
});
