/** Who may come in over HTTP: whoever has a key, from a page of our own, under a name of our own. Pure but for the key. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The names under which a server answers. */
export interface ServerNames {
  /** Host headers under which the server answers; any other may be a rebound name. */
  allowsHost(host: string | undefined): boolean;
  /** A page of the same server, and no other. */
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean;
}

/** How a browser keeps its key. */
export interface KeyCookie {
  make(key: string): string;
  /** The key in a `Cookie` header. */
  read(header: string | undefined): string | null;
}

/** A key that nobody guesses. */
export const newKey = (): string => randomBytes(32).toString('base64url');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
/** Compares in a time that does not depend on where two keys differ. */
export const sameKey = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

/** True for addresses that only this computer can reach. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** Host and port as they stand in an address. */
export const written = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;

/** The rules for a server with these names; they may change while it runs (a new network address). */
export function createNames(secure: boolean, port: number, names: () => readonly string[]): ServerNames {
  const scheme = secure ? 'https' : 'http';
  // Browsers leave out the port that goes without saying.
  const usual = port === (secure ? 443 : 80);
  const hosts = (): string[] =>
    names().flatMap((name) => {
      const full = written(name.toLowerCase(), port);
      return usual ? [full, full.slice(0, full.lastIndexOf(':'))] : [full];
    });
  return {
    allowsHost: (host) => host !== undefined && hosts().includes(host.toLowerCase()),
    allowsOrigin: (origin, host) =>
      origin !== undefined &&
      host !== undefined &&
      origin.toLowerCase() === `${scheme}://${host.toLowerCase()}`,
  };
}

const yearSeconds = 365 * 86_400;

/** Cookies ignore ports, so the port is in the name. A device's key is kept; that of one run goes with the browser. */
export function createKeyCookie(secure: boolean, port: number): KeyCookie {
  const name = `${secure ? '__Host-' : ''}carousel-${String(port)}`;
  const kept = secure ? `; Max-Age=${String(yearSeconds)}; Secure` : '';
  return {
    make: (key) => `${name}=${key}; Path=/; HttpOnly; SameSite=Strict${kept}`,
    read(header) {
      const own = (header ?? '')
        .split(';')
        .map((part) => part.trim())
        .find((part) => part.startsWith(`${name}=`));
      return own?.slice(name.length + 1) ?? null;
    },
  };
}
