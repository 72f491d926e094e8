import { expect, it, vi } from 'vitest';
import { createAnnouncer, politeEveryMs } from './announcer.ts';

it('gathers what is not urgent, and says urgent things at once', () => {
  let later: (() => void) | undefined;
  const announcer = createAnnouncer({
    after(ms, run) {
      expect(ms).toBe(politeEveryMs);
      later = run;
      return vi.fn();
    },
  });
  announcer.later(() => 'one is done');
  expect(announcer.polite.value).toContain('one is done');
  announcer.later(() => 'two are done');
  announcer.later(() => 'three are done');
  expect(announcer.polite.value).toContain('one is done');
  announcer.now('drive 6 failed');
  expect(announcer.assertive.value).toContain('drive 6 failed');
  later?.();
  expect(announcer.polite.value).toContain('three are done');
});
