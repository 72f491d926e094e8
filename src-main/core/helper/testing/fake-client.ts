// A client whose helper is the fake one.

import { fileURLToPath } from 'node:url';
import { HelperClient } from '../helper-client.ts';
import { spawnHelper } from '../launch/direct-launcher.ts';

const script = fileURLToPath(new URL('fake-helper.mjs', import.meta.url));

/** A client of a fake helper that plays this scenario. */
export function fakeClient(scenario: string, oneShotMs = 5000): HelperClient {
  return new HelperClient(
    { launch: (args) => spawnHelper(process.execPath, [script, scenario, ...args]) },
    oneShotMs,
  );
}
