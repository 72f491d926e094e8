// What the bench says: tables, and for comparisons with other programs the sections and pictures of docs/performance.md.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { chart } from './chart.mjs';

const DOCS = path.join(import.meta.dirname, '../docs');
const FILE = path.join(DOCS, 'performance.md');
const HEAD = ['workload', 'n', 'unit'];

/** Rows as a table in Markdown: a column for each program that any row names. */
export function tableOf(rows) {
  const columns = [
    ...HEAD,
    ...new Set(rows.flatMap((row) => Object.keys(row).filter((key) => !HEAD.includes(key)))),
  ];
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map((column) => row[column] ?? ''))),
  ].join('\n');
}

/** The programs' figures of a row. */
const figuresOf = (row) => Object.fromEntries(Object.entries(row).filter(([key]) => !HEAD.includes(key)));

export const machine = () => `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`;

/** Puts the rows of one workload between its markers in docs/performance.md, with a picture of each unit. Throws if the markers are missing. */
export function document(name, rows) {
  const text = readFileSync(FILE, 'utf8');
  const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [start, end] = [text.indexOf(from) + from.length, text.indexOf(to)];
  if (start < from.length || end < start) throw new Error(`docs/performance.md has no place for ${name}`);
  mkdirSync(path.join(DOCS, 'performance'), { recursive: true });
  const pictures = [...new Set(rows.map(({ workload }) => workload))].map((workload, i) => {
    const file = `performance/${name}${i === 0 ? '' : `-${i + 1}`}.svg`;
    const groups = rows
      .filter((row) => row.workload === workload)
      .map(({ n, unit, ...row }) => ({ n, unit, figures: figuresOf(row) }));
    writeFileSync(path.join(DOCS, file), chart(workload, groups));
    return `![${workload}: bars, the shorter the better](${file})`;
  });
  const body = [
    tableOf(rows),
    '',
    ...pictures,
    '',
    `\`npm run bench -- --peers --only ${name}\` on ${machine()}.`,
  ];
  writeFileSync(FILE, `${text.slice(0, start)}\n\n${body.join('\n')}\n\n${text.slice(end)}`);
}
