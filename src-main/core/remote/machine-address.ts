/** Addresses of other machines, as people type them. */
import { isIPv6 } from 'node:net';
import { fail } from '@contract/errors.ts';
import { usualPort } from '../access/usual-port.ts';

export interface MachineAddress {
  /** `https://host:port`, without a path. */
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  /** False only for a server on this computer. */
  readonly secure: boolean;
  /** A key that stood in the address. */
  readonly key: string | null;
}

const isThisComputer = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/**
 * Reads `https://host:port/`, `host:port` or `host`. Without encryption only addresses of this computer are taken.
 * Throws a `ContractError` `bad-address`.
 */
export function readAddress(text: string): MachineAddress {
  const trimmed = text.trim();
  const bare = isIPv6(trimmed) ? `[${trimmed}]` : trimmed;
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(bare);
  const full = hasScheme ? bare : `https://${bare}`;
  if (full.length > 512 || !URL.canParse(full)) return fail('bad-address');
  const url = new URL(full);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  if (!secure && !(url.protocol === 'http:' && isThisComputer(host))) return fail('bad-address');
  if (host === '' || url.username !== '' || url.password !== '') return fail('bad-address');
  // A port that goes without saying for a scheme is left out by URL: only a written one can be told from none.
  const written = /:(\d+)(?:[/?#]|$)/.exec(full.replace(/^[^/]*\/\/(\[[^\]]*\])?/, ''))?.[1];
  const port = written === undefined ? usualPort : Number(written);
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    origin: `${secure ? 'https' : 'http'}://${shown}:${String(port)}`,
    host,
    port,
    secure,
    key: url.searchParams.get('key'),
  };
}
