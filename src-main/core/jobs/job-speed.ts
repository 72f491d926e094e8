/** Rates: how long it still takes, the points of the graph, who is slow for its kind. Pure. */
import type { TargetId } from '@contract/groups/common.ts';
import type { Job, SpeedSample, Target } from '@contract/groups/jobs.ts';

/** Points that a graph keeps; when it is full, every two become one, so that it always shows the whole job. */
export const maxSamples = 900;
/** So long must a target be slow before it is called so. */
export const slowAfterMs = 30_000;
/** Fewer make no kind. */
const fewestSiblings = 3;

/** Seconds that the present phase of a target still needs at its present rate; null while nobody can know. */
export function etaOf(target: Target, sourceSize: number): number | null {
  if (target.bytesPerSecond <= 0) return null;
  if (target.state === 'copying' || target.state === 'aside') {
    return Math.max(0, sourceSize - target.bytesCopied) / target.bytesPerSecond;
  }
  if (target.state === 'verifying') {
    return Math.max(0, sourceSize - (target.bytesVerified ?? 0)) / target.bytesPerSecond;
  }
  return null;
}

function halve(samples: readonly SpeedSample[]): SpeedSample[] {
  const half: SpeedSample[] = [];
  for (let index = 0; index + 1 < samples.length; index += 2) {
    const [a, b] = [samples[index], samples[index + 1]];
    if (a && b) half.push([b[0], (a[1] + b[1]) / 2, (a[2] + b[2]) / 2]);
  }
  return half;
}

/** The graph with a point for this moment; unchanged when the last is too young. */
export function sampleSpeeds(job: Job, now: number): SpeedSample[] {
  const seconds = Math.round((now - job.startedAt) / 100) / 10;
  const last = job.speeds.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
  // Doubles whenever the graph is thinned out.
  const spacing = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, seconds) / maxSamples)));
  // A little less than the spacing, so that a late tick does not cost a point.
  if (seconds - last < spacing * 0.9) return job.speeds;
  const targets = Object.values(job.targets).filter(({ state }) => state === 'copying' || state === 'aside');
  const written = targets.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
  const kept = job.speeds.length >= maxSamples ? halve(job.speeds) : job.speeds;
  return [...kept, [seconds, job.source.bytesPerSecond, written]];
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
};

/** Since when each target has been below half of what its siblings do. */
export function slowTargets(
  job: Job,
  since: ReadonlyMap<TargetId, number>,
  now: number,
): Map<TargetId, number> {
  const copying = Object.values(job.targets).filter(({ state }) => state === 'copying');
  if (copying.length < fewestSiblings) return new Map();
  const usual = median(copying.map(({ bytesPerSecond }) => bytesPerSecond));
  const slow = copying.filter(({ bytesPerSecond }) => bytesPerSecond < usual / 2);
  return new Map(slow.map(({ id }) => [id, since.get(id) ?? now]));
}
