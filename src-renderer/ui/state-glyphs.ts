/** One glyph for each look, on a 16 by 16 grid: shapes that stay apart without colour. `fill` is solid, `line` is stroked. */
interface Glyph {
  fill?: string;
  line?: string;
  /** Drawn in the colour of the ground, on top of what is filled. */
  cut?: string;
}

const stateGlyphs = {
  empty: {},
  ready: { line: 'M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10z' },
  locked: { fill: 'M3.5 7h9v7h-9z', line: 'M5.3 7V5a2.7 2.7 0 0 1 5.4 0v2' },
  waiting: { line: 'M3.5 2h9M3.5 14h9M4.5 2c0 4.5 7 7.5 7 12M11.5 2c0 4.5-7 7.5-7 12' },
  copy: { fill: 'M4 2.2v11.6L13.5 8z' },
  lap: { line: 'M13 6.2A5.3 5.3 0 1 0 13.2 9.5', fill: 'M14.8 2.8v5h-5z' },
  aside: { line: 'M4.8 2v9.5M2 8.8l2.8 3 2.8-3M11.2 2v9.5M8.4 8.8l2.8 3 2.8-3' },
  flush: { line: 'M8 1.5v8.5M4.3 6.8L8 10.5l3.7-3.7M2.5 14h11' },
  verify: { line: 'M2.5 4h11M2.5 8h11M2.5 12h11' },
  heal: { fill: 'M6 2h4v4h4v4h-4v4H6v-4H2V6h4z' },
  verified: {
    fill: 'M8 .8a7.2 7.2 0 1 0 0 14.4a7.2 7.2 0 1 0 0-14.4z',
    cut: 'M2.9 8.4l2.4 2.5 4-5M7.7 10.7l.3.3 4.6-5.6',
  },
  done: { line: 'M8 1.7a6.3 6.3 0 1 0 0 12.6a6.3 6.3 0 1 0 0-12.6zM5 8.2l2.2 2.3L11 5.8' },
  sampled: {
    line: 'M3.4 3.4A6.5 6.5 0 0 1 6.6 1.7M9.4 1.7a6.5 6.5 0 0 1 3.2 1.7M14.3 6.6v2.8M12.6 12.6a6.5 6.5 0 0 1-3.2 1.7M6.6 14.3a6.5 6.5 0 0 1-3.2-1.7M1.7 9.4V6.6M6 8h.01M8 5.8h.01M10 8.6h.01M8 10.4h.01',
  },
  gaps: { fill: 'M8 1L15.5 14.5H.5z', cut: 'M8 6v4M8 12.2v.1' },
  failed: { fill: 'M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z', cut: 'M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4' },
  removed: { fill: 'M8 3l5 5.5H3z', line: 'M3 12h10M2 14.5L14 2' },
  stopped: { fill: 'M3 3h10v10H3z' },
  unchecked: {
    line: 'M8 1.7a6.3 6.3 0 1 0 0 12.6a6.3 6.3 0 1 0 0-12.6zM6 6.3a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.3M8 11.6v.1',
  },
} as const satisfies Record<string, Glyph>;

export type GlyphName = keyof typeof stateGlyphs;

/** All glyphs have the same parts, some of them empty. */
export const glyphOf = (name: GlyphName): Glyph => stateGlyphs[name];
