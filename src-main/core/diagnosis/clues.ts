/** What is known beside the helper's own words when something read back wrong. Looked up only then. */
import type { Evidence, JobSummary, TargetResult } from '@contract/helper-messages.ts';
import { occupiedBlocks } from '../manifests/occupied-blocks.ts';
import { readBackEnd, type SourceShape } from './capacity.ts';

export interface Witnesses {
  /** The manifest of what was compared; null where there is none. */
  manifest: string | null;
  /** Blocks of this size that read back wrong on the same drive in earlier jobs, one list a job. */
  earlier: (result: TargetResult, blockSize: number) => number[][];
}

/** The summary with what these know of targets that have bad blocks. Never rejects: a clue more is no condition. */
export async function withClues(summary: JobSummary, { manifest, earlier }: Witnesses): Promise<JobSummary> {
  const { size, blockSize } = summary.source;
  const isBad = ({ evidence = [] }: TargetResult): boolean => evidence.some(({ bad }) => bad.length > 0);
  if (blockSize === undefined || ![...summary.targets, ...summary.others].some(isBad)) return summary;
  const source = { blockSize, blockCount: Math.ceil(size / blockSize) };
  const occupied = manifest === null ? null : await occupiedBlocks(manifest).catch(() => null);
  const told = (result: TargetResult): TargetResult => {
    if (!isBad(result)) return result;
    const evidence = result.evidence?.map((one) => ({ ...one, ...countOccupied(one, source, occupied) }));
    const before = earlier(result, blockSize);
    return { ...result, evidence, ...(before.length > 0 ? { earlier: before } : {}) };
  };
  return { ...summary, targets: summary.targets.map(told), others: summary.others.map(told) };
}

function countOccupied(
  { bad }: Evidence,
  source: SourceShape,
  occupied: readonly boolean[] | null,
): Pick<Evidence, 'occupied'> {
  if (occupied?.length !== source.blockCount || bad.length === 0) return {};
  const tail = occupied.slice(Math.min(...bad), Math.max(0, readBackEnd(source)));
  return { occupied: tail.filter(Boolean).length };
}
