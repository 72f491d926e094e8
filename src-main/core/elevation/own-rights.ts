/** Without asking anybody: root may write to drives, others only to what the system lets them. */
import type { Elevation } from '../ports.ts';

/** Uses the rights this process has. The helper says `no-permission` where they are not enough. */
export const ownRights = (): Elevation => ({
  state: process.getuid?.() === 0 ? 'none-needed' : 'unavailable',
  obtain: () => Promise.resolve(),
  onChange: () => undefined,
});
