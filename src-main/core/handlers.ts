/** What each call of the contract does. */
import { fail } from '@contract/errors.ts';
import { callNames, calls } from '@contract/schema.ts';
import type { Connection, Handlers } from '@contract/server.ts';
import { readMapOf } from './ddrescue/read-map-of.ts';
import { tidyBays } from './bench/bays.ts';
import type { BenchService } from './bench/bench-service.ts';
import type { AccessService } from './access/access-service.ts';
import type { CopyService } from './copy/copy-service.ts';
import type { DeviceService } from './devices/device-service.ts';
import type { DriveHandling } from './devices/drive-handling.ts';
import type { HistoryService } from './record/history-service.ts';
import type { ImageList } from './devices/file-drives.ts';
import type { PracticeService } from './devices/practice-service.ts';
import { lookAtManifest } from './jobs/job-checks.ts';
import type { JobService } from './jobs/job-service.ts';
import type { Elevation } from './ports.ts';
import type { ProbeService } from './probes/probe-service.ts';
import type { MachineService } from './machines/machine-service.ts';
import type { Logger } from './logging/logger.ts';
import { exportManifest } from './manifests/export-manifest.ts';
import type { KeptManifests } from './manifests/kept-manifests.ts';
import type { FileDialogs } from './ports.ts';
import type { SettingsStore } from './settings/settings-store.ts';
import type { FeedService } from './stations/feed-service.ts';
import type { HandOutService } from './stations/hand-out-service.ts';
import type { StateStore } from './state/state-store.ts';

export interface Services {
  store: StateStore;
  settings: SettingsStore;
  devices: DeviceService;
  images: ImageList;
  practice: PracticeService;
  jobs: JobService;
  bench: BenchService;
  manifests: KeptManifests;
  probes: ProbeService;
  copies: CopyService;
  history: HistoryService;
  access: AccessService;
  machines: MachineService;
  handOuts: HandOutService;
  feeds: FeedService;
  logger: Logger;
  fileDialogs: FileDialogs | undefined;
  /** Looks for drives, and for everything that hangs on them. */
  look: (anew?: boolean) => Promise<void>;
  handling: DriveHandling;
  elevation: Pick<Elevation, 'obtain'>;
}

/** The handlers for these services. */
export function createHandlers(services: Services): Handlers {
  const { store, settings, devices, images, practice, jobs, probes, copies } = services;
  const { manifests, history, access, machines, logger, fileDialogs, handling, look, bench } = services;
  const { handOuts, feeds, elevation } = services;

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
      practice.putBack();
      await look(true);
      return {};
    },
    'drives.unmount': async ({ drive, typed }) => {
      await handling.unmount(drive, typed);
      return {};
    },
    'drives.eject': async ({ drive, unmount }) => {
      await handling.eject(drive, unmount);
      return {};
    },
    'drives.identify': ({ drive }) => handling.identify(drive),
    'drives.stopIdentify': ({ drive }) => {
      handling.stopIdentify(drive);
      return {};
    },
    'drives.addPractice': async ({ count, size }) => {
      const drives = await practice.add(count, size);
      await look();
      return { drives };
    },
    'drives.plugPractice': async ({ drive, plugged }) => {
      const known = store.state.drives[drive];
      if (!plugged && known?.kind !== 'practice') fail('no-such-drive');
      if (!plugged && known?.job) fail('in-job', { job: known.job });
      practice.plug(drive, plugged);
      await look();
      return {};
    },
    'drives.removePractice': async () => {
      refuseIfUsed(['practice']);
      await practice.remove();
      await look();
      return {};
    },
    'drives.addImage': async ({ path }) => {
      const drive = await images.addSource(path);
      await devices.scan();
      return { drive };
    },
    'drives.readMap': ({ drive, path }) =>
      readMapOf(store.state.drives[drive] ?? fail('no-such-drive'), path),
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
    'jobs.retryTargets': async ({ job, targets, resume }) => {
      await jobs.retry(job, targets, resume ?? false);
      return {};
    },
    'jobs.verify': async ({ job, targets }) => {
      await jobs.verify(job, targets);
      return {};
    },
    'jobs.checkHeal': async ({ job, targets }) => ({ targets: await jobs.checkHeal(job, targets) }),
    'jobs.heal': async ({ job, targets }) => {
      await jobs.heal(job, targets);
      return {};
    },
    'verify.look': async ({ path }) => ({ manifest: await lookAtManifest(path) }),
    'verify.find': async ({ drive }) => ({ manifest: await jobs.findManifest(drive) }),
    'verify.export': (asked) => exportManifest(manifests, asked),
    'verify.start': async ({ drives, manifest, sample }) => ({
      job: await jobs.verifyDrives(drives, manifest, sample),
    }),
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

    'bench.arm': async (request) => {
      await bench.arm(request);
      return {};
    },
    'bench.disarm': () => {
      bench.disarm({ code: 'by-hand' });
      return {};
    },
    'bench.dismiss': () => {
      bench.dismiss();
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
    'copy.unmount': async (agreed) => {
      await copies.unmount(agreed);
      return {};
    },
    'copy.eject': async ({ path, unmount }) => {
      await copies.eject(path, unmount);
      return {};
    },
    'copy.identify': ({ path }) => copies.identify(path),
    'copy.stopIdentify': () => {
      copies.stopIdentify();
      return {};
    },
    'copy.start': async (request, connection) => ({ pid: await copies.start(request, connection) }),
    'copy.cancel': (_input, connection) => {
      copies.cancel(connection);
      return {};
    },
    'copy.result': (_input, connection) => copies.result(connection),

    ...history,

    'access.watch': (_input, connection) => access.watch(connection),
    'access.offer': ({ name, ...grant }) => access.offer(grant, name),
    'access.revoke': async ({ device }) => {
      await access.revoke(device);
      return {};
    },

    'machines.watch': async (_input, connection) => ({ machines: await machines.watch(connection) }),
    'machines.add': async ({ url, code }) => ({ machine: await machines.add(url, code) }),
    'machines.remove': async ({ machine }) => {
      await machines.remove(machine);
      return {};
    },

    'stations.handOut': async (input) => ({ job: await handOuts.handOut(input) }),
    'stations.stop': async ({ job }) => {
      await handOuts.stop(job);
      return {};
    },
    'stations.connect': async (input) => {
      const drive = await feeds.connect(input);
      await devices.scan();
      return { drive };
    },
    'stations.forget': async ({ drive }) => {
      const job = jobs.jobOf(drive);
      if (job !== null) fail('in-job', { job });
      if (!feeds.forget(drive)) fail('no-such-drive');
      await devices.scan();
      return {};
    },

    'settings.get': () => settings.current,
    'settings.set': async (given) => {
      const change = given.bays ? { ...given, bays: tidyBays(given.bays) } : given;
      if (change.bays?.length !== given.bays?.length) fail('bad-request', { at: 'bays' });
      if (change.bays && (store.state.bench.armed || jobs.running())) fail('bays-in-use');
      const current = await settings.change(change);
      store.update((state) => ({ ...state, settings: current }));
      devices.judge();
      // The helper, too, has an opinion on these, and it is asked only once about a drive.
      if (change.protectedSerials) await look(true);
      await access.follow(current.listen);
      return current;
    },

    'system.logLines': ({ limit }) => ({ lines: logger.lines(limit) }),
    'system.pickFile': async ({ purpose }) => ({
      path: await (fileDialogs ?? fail('unsupported')).pick(purpose),
    }),
    'system.obtainRights': async () => {
      await elevation.obtain();
      return {};
    },
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
