import { expect, test } from 'vitest';
import { planCopy } from './copy-options.ts';

test('paths become absolute; what only the system can resolve stays as it is', () => {
  const { request } = planCopy('./a.img', ['b', '/c//d/', '/link/../e', '../f'], {}, '/home/me');
  expect(request.source).toBe('/home/me/a.img');
  expect(request.targets).toEqual(['/home/me/b', '/c/d', '/link/../e', '/home/me/../f']);
});

test('a path that is no UTF-8 is none: what is left of it names another file', () => {
  expect(() => planCopy('/a', ['/b\ufffd'], {}, '/home/me')).toThrow(/UTF-8/);
  expect(() => planCopy('/a\ufffd', ['/b'], {}, '/home/me')).toThrow(/UTF-8/);
  expect(() => planCopy('a', ['/b'], {}, '/home/\ufffd')).toThrow(/UTF-8/);
});

test('options are passed on only where they were given', () => {
  expect(planCopy('/a', ['/b'], {}, '/').request.options).toEqual({});
  const flags = {
    block: 65_536,
    slots: 4,
    slow: 'catch-up',
    onReadError: 'stop',
    waitForJoin: 5,
    stallTimeout: 9,
  } as const;
  const { block, ...rest } = flags;
  expect(planCopy('/a', ['/b'], { ...flags, yes: true, json: true }, '/')).toEqual({
    request: { source: '/a', targets: ['/b'], options: { ...rest, blockSize: block } },
    takesUp: false,
    unmounts: false,
    given: { yes: true, tokens: [] },
    json: true,
    reports: [],
  });
});

test('a manifest, and going on with an interrupted copy', () => {
  const plan = planCopy('/a', ['/b'], { manifest: 'm.txt', resume: true }, '/home/me', '/state');
  expect(plan.takesUp).toBe(true);
  expect(plan.request.options).toEqual({ manifest: '/home/me/m.txt', resume: '/state', takeUp: true });
  expect(() => planCopy('/a', ['/b'], { resume: true }, '/')).toThrow(/needs a folder/);
});
