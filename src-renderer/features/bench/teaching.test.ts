import { describe, expect, it } from 'vitest';
import { sampleDrive } from '@contract/testing/samples.ts';
import { inserted, lessonOf, moved, nextName } from './teaching.ts';

const bays = [
  { port: 'a/1', name: '1' },
  { port: 'a/2', name: 'Left' },
];

describe('teaching', () => {
  it.each([
    [[], '1'],
    [bays, '3'],
    [[...bays, { port: 'a/3', name: '4' }], '5'],
    [[{ port: 'a/1', name: '2' }], '3'],
  ])('numbers the next bay', (list, name) => {
    expect(nextName(list)).toBe(name);
  });

  it.each([
    ['a/3', 'taught'],
    ['a/2', 'twice'],
    [null, 'no-port'],
  ])('a stick in %s means %s', (port, kind) => {
    expect(lessonOf({ port, title: 'Stick' }, '3', bays)).toMatchObject({ kind });
  });

  it('moves a bay, but never out of the list', () => {
    expect(moved(bays, 1, -1).map(({ name }) => name)).toEqual(['Left', '1']);
    expect(moved(bays, 0, -1)).toEqual(bays);
    expect(moved(bays, 1, 1)).toEqual(bays);
  });

  it('takes a drive that was pulled and put back for an insert, and an image for none', () => {
    const drive = sampleDrive();
    const again = { ...drive, identity: { ...drive.identity, diskseq: 8 } };
    const image = sampleDrive({ id: 'img-1', kind: 'image' });
    expect(inserted({ [drive.id]: drive }, { [drive.id]: drive })).toEqual([]);
    expect(inserted({ [drive.id]: drive }, { [drive.id]: again })).toEqual([again]);
    expect(inserted({}, { [drive.id]: drive, [image.id]: image })).toEqual([drive]);
  });
});
