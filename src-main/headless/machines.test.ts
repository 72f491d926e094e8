import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { appError, ContractError } from '@contract/errors.ts';
import { machineSchema, type Machine } from '@contract/groups/machines.ts';
import { callNames } from '@contract/schema.ts';
import { serveContract, type Handlers } from '@contract/server.ts';
import { sampleHandOut, sampleJob, sampleState, sampleStation } from '@contract/testing/samples.ts';
import { listenWith } from './network.ts';
import { makeRenderer } from './testing/renderer.ts';
import { createAccessService, type AccessService } from '../core/access/access-service.ts';
import { createStateStore, type StateStore } from '../core/state/state-store.ts';
import { systemClock } from '../core/system-clock.ts';
import { knownMachines } from '../core/machines/known-machines.ts';
import { createMachineService, type MachineService } from '../core/machines/machine-service.ts';

let dir = '';
let far: AccessService;
let store: StateStore;
let service: MachineService;
let views: Map<string, Machine>;
const gone = vi.fn();

const refused = Object.fromEntries(
  callNames.map((name) => [name, () => Promise.reject(new ContractError(appError('unsupported')))]),
) as unknown as Handlers;

/** A machine that shows a state, and takes no other call. */
async function startFar(port: number): Promise<void> {
  far = createAccessService({
    folder: join(dir, 'far'),
    clock: systemClock,
    listen: listenWith(await makeRenderer(dir)),
    connect: (channel, { role, approve }) =>
      void serveContract(channel, {
        role,
        remote: { approve },
        app: '1',
        handlers: {
          ...refused,
          'state.subscribe': (_input, connection) => store.subscribe(connection),
          'settings.get': () => store.state.settings,
        },
        onInternalError: (name, error) => expect.unreachable(`${name} ${String(error)}`),
      }),
    onError: (error) => expect.unreachable(String(error)),
  });
  await far.listenAt({ host: '127.0.0.1', port });
}

const watcher = (): Parameters<MachineService['watch']>[0] => ({
  role: 'viewer',
  remote: null,
  congested: () => false,
  onClose: () => undefined,
  emit(name, data) {
    if (name === 'machines.gone') gone(data);
    else {
      const machine = machineSchema.parse(data);
      views.set(machine.id, machine);
    }
    return true;
  },
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'carousel-machines-'));
  await mkdir(join(dir, 'far'));
  views = new Map();
  gone.mockClear();
  store = createStateStore(sampleState([], [sampleJob()]), 'epoch', systemClock);
  await startFar(0);
  const machines = knownMachines(join(dir, 'near'));
  service = createMachineService({
    machines,
    clock: systemClock,
    onError: (error) => expect.unreachable(String(error)),
  });
});
afterEach(async () => {
  service.close();
  await far.close();
  await rm(dir, { recursive: true, force: true });
});

const code = async (): Promise<string> =>
  (await far.offer({ role: 'viewer', approve: false }, undefined)).code;
const urlOf = async (): Promise<string> => (await far.state()).urls[0] ?? '';

describe('watching other machines', () => {
  it('pairs, shows their jobs, says when they are gone, and is right when they are back', async () => {
    expect(await service.watch(watcher())).toEqual([]);
    const url = await urlOf();
    const id = await service.add(url, await code());
    await vi.waitFor(() => expect(views.get(id)?.link).toBe('live'), 5000);
    expect(views.get(id)).toMatchObject({ name: 'bench-1', problem: null, jobCount: 1 });
    expect(views.get(id)?.jobs[0]?.targets).toHaveLength(1);

    const before = Date.now();
    await far.close();
    await vi.waitFor(() => expect(views.get(id)?.link).toBe('offline'), 5000);
    expect(views.get(id)?.jobs).toHaveLength(1);
    const since = views.get(id)?.since ?? 0;
    expect(since).toBeGreaterThanOrEqual(before);

    store = createStateStore(sampleState([], []), 'another life', systemClock);
    await startFar(Number(new URL(url).port));
    await vi.waitFor(
      () => expect(views.get(id)).toMatchObject({ link: 'live', jobs: [], jobCount: 0 }),
      10_000,
    );
    expect(views.get(id)?.since).toBeGreaterThanOrEqual(since);
  });

  it('tells of their stations when these change', async () => {
    await service.watch(watcher());
    const id = await service.add(await urlOf(), await code());
    await vi.waitFor(() => expect(views.get(id)?.jobs[0]?.handOut).toBeNull(), 5000);
    const stations = (link: 'live' | 'silent'): void =>
      store.update((state) => ({
        ...state,
        handOuts: { 'job-1': sampleHandOut([sampleStation({ link })]) },
      }));
    for (const link of ['live', 'silent'] as const) {
      stations(link);
      await vi.waitFor(
        () =>
          expect(views.get(id)?.jobs[0]?.handOut).toMatchObject({
            stations: [{ name: 'Bench 2', link, targets: [{ path: '/dev/sdb' }] }],
            counts: { stations: 1, open: 1 },
          }),
        5000,
      );
    }
  });

  it('says why a machine lets nobody in, and does not go on trying', async () => {
    await service.watch(watcher());
    const id = await service.add(await urlOf(), await code());
    await vi.waitFor(() => expect(views.get(id)?.link).toBe('live'), 5000);
    await far.revoke((await far.state()).devices[0]?.id ?? '');
    await vi.waitFor(
      () => expect(views.get(id)).toMatchObject({ link: 'refused', problem: { code: 'not-paired' } }),
      5000,
    );
    await service.remove(id);
    expect(gone).toHaveBeenCalledWith({ machine: id });
    expect(await service.watch(watcher())).toEqual([]);
    await expect(service.remove(id)).rejects.toThrow('no-such-machine');
  });

  it.each([
    ['http://192.168.1.20:8080', 'bad-address'],
    ['nonsense at all', 'bad-address'],
  ])('refuses to add %s', async (url, reason) => {
    await expect(service.add(url, 'ACDE-FGHJ')).rejects.toThrow(reason);
  });
});
