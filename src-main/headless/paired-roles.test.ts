/** What a paired device may ask of a whole core: keys as they are given away, over TLS, against every call of the contract. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type ContractClient } from '@contract/client.ts';
import { ContractError } from '@contract/errors.ts';
import { createMemoryChannel } from '@contract/memory-channel.ts';
import { callNames, calls, findCall, type CallName } from '@contract/schema.ts';
import { createApp, type App } from '../core/create-app.ts';
import { openChannel, pairWith } from '../core/remote/dial.ts';
import { readAddress } from '../core/remote/machine-address.ts';
import { systemClock } from '../core/system-clock.ts';
import { scriptedEngine } from '../core/testing/scripted-engine.ts';
import { portsIn } from '../core/testing/test-ports.ts';
import { listenWith } from './network.ts';
import { makeRenderer } from './testing/renderer.ts';

const grants = {
  viewer: { role: 'viewer', approve: false },
  operator: { role: 'operator', approve: false },
  approver: { role: 'operator', approve: true },
} as const;
type Who = keyof typeof grants;
const everybody = Object.keys(grants) as Who[];

let dir = '';
let app: App;
let here: ContractClient;
const clients = new Map<Who, ContractClient>();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-roles-'));
  const engine = scriptedEngine();
  app = await createApp({
    host: 'serve',
    version: '0.1.0',
    engine: () => engine,
    list: () => Promise.resolve([]),
    ports: {
      ...portsIn(dir, systemClock),
      listen: listenWith(await makeRenderer(dir)),
    },
  });
  await app.start();
  const [near, far] = createMemoryChannel();
  app.connect(far, 'operator');
  here = createClient(near);
  const { urls } = await app.listenAt({ host: '127.0.0.1', port: 0 });
  const address = readAddress(urls[0] ?? '');
  for (const who of everybody) {
    const { code } = await here.call('access.offer', grants[who]);
    const paired = await pairWith(address, code, who);
    clients.set(who, createClient(await openChannel(address, paired)));
  }
});
afterAll(async () => {
  await app.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Asks with an input that makes no sense: who is let through is told so, and nothing is done. */
async function answerTo(client: ContractClient | undefined, name: CallName): Promise<string> {
  const failure: unknown = await client?.call(name, 'nonsense' as never).catch((error: unknown) => error);
  return failure instanceof ContractError ? failure.error.code : String(failure);
}

/** `remote` of a call that the table opens to devices; nothing for what is only for who sits at the machine. */
const wayOf = (name: CallName) => (calls[name].role === 'viewer' ? 'watch' : findCall(name)?.remote);
const mayAsk: Record<Who, readonly ReturnType<typeof wayOf>[]> = {
  viewer: ['watch'],
  operator: ['watch', 'operate'],
  approver: ['watch', 'operate', 'approve'],
};

describe('a paired device', () => {
  it.each(callNames)('is let through to %s only by what its key grants', async (name) => {
    const answers = await Promise.all(everybody.map((who) => answerTo(clients.get(who), name)));
    expect(answers).toEqual(
      everybody.map((who) => (mayAsk[who].includes(wayOf(name)) ? 'bad-request' : 'forbidden')),
    );
  });

  it('that watches is shown the state, and can change nothing of it', async () => {
    const watching = clients.get('viewer');
    expect(await watching?.call('state.get', {})).toMatchObject({ state: { jobs: {} } });
    const settings = app.state.settings;
    for (const who of everybody) {
      const change = clients.get(who)?.call('settings.set', { sounds: !settings.sounds });
      await expect(change).rejects.toMatchObject({ error: { code: 'forbidden' } });
    }
    expect(app.state.settings).toEqual(settings);
  });

  it('is not who sits at the machine, who is let through to all that is not for the command line', async () => {
    for (const name of callNames)
      expect([name, await answerTo(here, name)]).toEqual([
        name,
        calls[name].role === 'local' ? 'forbidden' : 'bad-request',
      ]);
  });
});
