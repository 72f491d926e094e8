/** A core that shows scenes, moves their progress, and answers calls well enough to click through the app. */
import type { Channel } from '@contract/channel.ts';
import { fail } from '@contract/errors.ts';
import type { Role } from '@contract/groups/common.ts';
import type { Job, Target } from '@contract/groups/jobs.ts';
import { callNames } from '@contract/schema.ts';
import { serveContract, type Connection, type Handlers } from '@contract/server.ts';
import { diffStates, type AppState } from '@contract/snapshot.ts';
import { scenes } from './scenes.ts';

const tickMs = 100;

function move(target: Target, size: number): Target {
  if (target.state !== 'copying') return target;
  const bytesCopied = Math.min(size, Math.floor(target.bytesCopied + target.bytesPerSecond / 10));
  const parts = target.coverage.length;
  const part = Math.min(parts - 1, Math.floor((bytesCopied / size) * parts));
  const fill = Math.floor(((bytesCopied / size) * parts - part) * 15).toString(16);
  const coverage = `${'f'.repeat(part)}${fill}${'0'.repeat(parts - part - 1)}`;
  // As the helper's: a mean of the last seconds.
  const bytesPerSecond = Math.round(
    target.bytesPerSecond * 0.95 + (19_000_000 + Math.random() * 6_000_000) * 0.05,
  );
  return {
    ...target,
    bytesCopied,
    bytesPerSecond,
    coverage,
    etaSeconds: (size - bytesCopied) / bytesPerSecond,
  };
}

function moveJob(job: Job): Job {
  if (job.state !== 'running') return job;
  const targets = Object.fromEntries(
    Object.entries(job.targets).map(([id, target]) => [id, move(target, job.source.size)]),
  );
  const headBlock = ((job.source.headBlock ?? 0) + 9) % (job.blockCount ?? 1);
  const bytesPerSecond = 80_000_000 + Math.round(Math.random() * 9_000_000);
  return { ...job, targets, source: { ...job.source, headBlock, bytesPerSecond } };
}

/** Serves a scene on a channel. With `moving` its copying targets go on, ten patches a second. */
export function serveScene(channel: Channel, name: string, role: Role, moving: boolean): void {
  let state: AppState = (scenes[name] ?? fail('not-found'))();
  let sent = state;
  let revision = 0;
  let watcher: Connection | null = null;

  function publish(next: AppState): void {
    state = next;
    if (!watcher) return;
    const steps = diffStates(sent, state);
    if (steps.length === 0) return;
    watcher.emit('state.patch', { epoch: 'scene', from: revision, to: revision + 1, steps });
    revision += 1;
    sent = state;
  }

  const unsupported = Object.fromEntries(callNames.map((call) => [call, () => fail('unsupported')]));
  const handlers: Handlers = {
    ...(unsupported as unknown as Handlers),
    'state.get': () => ({ epoch: 'scene', revision, state }),
    'state.subscribe': (_input, connection) => {
      watcher = connection;
      sent = state;
      return { epoch: 'scene', revision, state };
    },
    'settings.set': (change) => {
      const { job, ...rest } = change;
      const settings = {
        ...state.settings,
        ...rest,
        job: { ...state.settings.job, ...job },
      } as AppState['settings'];
      publish({ ...state, settings });
      return settings;
    },
    'drives.rescan': () => ({}),
    'jobs.checkTargets': ({ targets }) => ({
      targets: targets.map((id) => {
        const { asTarget, volumes, usedBytes, newest, table } = state.drives[id] ?? fail('no-such-drive');
        const token = asTarget.ok ? 'yes' : '';
        return {
          drive: id,
          ...asTarget,
          volumes,
          usedBytes,
          newest,
          table,
          type: asTarget.level === 2 ? 'serial' : null,
          token,
        };
      }),
    }),
    'jobs.removeTarget': ({ job: jobId, target: id }) => {
      const job = state.jobs[jobId] ?? fail('no-such-job');
      const target = job.targets[id] ?? fail('no-such-target');
      const targets = { ...job.targets, [id]: { ...target, state: 'cancelled' as const, bytesPerSecond: 0 } };
      publish({ ...state, jobs: { ...state.jobs, [jobId]: { ...job, targets } } });
      return {};
    },
  };

  const timer = moving
    ? setInterval(() => {
        const jobs = Object.fromEntries(Object.entries(state.jobs).map(([id, job]) => [id, moveJob(job)]));
        publish({ ...state, jobs });
      }, tickMs)
    : undefined;
  channel.onClose(() => clearInterval(timer));
  serveContract(channel, {
    role,
    app: '0.1.0',
    handlers,
    onInternalError: (name, error) => console.error(name, error),
  });
}
