// What a diagnosis means, in words.

import type { Diagnosis } from '../../core/diagnosis/diagnose.ts';
import { cleanText } from './clean.ts';
import { formatBytes, formatRate, plural } from './format.ts';

/** One sentence or two: what it looks like, and what to do. `blockSize` turns blocks into places. */
export function diagnosisWords(found: Diagnosis, blockSize: number): string {
  switch (found.code) {
    case 'same-blocks':
      return `All ${found.targets} targets are wrong in the same ${plural(found.blocks.length, 'block')}: that points to the source or to this computer's memory, not to the drives. Test both.`;
    case 'fake-capacity':
      return `${cleanText(found.target)} looks like it has less room than it claims (from about ${formatBytes(found.from * blockSize)} on ${found.echo ? 'it gives back data of other places' : 'nothing holds'}): likely a fake. Do not use it.`;
    case 'takes-no-more':
      return `${cleanText(found.target)} takes no data at ${formatBytes(found.at)}: it may have less room than it claims, or be worn out there. Try another port, then test it: carousel probe.`;
    case 'worn':
      return `${cleanText(found.target)} is wrong again in the same ${plural(found.blocks.length, 'block')} after they were rewritten: it is worn out there. Bin it.`;
    case 'moving':
      return `${cleanText(found.target)} was wrong in ${plural(found.blocks, 'scattered block')} that ${found.blocks === 1 ? 'is' : 'are'} not wrong each time: that points to the reader, the hub, the cable or the power. Try another port.`;
    case 'slow-for-its-kind':
      return `${cleanText(found.target)} took data at ${formatRate(found.rate)}, its siblings at ${formatRate(found.median)}: slow for its kind.`;
  }
}
