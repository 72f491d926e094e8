// Bars for docs/performance.md: one SVG for each workload, plain enough to be read in grey and on any background.

const FONT = 'font-family="system-ui, sans-serif" font-size="13"';
const [LEFT, WIDTH, BAR, GAP, HEAD, STEP] = [96, 520, 15, 3, 30, 18];

const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

/** The end of the scale: what is more than four times the best is cut off there, so that the others can be told apart. */
function scaleOf(figures) {
  const best = Math.min(...figures);
  return Math.min(Math.max(...figures), 4 * Math.max(best, 1));
}

/**
 * Rows of one workload (`{ n, unit, ...figures by program }`) as SVG: a group of bars for each number of targets, the shorter the better. Bars that end in a
 * broken edge are longer than shown; the figure is always beside the bar.
 */
export function chart(title, rows) {
  const groups = rows.map(({ n, unit, figures }) => ({ n, unit, bars: Object.entries(figures) }));
  const height = HEAD + groups.reduce((sum, { bars }) => sum + 24 + bars.length * (BAR + GAP), 0) + 8;
  const most = scaleOf(groups.flatMap(({ bars }) => bars.map(([, figure]) => figure)));
  const out = [];
  let y = HEAD;
  for (const { n, unit, bars } of groups) {
    out.push(
      `<text x="8" y="${y + 15}" ${FONT} fill="#444">${n} ${n === 1 ? 'target' : 'targets'}, ${escape(unit)}</text>`,
    );
    y += 24;
    for (const [name, figure] of bars) {
      const cut = figure > most;
      const length = Math.max(2, (Math.min(figure, most) / most) * WIDTH);
      const own = name.startsWith('carousel');
      out.push(
        `<text x="${LEFT - 8}" y="${y + 12}" ${FONT} text-anchor="end" fill="#222"${own ? ' font-weight="700"' : ''}>${escape(name)}</text>`,
        `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" fill="${own ? '#0072B2' : '#9a9a9a'}"/>`,
      );
      if (cut)
        out.push(
          `<path d="M${LEFT + length - 14} ${y - 1} l6 ${BAR + 2} M${LEFT + length - 8} ${y - 1} l6 ${BAR + 2}" stroke="#fff" stroke-width="3"/>`,
        );
      out.push(`<text x="${LEFT + length + 6}" y="${y + 12}" ${FONT} fill="#222">${figure}</text>`);
      y += BAR + GAP;
    }
  }
  const width = LEFT + WIDTH + 64;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(title)}">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="8" y="${STEP + 2}" font-family="system-ui, sans-serif" font-size="15" font-weight="700" fill="#111">${escape(title)}</text>`,
    ...out,
    '</svg>',
    '',
  ].join('\n');
}
