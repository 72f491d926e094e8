/** Hears when the screen is locked. Electron is told so by macOS and Windows only. */
import type { ScreenLock } from '../core/ports.ts';
import type { ElectronParts } from './parts.ts';

/** Undefined on a system that does not tell. */
export function createScreenLock(
  { powerMonitor }: Pick<ElectronParts, 'powerMonitor'>,
  platform: string,
): ScreenLock | undefined {
  if (platform !== 'darwin' && platform !== 'win32') return undefined;
  return { onLock: (listener) => void powerMonitor.on('lock-screen', listener) };
}
