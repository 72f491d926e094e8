// One end of another version: asks a first node something in it, or answers every station in it. `other-version.mjs URL ask|answer JOB`

import process from 'node:process';
import { connect } from '@nats-io/transport-node';

const [url, what, job] = process.argv.slice(2);
const connection = await connect({ servers: url });
const subject = `carousel.${job}.control`;
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
if (what === 'ask') {
  const reply = await connection.request(subject, JSON.stringify({ version: 99, ask: 'hello', new: true }), {
    timeout: 5000,
  });
  say(reply.json());
  await connection.close();
} else {
  connection.subscribe(subject, {
    callback: (_error, message) => void message.respond(JSON.stringify({ version: 99, everything: 'else' })),
  });
  await connection.flush();
  say({ event: 'ready' });
}
