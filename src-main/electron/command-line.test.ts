import { expect, it } from 'vitest';
import { isCommand, ownArguments, practiceFolder } from './command-line.ts';

const packaged = { isPackaged: true, appPath: '/opt/Carousel/resources/app.asar' };
const checkout = { isPackaged: false, appPath: '/src/carousel' };

it.each<[string, string[], { isPackaged: boolean; appPath: string }, string[]]>([
  ['packaged', ['/opt/Carousel/carousel', 'copy', 'a', 'b'], packaged, ['copy', 'a', 'b']],
  ['packaged, no arguments', ['/opt/Carousel/carousel'], packaged, []],
  ['packaged, by its own command line', ['carousel', packaged.appPath, 'copy', 'a'], packaged, ['copy', 'a']],
  ['AppImage without a sandbox', ['carousel', '--no-sandbox', 'list'], packaged, ['list']],
  ['checkout', ['electron', '.', '--practice'], checkout, ['--practice']],
  ['checkout with switches', ['electron', '--no-sandbox', '.', 'list'], checkout, ['list']],
  ['checkout, nothing else', ['electron', '.'], checkout, []],
])('%s: the own arguments', (_what, argv, where, own) => {
  expect(ownArguments(argv, where)).toEqual(own);
});

it.each([
  [['copy', 'a', 'b'], true],
  [['cpoy'], true],
  [['--help'], true],
  [['--version'], true],
  [[], false],
  [['--practice'], false],
  [['/home/a/master.img'], false],
  [['app://carousel/'], false],
])('%j is for the command line: %s', (args, command) => {
  expect(isCommand(args)).toBe(command);
});

it.each<[string[], string | undefined]>([
  [[], undefined],
  [['--practice'], '/usual'],
  [['--practice='], '/usual'],
  [['--practice=/home/a/p'], '/home/a/p'],
  [['--practiced'], undefined],
])('%j practises in %s', (args, folder) => {
  expect(practiceFolder(args, '/usual')).toBe(folder);
});
