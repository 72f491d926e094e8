/** What tells the drive at a path: kept from what the helper and the catalogue say, so that it is at hand when a job begins. */
import { basename, dirname } from 'node:path';
import type { Drive } from '@contract/groups/drives.ts';
import type { Verdict } from '@contract/helper-verdicts.ts';
import { cleanText } from '../devices/clean-text.ts';
import { enrichFromSysfs } from '../devices/sysfs.ts';
import { practicePort, rawFile } from '../devices/file-drives.ts';
import { readPracticeFolder } from '../practice/practice-drives.ts';
import { bareFacts, type DriveFacts } from './record-store.ts';

/** Paths that are remembered; the oldest is forgotten first. */
const maxPaths = 1000;
const maxBusPath = 256;

const known = (text: string | undefined): string | null => cleanText(text === '' ? null : text);

/** What is known of a socket: the name it was taught, and who has it armed. */
export type AtPort = (port: string | null) => Pick<DriveFacts, 'bay' | 'operator'>;

/** What the catalogue says. */
const factsOfDrive = (
  { path, title, size, port, identity: { serial, wwn, busPath } }: Drive,
  atPort: AtPort,
): DriveFacts => ({ path, serial, wwn, busPath, title, size, ...atPort(port) });

async function factsOfDevice(path: string, atPort: AtPort): Promise<DriveFacts> {
  const { serial, busPath, port, vendor, model } = await enrichFromSysfs(rawFile(path, 0));
  const title = cleanText([vendor, model].filter((word) => word !== null).join(' '));
  return {
    ...bareFacts(path),
    serial: cleanText(serial),
    busPath: busPath?.slice(0, maxBusPath) ?? null,
    title,
    ...atPort(port),
  };
}

function factsOfFile(path: string, atPort: AtPort): DriveFacts {
  const bare = { ...bareFacts(path), title: cleanText(basename(path)) };
  try {
    const folder = readPracticeFolder(dirname(path));
    const drive = [folder?.source, ...(folder?.drives ?? [])].find((one) => one?.path === path);
    if (!drive) return bare;
    const { file, serial, name: title, size } = drive;
    return { ...bare, serial, title, size, ...atPort(practicePort(file)) };
  } catch {
    return bare; // a folder with a damaged marker is an ordinary one here; whoever uses its drives is told
  }
}

/** What was found out at a path, and which plugging-in it was about. */
interface Noted {
  facts: DriveFacts;
  diskseq: number | null;
}

/** Facts by path. */
export class FactBook {
  readonly #drives: (path: string) => Drive | undefined;
  readonly #noted = new Map<string, Noted>();
  readonly #atPort: AtPort;

  /** `drives`: the catalogue as it is now. */
  constructor(
    drives: (path: string) => Drive | undefined = () => undefined,
    atPort: AtPort = () => ({ bay: null, operator: null }),
  ) {
    this.#drives = drives;
    this.#atPort = atPort;
  }

  /** Finds out what there is no catalogue for. Never rejects: what cannot be found out stays unknown. */
  async learn(path: string): Promise<void> {
    const facts = path.startsWith('/dev/')
      ? await factsOfDevice(path, this.#atPort)
      : factsOfFile(path, this.#atPort);
    this.#put({ facts, diskseq: null });
  }

  /** Takes what the helper found at a path: it has looked at the device itself. */
  note({ path, kind, size, serial, wwn, busPath, diskseq = null }: Verdict): void {
    if (kind !== 'device') return;
    const drive = this.#drives(path);
    const before = drive
      ? factsOfDrive(drive, this.#atPort)
      : (this.#noted.get(path)?.facts ?? bareFacts(path));
    const facts = {
      ...before,
      serial: known(serial) ?? before.serial,
      wwn: known(wwn) ?? before.wwn,
      busPath: busPath ? busPath.slice(0, maxBusPath) : before.busPath,
      size: size ?? before.size,
    };
    this.#put({ facts, diskseq });
  }

  /** What is known of the drive at this path now. */
  at(path: string): DriveFacts {
    const drive = this.#drives(path);
    const noted = this.#noted.get(path);
    if (!drive) return noted?.facts ?? bareFacts(path);
    // What was noted of a drive that is not there any more says nothing about this one.
    return noted && noted.diskseq === drive.identity.diskseq
      ? { ...noted.facts, ...this.#atPort(drive.port) }
      : factsOfDrive(drive, this.#atPort);
  }

  #put(noted: Noted): void {
    const { path } = noted.facts;
    this.#noted.delete(path);
    this.#noted.set(path, noted);
    for (const oldest of this.#noted.keys()) {
      if (this.#noted.size <= maxPaths) break;
      this.#noted.delete(oldest);
    }
  }
}
