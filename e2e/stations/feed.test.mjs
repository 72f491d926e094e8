// What a hostile or broken network can do to a station: the helper's end of the feed, fed by hand. Whatever comes, no target may be called good
// that is not, and what is not complete must look blank.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { HELPER, Run } from '../engine/support/run.mjs';
import { scenario } from '../engine/support/world.mjs';

const BLOCK = 65_536;
const COUNT = 40;
const SIZE = COUNT * BLOCK - 700;

const block = (n, seed = 0) =>
  Buffer.alloc(n === COUNT - 1 ? BLOCK - 700 : BLOCK, `${n + 1} ${seed} `.repeat(3));
/** Digests are the helper's own, out of a manifest; by content. */
const digests = new Map();
const digestOf = (data) => digests.get(data.toString('latin1')) ?? assert.fail('a block without a digest');

async function learn(w) {
  const blocks = Array.from({ length: COUNT }, (_none, n) => block(n));
  // The short one last; those of another content before it.
  const all = [block(3, 'forged'), block(5, 'other'), ...blocks];
  const [source, manifest] = [w.path('known.img'), w.path('known.manifest')];
  fs.writeFileSync(source, Buffer.concat(all));
  const { summary } = await w.job(source, [w.path('known.copy')], { block: BLOCK, manifest }).exit;
  assert.equal(summary.ok, true);
  const lines = fs.readFileSync(manifest, 'utf8').split('\n').slice(2);
  all.forEach((data, i) => digests.set(data.toString('latin1'), Buffer.from(lines[i], 'hex')));
}

function frame(
  kind,
  { n = 0, data = Buffer.alloc(0), digest = null, ranges = [], unreadable = ranges.length > 0 } = {},
) {
  const head = Buffer.alloc(64);
  head.write('CRSLFEED', 'latin1');
  head.writeUInt32LE(1, 8);
  head.writeUInt32LE(kind, 12);
  head.writeBigUInt64LE(BigInt(n), 16);
  head.writeUInt32LE(data.length, 24);
  head.writeUInt32LE(unreadable ? 1 : 0, 28);
  if (kind === 1) (digest ?? digestOf(data)).copy(head, 32);
  head.writeUInt32LE(ranges.length, 48);
  const list = Buffer.alloc(ranges.length * 16);
  ranges.forEach(([offset, length], i) => {
    list.writeBigUInt64LE(BigInt(offset), i * 16);
    list.writeBigUInt64LE(BigInt(length), i * 16 + 8);
  });
  return Buffer.concat([head, list, data]);
}

const root = () => {
  const hash = createHash('sha256').update(`carousel root 1\n${SIZE} ${BLOCK}\n`);
  for (let n = 0; n < COUNT; n++) hash.update(digestOf(block(n)));
  return hash.digest('hex');
};

/** A station's job with one file as its target, and our end of its feed. */
async function station(w, options = {}) {
  await learn(w);
  const target = w.path('target.img');
  const socket = w.path('s');
  const server = createServer();
  await new Promise((resolve) => server.listen(socket, resolve));
  const peer = new Promise((resolve) => server.once('connection', resolve));
  const run = new Run(HELPER, ['job'], { env: w.env, mark: w.mark, cwd: w.dir, stdin: true });
  const source = { feed: socket, job: `t${process.pid}`, size: SIZE };
  run.say({
    verb: 'start',
    version: 1,
    source,
    targets: [{ path: target }],
    options: { block: BLOCK, ...options },
  });
  const end = await peer;
  server.close();
  end.on('error', () => undefined);
  const lines = [];
  const wake = new Set();
  const input = createInterface({ input: end });
  input.on('error', () => undefined); // the helper's end may close in the middle of what we say
  input.on('line', (line) => {
    lines.push(JSON.parse(line));
    for (const one of wake) one();
  });
  const answered = (fits, count = 1) =>
    new Promise((resolve) => {
      const look = () => lines.filter(fits).length >= count && (wake.delete(look), resolve());
      wake.add(look);
      look();
    });
  let sent = 0;
  /** One block after the other, waiting for each to be taken. */
  const send = async (n, how = {}) => {
    end.write(frame(1, { n, data: block(n), ...how }));
    sent++;
    await answered((line) => 'took' in line || 'damaged' in line || 'full' in line, sent);
  };
  return { run, end, target, lines, send, answered };
}

const rotated = Array.from({ length: COUNT }, (_none, i) => (i + 11) % COUNT);
const isBlank = (file) =>
  fs
    .readFileSync(file)
    .subarray(0, BLOCK)
    .every((byte) => byte === 0);

async function failed({ run, target }, code) {
  const { summary } = await run.exit;
  assert.equal(summary.ok, false);
  assert.equal(summary.source.error?.code, code, JSON.stringify(summary));
  assert.equal(summary.targets[0].state, 'failed');
  assert.ok(isBlank(target), 'what is not complete looks like something');
}

scenario('blocks in any order make a true copy, and only once the root digest has come', {}, async (w) => {
  const s = await station(w);
  for (const n of rotated) await s.send(n);
  await s.answered((line) => line.full === true);
  s.end.write(frame(2, { n: 77 }));
  await s.answered((line) => line.mark === 77);
  assert.deepEqual(s.lines.find(({ mark }) => mark === 77).lacks, [[10, 1]]);
  assert.ok(isBlank(s.target));
  assert.equal(s.run.summary, undefined);
  s.end.write(frame(4, { data: Buffer.from(root()) }));
  const { summary } = await s.run.exit;
  assert.equal(summary.ok, true, JSON.stringify(summary));
  assert.equal(summary.source.rootDigest, root());
  const copy = fs.readFileSync(s.target).subarray(0, SIZE);
  assert.ok(copy.equals(Buffer.concat(Array.from({ length: COUNT }, (_none, n) => block(n)))));
});

scenario('another root digest than that of the first node: nothing is good', {}, async (w) => {
  const s = await station(w);
  for (const n of rotated) await s.send(n);
  s.end.write(frame(4, { data: Buffer.from(root().replace(/^./, (c) => (c === '0' ? '1' : '0'))) }));
  await failed(s, 'feed-damaged');
});

scenario(
  'one wrong block among right ones, with a digest that fits it: the root digest finds it',
  {},
  async (w) => {
    const s = await station(w);
    for (const n of rotated) await s.send(n, n === 3 ? { data: block(3, 'forged') } : {});
    s.end.write(frame(4, { data: Buffer.from(root()) }));
    await failed(s, 'feed-damaged');
  },
);

scenario('a block that was damaged on its way is asked for again', {}, async (w) => {
  const s = await station(w);
  await s.send(5, { digest: digestOf(block(6)) });
  assert.deepEqual(s.lines, [{ damaged: 5 }]);
  for (const n of rotated) await s.send(n);
  s.end.write(frame(4, { data: Buffer.from(root()) }));
  const { summary } = await s.run.exit;
  assert.equal(summary.ok, true, JSON.stringify(summary));
});

scenario('a block that comes differently the second time ends the job', {}, async (w) => {
  const s = await station(w);
  await s.send(5);
  s.end.write(frame(1, { n: 5, data: block(5, 'other') }));
  await failed(s, 'source-changed');
});

scenario('what the first node could not read is said, and the copy is not called good', {}, async (w) => {
  const s = await station(w);
  for (const n of rotated) await s.send(n, n === 20 ? { ranges: [[20 * BLOCK + 512, 1024]] } : {});
  s.end.write(frame(4, { data: Buffer.from(root()) }));
  const { summary } = await s.run.exit;
  assert.equal(summary.ok, false);
  assert.deepEqual(summary.source.unreadable, [{ offset: 20 * BLOCK + 512, length: 1024 }]);
  assert.equal(summary.targets[0].unreadable, 1);
});

for (const [what, code, bytes] of [
  ['garbage', 'protocol', () => Buffer.alloc(64, 'garbage ')],
  ['a frame of another version', 'version-mismatch', () => Buffer.from(frame(3)).fill(2, 8, 9)],
  ['a block that is not there', 'protocol', () => frame(1, { n: COUNT, data: block(0) })],
  ['a block that is too long', 'protocol', () => frame(1, { n: COUNT - 1, data: block(0) })],
  ['holes outside of the block', 'protocol', () => frame(1, { n: 1, data: block(1), ranges: [[0, 512]] })],
  ['holes that are not named', 'protocol', () => frame(1, { n: 1, data: block(1), unreadable: true })],
  [
    'an end in the middle of a block',
    'feed-ended',
    () => frame(1, { n: 1, data: block(1) }).subarray(0, 5000),
  ],
  ['the word that there is no more', 'feed-ended', () => frame(5, { data: Buffer.from('over') })],
])
  scenario(`${what} ends the job with ${code}, and nothing is good`, {}, async (w) => {
    const s = await station(w);
    await s.send(0);
    s.end.end(bytes());
    await failed(s, code);
  });
