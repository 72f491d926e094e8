import { describe, expect, it } from 'vitest';
import { sampleDrive } from '@contract/testing/samples.ts';
import { matchesFilter } from './drive-filter.ts';

const drive = sampleDrive({
  title: 'Kingston DataTraveler',
  port: '0000:00:14.0/4.2',
  path: '/dev/sdb',
  volumes: [{ label: 'HOLIDAY', fileSystem: 'vfat', size: 1, usedBytes: null, mountPoints: [] }],
});

describe('the filter of the drives that wait', () => {
  it.each(['', '  ', 'king', 'KINGSTON holiday', '4.2', 'sdb', 'ｈｏｌｉｄａｙ'])(
    'leaves the drive for "%s"',
    (filter) => {
      expect(matchesFilter(drive, filter)).toBe(true);
    },
  );

  it.each(['sandisk', 'kingston sandisk', '.*', 'holidays'])('hides it for "%s"', (filter) => {
    expect(matchesFilter(drive, filter)).toBe(false);
  });
});
