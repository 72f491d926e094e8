/** What the results say about causes, and what to do about it. Pure. */
import type { TargetId } from '@contract/groups/common.ts';
import type { Job, JobDiagnosis } from '@contract/groups/jobs.ts';
import type { Text } from '../i18n/text.ts';

/** A diagnosis in a sentence or two. `nameOf` says how a target is called. */
export function diagnosisWords(
  { t, tn, f }: Text,
  found: JobDiagnosis,
  job: Pick<Job, 'options'>,
  nameOf: (target: TargetId) => string,
): string {
  switch (found.code) {
    case 'same-blocks':
      return tn('diagnosis.sameBlocks', found.targets);
    case 'fake-capacity': {
      const named = { place: nameOf(found.target), from: f.bytes(found.from * job.options.blockSize) };
      return t(found.echo ? 'diagnosis.fakeEcho' : 'diagnosis.fakeTail', named);
    }
    case 'takes-no-more':
      return t('diagnosis.takesNoMore', { place: nameOf(found.target), at: f.bytes(found.at) });
    case 'worn':
      return tn('diagnosis.worn', found.blocks.length, { place: nameOf(found.target) });
    case 'moving':
      return tn('diagnosis.moving', found.blocks, { place: nameOf(found.target) });
    case 'slow-for-its-kind': {
      const named = { rate: f.rate(found.rate), median: f.rate(found.median) };
      return t('diagnosis.slow', { place: nameOf(found.target), ...named });
    }
  }
}

/** The diagnoses that are about one target. */
export const diagnosesOf = (job: Job, target: TargetId): JobDiagnosis[] =>
  job.diagnoses.filter((found) => 'target' in found && found.target === target);
