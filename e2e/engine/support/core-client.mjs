// `carousel serve` and a front end that speaks to it as the page does: over its WebSocket, with its key.

import { once } from 'node:events';
import WebSocket from 'ws';
import { load } from './contract.mjs';
import { EVENT_MS } from './run.mjs';

/**
 * Starts the server in a test's world; it ends with the test.
 * @param {import('./world.mjs').World} w
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function serveCore(w, env = {}) {
  const home = w.path('home');
  const run = w.command(['serve', '--json', '--listen', '127.0.0.1:0'], {
    env: { ...w.env, CAROUSEL_HOME: home, ...env },
  });
  const { url } = await run.seen(({ event }) => event === 'listening', 'the server');
  const client = await connect(url);
  return {
    ...client,
    async end() {
      client.close();
      run.child.kill('SIGTERM');
      await run.exit;
    },
    /** Without a chance to put anything away. */
    async kill() {
      client.close();
      run.child.kill('SIGKILL');
      await run.exit;
    },
  };
}

/** A front end of the server at this address. */
export async function connect(url) {
  const { contractVersion } = await load('src-main/contract/schema.ts');
  const { origin } = new URL(url);
  const answer = await fetch(url, { redirect: 'manual' });
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0];
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/rpc`, { headers: { cookie, origin } });
  const waiting = new Map();
  const listeners = new Set();
  let next = 1;
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.kind === 'result' || message.kind === 'error') {
      const { resolve, reject } = waiting.get(message.id) ?? {};
      waiting.delete(message.id);
      if (message.kind === 'result') resolve?.(message.output);
      else if (reject) reject(Object.assign(new Error(message.error.code), { error: message.error }));
      else throw new Error(JSON.stringify(message.error));
    }
    if (message.kind === 'event') for (const listener of [...listeners]) listener();
  });
  await once(socket, 'open');
  socket.send(JSON.stringify({ kind: 'hello', version: contractVersion }));
  /** Calls the contract; rejects with the core's `error`. */
  const call = (name, input = {}) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ kind: 'call', id, name, input }));
    });
  await call('state.subscribe');
  const state = async () => (await call('state.get')).state;
  return {
    call,
    state,
    close: () => socket.close(),
    /** The state as soon as it fits; it is looked at whenever the core tells of a change. */
    until: (fits, what) =>
      new Promise((resolve, reject) => {
        const done = (settle, value) => {
          clearTimeout(timer);
          listeners.delete(look);
          settle(value);
        };
        let [looking, changed] = [false, false];
        // One look at a time: a core that is behind takes only so many calls.
        const look = () => {
          changed = looking;
          if (looking) return;
          looking = true;
          state().then(
            (now) => {
              looking = false;
              if (fits(now)) done(resolve, now);
              else if (changed) look();
            },
            (error) => done(reject, error),
          );
        };
        const timer = setTimeout(() => done(reject, new Error(`the core did not tell of ${what}`)), EVENT_MS);
        listeners.add(look);
        look();
      }),
  };
}
