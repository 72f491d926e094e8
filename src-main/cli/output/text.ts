// For people: lines that are drawn over on a terminal, plain lines elsewhere; the result in words at the end. All of it goes to
// standard error.

import type { TextOut } from '../context.ts';
import { cleanText } from './clean.ts';
import { JobView } from './job-view.ts';
import { renderLive } from './live.ts';
import { PlainLines } from './plain.ts';
import type { CopyReporter } from './reporter.ts';
import { renderResult } from './result.ts';
import { StationLines } from '../stations/words.ts';
import { joinSentence } from './target-text.ts';

/** People read no faster, and a serial console is slow. */
const REDRAW_MS = 250;

/** A reporter of plain lines. */
export function plainReporter(out: TextOut, bays?: ReadonlyMap<string, string>): CopyReporter {
  const view = new JobView(bays);
  const plain = new PlainLines(view);
  const stations = new StationLines();
  const print = (lines: readonly string[]): void => lines.forEach((line) => out.write(line + '\n'));
  return {
    event: (event) => print(plain.after(event, view.apply(event))),
    stations: (event) => print(stations.after(event)),
    note: (text) => print([cleanText(text, 2000)]),
    end: (summary) => print(renderResult(summary, bays)),
  };
}

/** A reporter that keeps a picture up to date. */
export function liveReporter(out: TextOut, color: boolean, bays?: ReadonlyMap<string, string>): CopyReporter {
  const view = new JobView(bays);
  const plain = new PlainLines(view);
  const stations = new StationLines();
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;

  const picture = (): string[] => renderLive(view, { columns: out.columns, rows: out.rows, color });
  const draw = (above: readonly string[], below: readonly string[]): void => {
    const up = drawn > 0 ? `\x1b[${drawn}A` : '';
    out.write(`${up}\r\x1b[0J${[...above, ...below].map((line) => line + '\n').join('')}`);
    drawn = below.length;
  };
  const soon = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      draw([], picture());
    }, REDRAW_MS);
  };
  return {
    event: (event) => {
      const target = view.apply(event);
      if (event.event === 'joined' && target?.mine && view.job?.role === 'consumer')
        draw([joinSentence(view, target)], picture());
      else if (['bad-source', 'warning', 'error', 'lap', 'policy'].includes(event.event))
        draw(plain.after(event, target), picture());
      else soon();
    },
    stations: (event) => {
      const lines = stations.after(event);
      if (lines.length > 0) draw(lines, drawn > 0 ? picture() : []);
    },
    note: (text) => draw([cleanText(text, 2000)], drawn > 0 ? picture() : []),
    end: (summary) => {
      clearTimeout(timer);
      draw(view.job ? picture() : [], []);
      drawn = 0;
      out.write(['', ...renderResult(summary, bays)].map((line) => line + '\n').join(''));
    },
  };
}
