import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createClient, type ContractClient } from '@contract/client.ts';
import { isFinal } from '@contract/groups/jobs.ts';
import { followState } from '@contract/replica.ts';
import type { AppState } from '@contract/snapshot.ts';
import { ownCredentials } from '../../core/access/credentials.ts';
import { accessFolder, defaultPaths } from '../../core/default-paths.ts';
import { findHelper } from '../../core/helper/helper-path.ts';
import { createWsChannel } from '../../core/remote/ws-channel.ts';
import { runCli } from '../program.ts';
import { testWorld, type TestWorld } from '../testing/test-context.ts';
import { serveCommand } from './serve.ts';

let dir = '';
let ends: (() => Promise<void>)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-serve-'));
  await mkdir(join(dir, 'renderer'));
  await writeFile(join(dir, 'renderer', 'index.html'), '<title>Carousel</title>');
  // The default paths are those of this process: they must not touch a person's own.
  vi.stubEnv('CAROUSEL_HOME', join(dir, 'home'));
  ends = [];
});
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

interface Served {
  world: TestWorld;
  url: URL;
  connect(): Promise<ContractClient>;
  end(): Promise<void>;
}

async function serve(...args: string[]): Promise<Served> {
  const world = testWorld({ env: { CAROUSEL_HOME: join(dir, 'home') }, cwd: dir });
  const make = (context: TestWorld['context']) => serveCommand(context, join(dir, 'renderer'));
  const over = runCli(['serve', '--json', ...args], [make], world.context);
  const end = async (): Promise<void> => {
    world.interrupt();
    await over;
  };
  ends.push(end);
  await Promise.race([vi.waitFor(() => expect(world.json()).toHaveLength(1), 20_000), over]);
  const url = new URL(String(world.json()[0]?.['url']));
  return {
    world,
    url,
    end,
    async connect() {
      const key = url.searchParams.get('key') ?? '';
      const headers = { cookie: `carousel-${url.port}=${key}`, origin: url.origin };
      const socket = new WebSocket(`ws://${url.host}/rpc`, { headers });
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      return createClient(createWsChannel(socket));
    },
  };
}

const fails = async (...args: string[]): Promise<[number | undefined, string]> => {
  const world = testWorld({ cwd: dir });
  await runCli(
    ['serve', ...args],
    [(context) => serveCommand(context, join(dir, 'renderer'))],
    world.context,
  );
  return [world.exitCode(), world.err()];
};

/** SHA-256 of the certificate that is shown there. */
const shownAt = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    }).on('error', reject);
  });

const hasHelper = (): boolean => {
  try {
    return existsSync(findHelper());
  } catch {
    return false;
  }
};

describe('carousel serve', () => {
  it('serves the page to who has the key, and ends when told to', async () => {
    const { url, world, end } = await serve('--practice', 'practice');
    expect(url.hostname).toBe('127.0.0.1');
    expect((await fetch(url.origin)).status).toBe(401);
    const first = await fetch(url, { redirect: 'manual' });
    expect(first.status).toBe(303);
    const cookie = first.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    expect(await (await fetch(url.origin, { headers: { cookie } })).text()).toContain('Carousel');
    await end();
    expect(world.json().at(-1)).toMatchObject({
      event: 'stopped',
      runningJobs: 0,
    });
    expect(world.exitCode()).toBeUndefined();
    await expect(fetch(url.origin)).rejects.toThrow();
  });

  it('shows practice drives, and only them', async () => {
    const client = await (await serve('--practice', 'practice')).connect();
    const { state } = await client.call('state.get', {});
    expect(Object.values(state.drives).map(({ kind }) => kind)).toEqual(Array(4).fill('practice'));
    expect(state.system.practiceDir).toBe(join(dir, 'practice'));
  });

  it('shows other devices the certificate that it is given, and none of its own', async () => {
    const given = await ownCredentials(join(dir, 'given'), 'bench', ['bench.example'], Date.now());
    const files = ['--cert', 'given/certificate.pem', '--key', 'given/key.pem'];
    const { world } = await serve('--practice', 'practice', '--listen', '0.0.0.0:0', ...files);
    const { network } = world.json()[0] as { network: { urls: string[]; fingerprint: string } };
    expect(network.fingerprint).toBe(given.fingerprint);
    const { port } = new URL(network.urls[0] ?? '');
    expect(await shownAt(Number(port))).toBe(new X509Certificate(given.certificate).fingerprint256);
    expect(existsSync(join(accessFolder(defaultPaths({ CAROUSEL_HOME: join(dir, 'home') })), 'tls'))).toBe(
      false,
    );
  });

  it.each<[string, string[], string]>([
    ['a certificate without its key', ['--listen', '0.0.0.0:0', '--cert', 'a'], 'go together'],
    ['a certificate for this computer only', ['--cert', 'a', '--key', 'b'], 'address of the network'],
    ['a certificate that is none', ['--listen', '0.0.0.0:0', '--cert', 'a', '--key', 'b'], 'cannot be used'],
    ['a recording for the network', ['--listen', '0.0.0.0:0', '--replay', 'a'], 'on this computer only'],
    ['an address that is not ours', ['--listen', '203.0.113.7:0'], 'no such address'],
    ['no address', ['--listen', 'nonsense'], 'looks like 127.0.0.1:8080'],
    ['too high a port', ['--listen', '127.0.0.1:99999'], 'looks like 127.0.0.1:8080'],
    ['a recording that is none', ['--replay', 'renderer/index.html'], 'not a recording'],
    ['both ways of a recording', ['--replay', 'a', '--record', 'b'], 'do not go together'],
    ['an unknown option', ['--opne'], 'Did you mean --open?'],
  ])('refuses %s', async (_title, args, text) => {
    const [code, said] = await fails(...args);
    expect(code).toBe(2);
    expect(said).toContain(text);
  });

  it('says when the address is taken', async () => {
    const { url } = await serve('--practice', 'practice');
    const [code, said] = await fails('--practice', 'practice', '--listen', url.host);
    expect(code).toBe(2);
    expect(said).toContain('in use');
  });
});

describe.runIf(hasHelper())('carousel serve with the real helper', () => {
  it(
    'copies to practice drives, with a late joiner, recorded and replayed',
    { timeout: 60_000 },
    async () => {
      const served = await serve('--practice', 'practice', '--record', 'session.jsonl');
      const client = await served.connect();
      let seen: AppState | undefined;
      await followState(client, (state) => (seen = state));
      const byTitle = (title: string): string =>
        Object.values(seen?.drives ?? {}).find((drive) => drive.title === title)?.id ?? title;
      const approve = async (targets: string[], job?: string) => {
        const source = byTitle('Practice Source');
        const checked = await client.call('jobs.checkTargets', { source, targets, ...(job ? { job } : {}) });
        expect(checked.targets.map(({ reasons }) => reasons)).toEqual(targets.map(() => []));
        return checked.targets.map(({ drive, token }) => ({ drive, token }));
      };
      // Other jobs of this user on this machine are shown too: only this one counts.
      const { job } = await client.call('jobs.start', {
        source: byTitle('Practice Source'),
        targets: await approve([byTitle('Practice Stick 1'), byTitle('Practice Stick 2')]),
        options: { verify: false },
      });
      const jobOf = (state: AppState | undefined) => state?.jobs[job];
      const late = await client
        .call('jobs.addTargets', { job, targets: await approve([byTitle('Practice Stick 3')], job) })
        .then(({ targets }) => targets.length);
      expect(late).toBe(1);
      await vi.waitFor(() => expect(jobOf(seen)?.state).toBe('ended'), 30_000);
      const targets = Object.values(jobOf(seen)?.targets ?? {});
      expect(targets.map(({ state, error }) => [state, error])).toEqual(Array(3).fill(['done', null]));
      expect(targets.every(({ state }) => isFinal(state))).toBe(true);
      const source = await readFile(join(dir, 'practice', 'practice-source.img'));
      for (const number of [1, 2, 3]) {
        expect((await readFile(join(dir, 'practice', `practice-${String(number)}.img`))).equals(source)).toBe(
          true,
        );
      }
      await served.end();

      const replay = await (await serve('--replay', 'session.jsonl')).connect();
      await vi.waitFor(async () => {
        const { state } = await replay.call('state.get', {});
        expect(jobOf(state)).toEqual(jobOf(seen));
      }, 20_000);
    },
  );
});
