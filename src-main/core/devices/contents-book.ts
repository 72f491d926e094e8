/**
 * What the helper sees on drives that nothing uses: partition table, used bytes, newest date. Looked at beside the catalogue,
 * once for each state of a drive, so that a drive that is slow to read holds nobody up.
 */
import type { Drive } from '@contract/groups/drives.ts';
import type { Survey, Verdict } from '@contract/helper-verdicts.ts';
import type { RawDrive } from './raw-drive.ts';

/** What was seen on a drive. */
export interface SeenContents {
  table: Drive['table'];
  /** Sum over its file systems where known; null when nothing is known. */
  usedBytes: number | null;
  /** Milliseconds since 1970. */
  newest: number | null;
}

/** A drive that may be looked at. `state`: everything after whose change it is looked at again. */
export interface Lookable {
  state: string;
  raw: Pick<RawDrive, 'path' | 'size' | 'diskseq'>;
}

export interface ContentsBook {
  /** What was seen on the drive in that state; null before that, or where nothing could be seen. */
  of(state: string): SeenContents | null;
  /** These may be looked at now, and no others: those that were not yet are, what is known of others is forgotten. */
  follow(drives: readonly Lookable[]): void;
  /** Forgets everything. */
  clear(): void;
  /** Resolves when nothing is being looked at. */
  settled(): Promise<void>;
}

/** What is on these can be pulled out, whatever it says of itself. Loop devices are not among them: whose they are nobody knows. */
const portableBusses: readonly Drive['bus'][] = ['usb', 'mmc'];

/** What is made to be pulled out. No disk that stays in its place is woken only to be listed. */
export const isPortable = ({ removable, bus }: Pick<RawDrive, 'removable' | 'bus'>): boolean =>
  removable || portableBusses.includes(bus);

function contentsIn(survey: Survey): SeenContents {
  const used = survey.volumes.flatMap((volume) => volume.used ?? []);
  const dates = survey.volumes.flatMap((volume) => volume.newest ?? []);
  return {
    table: survey.readable ? survey.table : null,
    usedBytes: used.length > 0 ? used.reduce((sum, bytes) => sum + bytes, 0) : null,
    newest: dates.length > 0 ? Math.max(...dates) * 1000 : null,
  };
}

/** Is what was looked at the drive that was meant? Its name may be another's by then. */
const isSame = ({ size, diskseq }: Lookable['raw'], verdict: Verdict): boolean =>
  verdict.size === size && (diskseq === null || !verdict.diskseq || verdict.diskseq === diskseq);

/**
 * An empty book. `survey` answers in the order of the paths, with undefined for a drive that gives no answer; `onSeen` is told
 * whenever something was seen.
 */
export function createContentsBook(
  survey: (paths: readonly string[]) => Promise<(Verdict | undefined)[]>,
  onSeen: () => void,
): ContentsBook {
  /** Null: it is being looked at, or could not be. */
  const seen = new Map<string, SeenContents | null>();
  const looks = new Set<Promise<void>>();

  async function look(drives: readonly Lookable[]): Promise<void> {
    // A drive that cannot be looked at is shown without; whoever wants to erase it is told why it could not be.
    const verdicts = await survey(drives.map(({ raw }) => raw.path)).catch(() => []);
    let isNews = false;
    for (const [index, { state, raw }] of drives.entries()) {
      const verdict = verdicts[index];
      if (!verdict?.survey || 'error' in verdict.survey || !isSame(raw, verdict) || !seen.has(state))
        continue;
      seen.set(state, contentsIn(verdict.survey));
      isNews = true;
    }
    if (isNews) onSeen();
  }

  return {
    of: (state) => seen.get(state) ?? null,
    follow(drives) {
      const states = new Set(drives.map(({ state }) => state));
      for (const state of seen.keys()) if (!states.has(state)) seen.delete(state);
      const open = drives.filter(({ state }) => !seen.has(state));
      if (open.length === 0) return;
      for (const { state } of open) seen.set(state, null);
      const running = look(open).finally(() => looks.delete(running));
      looks.add(running);
    },
    clear: () => seen.clear(),
    async settled() {
      while (looks.size > 0) await Promise.all(looks);
    },
  };
}
