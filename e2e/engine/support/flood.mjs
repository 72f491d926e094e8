// What strangers may throw at a listening Carousel: nonsense at every layer, connections that only sit there, upgrades that never end.
//   node flood.mjs HOST PORT COUNT FIRST-ADDRESS ADDRESSES
// Spread over ADDRESSES addresses of this computer that follow FIRST-ADDRESS (IPv4). Prints {"event":"flooded","made":...,"answered":...}.

import { randomBytes } from 'node:crypto';
import net from 'node:net';
import process from 'node:process';
import tls from 'node:tls';

const [host, port, count, first, addresses] = process.argv.slice(2);
const atOnce = 100;
/** How long a connection is held at most. */
const holdMs = 400;
let made = 0;
let answered = 0;
let number = 0;

const localAddress = (at) => {
  const parts = first.split('.').map(Number);
  parts[3] += at % Number(addresses);
  return parts.join('.');
};

const raw = (at, bytes) => {
  const socket = net.connect({ host, port: Number(port), localAddress: localAddress(at) });
  socket.once('connect', () => bytes && socket.write(bytes));
  return socket;
};

const overTls = (at, text) => {
  const socket = tls.connect(
    { host, port: Number(port), localAddress: localAddress(at), rejectUnauthorized: false },
    () => socket.write(text),
  );
  socket.on('data', (data) => (answered += data.toString('latin1').startsWith('HTTP/1.1 101') ? 1 : 0));
  return socket;
};

const upgrade = (more) =>
  `GET /rpc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n${more}`;

const kinds = [
  (at) => raw(at, randomBytes(256)),
  (at) => raw(at, null),
  (at) => raw(at, Buffer.concat([Buffer.from([22, 3, 1, 2, 0, 1]), randomBytes(200)])),
  (at) => raw(at, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  (at) => raw(at, Buffer.from([22, 3])),
  (at) => raw(at, randomBytes(16)),
  (at) => raw(at, null),
  (at) => raw(at, 'POST /pair HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n'),
  (at) => overTls(at, randomBytes(128)),
  (at) => overTls(at, upgrade(at % 2 ? '' : 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n')),
];

const one = (at) =>
  new Promise((resolve) => {
    const socket = kinds[at % kinds.length](at);
    const timer = setTimeout(() => socket.destroy(), holdMs);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearTimeout(timer);
      made += 1;
      resolve();
    });
  });

await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (number < Number(count)) await one(number++);
  }),
);
process.stdout.write(`${JSON.stringify({ event: 'flooded', made, answered })}\n`);
