/** Who may come in over HTTP: whoever has the key, from a page of our own, under a name of our own. Pure but for the key. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Role } from '@contract/groups/common.ts';

/** A key and what it allows. */
export interface Grant {
  readonly key: string;
  readonly role: Role;
}

export interface Access {
  /** Host headers under which the server answers; any other may be a rebound name. */
  allowsHost(host: string | undefined): boolean;
  /** A page of the same server, and no other. */
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean;
  roleOfKey(key: string | null): Role | null;
  roleOfCookie(header: string | undefined): Role | null;
  cookieFor(key: string): string;
}

/** A key that nobody guesses. */
export const newKey = (): string => randomBytes(32).toString('base64url');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** True for addresses that only this computer can reach. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

const written = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;

/** The rules for a server at this address. Cookies ignore ports, so the port is in the cookie's name. */
export function createAccess(listen: { host: string; port: number }, grants: readonly Grant[]): Access {
  const names = isLoopback(listen.host) ? ['localhost', '127.0.0.1', '::1', listen.host] : [listen.host];
  const hosts = new Set(names.map((name) => written(name, listen.port)));
  const cookieName = `carousel-${String(listen.port)}`;
  const keys = grants.map(({ key, role }) => ({ hash: digest(key), role }));

  function roleOfKey(key: string | null): Role | null {
    if (key === null) return null;
    const given = digest(key);
    return keys.find(({ hash }) => timingSafeEqual(hash, given))?.role ?? null;
  }

  return {
    allowsHost: (host) => host !== undefined && hosts.has(host.toLowerCase()),
    allowsOrigin: (origin, host) =>
      origin !== undefined && host !== undefined && origin.toLowerCase() === `http://${host.toLowerCase()}`,
    roleOfKey,
    roleOfCookie(header) {
      const own = (header ?? '')
        .split(';')
        .map((part) => part.trim())
        .find((part) => part.startsWith(`${cookieName}=`));
      return own === undefined ? null : roleOfKey(own.slice(cookieName.length + 1));
    },
    cookieFor: (key) => `${cookieName}=${key}; Path=/; HttpOnly; SameSite=Strict`,
  };
}
