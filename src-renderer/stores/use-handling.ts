/** One drive in the hand: where is it (its light blinks), and may it be pulled out? The same for a cell, a row of the tray and a key. */
import { errorOf } from '@contract/errors.ts';
import type { DriveId } from '@contract/groups/common.ts';
import type { Drive } from '@contract/groups/drives.ts';
import { useText } from '../composables/use-text.ts';
import { quoted } from '../words/drive-words.ts';
import { useDrives } from './drives.ts';
import { useShell } from './shell.ts';
import { useActions } from './use-actions.ts';

/** A file that was named is not pulled out, and a job does not let go of its drives. */
export const canEject = (drive: Drive | null): drive is Drive =>
  drive !== null && drive.kind !== 'image' && drive.job === null;

/** A file has no light, and that of a drive at work blinks already. */
export const canIdentify = (drive: Drive | null): drive is Drive =>
  drive?.kind === 'disk' && drive.job === null && drive.size > 0;

export function useHandling() {
  const text = useText();
  const drives = useDrives();
  const shell = useShell();
  const actions = useActions();

  /** Asks before anything is unmounted; says when it can be pulled out. */
  async function eject(id: DriveId, place?: string): Promise<void> {
    const drive = drives.get(id);
    if (!drive || drive.kind === 'image' || actions.readOnly.value !== null) return;
    const { t } = text.value;
    const name = place ?? drive.title;
    shell.told = null;
    shell.refusal = null;
    try {
      await drives.eject(id, false);
    } catch (error) {
      const refusal = errorOf(error);
      if (refusal.code !== 'eject-mounted') {
        shell.refusal = refusal;
        return;
      }
      if (!(await askToUnmount(drive, name))) return;
      if (!(await actions.run(() => drives.eject(id, true)))) return;
    }
    shell.told = t('handle.ejected', { place: name });
  }

  function askToUnmount(drive: Drive, name: string): Promise<boolean> {
    const { t, f } = text.value;
    const places = drive.volumes.flatMap(({ mountPoints }) => mountPoints);
    return shell.ask({
      title: t('handle.askUnmount', { place: name }),
      text: t('handle.askUnmountText', { places: f.list(places.map(quoted)) }),
      yes: t('handle.unmountYes'),
      no: t('handle.unmountNo'),
    });
  }

  /** Begins, or ends what has begun. */
  async function identify(id: DriveId): Promise<void> {
    if (actions.readOnly.value !== null) return;
    if (shell.blinking.has(id)) {
      await actions.run(() => drives.stopIdentify(id));
      return;
    }
    shell.blinking = new Set([...shell.blinking, id]);
    await actions.run(() => drives.identify(id));
    shell.blinking = new Set([...shell.blinking].filter((other) => other !== id));
  }

  return { eject, identify };
}
