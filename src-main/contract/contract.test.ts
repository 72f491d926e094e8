import { describe, expect, it, vi } from 'vitest';
import type { Channel } from './channel.ts';
import { createClient } from './client.ts';
import { appError, appErrorSchema, ContractError, errorCodes } from './errors.ts';
import type { RemoteGrant, Role } from './groups/common.ts';
import { createMemoryChannel } from './memory-channel.ts';
import { calls, callNames, contractVersion, type CallName } from './schema.ts';
import { maxOpenCalls, serveContract, type Handlers } from './server.ts';
import { followState } from './replica.ts';
import { sampleState } from './testing/samples.ts';
import { maxMessageBytes } from './wire.ts';
import type { Timers } from './timers.ts';

/** Handlers that all throw `unsupported`, except those given. */
function handlersWith(some: Partial<Handlers>): Handlers {
  const all = Object.fromEntries(
    callNames.map((name) => [name, () => Promise.reject(new ContractError(appError('unsupported')))]),
  );
  return { ...all, ...some } as Handlers;
}

function serve(
  role: Role,
  some: Partial<Handlers> = {},
  remote: RemoteGrant | null = null,
): { channel: Channel; internal: ReturnType<typeof vi.fn> } {
  const [channel, far] = createMemoryChannel();
  const internal = vi.fn();
  const handlers = handlersWith(some);
  serveContract(far, { role, remote, app: '0.1.0', handlers, onInternalError: internal });
  return { channel, internal };
}

const hello = JSON.stringify({ kind: 'hello', version: contractVersion });

/** Sends raw texts and gives back what came, and whether the connection was ended. */
async function raw(channel: Channel, texts: string[]): Promise<{ answers: unknown[]; closed: boolean }> {
  const answers: unknown[] = [];
  let closed = false;
  channel.onMessage((text) => answers.push(JSON.parse(text)));
  channel.onClose(() => (closed = true));
  texts.forEach((text) => channel.send(text));
  await new Promise((resolve) => setTimeout(resolve, 10));
  return { answers: answers.slice(1), closed };
}

const codeOf = (error: unknown): string =>
  error instanceof ContractError ? error.error.code : String(error);

describe('calls', () => {
  it('go there and back', async () => {
    const lines = [{ time: 1, level: 'info' as const, part: 'core', text: 'hello' }];
    const { channel } = serve('operator', {
      'system.logLines': ({ limit }) => ({ lines: lines.slice(0, limit) }),
    });
    const client = createClient(channel);
    expect(await client.hello).toMatchObject({ role: 'operator', app: '0.1.0' });
    expect(await client.call('system.logLines', { limit: 5 })).toEqual({ lines });
  });

  it('carry errors with their parameters', async () => {
    const { channel } = serve('operator', {
      'jobs.cancel': () => {
        throw new ContractError(appError('in-job', { job: 'job-7' }));
      },
    });
    const failure = createClient(channel).call('jobs.cancel', { job: 'job-7' });
    await expect(failure).rejects.toMatchObject({ error: { code: 'in-job', params: { job: 'job-7' } } });
  });

  it('do not tell what went wrong inside', async () => {
    const { channel, internal } = serve('operator', {
      'drives.rescan': () => {
        throw new Error('/secret/path');
      },
    });
    const failure: unknown = await createClient(channel)
      .call('drives.rescan', {})
      .catch((error: unknown) => error);
    expect(JSON.stringify((failure as ContractError).error)).toBe('{"code":"internal","params":{}}');
    expect(internal).toHaveBeenCalledOnce();
  });

  it('never give back an answer that is not in the contract', async () => {
    const { channel, internal } = serve('operator', {
      'system.logLines': () => ({ lines: [{ secret: 1 }] }) as never,
    });
    await expect(createClient(channel).call('system.logLines', { limit: 1 })).rejects.toThrow('internal');
    expect(internal).toHaveBeenCalledOnce();
  });

  it('end in time', async () => {
    const alarms: (() => void)[] = [];
    const timers: Timers = {
      after: (_ms, run) => {
        alarms.push(run);
        return () => undefined;
      },
    };
    const { channel } = serve('operator', {
      'drives.rescan': () => new Promise(() => undefined),
      'system.pickFile': () => new Promise(() => undefined),
    });
    const client = createClient(channel, { timers });
    const call = client.call('drives.rescan', {});
    void client.call('system.pickFile', { purpose: 'open-image' }); // waits for a person: no alarm
    expect(alarms).toHaveLength(1);
    alarms[0]?.();
    await expect(call).rejects.toThrow('timeout');
  });

  it('end when the connection does', async () => {
    const { channel } = serve('operator', { 'drives.rescan': () => new Promise(() => undefined) });
    const client = createClient(channel);
    await client.hello;
    const call = client.call('drives.rescan', {});
    channel.close();
    await expect(call).rejects.toThrow('disconnected');
    await expect(client.call('drives.rescan', {})).rejects.toThrow('disconnected');
  });

  it('that are too many at once are told so', async () => {
    const { channel } = serve('operator', { 'drives.rescan': () => new Promise(() => undefined) });
    const client = createClient(channel);
    for (let index = 0; index < maxOpenCalls; index += 1)
      client.call('drives.rescan', {}).catch(() => undefined);
    await expect(client.call('drives.rescan', {})).rejects.toThrow('busy');
  });

  it('with too large an answer say so', async () => {
    const text = 'x'.repeat(2048);
    const lines = Array.from({ length: 1000 }, () => ({
      time: 1,
      level: 'info' as const,
      part: 'core',
      text,
    }));
    const { channel } = serve('operator', { 'system.logLines': () => ({ lines }) });
    await expect(createClient(channel).call('system.logLines', { limit: 1000 })).rejects.toThrow('too-large');
  });
});

describe('roles', () => {
  const operatorCalls = callNames.filter((name) => calls[name].role === 'operator');
  const localCalls = callNames.filter((name) => calls[name].role === 'local');
  const viewerCalls = callNames.filter((name) => calls[name].role === 'viewer');

  it('let a viewer only look', () => {
    expect(viewerCalls.sort()).toEqual([
      'history.get',
      'history.list',
      'history.report',
      'history.targets',
      'ledger.lookup',
      'machines.watch',
      'settings.get',
      'state.get',
      'state.subscribe',
      'state.unsubscribe',
      'verify.export',
    ]);
  });

  /** Everything that may be asked for over the network. A new call is refused there until it is put on this list. */
  const remoteWays: Partial<Record<CallName, 'operate' | 'approve'>> = {
    'drives.rescan': 'operate',
    'drives.unmount': 'approve',
    'drives.eject': 'approve',
    'drives.identify': 'operate',
    'drives.stopIdentify': 'operate',
    'jobs.removeTarget': 'operate',
    'jobs.cancel': 'operate',
    'jobs.setSlowPolicy': 'operate',
    'jobs.dismiss': 'operate',
    'jobs.verify': 'operate',
    'stations.stop': 'operate',
    'probe.cancel': 'operate',
    'probe.dismiss': 'operate',
    'jobs.checkTargets': 'approve',
    'jobs.start': 'approve',
    'jobs.addTargets': 'approve',
    'jobs.checkRetry': 'approve',
    'jobs.retryTargets': 'approve',
    'jobs.checkHeal': 'approve',
    'jobs.heal': 'approve',
    'probe.check': 'approve',
    'probe.start': 'approve',
    'bench.arm': 'approve',
    'system.obtainRights': 'approve',
    'bench.disarm': 'approve',
    'bench.dismiss': 'operate',
  };

  it.each(callNames)('say what %s needs over the network', async (name) => {
    const handler = vi.fn(() => Promise.reject(new ContractError(appError('unsupported'))));
    const refusalFor = async (role: Role, approve: boolean): Promise<string | null> => {
      const some = Object.fromEntries([[name, handler]]) as Partial<Handlers>;
      const { channel } = serve(role, some, { approve });
      const { answers } = await raw(channel, [
        hello,
        JSON.stringify({ kind: 'call', id: 1, name, input: 'nonsense' }),
      ]);
      const { error } = answers[0] as { error: { code: string; params: { needs?: string } } };
      // The input is nonsense: whoever is let through is told so, and the handler never runs.
      return error.code === 'bad-request' ? null : `${error.code} ${error.params.needs ?? ''}`;
    };
    const { role } = calls[name];
    const way = remoteWays[name];
    const isLook = role === 'viewer';
    const closed = role === 'local' ? 'forbidden local' : 'forbidden here';
    expect(await refusalFor('viewer', false)).toBe(isLook ? null : `forbidden ${role}`);
    expect(await refusalFor('viewer', true)).toBe(isLook ? null : `forbidden ${role}`);
    const plain = way === 'approve' ? 'forbidden approve' : way ? null : closed;
    expect(await refusalFor('operator', false)).toBe(isLook ? null : plain);
    expect(await refusalFor('operator', true)).toBe(isLook || way ? null : closed);
    expect(handler).not.toHaveBeenCalled();
  });

  it('keep what takes paths for targets to the command line', () => {
    expect(localCalls.sort()).toEqual([
      'copy.cancel',
      'copy.check',
      'copy.eject',
      'copy.identify',
      'copy.result',
      'copy.start',
      'copy.stopIdentify',
      'copy.unmount',
    ]);
  });

  it.each<[CallName, Role]>([
    ...operatorCalls.map((name): [CallName, Role] => [name, 'viewer']),
    ...localCalls.flatMap((name): [CallName, Role][] => [
      [name, 'viewer'],
      [name, 'operator'],
    ]),
  ])('refuse %s to a %s before anything else is looked at', async (name, role) => {
    const handler = vi.fn();
    const { channel } = serve(role, { [name]: handler });
    for (const input of [{}, null, { job: 'job-1' }, []]) {
      const failure = await createClient(channel)
        .call(name, input as never)
        .catch(codeOf);
      expect(failure).toBe('forbidden');
    }
    expect(handler).not.toHaveBeenCalled();
  });
});

describe('hostile input', () => {
  it.each<[string, string]>([
    ['null', 'null'],
    ['a list', '[]'],
    ['a list of lists', '[[[[]]]]'],
    ['a number', '7'],
    ['text', '"hello"'],
    ['no JSON', '{'],
    ['nothing', ''],
    ['an unknown kind', '{"kind":"result","id":1,"output":1}'],
    ['a kind from the prototype', '{"kind":"__proto__"}'],
    ['a field too many', '{"kind":"call","id":1,"name":"state.get","input":{},"role":"operator"}'],
    ['a field too few', '{"kind":"call","name":"state.get","input":{}}'],
    ['a negative id', '{"kind":"call","id":-1,"name":"state.get","input":{}}'],
    [
      'a deep nest',
      `{"kind":"call","id":1,"name":"x","input":${'['.repeat(400_000)}${']'.repeat(400_000)},"y":1}`,
    ],
    [
      'a message too large',
      `{"kind":"call","id":1,"name":"state.get","input":"${'x'.repeat(maxMessageBytes)}"}`,
    ],
  ])('%s ends the connection and nothing else', async (_title, text) => {
    const { channel, internal } = serve('operator');
    const { answers, closed } = await raw(channel, [hello, text]);
    expect(closed).toBe(true);
    expect(answers).toEqual([
      { kind: 'error', id: null, error: { code: 'bad-request', params: { at: 'message' } } },
    ]);
    expect(internal).not.toHaveBeenCalled();
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', '', 'state.get ', 'STATE.GET', 'nope'])(
    'a call of "%s" is unknown',
    async (name) => {
      const { channel } = serve('operator');
      const { answers, closed } = await raw(channel, [
        hello,
        JSON.stringify({ kind: 'call', id: 3, name, input: {} }),
      ]);
      expect(answers).toEqual([{ kind: 'error', id: 3, error: { code: 'unknown-call', params: {} } }]);
      expect(closed).toBe(false);
    },
  );

  const badInputs: unknown[] = [
    null,
    [],
    [{}],
    'x',
    7,
    true,
    { extra: 1 },
    { __proto__: null, constructor: 1 },
  ];
  it.each(callNames)('%s takes only what the contract says', async (name: CallName) => {
    const handler = vi.fn();
    const { channel } = serve('local', { [name]: handler });
    const texts = badInputs.map((input, id) => JSON.stringify({ kind: 'call', id, name, input }));
    const { answers } = await raw(channel, [hello, ...texts]);
    expect(answers.map((answer) => (answer as { error: { code: string } }).error.code)).toEqual(
      badInputs.map(() => 'bad-request'),
    );
    expect(handler).not.toHaveBeenCalled();
  });

  it('a call before the hello ends the connection', async () => {
    const { channel } = serve('operator');
    const { answers, closed } = await raw(channel, ['{"kind":"call","id":1,"name":"state.get","input":{}}']);
    expect(answers).toMatchObject([{ id: null, error: { code: 'contract-version' } }]);
    expect(closed).toBe(true);
  });

  it('another version is told apart at both ends', async () => {
    const { channel } = serve('operator');
    const { answers, closed } = await raw(channel, ['{"kind":"hello","version":99}']);
    expect(answers).toMatchObject([
      { error: { code: 'contract-version', params: { ours: contractVersion, theirs: 99 } } },
    ]);
    expect(closed).toBe(true);

    const [near, far] = createMemoryChannel();
    // In whatever shape the other version says it.
    far.send(JSON.stringify({ kind: 'hello', version: contractVersion + 1, whatever: true }));
    await expect(createClient(near).hello).rejects.toMatchObject({ error: { code: 'contract-version' } });
  });

  it('nonsense from the core does not trouble a front end', async () => {
    const [near, far] = createMemoryChannel();
    const client = createClient(near);
    const call = client.call('settings.get', {});
    for (const text of [
      'null',
      '[]',
      '{',
      '{"kind":"event","name":"constructor","data":1}',
      '{"kind":"result"}',
    ]) {
      far.send(text);
    }
    far.send('{"kind":"event","name":"state.patch","data":{}}');
    far.send('{"kind":"result","id":77,"output":{}}');
    far.send('{"kind":"result","id":0,"output":{"language":7}}');
    await expect(call).rejects.toThrow('internal');
  });
});

describe('errors', () => {
  it('are a closed list with known parameters', () => {
    expect(appErrorSchema.safeParse({ code: 'too-small', params: { missingBytes: 12 } }).success).toBe(true);
    expect(appErrorSchema.safeParse({ code: 'too-small', params: { other: 12 } }).success).toBe(false);
    expect(appErrorSchema.safeParse({ code: 'constructor', params: {} }).success).toBe(false);
    expect(appErrorSchema.safeParse({ code: 'in-job', params: {} }).success).toBe(false);
    expect(appErrorSchema.safeParse({ code: 'busy', params: {}, text: 'x' }).success).toBe(false);
    expect(errorCodes.length).toBe(new Set(errorCodes).size);
  });
});

describe('followState', () => {
  it('shows the first state, then each patch, and fetches again after a gap', async () => {
    const [near, far] = createMemoryChannel();
    let revision = 5;
    const subscribe = vi.fn(() => ({ epoch: 'e', revision, state: sampleState() }));
    const connection = serveContract(far, {
      role: 'viewer',
      app: '0.1.0',
      handlers: handlersWith({ 'state.subscribe': subscribe, 'state.unsubscribe': () => ({}) }),
      onInternalError: () => undefined,
    });
    const seen: boolean[] = [];
    const stop = await followState(createClient(near), (state) => seen.push(state.settings.sounds));
    const patch = (from: number, sounds: boolean): void =>
      void connection.emit('state.patch', {
        epoch: 'e',
        from,
        to: from + 1,
        steps: [{ path: ['settings', 'sounds'], set: sounds }],
      });
    patch(5, false);
    await vi.waitFor(() => expect(seen).toEqual([true, false]));
    revision = 9;
    patch(8, false); // 6 and 7 are missing
    patch(9, false); // comes while the snapshot is fetched
    await vi.waitFor(() => expect(seen).toEqual([true, false, true, false]));
    expect(subscribe).toHaveBeenCalledTimes(2);
    await stop();
  });
});
