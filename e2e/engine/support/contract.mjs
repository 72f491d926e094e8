// Speaks the contract with a `carousel serve` that runs, by the client and with the cookie that its page has.

import path from 'node:path';
import { runnerImport } from 'vite';
import { WebSocket } from 'ws';
import { ROOT } from './run.mjs';

/** TypeScript of the program itself, so that the tests speak the contract that is there now. */
export async function load(file) {
  const { module } = await runnerImport(path.join(ROOT, file), {
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { '@contract': path.join(ROOT, 'src-main/contract') } },
  });
  return module;
}

let modules;
const contract = () =>
  (modules ??= Promise.all([
    load('src-main/contract/client.ts'),
    load('src-main/contract/replica.ts'),
    load('src-main/core/remote/ws-channel.ts'),
  ]).then((all) => Object.assign({}, ...all)));

/** The cookie that the page would have, and where it would open its socket. */
async function enter(url) {
  const answer = await fetch(url, { redirect: 'manual' });
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
  if (answer.status !== 303 || !cookie) throw new Error(`carousel serve answered ${answer.status}`);
  const { origin, host } = new URL(url);
  return { cookie, origin, address: `ws://${host}/rpc` };
}

/** Opens the address that `serve` says, key and all. `onState` gets what a page would show, now and whenever it changes. */
export async function openPage(url, onState) {
  const { createClient, followState, createWsChannel } = await contract();
  const { cookie, origin, address } = await enter(url);
  const socket = new WebSocket(address, { headers: { Cookie: cookie, Origin: origin } });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const client = createClient(createWsChannel(socket));
  await followState(client, onState);
  return client;
}
