/** From what was typed to what the contract takes. Pure. */
import type { Server } from '@contract/groups/stations.ts';
import { serverUrl } from '../../model/invitation.ts';
import type { ServerForm } from '../../stores/stations.ts';

/** The server; fields that were left empty are left out. */
export function serverOf({ url, credentials, ca }: ServerForm): Server {
  return {
    url: serverUrl(url),
    ...(credentials.trim() === '' ? {} : { credentials: credentials.trim() }),
    ...(ca.trim() === '' ? {} : { ca: ca.trim() }),
  };
}
