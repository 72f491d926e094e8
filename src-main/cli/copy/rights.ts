// Rights that this user does not have, asked for only when a drive of this command needs them.

import type { AppError } from '@contract/errors.ts';
import { version } from '../../../package.json';
import { defaultPaths, filesOf } from '../../core/default-paths.ts';
import { keepingEngine } from '../../core/devices/kept-files.ts';
import { lookFirst, type Uses } from '../../core/elevation/look-first.ts';
import type { HelperClient } from '../../core/helper/helper-client.ts';
import { FactBook } from '../../core/record/drive-facts.ts';
import { createRecorder } from '../../core/record/open-recorder.ts';
import { recordedEngine } from '../../core/record/recorded-engine.ts';
import { loadSettings } from '../../core/settings/settings-store.ts';
import { systemClock } from '../../core/system-clock.ts';
import type { CliContext } from '../context.ts';
import { recordTrouble } from '../report/record-trouble.ts';
import { cleanText } from '../output/clean.ts';
import { settingsTrouble } from '../output/settings-trouble.ts';
import type { Found } from './approval.ts';

/** The helper to use (what it does is recorded), and what it found at the paths that are to be written. */
export interface Ready {
  readonly helper: HelperClient;
  readonly found: readonly Found[];
  /** Which drives are at the paths that are to be read. */
  readonly identities: ReadonlyMap<string, string>;
  /** When the helper is not needed any more; what it runs goes on. */
  close(): void;
}

const refusals: Readonly<Record<string, string>> = {
  'elevation-declined': 'The rights to open these drives were not given.',
  'elevation-unavailable':
    'This user may not open these drives, and neither sudo nor pkexec gives the right to. Run it as a user who may.',
  'elevation-failed':
    'The rights were given, but the helper did not start with them. Try again, or install Carousel again.',
};

/** Why there are no rights, in words. */
export const refusalWords = (error: AppError): string =>
  error.code === 'helper-untrusted'
    ? `The helper gets no rights to open these drives: ${cleanText(error.params.path)} can be changed by others than root. Install Carousel from its package.`
    : (refusals[error.code] ?? error.code);

/** Looks at the paths; where this user may not open one of them, asks for the right to, once. */
export async function getReady(
  uses: Uses,
  context: CliContext,
  note: (text: string) => void,
): Promise<Ready> {
  const elevator = context.elevator();
  const paths = defaultPaths(context.env);
  const settings = await loadSettings(paths.settingsFile, () => systemClock.now());
  const trouble = settings.warning && settingsTrouble(settings.warning);
  if (trouble) note(trouble);
  const record = createRecorder(paths, version, systemClock, (problem) => note(recordTrouble(problem)));
  const facts = new FactBook();
  const close = (): void => {
    record.close();
    elevator.close();
  };
  try {
    const plain = context.helper(() => settings.store.protects, elevator.launcher);
    const helper = recordedEngine(keepingEngine(plain, filesOf(paths)), record, facts);
    await Promise.all([...uses.reads, ...uses.writes].map((path) => facts.learn(path)));
    const { found, identities, refusal } = await lookFirst(helper, elevator, uses);
    if (refusal) note(refusalWords(refusal));
    return {
      helper,
      found: uses.writes.map((path, index) => ({ path, verdict: found[index] })),
      identities,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
