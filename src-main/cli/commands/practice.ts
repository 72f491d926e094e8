// carousel practice DIR

import { Command } from 'commander';
import { makePractice, PracticeRefused, type PracticeMade } from '../../core/practice/make-practice.ts';
import { MAX_STICKS, PracticeMarkerError } from '../../core/practice/practice-drives.ts';
import { processContext, type CliContext } from '../context.ts';
import { absolute } from '../copy/copy-options.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { cleanText } from '../output/clean.ts';
import { formatBytes, plural } from '../output/format.ts';
import { sizeBetween, wholeNumber } from '../values.ts';

const MIN_SIZE = 1_048_576;
const MAX_SIZE = 1024 ** 4;

const HELP = `
Practice drives are image files in a folder of their own. Everything can be tried on them without a
single real drive; the folder may be deleted at any time. A second run completes what is missing and
leaves the rest as it is.

Examples:
  carousel practice ~/practice
  carousel practice ~/practice --sticks 8 --size 256M
  carousel copy ~/practice/practice-source.img ~/practice/practice-1.img --yes`;

/** The `practice` command. */
export function practiceCommand(context: CliContext = processContext()): Command {
  return new Command('practice')
    .summary('make practice drives: image files to try everything on')
    .description(
      'Makes a practice source and practice drives in DIR, which must be new, empty or a practice folder.',
    )
    .argument('<DIR>', 'the folder')
    .option('--sticks <n>', 'how many drives (default: 3)', wholeNumber(1, MAX_STICKS))
    .option('--size <size>', 'size of each (default: 64M)', sizeBetween(MIN_SIZE, MAX_SIZE, 'from 1M to 1T'))
    .option('--json', 'print the result as one JSON object on standard output')
    .addHelpText('after', HELP)
    .action(async (dir: string, flags: { sticks?: number; size?: number; json?: boolean }) => {
      const result = await make(absolute(dir, context.cwd), flags);
      if (flags.json) context.stdout.write(JSON.stringify(asJson(result)) + '\n');
      else context.stderr.write(sentences(result).join('\n') + '\n');
    });
}

async function make(dir: string, wish: { sticks?: number; size?: number }): Promise<PracticeMade> {
  try {
    return await makePractice(dir, wish);
  } catch (error) {
    throw asCliError(dir, error);
  }
}

function asCliError(dir: string, error: unknown): unknown {
  const message = `${cleanText(dir)}: ${error instanceof Error ? error.message : String(error)}`;
  if (error instanceof PracticeRefused || error instanceof PracticeMarkerError)
    return new CliError(message, EXIT.refused);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new CliError(message, EXIT.permission);
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new CliError(`${cleanText(dir)} is not a folder`, EXIT.usage);
  return code === undefined ? error : new CliError(message, EXIT.someTargetIsNot);
}

function asJson({ folder, made, isNew }: PracticeMade): object {
  const { dir, source, drives } = folder;
  return { event: 'practice', t: 0, dir, isNew, made, source, drives };
}

function sentences({ folder, made, isNew }: PracticeMade): string[] {
  const dir = cleanText(folder.dir);
  const what = `a source and ${plural(folder.drives.length, 'drive')} of ${formatBytes(folder.source.size)} each`;
  if (made.length === 0) return [`Nothing to do: ${dir} already holds ${what}.`];
  const first = isNew
    ? `Made ${what} in ${dir}.`
    : `Completed ${dir} (made ${made.join(', ')}); it holds ${what}.`;
  const [stick] = folder.drives;
  return [
    first,
    `Try:  carousel copy ${cleanText(folder.source.path)} ${cleanText(stick?.path ?? '')} --yes`,
  ];
}
