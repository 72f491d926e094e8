/** What one computer shows and another is told, so that they find each other. Pure. */
import { serverSchema, stationJobSchema, type HandOut } from '@contract/groups/stations.ts';

/** An address, and the name of a job if one stood beside it. */
export interface Invitation {
  url: string;
  job: string | null;
}

/** An address without a scheme is one of a plain server. */
export function serverUrl(typed: string): string {
  const text = typed.trim().replace(/\/+$/, '');
  return text === '' || /^[a-z]+:\/\//i.test(text) ? text : `nats://${text}`;
}

/** Finds the address, and the name behind it, in whatever was pasted: the command, or both lines of the card. */
export function readInvitation(pasted: string): Invitation {
  const [found] = /(?:nats|tls):\/\/[^\s'"]+/i.exec(pasted) ?? [];
  if (found === undefined) return { url: pasted.trim(), job: null };
  const rest = pasted.slice(pasted.indexOf(found) + found.length);
  const named =
    /^\s+(?:--job[\s=]+)?([a-z0-9]{1,32})(?=\s|$)/.exec(rest) ??
    /--job[\s=]+([a-z0-9]{1,32})(?=\s|$)/.exec(pasted);
  return { url: found, job: named?.[1] ?? null };
}

export const isServer = (typed: string): boolean =>
  serverSchema.shape.url.safeParse(serverUrl(typed)).success;
export const isJobName = (typed: string): boolean => stationJobSchema.safeParse(typed.trim()).success;

/** Only this computer itself can reach such an address. */
export const isLoopback = (url: string): boolean =>
  /^\w+:\/\/(localhost|127\.[\d.]+|\[::1\])(:|\/|$)/i.test(url);

/** What to type in a terminal of the other computer. */
export function stationCommand({ url, job, needs }: Pick<HandOut, 'url' | 'job' | 'needs'>): string {
  return [
    `carousel station ${url} --job ${job}`,
    ...(needs.credentials ? ['--credentials FILE'] : []),
    ...(needs.ca ? ['--tls-ca FILE'] : []),
    'TARGET...',
  ].join(' ');
}
