/** Looks at all cells again and again, in the page, and keeps what was shown. */
import type { Page } from '@playwright/test';

export interface Seen {
  key: string;
  word: string;
  percent: number;
  /** All that is written in the cell. */
  text: string;
  left: number;
  top: number;
  width: number;
  height: number;
}

interface Sampled {
  samples: Seen[][];
  timer: number;
}

const everyMs = 40;

export async function startSampling(page: Page): Promise<void> {
  await page.evaluate((ms) => {
    const sampled: Sampled = { samples: [], timer: 0 };
    const look = (): void => {
      const cells = [...document.querySelectorAll<HTMLElement>('[data-zone="targets"] [data-key]')];
      sampled.samples.push(
        cells.map((cell) => {
          const { left, top, width, height } = cell.getBoundingClientRect();
          const bar = cell.querySelector('[role="progressbar"]');
          return {
            key: cell.dataset['key'] ?? '',
            word: cell.querySelector<HTMLElement>('[data-look]')?.dataset['look'] ?? '',
            percent: Number(bar?.getAttribute('aria-valuenow') ?? -1),
            text: cell.innerText,
            left,
            top,
            width,
            height,
          };
        }),
      );
    };
    sampled.timer = window.setInterval(look, ms);
    Object.assign(window, { sampledCells: sampled });
  }, everyMs);
}

export function stopSampling(page: Page): Promise<Seen[][]> {
  return page.evaluate(() => {
    const { sampledCells } = window as unknown as { sampledCells: Sampled };
    window.clearInterval(sampledCells.timer);
    return sampledCells.samples;
  });
}

/** The samples of each cell, in order. */
export function byCell(samples: readonly Seen[][]): Map<string, Seen[]> {
  const cells = new Map<string, Seen[]>();
  for (const seen of samples.flat()) cells.set(seen.key, [...(cells.get(seen.key) ?? []), seen]);
  return cells;
}
