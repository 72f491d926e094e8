// What the server knows of a job's stream and of its consumers, as one line of JSON. `ask-server.mjs URL STREAM`

import process from 'node:process';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

const [url, stream] = process.argv.slice(2);
const connection = await connect({ servers: url });
const manager = await jetstreamManager(connection);
const { config, state } = await manager.streams.info(stream);
const consumers = [];
for await (const consumer of manager.consumers.list(stream)) consumers.push(consumer);
process.stdout.write(`${JSON.stringify({ config, state, consumers })}\n`);
await connection.close();
