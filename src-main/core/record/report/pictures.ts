/** The pictures of a report, as SVG texts: how fast a target was over time, and which parts of it are good. Pure. */
import type { RecordedTarget } from '@contract/groups/history.ts';
import { durationWords, type ReportWords } from './words.ts';

const width = 480;
const height = 90;
const left = 62;
const bottom = 16;

const at = (value: number): string => value.toFixed(1);

/** A round number of bytes a second not below this one. */
function niceTop(rate: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(rate, 1)));
  return ([1, 2, 5, 10].find((step) => step * power >= rate) ?? 10) * power;
}

/** Speed over time; empty where there are not two points to draw a line between. */
export function speedGraph({ curve, speed }: RecordedTarget, { t, rateWords }: ReportWords): string {
  const [first, last] = [curve[0], curve.at(-1)];
  if (!first || !last || curve.length < 2 || last[0] <= first[0]) return '';
  const top = niceTop(Math.max(...curve.map(([, rate]) => rate)));
  const x = (seconds: number): number =>
    left + ((seconds - first[0]) / (last[0] - first[0])) * (width - left - 4);
  const y = (rate: number): number => 4 + (1 - rate / top) * (height - bottom - 4);
  const line = curve.map(([seconds, rate]) => `${at(x(seconds))},${at(y(rate))}`).join(' ');
  const mean = speed
    ? `<line class="mean" x1="${String(left)}" x2="${String(width)}" y1="${at(y(speed.mean))}" y2="${at(y(speed.mean))}"/>`
    : '';
  const label = speed
    ? t('graphLabel', { mean: rateWords(speed.mean), min: rateWords(speed.min), max: rateWords(speed.max) })
    : t('graphCaption');
  return `<svg class="graph" viewBox="0 0 ${String(width)} ${String(height)}" role="img" aria-label="${label}">
<line class="axis" x1="${String(left)}" x2="${String(width)}" y1="${String(height - bottom)}" y2="${String(height - bottom)}"/>
<line class="axis" x1="${String(left)}" x2="${String(left)}" y1="0" y2="${String(height - bottom)}"/>
${mean}<polyline class="speed" points="${line}"/>
<text x="${String(left - 4)}" y="11" text-anchor="end">${rateWords(top)}</text><text x="${String(left - 4)}" y="${String(height - bottom)}" text-anchor="end">0</text>
<text x="${String(left)}" y="${String(height - 3)}">${durationWords(first[0])}</text><text x="${String(width)}" y="${String(height - 3)}" text-anchor="end">${durationWords(last[0])}</text>
</svg>`;
}

/** A part of a map: fractions of the source. */
interface Stretch {
  from: number;
  to: number;
  kind: 'whole' | 'wrong' | 'zeros';
}

/** Which parts of the source are on the target. Good targets hold all of it, whatever was seen last while they were written. */
function stretches(target: RecordedTarget, blockCount: number, zeros: readonly Stretch[]): Stretch[] {
  const isGood = target.state === 'verified' || target.state === 'done' || target.state === 'sampled';
  const digits = target.coverage.length;
  const written: Stretch[] = isGood
    ? [{ from: 0, to: 1, kind: 'whole' }]
    : [...target.coverage].flatMap((digit, index) => {
        const filled = Number.parseInt(digit, 16) / 15;
        return filled > 0
          ? [{ from: index / digits, to: (index + filled) / digits, kind: 'whole' as const }]
          : [];
      });
  // What was wrong and healed is right now; it is drawn only where the target is not good.
  const wrong = isGood
    ? []
    : target.wrongBlocks.map((block): Stretch => ({
        from: block / blockCount,
        to: (block + 1) / blockCount,
        kind: 'wrong',
      }));
  return [...written, ...(isGood && target.unreadable > 0 ? zeros : []), ...wrong];
}

/** The map of a target: the source from its first byte to its last, in rows. */
export function blockMap(
  target: RecordedTarget,
  job: { blockCount: number; size: number },
  unreadable: readonly { offset: number; length: number }[],
  { t }: ReportWords,
): string {
  const zeros = unreadable.map(({ offset, length }): Stretch => ({
    from: offset / job.size,
    to: (offset + length) / job.size,
    kind: 'zeros',
  }));
  const rows = 4;
  const rowHeight = 12;
  const boxes = stretches(target, job.blockCount, zeros).flatMap((stretch) => boxesOf(stretch, rows));
  const drawn = boxes.map(
    ({ row, x, w, kind }) =>
      `<rect class="${kind}" x="${at(x * width)}" y="${String(row * rowHeight)}" width="${at(Math.max(0.8, w * width))}" height="${String(rowHeight - 2)}"/>`,
  );
  const ground = Array.from(
    { length: rows },
    (_, row) =>
      `<rect class="none" x="0" y="${String(row * rowHeight)}" width="${String(width)}" height="${String(rowHeight - 2)}"/>`,
  );
  return `<svg class="map" viewBox="0 0 ${String(width)} ${String(rows * rowHeight)}" role="img" aria-label="${t('mapLabel')}">
${[...ground, ...drawn].join('')}
</svg>`;
}

/** A stretch cut at the ends of the rows. */
function boxesOf(
  { from, to, kind }: Stretch,
  rows: number,
): { row: number; x: number; w: number; kind: string }[] {
  const boxes = [];
  for (let row = 0; row < rows; row += 1) {
    const [begin, end] = [row / rows, (row + 1) / rows];
    const [a, b] = [Math.max(from, begin), Math.min(to, end)];
    if (a < b) boxes.push({ row, x: (a - begin) * rows, w: (b - a) * rows, kind });
  }
  return boxes;
}
