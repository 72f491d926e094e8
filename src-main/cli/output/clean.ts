// Text from outside (paths, labels, messages) made fit to print: no control, direction or invisible characters, bounded.

const HOSTILE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Co}]/gu;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NO_WIDTH = /\p{M}/u;

/** Every hostile character becomes a visible replacement, so that two different paths never look the same. */
export function cleanText(text: string, maxLength = 512): string {
  const cleaned = text.slice(0, maxLength * 2).replace(HOSTILE, '\ufffd');
  const points = [...cleaned];
  return points.length > maxLength ? points.slice(0, maxLength - 1).join('') + '…' : cleaned;
}

/** How many columns a text takes on a terminal. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const point of text) width += NO_WIDTH.test(point) ? 0 : WIDE.test(point) ? 2 : 1;
  return width;
}

/** Shortens in the middle: both the folder and the end of a path tell. */
export function shortenMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const points = [...text];
  const head = takeWidth(points, Math.floor((width - 1) / 3));
  const tail = takeWidth([...points].reverse(), width - 1 - displayWidth(head.join('')));
  return `${head.join('')}…${tail.reverse().join('')}`;
}

/** Cuts at the end. */
export function cutTo(text: string, width: number): string {
  return displayWidth(text) <= width ? text : takeWidth([...text], width - 1).join('') + '…';
}

/** Fills up with blanks. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

function takeWidth(points: readonly string[], width: number): string[] {
  const out: string[] = [];
  let used = 0;
  for (const point of points) {
    used += displayWidth(point);
    if (used > width) break;
    out.push(point);
  }
  return out;
}
