/** What each call of the contract does. */
import { fail } from '@contract/errors.ts';
import { callNames, calls } from '@contract/schema.ts';
import type { Connection, Handlers } from '@contract/server.ts';
import type { CopyService } from './copy/copy-service.ts';
import type { DeviceService } from './devices/device-service.ts';
import type { ImageList } from './devices/file-drives.ts';
import type { PracticeService } from './devices/practice-service.ts';
import type { JobService } from './jobs/job-service.ts';
import type { ProbeService } from './probes/probe-service.ts';
import type { Logger } from './logging/logger.ts';
import type { FileDialogs } from './ports.ts';
import type { SettingsStore } from './settings/settings-store.ts';
import type { StateStore } from './state/state-store.ts';

export interface Services {
  store: StateStore;
  settings: SettingsStore;
  devices: DeviceService;
  images: ImageList;
  practice: PracticeService;
  jobs: JobService;
  probes: ProbeService;
  copies: CopyService;
  logger: Logger;
  fileDialogs: FileDialogs | undefined;
}

/** The handlers for these services. */
export function createHandlers(services: Services): Handlers {
  const { store, settings, devices, images, practice, jobs, probes, copies, logger, fileDialogs } = services;

  function refuseIfUsed(kinds: readonly string[]): void {
    for (const { job, kind } of Object.values(store.state.drives)) {
      if (job !== null && kinds.includes(kind)) fail('in-job', { job });
    }
  }

  const handlers: Handlers = {
    'state.get': () => store.snapshot(),
    'state.subscribe': (_input, connection) => store.subscribe(connection),
    'state.unsubscribe': (_input, connection) => {
      store.unsubscribe(connection);
      return {};
    },

    'drives.rescan': async () => {
      await devices.scan(true);
      return {};
    },
    'drives.addPractice': async ({ count, size }) => {
      const drives = await practice.add(count, size);
      await devices.scan();
      return { drives };
    },
    'drives.removePractice': async () => {
      refuseIfUsed(['practice']);
      await practice.remove();
      await devices.scan();
      return {};
    },
    'drives.addImage': async ({ path }) => {
      const drive = await images.addSource(path);
      await devices.scan();
      return { drive };
    },
    'drives.addImageTarget': async ({ path, overwrite }) => {
      const drive = await images.addTarget(path, overwrite);
      await devices.scan();
      return { drive };
    },
    'drives.forgetImage': async ({ drive }) => {
      const job = jobs.jobOf(drive);
      if (job !== null) fail('in-job', { job });
      if (!images.forget(drive)) fail('no-such-drive');
      await devices.scan();
      return {};
    },

    'jobs.checkTargets': async (input) => ({ targets: await jobs.check(input) }),
    'jobs.checkRetry': async ({ job, targets }) => ({ targets: await jobs.checkRetry(job, targets) }),
    'jobs.start': async (input) => ({ job: await jobs.start(input) }),
    'jobs.addTargets': async ({ job, targets }) => ({ targets: await jobs.addTargets(job, targets) }),
    'jobs.retryTargets': async ({ job, targets }) => {
      await jobs.retry(job, targets);
      return {};
    },
    'jobs.removeTarget': ({ job, target }) => {
      jobs.removeTarget(job, target);
      return {};
    },
    'jobs.cancel': ({ job }) => {
      jobs.cancel(job);
      return {};
    },
    'jobs.setSlowPolicy': ({ job, policy, target }) => {
      jobs.setSlowPolicy(job, policy, target);
      return {};
    },
    'jobs.dismiss': ({ job }) => {
      jobs.dismiss(job);
      return {};
    },

    'probe.check': async ({ drive, full }) => ({ check: await probes.check(drive, full) }),
    'probe.start': async ({ target, full }) => {
      await probes.start(target, full);
      return {};
    },
    'probe.cancel': ({ drive }) => {
      probes.cancel(drive);
      return {};
    },
    'probe.dismiss': ({ drive }) => {
      probes.dismiss(drive);
      return {};
    },
    'copy.check': (uses) => copies.check(uses),
    'copy.start': (request, connection) => ({ pid: copies.start(request, connection) }),
    'copy.cancel': (_input, connection) => {
      copies.cancel(connection);
      return {};
    },
    'copy.result': async (_input, connection) => ({ summary: await copies.result(connection) }),

    'settings.get': () => settings.current,
    'settings.set': async (change) => {
      const current = await settings.change(change);
      store.update((state) => ({ ...state, settings: current }));
      devices.judge();
      return current;
    },

    'system.logLines': ({ limit }) => ({ lines: logger.lines(limit) }),
    'system.pickFile': async ({ purpose }) => ({
      path: await (fileDialogs ?? fail('unsupported')).pick(purpose),
    }),
    'system.dismissWarning': ({ code }) => {
      store.update((state) => {
        const warnings = state.system.warnings.filter((warning) => warning.code !== code);
        return { ...state, system: { ...state.system, warnings } };
      });
      return {};
    },
  };
  return publishFirst(store, handlers);
}

type AnyHandler = (input: unknown, connection: Connection) => unknown;

/** When a call that changes something is answered, the front end has already been told of the change. */
function publishFirst(store: StateStore, handlers: Handlers): Handlers {
  const wrapped = callNames
    .filter((name) => calls[name].role === 'operator')
    .map((name) => {
      const handler = handlers[name] as AnyHandler;
      const publishing: AnyHandler = async (input, connection) => {
        const output = await handler(input, connection);
        store.flush();
        return output;
      };
      return [name, publishing];
    });
  return { ...handlers, ...(Object.fromEntries(wrapped) as Partial<Handlers>) };
}
