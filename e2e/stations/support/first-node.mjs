// The person at a first node, who runs where it runs: begins a copy in its app and hands it out.
// `first-node.mjs URL ORDER`, ORDER as JSON: { source, targets, options, server, name }

import process from 'node:process';
import { openPage } from '../../engine/support/contract.mjs';
import { until } from '../../engine/support/run.mjs';

const [, , url, order] = process.argv;
const { source, targets, options, server, name } = JSON.parse(order);

let state;
const client = await openPage(url, (now) => (state = now));
const driveAt = async (path) =>
  (await until(() => Object.values(state.drives).find((drive) => drive.path === path), `${path} to be known`))
    .id;

const { drive: from } = await client.call('drives.addImage', { path: source });
const onto = await Promise.all(targets.map(driveAt));
const checks = (await client.call('jobs.checkTargets', { source: from, targets: onto })).targets;
const approvals = checks.map(({ drive, token }) => ({ drive, token }));
const { job } = await client.call('jobs.start', { source: from, targets: approvals, options });
await client.call('stations.handOut', { of: { job }, server: { url: server }, name });
process.stdout.write(`${JSON.stringify({ event: 'handed-out', job })}\n`);
client.close();
