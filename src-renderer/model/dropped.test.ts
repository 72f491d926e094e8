import { expect, it } from 'vitest';
import { judgeDrop, type FilePlaces } from './dropped.ts';

const file = (name: string): File => new File(['x'], name);
const desktop = (path: string): FilePlaces => ({ pathOf: () => path });

it('a file that lies somewhere is known by its path', () => {
  expect(judgeDrop([file('a.img')], desktop('/home/me/a.img'))).toEqual({
    kind: 'path',
    path: '/home/me/a.img',
  });
});

it.each([
  ['in a browser', undefined],
  ['out of an archive', desktop('')],
])('%s a file lies nowhere, and its name is clean', (_where, places) => {
  const name = `\u202egmi\u0000.${'x'.repeat(200)}`;
  expect(judgeDrop([file(name)], places)).toEqual({ kind: 'nowhere', name: `gmi.${'x'.repeat(59)}` });
});

it('several files are too many, and none is nothing', () => {
  expect(judgeDrop([file('a'), file('b')], desktop('/a'))).toEqual({ kind: 'several' });
  expect(judgeDrop([], desktop('/a'))).toBeNull();
});
