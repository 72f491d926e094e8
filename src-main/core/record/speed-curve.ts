/** The speed of one target over its ride, in a bounded number of points. Pure. */

/** A full curve is thinned out by half, so that it always shows the whole ride. */
const maxCurvePoints = 120;

/** Seconds since the job began, bytes a second. */
export type CurvePoint = [number, number];

export class SpeedCurve {
  #points: CurvePoint[] = [];
  #spacing = 0;
  #sum = 0;
  #count = 0;
  min: number | null = null;
  max: number | null = null;

  /** Takes a measurement of a target that is being written. */
  note(t: number, bytesPerSecond: number): void {
    if (bytesPerSecond <= 0) return;
    this.#sum += bytesPerSecond;
    this.#count += 1;
    this.min = Math.min(this.min ?? bytesPerSecond, bytesPerSecond);
    this.max = Math.max(this.max ?? bytesPerSecond, bytesPerSecond);
    const last = this.#points.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
    if (t - last < this.#spacing) return;
    this.#points.push([Math.round(t * 10) / 10, Math.round(bytesPerSecond)]);
    if (this.#points.length <= maxCurvePoints) return;
    this.#points = this.#points.filter((_, index) => index % 2 === 0);
    this.#spacing = ((this.#points.at(-1)?.[0] ?? 0) - (this.#points[0]?.[0] ?? 0)) / this.#points.length;
  }

  /** Mean of what was measured; null before anything was. */
  get mean(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }

  get points(): readonly CurvePoint[] {
    return this.#points;
  }
}
