// Plays the unprivileged core towards an elevated helper, honestly or not; run as the user it is to be. The first argument is JSON: what to do
// differently. Prints one JSON line about everything that happens.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const {
  folder,
  folderMode,
  secretMode,
  secretText,
  secretLink,
  wrongProof,
  say = [],
  later,
  launches = [],
} = JSON.parse(process.argv[2]);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const proofs = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];

fs.mkdirSync(folder, { mode: 0o700 });
if (secretLink) fs.symlinkSync(secretLink, path.join(folder, 'secret'));
else fs.writeFileSync(path.join(folder, 'secret'), secretText ?? proofs.join(''), { mode: 0o600 });
if (secretMode !== undefined) fs.chmodSync(path.join(folder, 'secret'), secretMode);
if (folderMode !== undefined) fs.chmodSync(folder, folderMode);

const marks = new Map(launches.map((launch) => [randomBytes(32).toString('hex'), launch]));

let broker;

net
  .createServer((socket) => {
    let text = '';
    let job;
    socket.on('error', () => undefined);
    socket.on('close', () => tell({ closed: job ? job.args : 'broker' }));
    socket.on('data', (chunk) => {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop();
      for (const line of lines) {
        const said = JSON.parse(line);
        tell({ from: job ? job.args : 'socket', said });
        if (said.broker) {
          broker = socket;
          socket.write(`${JSON.stringify({ proof: wrongProof ? '0'.repeat(64) : proofs[1] })}\n`);
          for (const raw of say) socket.write(`${raw}\n`);
          for (const [mark, { args }] of marks) socket.write(`${JSON.stringify({ launch: mark, args })}\n`);
        }
        if (later && said.event === later.after) for (const raw of later.say) broker.write(`${raw}\n`);
        if (said.launch) {
          job = marks.get(said.launch);
          for (const one of job.lines ?? []) socket.write(`${JSON.stringify(one)}\n`);
          if (job.bytes) socket.write(Buffer.from(job.bytes, 'base64'));
          if (job.ends) socket.end();
        }
      }
    });
  })
  .listen(path.join(folder, 's'), () => tell({ ready: true, proof: proofs[0] }));
