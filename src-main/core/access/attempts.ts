/** How often somebody may try a code: five wrong ones a minute from one address, sixty a minute from all. Pure but for the clock. */
import { isIPv6 } from 'node:net';

/** The window in which tries are counted. */
const windowMs = 60_000;
export const triesPerAddress = 5;
export const triesInAll = 60;

export interface Attempts {
  /** Counts a try; the seconds to wait if it is one too many, else null. */
  begin(address: string): number | null;
  /** The try was right: it and the wrong ones before it do not count. */
  forgive(address: string): void;
}

/** What counts as one address: an IPv4 address, or the 64 bits that one IPv6 site has. */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const plain = address.split('%')[0] ?? '';
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const left = tail === undefined ? 0 : 8 - groups.length - rest.length;
  const whole = [...groups, ...Array.from({ length: left }, () => '0'), ...rest];
  return whole
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
}

/** A counter that keeps no more than it must: one time for each counted try of the last minute. */
export function createAttempts(now: () => number): Attempts {
  let tries: { source: string; at: number }[] = [];
  return {
    begin(address) {
      const time = now();
      tries = tries.filter(({ at }) => at > time - windowMs && at <= time);
      const source = sourceOf(address);
      const own = tries.filter((one) => one.source === source);
      const blocking = own.length >= triesPerAddress ? own : tries.length >= triesInAll ? tries : null;
      if (blocking) return Math.ceil(((blocking[0]?.at ?? time) + windowMs - time) / 1000);
      tries.push({ source, at: time });
      return null;
    },
    forgive(address) {
      const source = sourceOf(address);
      tries = tries.filter((one) => one.source !== source);
    },
  };
}
