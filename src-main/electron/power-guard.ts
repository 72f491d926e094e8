/** Keeps the computer from sleeping while the core says so. The screen may turn off. */
import type { PowerGuard } from '../core/ports.ts';
import type { ElectronParts } from './parts.ts';

export function createPowerGuard({ powerSaveBlocker }: Pick<ElectronParts, 'powerSaveBlocker'>): PowerGuard {
  return {
    hold() {
      const id = powerSaveBlocker.start('prevent-app-suspension');
      let held = true;
      return () => {
        if (held) powerSaveBlocker.stop(id);
        held = false;
      };
    },
  };
}
