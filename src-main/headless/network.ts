/** Listening to other computers: the same server, encrypted, for devices that were paired. */
import { hostname, networkInterfaces } from 'node:os';
import type { ListenToNetwork } from '../core/ports.ts';
import { written } from './access.ts';

/** Addresses that are as good as none: of one link only, or of this computer alone. */
const isUseful = (address: string): boolean => !/^(fe80:|169\.254\.)/i.test(address);

/** This computer's addresses on its networks, those that people can read first. */
function addresses(families: readonly string[]): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family, address }) => !internal && families.includes(family) && isUseful(address))
    .sort((a, b) => a.family.localeCompare(b.family))
    .map(({ address }) => address);
}

const everyAddress: Readonly<Record<string, readonly string[]>> = {
  '::': ['IPv4', 'IPv6'],
  '0.0.0.0': ['IPv4'],
};

/** Listens for a page that lies in a folder. */
export const listenWith =
  (rendererDir: string): ListenToNetwork =>
  async ({ host, port, names, credentials, door }) => {
    const families = everyAddress[host];
    // Without any network this computer still reaches itself.
    const found = (): string[] => (families ? addresses(families) : [host]);
    const reached = (): string[] => [...names, ...(found().length > 0 ? found() : ['localhost'])];
    const own = hostname();
    const local = families ? ['localhost', '127.0.0.1', '::1'] : [];
    const { startHttpServer } = await import('./http-server.ts');
    const server = await startHttpServer({
      host,
      port,
      names: () => [...reached(), own, `${own}.local`, ...local],
      credentials,
      rendererDir,
      guard: door,
    });
    return {
      urls: () =>
        reached()
          .slice(0, 32)
          .map((name) => `https://${written(name, server.port)}/`),
      close: () => server.close(),
    };
  };
