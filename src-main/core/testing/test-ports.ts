/** What a core needs of its surroundings in a test: one folder for everything, and no rights that have to be asked for. */
import { join } from 'node:path';
import type { RawDrive } from '../devices/raw-drive.ts';
import type { Clock, Ports } from '../ports.ts';

/** Ports that keep everything below `dir`. */
export const portsIn = (dir: string, clock: Clock): Ports => ({
  clock,
  paths: {
    settingsFile: join(dir, 'settings.json'),
    stateDir: join(dir, 'state'),
    logFile: null,
    practiceDir: join(dir, 'practice'),
    recordFile: join(dir, 'record.db'),
  },
  elevation: { state: 'none-needed', obtain: () => Promise.resolve(), onChange: () => undefined },
  powerGuard: { hold: () => () => undefined },
});

/** A blank USB stick of 32 GB at `/dev/NAME`, as the system lists it. */
export const rawStick = (name: string, change: Partial<RawDrive> = {}): RawDrive => ({
  path: `/dev/${name}`,
  size: 32_000_000_000,
  sectorSize: 512,
  vendor: 'Kingston',
  model: 'DataTraveler',
  serial: `SERIAL-${name}`,
  wwn: null,
  busPath: `pci-usb-${name}`,
  port: `0000:00:14.0/${name}`,
  usbSpeed: 5000,
  diskseq: 1,
  bus: 'usb',
  removable: true,
  readOnly: false,
  table: null,
  volumes: [],
  ...change,
});
