import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { HelperClient } from './helper-client.ts';
import type { HelperEvent } from '@contract/helper-messages.ts';
import type { JobSummary } from '@contract/helper-messages.ts';
import { directLauncher } from './launch/direct-launcher.ts';
import { fakeClient } from './testing/fake-client.ts';

const request = { source: '/images/a.img', targets: ['/out/1.img', '/out/2.img'] };
const SIZE = 10_485_760;

async function play(
  scenario: string,
): Promise<{ summary: JobSummary; events: HelperEvent[]; bad: string[] }> {
  const job = fakeClient(scenario).start(request);
  const events: HelperEvent[] = [];
  const bad: string[] = [];
  job.on('event', (event) => events.push(event));
  job.on('violation', (reason) => bad.push(reason));
  return { summary: await job.finished, events, bad };
}

test('a copy that goes well ends with the helper own summary', async () => {
  const { summary, events, bad } = await play('good');
  expect(summary).toMatchObject({ ok: true, role: 'producer', outcome: 'complete' });
  expect(summary.targets.map((target) => target.state)).toEqual(['done', 'done']);
  expect(events.map((event) => event.event)).toEqual(
    expect.arrayContaining(['hello', 'job', 'target', 'joined', 'head', 'progress']),
  );
  expect(bad).toEqual([]);
});

test('a joiner is told its role and its block', async () => {
  const { summary, events } = await play('joiner');
  expect(summary.role).toBe('consumer');
  expect(events.find((event) => event.event === 'joined')).toMatchObject({ block: 4, target: '/out/1.img' });
});

test.each(['die-at-once', 'die-after-start', 'cut-off', 'close-stdout', 'deaf'])(
  'a helper that goes away (%s) leaves an honest summary',
  async (scenario) => {
    const { summary } = await play(scenario);
    expect(summary.ok).toBe(false);
    expect(summary.outcome).toBe('helper-died');
    expect(summary.targets.map((target) => target.path)).toEqual(request.targets);
    for (const target of summary.targets) {
      expect(target).toMatchObject({ state: 'failed', error: { code: 'helper-died' } });
    }
  },
  15_000,
);

test('a helper killed in mid-course: what had ended stays, the rest failed at its last known byte', async () => {
  const { summary } = await play('die-midway');
  expect(summary.outcome).toBe('helper-died');
  expect(summary.source).toMatchObject({ size: SIZE, bytesRead: SIZE * 0.4 });
  expect(summary.targets).toMatchObject([
    { path: '/out/1.img', state: 'failed', bytesWritten: SIZE * 0.4, error: { code: 'helper-died' } },
    { path: '/out/2.img', state: 'done', bytesWritten: SIZE },
  ]);
  expect(summary.ok).toBe(false);
});

test('garbage, unknown events, lines that are too long or not UTF-8 are passed over and told', async () => {
  const { summary, events, bad } = await play('garbage');
  expect(summary.ok).toBe(true);
  expect(bad).toHaveLength(5);
  expect(bad.join()).toMatch(/not JSON.*not an object.*progress.*not UTF-8.*longer than 1048576/);
  expect(events.some((event) => (event.event as string) === 'from-the-future')).toBe(false);
});

test('a summary that forgets a target or boasts is not believed', async () => {
  const forgot = (await play('forget-target')).summary;
  expect(forgot.ok).toBe(false);
  expect(forgot.targets.find((target) => target.path === '/out/1.img')).toMatchObject({ state: 'failed' });
  expect((await play('boast')).summary.ok).toBe(false);
});

test('a start that is refused makes refused targets with the reason', async () => {
  const { summary } = await play('source-missing');
  expect(summary).toMatchObject({ ok: false, outcome: 'refused', source: { error: { code: 'not-found' } } });
  expect(summary.targets[0]).toMatchObject({ state: 'refused', error: { code: 'not-found' } });
});

test('cancel is sent and its summary comes', async () => {
  const job = fakeClient('wait-for-cancel').start(request);
  job.once('log', () => job.cancel());
  const summary = await job.finished;
  expect(summary.outcome).toBe('cancelled');
  expect(summary.targets[0]).toMatchObject({ state: 'cancelled', bytesWritten: SIZE * 0.4 });
});

test('a helper that lingers after its summary does not hold us up', async () => {
  const job = fakeClient('linger').start(request);
  const { pid } = job;
  expect((await job.finished).ok).toBe(true);
  expect(pid).toBeTypeOf('number');
  expect(process.kill(pid as number, 0)).toBe(true); // not ours to kill: it may still have riders
  process.kill(pid as number, 'SIGKILL');
}, 15_000);

test('detaching leaves the job running', async () => {
  const job = fakeClient('wait-for-cancel').start(request);
  await new Promise<void>((resolve) => job.once('log', () => resolve()));
  const pid = job.pid as number;
  job.detach();
  expect((await job.finished).outcome).toBe('detached');
  expect(process.kill(pid, 0)).toBe(true);
  process.kill(pid, 'SIGKILL');
});

test.each([
  ['a helper that is not there', '/nowhere/carousel-helper', 'internal', 'ENOENT'],
  ['a helper that may not be run', fileURLToPath(import.meta.url), 'no-permission', 'EACCES'],
])('%s gives a summary too', async (_what, path, code, errno) => {
  const job = new HelperClient(directLauncher(path)).start(request);
  const summary = await job.finished;
  expect(summary.ok).toBe(false);
  expect(summary.targets[1]).toMatchObject({ state: 'failed', error: { code, errno } });
  expect(() => job.cancel()).not.toThrow();
});

test('a request that no helper would take is refused before anything is started', () => {
  const client = new HelperClient({ launch: () => expect.unreachable() });
  const start = (change: object): unknown => client.start({ ...request, ...change });
  expect(() => start({ source: 'relative.img' })).toThrow(RangeError);
  expect(() => start({ options: { block: 65_537 } })).toThrow(RangeError);
  expect(() => start({ targets: Array.from({ length: 65 }, (_, i) => `/t${i}`) })).toThrow(RangeError);
  expect(() => start({ targets: Array.from({ length: 64 }, (_, i) => `/${i}${'x'.repeat(4000)}`) })).toThrow(
    RangeError,
  );
  expect(() => start({ targets: ['/a\0b'] })).toThrow(RangeError);
});

test('check, jobs and version', async () => {
  const client = fakeClient('good');
  const verdicts = await client.check(['/dev/sdb', '/refused', '/new']);
  expect(verdicts.map((verdict) => [verdict.exists, verdict.target.ok])).toEqual([
    [true, true],
    [true, false],
    [false, true],
  ]);
  expect(await client.check([])).toEqual([]);
  expect(await client.listJobs()).toEqual([{ job: 'k1', pid: 42, source: '/a' }]);
  expect(await client.version()).toEqual({ version: 1, helper: '0.1.0' });
});

test.each([
  ['silent', /no answer/],
  ['fails', /status 9: no can do/],
  ['nonsense', /check/],
])('a one-shot command that goes wrong (%s) is an error', async (scenario, message) => {
  await expect(fakeClient(scenario, 1000).check(['/a'])).rejects.toThrow(message);
});
