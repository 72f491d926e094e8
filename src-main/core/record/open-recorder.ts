/** The recorder of this user's record. */
import { uptime } from 'node:os';
import { dirname, join } from 'node:path';
import type { Clock, Paths } from '../ports.ts';
import { Recorder, type RecordProblem } from './recorder.ts';

/** Opens nothing yet. `program`: the version that is noted with each job. */
export const createRecorder = (
  { recordFile, stateDir }: Pick<Paths, 'recordFile' | 'stateDir'>,
  program: string,
  clock: Pick<Clock, 'now'>,
  onProblem: (problem: RecordProblem) => void,
): Recorder =>
  new Recorder({
    file: recordFile,
    resultDir: join(recordFile === null ? stateDir : dirname(recordFile), 'record-results'),
    program,
    now: () => clock.now(),
    bootedAt: () => clock.now() - uptime() * 1000,
    onProblem,
  });
