import { expect, test } from 'vitest';
import { helperErrorCodes } from '@contract/helper-errors.gen.ts';
import { publicSummary } from './json.ts';
import { renderResult } from './result.ts';
import { notBegun, notBegunSummary, turnedAway, type CliSummary, type CliTargetResult } from './summary.ts';
import { errorWords } from './words.ts';

const GB = 1e9;
const result = (
  path: string,
  state: CliTargetResult['state'],
  more: Partial<CliTargetResult> = {},
): CliTargetResult => ({
  path,
  state,
  joinedAtBlock: 0,
  bytesWritten: 32 * GB,
  badBlocks: 0,
  healedBlocks: 0,
  seconds: 800,
  ...more,
});

function summary(targets: CliTargetResult[], change: Partial<CliSummary> = {}): CliSummary {
  return {
    event: 'summary',
    t: 900,
    task: 'copy',
    ok: false,
    role: 'producer',
    outcome: 'complete',
    source: {
      path: '/master.img',
      size: 32 * GB,
      bytesRead: 44 * GB,
      laps: 2,
      rootDigest: null,
      unreadable: [],
    },
    targets,
    others: [],
    seconds: 900,
    ...change,
  };
}

test('all good', () => {
  const targets = [
    result('/dev/sdb', 'done'),
    result('/dev/sdc', 'verified', { joinedAtBlock: 12, healedBlocks: 1 }),
  ];
  expect(renderResult(summary(targets, { ok: true }))).toEqual([
    '2 copies made, all good.',
    '  DONE      /dev/sdb: 32.0 GB in 13:20 (not verified)',
    '  VERIFIED  /dev/sdc: 32.0 GB in 13:20, joined at block 12, 1 block mended',
    'Read 44.0 GB from the source (1.38 passes) in 15:00.',
  ]);
});

test('failed ones first, in words: what, where, compared with whom, what to do', () => {
  const lines = renderResult(
    summary([
      result('/dev/sdb', 'done'),
      result('/dev/sdc\x1b[2J', 'failed', {
        bytesWritten: 12.1 * GB,
        error: { code: 'write-error', message: 'pwrite', offset: 12.1 * GB, errno: 'EIO' },
      }),
      result('/dev/sdd', 'removed', { bytesWritten: 5 * GB, error: { code: 'device-gone', message: '' } }),
      turnedAway('/dev/sda', { code: 'system-disk', message: '' }),
      result('/dev/sde', 'cancelled', { bytesWritten: 3 * GB }),
      notBegun('/dev/sdf'),
    ]),
  );
  expect(lines).toEqual([
    '5 of 6 targets did not get a good copy.',
    '  FAILED    /dev/sdc\ufffd[2J stopped taking data at 12.1 GB of 32.0 GB [write-error, EIO]. Try another port; if it fails at the same place again, bin it. One other has it all. Its content is not usable.',
    '  REMOVED   /dev/sdd was pulled out after 5.0 GB of 32.0 GB [device-gone]. Plug it in again. Run the same command again for this one. Its content is not usable.',
    '  REFUSED   /dev/sda is used by the running system [system-disk]. It is never written to; choose another drive. Nothing was written to it.',
    '  STOPPED   /dev/sde was stopped after 3.0 GB of 32.0 GB; its content is not usable.',
    '  STOPPED   /dev/sdf was not written to.',
    '  DONE      /dev/sdb: 32.0 GB in 13:20 (not verified)',
    'Read 44.0 GB from the source (1.38 passes) in 15:00.',
  ]);
});

test('holes in the source are never called good', () => {
  const unreadable = Array.from({ length: 12 }, (_, i) => ({ offset: i * 4096, length: 512 }));
  const good = summary([result('/a', 'done')]);
  const lines = renderResult({ ...good, source: { ...good.source, unreadable } });
  expect(lines[0]).toBe('1 copy made, with zeros where the source could not be read.');
  expect(lines[1]).toBe('The source could not be read in 12 places (6.1 kB); the copies hold zeros there:');
  expect(lines).toContain('  ... and 2 more (--json tells each as it is found)');
});

test('a helper that died after all were done is told', () => {
  const died = summary([result('/a', 'done')], { outcome: 'helper-died' });
  const source = { ...died.source, error: { code: 'helper-died', message: '' } as const };
  expect(renderResult({ ...died, source })[0]).toBe('1 copy made, but the job did not end well.');
});

test('nobody came, and somebody came', () => {
  expect(renderResult(summary([]))[0]).toBe('Nothing was copied: no target joined.');
  expect(renderResult(summary([], { others: [] })).length).toBe(2);
});

test('every code has words', () => {
  for (const code of helperErrorCodes) expect(errorWords(code).happened).not.toBe('');
});

test('the public summary has its fixed fields in their order', () => {
  const json = publicSummary(
    notBegunSummary('/a', [turnedAway('/b', { code: 'not-approved', message: 'no' })]),
  );
  expect(Object.keys(json)).toEqual([
    'event',
    't',
    'ok',
    'role',
    'outcome',
    'source',
    'targets',
    'others',
    'seconds',
    'task',
  ]);
  expect(json).toMatchObject({
    ok: false,
    source: { path: '/a', size: 0, bytesRead: 0, laps: 0, rootDigest: null, unreadable: [] },
    targets: [
      { path: '/b', state: 'refused', joinedAtBlock: null, bytesWritten: 0, error: { code: 'not-approved' } },
    ],
  });
});

test('a comparison with a manifest, a sample, and a copy with holes are called what they are', () => {
  const source = { ...summary([]).source, blockSize: 1_048_576 };
  const bad = result('/dev/sdb', 'failed', {
    error: { code: 'verify-mismatch', message: '', offset: 8_388_608 },
    evidence: [{ attempt: 0, bad: [8, 40], more: 0, echoes: [] }],
  });
  const compared = { task: 'verify', source } as const;
  expect(renderResult(summary([bad, result('/dev/sdc', 'verified')], compared)).slice(0, 3)).toEqual([
    '1 of 2 targets could not be found right.',
    '  FAILED    /dev/sdb gives back other data than was written at 8.4 MB of 32.0 GB [verify-mismatch]. It is likely fake or worn: bin it. 2 blocks wrong, at byte 8388608, 41943040. One other has it all.',
    '  VERIFIED  /dev/sdc: 32.0 GB in 13:20',
  ]);
  const sampled = renderResult(
    summary([result('/dev/sdb', 'sampled')], { task: 'sample', source, ok: true }),
  );
  expect(sampled[0]).toBe(
    '1 target looked at in a few places: nothing wrong there. This is a sample, not a verification.',
  );
  expect(sampled[1]).toBe('  SAMPLED   /dev/sdb: 32.0 GB in 13:20 (a few blocks only, not verified)');
  expect(sampled.join()).not.toMatch(/VERIFIED|good/);
  const holes = renderResult(summary([result('/dev/sdb', 'verified', { unreadable: 2, resumedBlocks: 9 })]));
  expect(holes[1]).toBe(
    '  VERIFIED  /dev/sdb: 32.0 GB in 13:20, 9 blocks were there already, except for zeros in 2 places that could not be read from the source',
  );
});

test('the manifest that was asked for, and what a pattern of bad blocks points to', () => {
  const source = { ...summary([]).source, blockSize: 1_048_576 };
  const lines = renderResult(
    summary(
      [
        result('/dev/sdb', 'failed', {
          error: { code: 'verify-mismatch', message: '' },
          evidence: [{ attempt: 0, bad: [4000], more: 0, echoes: [{ block: 4000, of: 20 }] }],
        }),
      ],
      { source, manifest: { path: '/m', written: false, error: { code: 'no-space', message: 'full' } } },
    ),
  );
  expect(lines).toContain('No manifest was written to /m: full [no-space].');
  expect(lines.join()).toMatch(/dev\/sdb looks like it has less room than it claims \(from about 4.2 GB on/);
  const written = summary([result('/a', 'done')], { manifest: { path: '/m', written: true } });
  expect(renderResult(written)).toContain('Manifest: /m');
});
