// Puts a campaign's figures between their markers in docs/reliability.md: no dates, no machines but their number of processors.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '../../e2e/engine/support/run.mjs';

const FILE = path.join(ROOT, 'docs/reliability.md');

/** Where a section begins and ends in the text. Throws if its markers are missing. */
function placeOf(text, name) {
  const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [text.indexOf(from) + from.length, text.indexOf(to)];
  if (start < from.length || end < start) throw new Error(`${FILE} has no place for ${name}`);
  return [start, end];
}

/** What is between `<!-- NAME -->` and `<!-- /NAME -->`. */
export function readSection(name) {
  const text = fs.readFileSync(FILE, 'utf8');
  return text.slice(...placeOf(text, name));
}

/** Puts lines in the place of it. */
export function writeSection(name, lines) {
  const text = fs.readFileSync(FILE, 'utf8');
  const [start, end] = placeOf(text, name);
  const body = [...lines, '', `Processors: ${os.cpus().length}.`].join('\n');
  fs.writeFileSync(FILE, `${text.slice(0, start)}\n\n${body}\n\n${text.slice(end)}`);
}
