// Numbers in words: sizes as printed on sticks (1000s), rates, durations, percentages that never promise too much.

/** `12.1 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  // 999.95 and more would be printed as 1000.0
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${bytes} bytes` : `${value.toFixed(1)} ${units[unit]}`;
}

/** `24.1 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
}

/** `1:12`, `2:03:04`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The time that something took which is over: of what was over before a second had passed just that. */
export const formatTook = (seconds: number): string =>
  seconds < 1 ? 'under a second' : formatDuration(seconds);

/** Whole percent, rounded down; 100 only for what is finished. */
export function percentOf(part: number, whole: number, finished: boolean): number {
  if (finished) return 100;
  if (whole <= 0) return 0;
  return Math.min(99, Math.max(0, Math.floor((part / whole) * 100)));
}

/** Seconds that are left at this rate, or undefined where nobody can say. */
export function timeLeft(bytesLeft: number, bytesPerSecond: number): number | undefined {
  return bytesPerSecond > 0 ? bytesLeft / bytesPerSecond : undefined;
}

/** `1 drive`, `2 drives`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
