import { expect, test } from 'vitest';
import { planVerify } from './verify-options.ts';

test('paths become absolute, and what was not asked for is not passed on', () => {
  expect(planVerify(['b', '/c'], { manifest: 'm' }, '/w').request).toEqual({
    manifest: '/w/m',
    targets: ['/w/b', '/c'],
    options: { heal: false, sample: false },
  });
  const heal = planVerify(
    ['/b'],
    { manifest: '/m', heal: true, source: 's', stallTimeout: 9, yes: true },
    '/w',
  );
  expect(heal).toMatchObject({ heals: true, given: { yes: true, tokens: [] } });
  expect(heal.request).toMatchObject({ source: '/w/s', options: { heal: true, stallTimeout: 9 } });
});

test.each([
  [{ heal: true }, /needs --source/],
  [{ source: '/s' }, /only with --heal/],
  [{ approve: ['A1'] }, /for --heal/],
  [{ heal: true, source: '/s', sample: true }, /cannot go with --sample/],
])('%j is wrong use', (flags, message) => {
  expect(() => planVerify(['/b'], { manifest: '/m', ...flags }, '/')).toThrow(message);
});
