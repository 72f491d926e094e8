/** The options of a job as rows of a form: the same in the settings and beside a source. Pure. */
import type { JobOptions } from '@contract/groups/jobs.ts';
import type { Text } from '../i18n/text.ts';
import { selectField, type Field } from '../ui/fields.ts';

type Change = (what: Partial<JobOptions>) => void;

const blockSizes = [65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

function blockWords({ f }: Text, size: number): string {
  return size < 1_048_576 ? `${f.number(size / 1024)} KiB` : `${f.number(size / 1_048_576)} MiB`;
}

/** What matters for most jobs. `prefix` keeps the ids of two such forms apart. */
export function commonFields({ t }: Text, prefix: string, job: JobOptions, change: Change): Field[] {
  return [
    {
      kind: 'switch',
      id: `${prefix}-verify`,
      label: t('options.verify'),
      hint: t('options.verifyHint'),
      on: job.verify,
      change: (verify) => change({ verify }),
    },
    selectField(
      {
        id: `${prefix}-slow`,
        label: t('options.slow'),
        hint: t(job.slow === 'together' ? 'options.togetherHint' : 'options.catchUpHint'),
      },
      job.slow,
      [
        ['together', t('options.together')],
        ['catch-up', t('options.catchUp')],
      ],
      (slow) => change({ slow }),
    ),
    selectField(
      { id: `${prefix}-read-errors`, label: t('options.readErrors') },
      job.onReadError,
      [
        ['skip', t('options.skip')],
        ['stop', t('options.stopOnError')],
      ],
      (onReadError) => change({ onReadError }),
    ),
  ];
}

/** What a workshop sets once. */
export function workshopFields({ t }: Text, prefix: string, job: JobOptions, change: Change): Field[] {
  return [
    {
      kind: 'switch',
      id: `${prefix}-heal`,
      label: t('options.heal'),
      hint: t('options.healHint'),
      on: job.heal,
      change: (heal) => change({ heal }),
    },
    {
      kind: 'number',
      id: `${prefix}-wait`,
      label: t('options.waitForJoin'),
      hint: t('options.waitForJoinHint'),
      value: job.waitForJoin,
      min: 0,
      max: 86_400,
      change: (waitForJoin) => change({ waitForJoin }),
    },
  ];
}

/** For measuring and special cases. */
export function rareFields(text: Text, prefix: string, job: JobOptions, change: Change): Field[] {
  const { t, tn } = text;
  return [
    selectField(
      { id: `${prefix}-block`, label: t('settings.blockSize') },
      String(job.blockSize),
      blockSizes.map((size) => [String(size), blockWords(text, size)] as const),
      (size) => change({ blockSize: Number(size) }),
    ),
    {
      kind: 'number',
      id: `${prefix}-slots`,
      label: t('settings.slots'),
      value: job.slots,
      min: 2,
      max: 1024,
      change: (slots) => change({ slots }),
    },
    {
      kind: 'number',
      id: `${prefix}-stall`,
      label: t('settings.stallTimeout'),
      hint: tn('settings.seconds', job.stallTimeout),
      value: job.stallTimeout,
      min: 1,
      max: 3600,
      change: (stallTimeout) => change({ stallTimeout }),
    },
  ];
}
