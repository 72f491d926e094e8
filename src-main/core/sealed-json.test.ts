import { expect, test } from 'vitest';
import { seal, unseal } from './sealed-json.ts';

const content = { version: 0, settings: { slots: 64, protectedSerials: ['BN2381'] } };

test('what was sealed comes back', () => {
  expect(unseal(seal(content))).toEqual({ content, sealed: true });
});

test('one without a check says so', () => {
  expect(unseal(JSON.stringify(content))).toEqual({ content, sealed: false });
});

test.each([
  ['a number', '64', '65'],
  ['a protected serial number', 'BN2381', 'BN2380'],
])('%s that has changed is found out', (_what, from, to) => {
  expect(() => unseal(seal(content).replace(from, to))).toThrow('check');
});

test.each(['[]', 'null', '', '{"a":'])('%s is nothing of ours', (text) => {
  expect(() => unseal(text)).toThrow();
});
