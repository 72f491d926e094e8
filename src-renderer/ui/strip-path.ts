/** From the `coverage` hex digits to shapes. Pure. */

/** Width of the box that paths are drawn in; its height is 1. Finer steps than half a pixel would only cost drawing. */
export const stripWidth = 400;

/** A path that covers what is filled. Neighbouring full parts become one rectangle; partly filled parts a shorter one. */
export function coveragePath(coverage: string): string {
  const parts = coverage.length;
  if (parts === 0) return '';
  const width = stripWidth / parts;
  let path = '';
  let from = -1;
  const round = (x: number): string => String(Math.round(x));
  const close = (end: number): void => {
    if (from >= 0) path += `M${round(from * width)} 0H${round(end * width)}V1H${round(from * width)}Z`;
    from = -1;
  };
  for (let index = 0; index < parts; index += 1) {
    const filled = Number.parseInt(coverage.charAt(index), 16);
    if (filled === 15) {
      if (from < 0) from = index;
      continue;
    }
    if (filled > 0 && from < 0) from = index;
    close(index + filled / 15);
  }
  close(parts);
  return path;
}
