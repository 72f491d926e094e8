/** What the pages name is there: files of the project, and the tests of the requirements. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { filesBelow, inRoot } from './lib.mjs';

const read = (file: string): string => readFileSync(inRoot(file), 'utf8');
const pages = [
  ...[
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'model/README.md',
    'testlab/README.md',
  ],
  ...filesBelow('docs', (file: string) => file.endsWith('.md')),
];
const folders =
  'assets|bench|bin|campaigns|docs|e2e|model|native-helpers|scripts|src-main|src-preload|src-renderer|testlab';
/** A file may be named without the end of its name. */
const ends = ['', '.ts', '.hpp', '.mjs', '.test.mjs', '.spec.ts'];

describe.each(pages)('%s', (page) => {
  it('names files that are there', () => {
    const named = [...read(page).matchAll(new RegExp(`\`((?:${folders})/[\\w./-]+)\``, 'g'))].map(
      ([, path = '']) => path,
    );
    expect(named.filter((path) => !ends.some((end) => existsSync(inRoot(path + end))))).toEqual([]);
  });
});

describe('docs/requirements.md', () => {
  const rows = read('docs/requirements.md')
    .split('\n')
    .filter((line) => /^\| R\d\d /.test(line));
  const tests = filesBelow('e2e', (file: string) => /\.(test\.mjs|spec\.ts)$/.test(file))
    .map(read)
    .join('\n');

  it('has a row for each of the 24', () => {
    expect(rows.map((row) => row.slice(2, 5))).toEqual(
      Array.from({ length: 24 }, (_, n) => `R${String(n + 1).padStart(2, '0')}`),
    );
  });

  it.each(rows)('names tests that are there: %s', (row) => {
    // The number of a test of both kinds is put before its words; a title may be cut short.
    const titles = [...row.matchAll(/"(?:R\d\d,? ?)+:? ?([^"]+?)(?: \.\.\.)?"/g)].map(
      ([, words = '']) => words,
    );
    expect(titles.length).toBeGreaterThan(0);
    expect(titles.filter((words) => !tests.includes(words))).toEqual([]);
  });
});
