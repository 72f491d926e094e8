// The demo: one source, two practice drives at once, a third that steps on in mid-course, by a command of its own.

import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HelperEvent, HelperEventOf } from '@contract/helper-messages.ts';
import { makePractice } from '../../core/practice/make-practice.ts';
import type { PracticeFolder } from '../../core/practice/practice-drives.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { formatBytes } from '../output/format.ts';
import { firstDifference } from './compare-files.ts';
import { CopyProcess } from './copy-process.ts';
import { judgeDemo, type DemoStick, type DemoVerdict } from './demo-verdict.ts';
import { holdUp, type Hold } from './held-consumer.ts';

const MIB = 1_048_576;
const BLOCK = MIB;
/** The largest that fits is taken. */
const SIZES = [256 * MIB, 128 * MIB, 64 * MIB, 32 * MIB];
const STICKS = 3;
const NAMES = ['Drive 1', 'Drive 2', 'Drive 3'];
/** The buffer holds this part of the source: so far the source can run ahead of a drive that is held up. */
const AHEAD = 0.4;
/** The late drive's command starts here. */
const LATE = 0.3;
const STEP_MS = 10_000;
const WHOLE_MS = 120_000;

/** What the demo needs from outside. */
export interface DemoWorld {
  /** Program and leading arguments of this command line. */
  readonly self: readonly string[];
  readonly say: (text: string) => void;
  readonly onInterrupt: (handler: () => void) => () => void;
  readonly folder?: string;
}

/** What came of the demo. */
export interface DemoResult extends DemoVerdict {
  readonly size: number;
  readonly interrupted: boolean;
}

/** Runs the demo in a folder of its own, which is gone afterwards. */
export async function runDemo(world: DemoWorld): Promise<DemoResult> {
  const dir = await mkdtemp(join(world.folder ?? tmpdir(), 'carousel-demo-'));
  const running: CopyProcess[] = [];
  let interrupted = false;
  const stopListening = world.onInterrupt(() => {
    interrupted = true;
    running.forEach((copy) => copy.stop());
  });
  const deadline = setTimeout(() => running.forEach((copy) => copy.stop()), WHOLE_MS);
  try {
    const size = await sizeThatFits(dir);
    const { folder } = await makePractice(dir, { sticks: STICKS, size });
    world.say(`Made a practice source of ${formatBytes(size)} and ${STICKS} practice drives in ${dir}.`);
    const sticks = interrupted ? [] : await ride(folder, size, world, running, () => interrupted);
    return { ...judgeDemo(size, size / BLOCK, sticks), size, interrupted };
  } finally {
    clearTimeout(deadline);
    stopListening();
    await Promise.all(running.map((copy) => copy.ended));
    await rm(dir, { recursive: true, force: true });
  }
}

async function ride(
  { source, drives }: PracticeFolder,
  size: number,
  { self, say }: DemoWorld,
  running: CopyProcess[],
  interrupted: () => boolean,
): Promise<DemoStick[]> {
  const paths = drives.map((drive) => drive.path);
  const [one = '', two = '', three = ''] = paths;
  const slots = String(Math.ceil((size / BLOCK) * AHEAD));
  let hold: Hold | undefined;
  try {
    say('First command: copies the source to drives 1 and 2 at once.');
    const first = new CopyProcess(self, [
      source.path,
      one,
      two,
      '--yes',
      '--block',
      String(BLOCK),
      '--slots',
      slots,
    ]);
    running.push(first);
    const atLate = first.waitFor((event) => headBlock(event) * BLOCK >= size * LATE, STEP_MS);
    const writing = await first.waitFor((event) => isWriting(event, one), STEP_MS);
    hold = holdUp((writing as HelperEventOf<'target'> | undefined)?.pid);
    if (hold)
      say(
        'Drive 1 is now held up on purpose. The slowest drive sets the pace, so the copy waits and there is time for a late one.',
      );
    const head = await atLate;
    if (interrupted()) return [];
    const seen = head
      ? `with the source at ${Math.floor(((headBlock(head) * BLOCK) / size) * 100)} %`
      : 'while the first runs';
    say(
      `Second command, started ${seen}: copies the same source to drive 3. It has to find the first one by itself.`,
    );
    const second = new CopyProcess(self, [source.path, three, '--yes']);
    running.push(second);
    const joined = await second.waitFor((event) => event.event === 'joined', STEP_MS);
    if (joined?.event === 'joined') say(`Drive 3 stepped on at block ${joined.block} of ${size / BLOCK}.`);
    if (hold) say('Drive 1 goes on.');
    hold?.release();
    const [firstEnd, secondEnd] = await Promise.all([first.ended, second.ended]);
    if (interrupted()) return [];
    say('Both commands are done. Comparing every byte ...');
    const ends = [firstEnd, firstEnd, secondEnd];
    return await Promise.all(
      paths.map(async (path, i) => ({
        name: NAMES[i] ?? path,
        path,
        end: ends[i] ?? secondEnd,
        difference: await firstDifference(source.path, path, size),
      })),
    );
  } finally {
    hold?.release();
  }
}

function isWriting(event: HelperEvent, path: string): boolean {
  return event.event === 'target' && event.target === path && event.state === 'copying' && Boolean(event.pid);
}

function headBlock(event: HelperEvent): number {
  return event.event === 'head' ? event.sequence : 0;
}

async function sizeThatFits(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  const size = SIZES.find((bytes) => bavail * bsize > bytes * (STICKS + 1) * 1.2);
  if (size === undefined)
    throw new CliError(
      `${dir}: not enough room for the demo; free some, or set TMPDIR`,
      EXIT.someTargetIsNot,
    );
  return size;
}
