/** What a person does with one drive of the catalogue by hand: unmount it, switch it off, make its light blink. */
import { appError, ContractError, fail } from '@contract/errors.ts';
import type { DriveId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import { demandTyped } from '../jobs/approvals.ts';
import type { Engine } from '../jobs/engine.ts';
import type { Elevation } from '../ports.ts';
import { ejectShown } from './eject-service.ts';
import { switchOff } from './eject.ts';
import { createIdentifyService } from './identify-service.ts';
import type { PracticeService } from './practice-service.ts';
import { unmountDrive } from './unmount.ts';
import { demandShown, unmountShown, type Shown } from './unmount-service.ts';

export interface DriveHandlingOptions {
  engine: () => Engine;
  elevation: Elevation;
  practice: PracticeService;
  /** The catalogue as it is now. Throws a `ContractError` for a drive that is not in it. */
  drive: (id: DriveId) => Drive;
  isProbed: (id: DriveId) => boolean;
  /** Looks at every drive again. */
  look: () => Promise<void>;
}

export interface DriveHandling {
  /** `typed`: for a drive whose erasing asks for a typed word. */
  unmount(drive: DriveId, typed: string | undefined): Promise<void>;
  eject(drive: DriveId, unmount: boolean): Promise<void>;
  identify(drive: DriveId): Promise<{ stopped: boolean }>;
  stopIdentify(drive: DriveId): void;
  stop(): void;
}

const shownOf = ({ path, size, identity }: Drive): Shown => ({ path, size, diskseq: identity.diskseq });

export function createDriveHandling(options: DriveHandlingOptions): DriveHandling {
  const { engine, elevation, practice } = options;
  const check = (paths: readonly string[]) => engine().check(paths);
  const lights = createIdentifyService(
    (path) => engine().identify(path),
    (shown) => demandShown(shown, check),
  );

  /** A drive that nothing of ours uses. */
  function idle(id: DriveId): Drive {
    const drive = options.drive(id);
    if (drive.job !== null) fail('in-job', { job: drive.job });
    if (options.isProbed(id)) fail('in-probe');
    return drive;
  }

  return {
    async unmount(id, typed) {
      const drive = idle(id);
      if (drive.kind !== 'disk') fail('not-a-drive', {});
      demandTyped(drive, typed);
      try {
        await unmountShown(shownOf(drive), { check, unmount: unmountDrive });
      } finally {
        await options.look(); // some of its mounts may be gone
      }
    },
    async eject(id, unmount) {
      const drive = idle(id);
      if (drive.kind === 'image') fail('not-a-drive', {});
      lights.stop(drive.path);
      try {
        if (drive.kind === 'practice') return practice.eject(id);
        await ejectShown(shownOf(drive), unmount, { check, unmount: unmountDrive, switchOff });
      } finally {
        await options.look();
      }
    },
    async identify(id) {
      const drive = idle(id);
      if (drive.kind !== 'disk') fail('no-light');
      const [reason] = drive.asSource.reasons.filter(({ code }) => code !== 'no-permission');
      if (reason) throw new ContractError(reason);
      return lights.blink(shownOf(drive), async () => {
        const [verdict] = await check([drive.path]);
        const isClosed = verdict?.source.reasons.some(({ code }) => code === 'no-permission') ?? false;
        if (isClosed && elevation.state !== 'unavailable' && elevation.state !== 'none-needed')
          await elevation.obtain();
        // After the prompt, however long it was open.
        if (idle(id).path !== drive.path) throw new ContractError(appError('changed-device', {}));
      });
    },
    stopIdentify: (id) => lights.stop(options.drive(id).path),
    stop: () => lights.stopAll(),
  };
}
